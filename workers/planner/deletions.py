"""Deletions by name: pods, and any other kind that is said."""

from collections.abc import Sequence
from dataclasses import replace

from workers.domain.action import Verb
from workers.domain.target import EVERYWHERE
from workers.domain.value import ClusterName
from workers.planner import loose, resolve
from workers.planner.answers import as_option, ask, refuse, unclear
from workers.planner.ask import Ask, Mention
from workers.planner.index import INDEXED
from workers.planner.manypods import pods
from workers.planner.names import Named
from workers.planner.places import Context
from workers.planner.protected import NAMESPACES, check
from workers.planner.result import Draft
from workers.planner.steps import draft, target_of

PRONOUNS = frozenset({"it", "them", "one", "ones", "thing", "things", "stuff", "that", "those", "this", "these"})


def delete(wanted: Ask, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    if wanted.loose:
        raise loose.words_left(wanted)
    if wanted.problem:
        raise unclear(f"'{wanted.words[:80]}': {wanted.problem}")
    wanted = _namespace(wanted)
    if not wanted.mentions and not wanted.selector and not wanted.kinds:
        if PRONOUNS & set(wanted.words.lower().split()):
            raise loose.need_object(wanted, context, where)
        if wanted.said or wanted.namespace or wanted.spaces:
            raise refuse(
                "refused",
                "a whole cluster or namespace is not destroyed from chat",
                now="rule 'unbounded-destruction'",
                then="name one object",
            )
        raise loose.need_object(wanted, context, where)
    kinds = {*wanted.kinds, *(m.kind for m in wanted.mentions if m.kind)}
    of_pods = "pod" in kinds and kinds <= {"pod", "node"}
    if of_pods:
        return pods(Verb.DELETE_POD, wanted, context, where)
    if not wanted.mentions:
        return _unnamed(wanted)
    for mention in wanted.mentions:
        if mention.kind == "namespace" and mention.name in NAMESPACES:
            check(
                Verb.DELETE, {}, [Named(cluster=where[0], namespace=None, kind="namespace", name=mention.name)], context
            )
    if wanted.selector or (wanted.kinds and set(wanted.kinds) != kinds - set(wanted.kinds)):
        raise unclear(f"'{wanted.words[:80]}' names more than one thing", then="name one object a sentence")
    return [step for mention in wanted.mentions for step in _one(wanted, mention, context, where)]


def _namespace(wanted: Ask) -> Ask:
    """`delete the search namespace`: not the place of what is deleted, but the object."""
    words = wanted.words.lower().split()
    named = wanted.namespace not in (None, EVERYWHERE) and {"namespace", "ns"} & set(words)
    if not named or wanted.every or wanted.mentions or wanted.kinds or wanted.selector:
        return wanted
    name = str(wanted.namespace)
    return replace(wanted, namespace=None, spaces=(), mentions=(Mention(name=name, kind="namespace"),))


def _one(wanted: Ask, mention: Mention, context: Context, where: Sequence[ClusterName]) -> list[Draft]:
    found = resolve.objects(wanted, mention, context, where)
    if found.first.kind == "pod" and not found.pods_of:
        return pods(Verb.DELETE_POD, wanted, context, where)
    if mention.kind is None and not context.settled and found.first.kind in (*INDEXED, "node"):
        named = found.first
        raise ask(
            f"delete the {named.kind} {named.name}, or only its pods?" if named.kind != "node" else "delete a node?",
            [as_option(named, mention.name)],
        )
    if mention.kind and found.first.kind != mention.kind:
        raise ask(f"{mention.name} is a {found.first.kind}", [as_option(found.first, mention.name)])
    check(Verb.DELETE, {}, found.named, context)
    return [draft(Verb.DELETE, target_of(named), {}, wanted) for named in found.named]


def _unnamed(wanted: Ask) -> list[Draft]:
    """Several of a kind other than pods are never deleted at once."""
    kind = wanted.kinds[0] if wanted.kinds else "kind"
    if wanted.every or wanted.selector or not wanted.params:
        raise (
            refuse(
                "refused",
                f"all of kind {kind} are not deleted from chat",
                now="rule 'unbounded-destruction'",
                then="name one object",
            )
            if wanted.every
            else unclear(f"which {kind}?", then=f"name it: 'delete {kind} NAME in CLUSTER'")
        )
    raise unclear(f"which {kind}?", then=f"name it: 'delete {kind} NAME in CLUSTER'")
