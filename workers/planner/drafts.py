"""Resolved asks as drafts."""

from collections.abc import Sequence

from workers.domain.kind import KINDS
from workers.domain.value import ClusterName
from workers.planner import loose, places
from workers.planner.answers import refuse
from workers.planner.ask import Ask
from workers.planner.changes import change
from workers.planner.places import Context
from workers.planner.reads import reads
from workers.planner.result import Draft


def drafts(wanted: Ask, context: Context) -> list[Draft]:
    """Raises Ended with a question or a refusal when anything is open."""
    if wanted.strange:
        raise refuse(
            "unknown-kind",
            f"'{wanted.strange[0]}' is not among the kinds that Kubechat knows",
            now=f"it knows: {', '.join(KINDS)}",
        )
    where = places.clusters(wanted, context)
    wanted = places.check_words(wanted, context, where)
    if wanted.changes:
        _reachable(where, context, said=bool(wanted.said))
    wanted = loose.guess_mentions(wanted, context, where)
    return change(wanted, context, where) if wanted.changes else reads(wanted, context, where)


def _reachable(where: Sequence[ClusterName], context: Context, *, said: bool) -> None:
    context.index.workloads(where)
    silent = [c for c in where if c in context.index.unreachable]
    if silent and (said or context.default):
        raise refuse(
            "cluster-unreachable",
            f"{', '.join(silent)} does not answer",
            now="nothing can be planned there",
            then="try again later, or name another cluster",
        )
