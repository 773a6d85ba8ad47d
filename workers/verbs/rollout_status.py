"""`rollout_status`: how far a rollout has come, in kubectl's words, and which pods hold it up."""

from collections.abc import Generator

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.kind import WORKLOADS
from workers.domain.section import Fields, Section, Table, Text
from workers.domain.value import Value
from workers.verbs import rollout
from workers.verbs.command import flags, kubectl, named
from workers.verbs.fields import Json, name, rows, text
from workers.verbs.grammar import Span, Whole
from workers.verbs.pods import is_leaving, is_over, is_ready, restarts, status, trouble, unschedulable
from workers.verbs.revisions import REVISION
from workers.verbs.spec import ReadSpec
from workers.verbs.workload import pods_of, read

MOST_PODS = 20


class Params(Value):
    revision: Whole | None = Field(None, ge=1, le=10**9, description="the number of a revision, from 1")
    since: Span | None = Field(None, description="a span such as 10m, 2h or 1d")


class RolloutStatus(ReadSpec):
    verb = Verb.ROLLOUT_STATUS
    params = Params
    kinds = WORKLOADS
    example = "rollout status of payment-api in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        more = flags(revision=action.params.get("revision"))
        return kubectl(action.target, "rollout", "status", named(action.target), *more)

    def read(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        target = action.target
        found = yield from read(target)
        moment = rollout.progress(target.kind, found)
        now = text(found, "metadata", "annotations", REVISION) or text(found, "status", "updateRevision")
        facts = [*rollout.facts(target.kind, found).items(), ("updated", rollout.counts(target.kind, found))]
        said: list[Section] = [Text(text=moment.text), Fields(rows=(*facts, ("revision", now or "unknown")))]
        wanted = action.params.get("revision")
        if wanted is not None and now.isdecimal() and str(wanted) != now:
            said.insert(0, Text(text=f"the desired revision ({wanted}) is not the running one ({now})"))
        said += _conditions(found)
        pods = yield from pods_of(target, found)
        said += _held_up(pods)
        return tuple(said)


def _conditions(workload: Json) -> list[Section]:
    """Those that say no, or that the deadline has passed."""
    bad = [
        f"{text(one, 'type')} is {text(one, 'status')}: {text(one, 'message')}"
        for one in rows(workload, "status", "conditions")
        if (one.get("type") == "ReplicaFailure") == (one.get("status") == "True")
    ]
    return [Text(text=one) for one in bad]


def _held_up(pods: list[Json]) -> list[Section]:
    waiting = [pod for pod in pods if not is_ready(pod) and not is_leaving(pod) and not is_over(pod)]
    if not waiting:
        return []
    table = Table(
        title="pods that are not ready",
        columns=("POD", "STATUS", "RESTARTS", "WHY"),
        rows=tuple((name(pod), status(pod), str(restarts(pod)), _why(pod)) for pod in waiting[:MOST_PODS]),
        more=max(0, len(waiting) - MOST_PODS),
    )
    return [table]


def _why(pod: Json) -> str:
    found = trouble(pod)
    if found is not None:
        return f"{found.container}: {found.detail or found.reason}"
    nowhere = unschedulable(pod)
    if nowhere:
        return nowhere
    bad = [one for one in rows(pod, "status", "conditions") if one.get("status") == "False" and one.get("message")]
    return text(bad[0], "message") if bad else "not ready yet"
