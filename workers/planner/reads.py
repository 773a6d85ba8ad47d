"""Asks for reads as drafts; a cluster that does not answer is left out, and said."""

from collections.abc import Sequence
from itertools import pairwise

from workers.domain.action import Verb
from workers.domain.kind import ALL, KINDS
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import ClusterName
from workers.planner import loose, places, resolve
from workers.planner.answers import refuse, unclear
from workers.planner.ask import Ask
from workers.planner.change_words import WORKS_ON
from workers.planner.index import INDEXED
from workers.planner.names import Named
from workers.planner.places import Context
from workers.planner.read_words import ON_NODE
from workers.planner.resolve import Object
from workers.planner.result import Draft
from workers.planner.steps import draft, literal_space, only, owner_selector, target_of
from workers.planner.tokens import vocabulary

CONTENTS = vocabulary(
    """
    deployed installed going stuff things everything workloads workload apps resources objects contents happening what's
    running inside live exists exist
    """
)


def reads(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    context.index.workloads(where)
    answering = tuple(c for c in where if c not in context.index.unreachable)
    if not answering:
        raise refuse("cluster-unreachable", f"{', '.join(where)} does not answer", then="try again later")
    wanted = loose.guess_part(wanted, context, answering)
    objects = [resolve.objects(wanted, mention, context, where) for mention in wanted.mentions]
    if wanted.verb == Verb.DIAGNOSE:
        if (
            not objects
            and not wanted.namespace
            and wanted.words.lower().startswith(("fix", "please fix", "repair", "heal"))
        ):
            raise loose.need_object(wanted, context, answering)
        return _diagnose(wanted, context, answering, objects)
    verb = Verb(wanted.verb)
    if objects and verb is not Verb.TOP and not (verb is Verb.GET and _node(objects)):
        kinds = WORKS_ON.get(verb)
        for found in objects:
            if kinds and found.first.kind not in kinds:
                raise unclear(
                    f"{verb.value.replace('_', ' ')} works on {', '.join(kinds)}; {found.first.text} is not one of them"
                )
        return [_about(verb, named, found.pods_of, wanted, context) for found in objects for named in found.named]
    if verb is Verb.TOP:
        return _top(wanted, context, answering, objects)
    space = places.namespace(wanted, context, where)
    if verb in (Verb.GET, Verb.DESCRIBE) and not wanted.kinds and space not in (None, EVERYWHERE) and _is_meant(wanted):
        target = [Target(cluster=c, namespace=None, kind="namespace", name=space) for c in answering]
        return [draft(verb, one, {}, wanted) for one in target]
    if (
        verb is Verb.DESCRIBE
        and wanted.kinds
        and not wanted.selector
        and not wanted.every
        and not wanted.loose
        and _one(wanted)
    ):
        raise loose.need_object(wanted, context, answering)
    if verb is Verb.EVENTS:
        return [
            draft(
                verb, Target(cluster=c, namespace=space or _space(wanted, context), kind="event"), wanted.params, wanted
            )
            for c in answering
        ]
    if verb is Verb.GET or (verb is Verb.DESCRIBE and wanted.kinds):
        return _listed(verb, wanted, context, answering, space, objects)
    raise loose.need_object(wanted, context, answering)


def _is_meant(wanted: Ask) -> bool:
    """The namespace itself, not what is in it: `describe namespace payments`."""
    words = wanted.words.lower().split()
    return bool({"namespace", "ns"} & set(words)) and not {"in", "within", "inside"} & set(words)


def _one(wanted: Ask) -> bool:
    """One object of a kind without its name: `describe that pod`."""
    words = wanted.words.lower().split()
    return any(kind in words for kind in wanted.kinds)


def _node(objects: Sequence[Object]) -> str:
    return next((o.first.name for o in objects if o.first.kind == "node"), "")


def _space(wanted: Ask, context: Context) -> str:
    """The namespace of a list that names none."""
    if wanted.literal:
        return literal_space(context)
    if context.spaces:
        context.take("namespace", context.spaces[0], "this channel's default")
        return context.spaces[0]
    return EVERYWHERE


def _about(verb: Verb, named: Named, pods_of: bool, wanted: Ask, context: Context) -> Draft:
    kind = next((k for k in (*(m.kind for m in wanted.mentions), *wanted.kinds) if k in ("pod", "replicaset")), "pod")
    other = next((k for k in (*wanted.kinds, *(m.kind for m in wanted.mentions)) if k and k != named.kind), None)
    if verb in (Verb.GET, Verb.DESCRIBE) and (pods_of or (other in ("pod", "replicaset"))) and named.kind != "pod":
        target = Target(
            cluster=named.cluster, namespace=named.namespace, kind=kind, selector=owner_selector(named, context)
        )
    elif verb is Verb.GET and other and named.kind in INDEXED and KINDS[other].namespaced:
        target = Target(cluster=named.cluster, namespace=named.namespace, kind=other)
    elif verb is Verb.GET and other == "endpoints":
        target = Target(cluster=named.cluster, namespace=named.namespace, kind="endpoints", name=named.name)
    else:
        target = target_of(named)
    return draft(verb, target, wanted.params, wanted)


def _top(wanted: Ask, context: Context, where: Sequence[ClusterName], objects: Sequence[Object]) -> list[Draft]:
    params = only(wanted.params, "sort_by")
    if not objects:
        if "node" in wanted.kinds:
            return [draft(Verb.TOP, Target(cluster=c, namespace=None, kind="node"), params, wanted) for c in where]
        space = places.namespace(wanted, context, where) or _space(wanted, context)
        return [
            draft(Verb.TOP, Target(cluster=c, namespace=space, kind="pod", selector=wanted.selector), params, wanted)
            for c in where
        ]
    found = [named for o in objects for named in o.named]
    return [
        draft(
            Verb.TOP,
            target_of(n)
            if n.kind in ("pod", "node")
            else Target(cluster=n.cluster, namespace=n.namespace, kind="pod", selector=owner_selector(n, context)),
            params,
            wanted,
        )
        for n in found
    ]


def _listed(
    verb: Verb,
    wanted: Ask,
    context: Context,
    where: Sequence[ClusterName],
    space: str | None,
    objects: Sequence[Object],
) -> list[Draft]:
    params = dict(wanted.params)
    kinds = list(dict.fromkeys(wanted.kinds)) or (["pod"] if "status" in params or wanted.selector else [])
    node = _node(objects)
    if node:
        if not kinds and ON_NODE & set(wanted.words.lower().split()):
            kinds = ["pod"]
        if not kinds or kinds == ["node"]:
            return [draft(verb, target_of(n), params, wanted) for o in objects for n in o.named]
        params["node"], space = node, space or EVERYWHERE
        where = tuple(n.cluster for o in objects for n in o.named if n.kind == "node")
    if not kinds and (wanted.every or (space and verb is Verb.GET and set(wanted.loose) <= CONTENTS)):
        kinds = [ALL]
    if not kinds:
        raise loose.need_object(wanted, context, where)
    _named_nothing(wanted, kinds, context, where)
    return [
        draft(
            verb,
            Target(
                cluster=c,
                namespace=(space or _space(wanted, context)) if KINDS[kind].namespaced else None,
                kind=kind,
                selector=wanted.selector,
            ),
            params,
            wanted,
        )
        for kind in kinds
        for c in where
    ]


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


def _diagnose(wanted: Ask, context: Context, where: Sequence[ClusterName], objects: Sequence[Object]) -> list[Draft]:
    """Of each object, else of the namespace, else of whole clusters when these were named or are the place's own."""
    if objects:
        return [draft(Verb.DIAGNOSE, target_of(named), {}, wanted) for o in objects for named in o.named]
    space = places.namespace(wanted, context, where) or EVERYWHERE
    loose.known_subject(wanted, context, where)
    if space == EVERYWHERE and not wanted.said and not wanted.every and not context.default:
        raise loose.need_object(wanted, context, where)
    return [draft(Verb.DIAGNOSE, Target(cluster=c, namespace=space, kind=ALL), {}, wanted) for c in where]
