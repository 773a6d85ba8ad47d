"""Pods to delete or evict: by name, or those of a workload or label, with a status or on a node."""

from collections.abc import Sequence
from dataclasses import replace

from workers.domain.action import Verb
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import ClusterName
from workers.planner import loose, places, resolve
from workers.planner.answers import ask, refuse, unclear
from workers.planner.ask import Ask
from workers.planner.places import Context
from workers.planner.resolve import Object
from workers.planner.result import Draft
from workers.planner.steps import draft, literal_space, only, owner_selector, target_of

PICKING = frozenset({"one", "some", "half", "few", "oldest", "newest", "random", "single", "first", "last", "most"})
KEPT = ("force", "grace_period", "timeout")


def evict(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    if wanted.loose:
        raise loose.words_left(wanted)
    if wanted.problem:
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}")
    if not wanted.mentions and not wanted.selector and not wanted.kinds:
        raise loose.need_object(wanted, context, where)
    return pods(Verb.EVICT, wanted, context, where)


def pods(verb: Verb, wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    nodes = [m for m in wanted.mentions if m.kind == "node"]
    others = [m for m in wanted.mentions if m.kind != "node"]
    found = [resolve.objects(wanted, mention, context, where) for mention in others]
    if found and all(one.first.kind == "pod" and not one.pods_of for one in found) and not wanted.selector:
        return [draft(verb, target_of(n), only(wanted.params, *KEPT), wanted) for one in found for n in one.named]
    if any(one.first.kind == "pod" for one in found):
        raise unclear("name single pods, or one workload", then="say one step a sentence")
    if any(one.first.kind in ("node", "service", "job") for one in found) or len(nodes) > 1:
        raise unclear(f"'{wanted.words[:80]}' does not say which pods")
    for node in nodes:
        resolve.objects(replace(wanted, namespace=None), node, context, where)
    params = dict(wanted.params) | ({"node": nodes[0].name} if nodes else {})
    if found and "pod" not in wanted.kinds and not any(m.kind == "pod" for m in others) and verb is Verb.EVICT:
        raise unclear(f"evict the pods of {found[0].first.name}?", then=f"say 'evict the {found[0].first.name} pods'")
    if found and picks(wanted.words):
        raise unclear(f"which pod of {found[0].first.name}?", then="name it, or say 'the pods of NAME' for all of them")
    return _many(verb, replace(wanted, params=params), found, context, where)


def picks(text: str) -> bool:
    """`one of the web pods`, `a web pod`: some, and it is not said which."""
    words = text.lower().split()
    return bool(PICKING & set(words)) or (bool({"a", "an"} & set(words)) and "pods" not in words)


def _many(
    verb: Verb, wanted: Ask, owners: Sequence[Object], context: Context, where: Sequence[ClusterName]
) -> list[Draft]:
    """One draft a cluster and workload; which pods these are is seen when it is expanded."""
    space = places.namespace(wanted, context, where) or (literal_space(context) if wanted.literal else None)
    _bounded(wanted, owners, space)
    if not wanted.said and not context.default and not context.settled:
        raise ask("in which cluster?", [(c, {"cluster": c}) for c in where])
    params = only(wanted.params, *KEPT, "status", "node")
    if owners:
        targets = [
            Target(
                cluster=named.cluster,
                namespace=named.namespace,
                kind="pod",
                selector=_both(owner_selector(named, context), wanted.selector),
            )
            for owner in owners
            for named in owner.named
        ]
    else:
        place = space or (context.spaces[0] if context.spaces else EVERYWHERE)
        targets = [Target(cluster=c, namespace=place, kind="pod", selector=wanted.selector) for c in where]
    return [draft(verb, target, params, wanted) for target in targets]


def _bounded(wanted: Ask, owners: Sequence[Object], space: str | None) -> None:
    """A workload, a label, or a status in a namespace; a whole node or namespace is not emptied pod by pod."""
    if owners or wanted.selector or ("status" in wanted.params and space not in (None, EVERYWHERE)):
        return
    if "node" in wanted.params:
        node = wanted.params["node"]
        raise ask(
            f"all pods of {node}? its pods leave one by one when it is drained",
            [(f"drain {node}", {"verb": "drain", "kind": "node", "name": str(node), "word": str(node)})],
        )
    if "status" in wanted.params:
        raise unclear("in which namespace?", then="name the namespace or the workload")
    if not wanted.every and not wanted.namespace:
        raise unclear("which pods?", then="name a pod, a workload, or a label: 'delete pod NAME in CLUSTER'")
    raise refuse(
        "refused",
        "all pods of a namespace or cluster are not deleted from chat",
        now="rule 'unbounded-destruction'",
        then="name a workload, a label or a status",
    )


def _both(selector: str, other: str | None) -> str | None:
    return f"{selector},{other}" if other and other != selector else selector
