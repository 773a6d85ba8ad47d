"""Asks for reads as drafts; a cluster that does not answer is left out, and said."""

from collections.abc import Sequence

from workers.domain.action import Verb
from workers.domain.kind import ALL, KINDS
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import ClusterName
from workers.planner import loose, place_reads, places, resolve
from workers.planner.answers import refuse, unclear
from workers.planner.ask import Ask
from workers.planner.change_words import WORKS_ON
from workers.planner.index import INDEXED
from workers.planner.names import Named
from workers.planner.places import Context, without
from workers.planner.resolve import Object
from workers.planner.result import Draft
from workers.planner.steps import draft, only, owner_selector, target_of


def reads(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    context.index.workloads(where)
    answering = tuple(c for c in where if c not in context.index.unreachable)
    if not answering:
        raise refuse("cluster-unreachable", f"{', '.join(where)} does not answer", then="try again later")
    wanted = loose.guess_part(wanted, context, answering)
    objects = [resolve.objects(wanted, mention, context, where) for mention in wanted.mentions]
    if wanted.verb == Verb.DIAGNOSE:
        if not objects and not wanted.namespace and set(wanted.words.lower().split()[:2]) & {"fix", "repair", "heal"}:
            raise loose.need_object(wanted, context, answering)
        return _diagnose(wanted, context, answering, objects)
    verb = Verb(wanted.verb)
    if verb is Verb.TOP:
        return _top(wanted, context, answering, objects)
    if objects and not (verb is Verb.GET and place_reads.node(objects)):
        return _of_objects(verb, wanted, context, objects)
    return place_reads.of_place(verb, wanted, context, answering, objects)


def _with_container(wanted: Ask, objects: Sequence[Object]) -> Ask:
    """`envoy logs of X`: a word that is the name of one of its containers."""
    known = {container for found in objects for named in found.named for container in named.containers}
    word = next((word for word in wanted.loose if word.lower() in known), "")
    return without(wanted, word, params={**wanted.params, "container": word.lower()}) if word else wanted


def _of_objects(verb: Verb, wanted: Ask, context: Context, objects: Sequence[Object]) -> list[Draft]:
    kinds = WORKS_ON.get(verb)
    for found in objects:
        if kinds and found.first.kind not in kinds:
            raise unclear(
                f"{verb.value.replace('_', ' ')} works on {', '.join(kinds)}; {found.first.text} is not one of them"
            )
    if verb is Verb.LOGS and "container" not in wanted.params:
        wanted = _with_container(wanted, objects)
    return [_about(verb, named, found.pods_of, wanted, context) for found in objects for named in found.named]


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
        space = places.namespace(wanted, context, where) or place_reads.space(wanted, context)
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


def _diagnose(wanted: Ask, context: Context, where: Sequence[ClusterName], objects: Sequence[Object]) -> list[Draft]:
    """Of each object, else of the namespace, else of whole clusters when these were named or are the place's own."""
    if objects:
        return [draft(Verb.DIAGNOSE, target_of(named), {}, wanted) for o in objects for named in o.named]
    space = places.namespace(wanted, context, where) or EVERYWHERE
    loose.known_subject(wanted, context, where)
    if space == EVERYWHERE and not wanted.said and not wanted.every and not context.default:
        raise loose.need_object(wanted, context, where)
    return [draft(Verb.DIAGNOSE, Target(cluster=c, namespace=space, kind=ALL), {}, wanted) for c in where]
