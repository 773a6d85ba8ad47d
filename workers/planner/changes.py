"""Asks for changes as drafts: one for each object and cluster, or one for many objects of a kind and place."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from workers.domain.action import Verb
from workers.domain.kind import KINDS
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import ClusterName
from workers.planner import loose, places, resolve
from workers.planner.answers import ask, unclear
from workers.planner.ask import Ask
from workers.planner.change_words import WORKS_ON
from workers.planner.deletions import delete
from workers.planner.making import apply, create
from workers.planner.manypods import evict, picks
from workers.planner.names import Named
from workers.planner.places import Context
from workers.planner.protected import check
from workers.planner.resolve import Object
from workers.planner.result import Draft
from workers.planner.steps import Params, draft, literal_space, target_of

Handler = Callable[[Ask, Context, Sequence[ClusterName]], list[Draft]]
MANY = frozenset({Verb.RESTART, Verb.SCALE, Verb.LABEL, Verb.ANNOTATE, Verb.PAUSE, Verb.RESUME, Verb.ROLLBACK})
NO_WORDS = frozenset({"ones", "thing", "things", "stuff"})


def change(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    return HANDLERS.get(wanted.verb, objects)(wanted, context, where)


def objects(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    """A change of things that exist: each by name, or all of a kind in a namespace."""
    verb = Verb(wanted.verb)
    if wanted.selector or (not wanted.mentions and wanted.kinds and wanted.every):
        return _many(wanted, context, where)
    if not wanted.mentions:
        if (
            not wanted.spaces
            and any(w.lower() not in NO_WORDS for w in wanted.loose)
            and not wanted.loose[0][0].isalpha()
        ):
            raise loose.words_left(wanted)
        raise loose.need_object(wanted, context, where)
    wanted = loose.containers(wanted, context, where)
    if wanted.loose:
        raise loose.words_left(wanted)
    if wanted.problem.startswith("it names objects"):
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}")
    found = [_workable(verb, resolve.objects(wanted, mention, context, where), wanted) for mention in wanted.mentions]
    if verb is Verb.RESTART and any(one.pods_of for one in found) and picks(wanted.words):
        raise unclear("which pod?", then="name one pod, or the workload for all of its pods")
    if any(one.pods_of for one in found) and verb in (Verb.LABEL, Verb.ANNOTATE):
        raise unclear(f"{verb} the workload, or its pods?", then="name one pod, or the workload")
    targets = [named for one in found for named in one.named]
    if wanted.problem:
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}", then=_example(verb, targets[0]))
    check(verb, wanted.params, targets, context)
    return [draft(verb, target_of(named), params, wanted) for named in targets for params in _each(wanted)]


def _each(wanted: Ask) -> Iterable[Params]:
    params: Params = wanted.params
    if wanted.verb == Verb.EXEC and "command" not in params:
        params = {**params, "command": "sh"}
    return (params, *wanted.more)


EXAMPLES: Mapping[str, str] = {
    Verb.SCALE: "scale {name} to 5 in {cluster}",
    Verb.SET_IMAGE: "set {name} to v1.2.3 in {cluster}",
    Verb.AUTOSCALE: "autoscale {name} min 2 max 6 in {cluster}",
    Verb.LABEL: "label {name} team=payments in {cluster}",
    Verb.ANNOTATE: "annotate {name} incident=INC-1 in {cluster}",
    Verb.PATCH: "set the memory limit of {name} to 1Gi in {cluster}",
    Verb.PORT_FORWARD: "port-forward {name} 8080:80 in {cluster}",
    Verb.CP: "copy /var/log/app.log from {name} in {cluster}",
}


def _example(verb: Verb, named: Named) -> str:
    wording = EXAMPLES.get(verb, str(verb).replace("_", " ") + " {name} in {cluster}")
    return f"type, for example, '{wording.format(name=named.name, cluster=named.cluster)}'"


def _workable(verb: Verb, found: Object, wanted: Ask) -> Object:
    kinds = WORKS_ON.get(verb, ())
    if not kinds or found.first.kind in kinds:
        return found
    owner = found.first.name
    text = f"{str(verb).replace('_', ' ')} works on {', '.join(kinds)}; {owner} is a {found.first.kind}"
    if found.first.kind == "pod" and verb is Verb.RESTART:
        settles = {"verb": "delete", "kind": "pod", "name": owner, "word": wanted.mentions[0].name}
        raise ask(f"{text}; delete the pod so that it is made anew?", [(f"delete pod {owner}", settles)])
    raise unclear(text)


def _many(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    """All of a kind in a namespace, or those with a label: one draft a cluster, made single steps later."""
    verb = Verb(wanted.verb)
    if wanted.loose:
        raise loose.words_left(wanted)
    if wanted.problem:
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}")
    kinds = [kind for kind in wanted.kinds if kind in WORKS_ON.get(verb, KINDS)]
    if kinds == ["pod"] and verb is Verb.RESTART:
        raise unclear("restart the workloads, or delete their pods?", then="name a workload")
    space = places.namespace(wanted, context, where) or (literal_space(context) if wanted.literal else None)
    cluster_wide = len(kinds) == 1 and not KINDS[kinds[0]].namespaced
    if (
        verb not in MANY
        or len(kinds) != 1
        or len(wanted.kinds) != 1
        or (space in (None, EVERYWHERE) and not cluster_wide)
        or (cluster_wide and not wanted.selector)
        or wanted.mentions
    ):
        raise unclear(
            f"'{wanted.words[:80]}' does not say which objects",
            then="name them, or a kind with a namespace: 'restart all deployments in NAMESPACE'",
        )
    if not wanted.said and not context.default and not context.settled:
        raise ask("in which cluster?", [(c, {"cluster": c}) for c in where])
    check(verb, wanted.params, [Named(cluster=c, namespace=space, kind=kinds[0], name="") for c in where], context)
    targets = [
        Target(cluster=c, namespace=None if cluster_wide else space, kind=kinds[0], selector=wanted.selector)
        for c in where
    ]
    return [draft(verb, target, params, wanted) for target in targets for params in _each(wanted)]


HANDLERS: Mapping[str, Handler] = {
    "delete": delete, Verb.EVICT: evict, Verb.CREATE: create, Verb.RUN: create, Verb.APPLY: apply,
}  # fmt: skip
