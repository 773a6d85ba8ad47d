"""What is made anew: objects by kind and name, pods of an image, runs of a cronjob, files to apply."""

from collections.abc import Sequence

from workers.domain.action import Verb
from workers.domain.kind import KINDS
from workers.domain.target import EVERYWHERE, NO_KIND, Target
from workers.domain.value import ClusterName
from workers.planner import loose, places, resolve
from workers.planner.answers import ask, unclear
from workers.planner.ask import Ask
from workers.planner.places import Context
from workers.planner.result import Draft
from workers.planner.steps import draft

NEEDS_IMAGE = frozenset({"deployment", "pod"})
MADE = frozenset({"namespace", "configmap", "deployment", "pod", "job", "cronjob"})


def create(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    if wanted.loose:
        raise loose.words_left(wanted)
    if wanted.problem:
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}")
    kind, name = wanted.new
    if wanted.mentions or "from" in wanted.params:
        return _job(wanted, context, where)
    if not kind:
        raise unclear("create what?", then="name a kind and a name: 'create namespace NAME in CLUSTER'")
    if kind not in MADE:
        raise unclear(f"a {kind} is not written in chat", then="put it into a file, and 'apply FILE'")
    if kind in NEEDS_IMAGE and "image" not in wanted.params:
        raise unclear(f"of which image is the {kind}?", then="say 'with image NAME:TAG'")
    if not name and wanted.verb == Verb.CREATE:
        raise unclear(f"what is the {kind} called?", then=f"say 'create {kind} NAME in CLUSTER'")
    _placed(wanted, context, where)
    space = None
    if KINDS[kind].namespaced:
        space = places.namespace(wanted, context, where) or (context.spaces[0] if context.spaces else None)
        space = space or (wanted.spaces[0] if wanted.spaces else None) or ("default" if wanted.literal else None)
        if space in (None, EVERYWHERE):
            spaces = context.index.namespaces(where)
            raise ask(f"in which namespace is the {kind} made?", [(s, {"namespace": s}) for s in spaces])
    return [
        draft(
            Verb(wanted.verb), Target(cluster=c, namespace=space, kind=kind, name=name or None), wanted.params, wanted
        )
        for c in where
    ]


def _placed(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> None:
    if not wanted.said and not context.default and not context.settled:
        raise ask("in which cluster?", [(c, {"cluster": c}) for c in where])


def _job(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    """A cronjob run now: a job, named when it is made unless a name is said."""
    kind, name = wanted.new
    if len(wanted.mentions) != 1 or kind not in ("", "job", "cronjob"):
        raise unclear(f"'{wanted.words[:80]}' does not say what to make of what")
    found = resolve.objects(wanted, wanted.mentions[0], context, where)
    if found.first.kind != "cronjob":
        raise unclear(
            f"{found.first.name} is a {found.first.kind}: only a cronjob is started by hand",
            then=f"restart it, or scale it: 'restart {found.first.name} in {found.first.cluster}'",
        )
    params = {"from": f"cronjob/{found.first.name}"}
    return [
        draft(
            Verb.CREATE,
            Target(cluster=named.cluster, namespace=named.namespace, kind="job", name=name or None),
            params,
            wanted,
        )
        for named in found.named
    ]


def apply(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    """A file; what is in it is not known here, so neither kind nor name."""
    if wanted.loose or wanted.mentions:
        raise loose.words_left(wanted) if wanted.loose else unclear("a file is applied, not an object that is there")
    if wanted.problem:
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}", then="say 'apply FILE to CLUSTER'")
    _placed(wanted, context, where)
    space = places.namespace(wanted, context, where) or (wanted.spaces[0] if wanted.spaces else None)
    space = None if space == EVERYWHERE else space
    return [draft(Verb.APPLY, Target(cluster=c, namespace=space, kind=NO_KIND), wanted.params, wanted) for c in where]
