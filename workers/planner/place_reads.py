"""Reads of a place instead of one object: lists, events of a namespace, logs by label, a namespace itself."""

from collections.abc import Sequence
from itertools import pairwise

from workers.domain.action import Verb
from workers.domain.kind import ALL, KINDS
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import ClusterName
from workers.planner import loose, places
from workers.planner.answers import unclear
from workers.planner.ask import Ask
from workers.planner.names import Named
from workers.planner.places import Context
from workers.planner.read_words import ON_NODE
from workers.planner.resolve import Object
from workers.planner.result import Draft
from workers.planner.steps import draft, literal_space, owner_selector, target_of
from workers.planner.tokens import vocabulary

CONTENTS = vocabulary(
    """
    deployed installed going stuff things everything workloads workload apps resources objects contents happening what's
    running inside live exists exist
    """
)


def of_place(
    verb: Verb, wanted: Ask, context: Context, where: Sequence[ClusterName], objects: Sequence[Object]
) -> list[Draft]:
    """`objects` is empty, or has a node whose pods are listed."""
    named = places.namespace(wanted, context, where)
    if verb is Verb.EVENTS:
        targets = [Target(cluster=c, namespace=named or space(wanted, context), kind="event") for c in where]
    elif verb is Verb.LOGS and wanted.selector:
        place = named or space(wanted, context)
        targets = [Target(cluster=c, namespace=place, kind="pod", selector=wanted.selector) for c in where]
    elif _is_space(verb, wanted, named):
        targets = [Target(cluster=c, namespace=None, kind="namespace", name=named) for c in where]
    elif verb is Verb.GET or (verb is Verb.DESCRIBE and wanted.kinds and not _is_one(wanted)):
        return _listed(verb, wanted, context, where, named, objects)
    else:
        raise loose.need_object(wanted, context, where)
    return [draft(verb, target, wanted.params, wanted) for target in targets]


def _is_space(verb: Verb, wanted: Ask, named: str | None) -> bool:
    """The namespace itself, not what is in it: `describe namespace payments`."""
    words = set(wanted.words.lower().split())
    said = {"namespace", "ns"} & words and not {"in", "within", "inside"} & words
    return verb in (Verb.GET, Verb.DESCRIBE) and not wanted.kinds and named not in (None, EVERYWHERE) and bool(said)


def _is_one(wanted: Ask) -> bool:
    """One object of a kind without its name: `describe that pod`."""
    if wanted.selector or wanted.every or wanted.loose:
        return False
    return any(kind in wanted.words.lower().split() for kind in wanted.kinds)


def node(objects: Sequence[Object]) -> str:
    return next((o.first.name for o in objects if o.first.kind == "node"), "")


def space(wanted: Ask, context: Context) -> str:
    """The namespace of a list that names none."""
    if wanted.literal:
        return literal_space(context)
    if context.spaces:
        others = places.spaces_as_options(context, context.book.order, context.spaces[0])
        everywhere = ("all namespaces", {"namespace": EVERYWHERE})
        context.take("namespace", context.spaces[0], "this channel's default", [everywhere, *others])
        return context.spaces[0]
    return EVERYWHERE


def _listed(
    verb: Verb,
    wanted: Ask,
    context: Context,
    where: Sequence[ClusterName],
    place: str | None,
    objects: Sequence[Object],
) -> list[Draft]:
    params = dict(wanted.params)
    kinds = list(dict.fromkeys(wanted.kinds)) or (["pod"] if "status" in params or wanted.selector else [])
    owners: list[Named] = []
    if on := node(objects):
        owners = [n for o in objects for n in o.named if n.kind != "node"]
        if not kinds and (owners or ON_NODE & set(wanted.words.lower().split())):
            kinds = ["pod"]
        if not kinds or kinds == ["node"]:
            return [draft(verb, target_of(n), params, wanted) for o in objects for n in o.named]
        params["node"], place = on, place or EVERYWHERE
        where = tuple(n.cluster for o in objects for n in o.named if n.kind == "node")
    whole = wanted.every and {"all", "everything"} & set(wanted.words.lower().split())
    if not kinds and (whole or (place and verb is Verb.GET and set(wanted.loose) <= CONTENTS)):
        kinds = [ALL]
    if not kinds:
        raise loose.need_object(wanted, context, where)
    _named_nothing(wanted, kinds, context, where)
    targets = [
        Target(
            cluster=c,
            namespace=(place or space(wanted, context)) if KINDS[kind].namespaced else None,
            kind=kind,
            selector=wanted.selector,
        )
        for kind in kinds
        for c in where
    ]
    if owners:
        targets = [
            Target(cluster=n.cluster, namespace=n.namespace, kind="pod", selector=owner_selector(n, context))
            for n in owners
            if n.cluster in where
        ]
    return [draft(verb, target, params, wanted) for target in targets]


def _named_nothing(wanted: Ask, kinds: Sequence[str], context: Context, where: Sequence[ClusterName]) -> None:
    """`get secret db` where nothing is called db: the list says so; all of a kind are never described instead."""
    said = wanted.words.lower().split()
    for kind, word in pairwise(said):
        if kind not in kinds or word not in wanted.loose:
            continue
        if wanted.verb == Verb.DESCRIBE:
            plural = KINDS[kind].plural
            raise unclear(
                f"there is no {kind} '{word}' in {', '.join(where)}",
                then=f"list what is there: 'list {plural} in {where[0]}'",
            )
        context.take("objects", f"all {KINDS[kind].plural}", f"none is called '{word}'")
