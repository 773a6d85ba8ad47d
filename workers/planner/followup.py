"""What a message leaves out because the thread has said it: `now in staging too`, `only the cart`, `and its logs`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from workers.domain.action import Action, Effect, Parameter, Verb
from workers.domain.kind import ALL
from workers.domain.value import ClusterName
from workers.planner import frames, read_frames, talk
from workers.planner.answers import as_option, ask, unclear
from workers.planner.ask import CHANGES, Ask, Mention
from workers.planner.change_words import WORKS_ON
from workers.planner.clause import Clause, find, opened
from workers.planner.clauses import asking
from workers.planner.loose import LEAST
from workers.planner.names import Named
from workers.planner.places import Context
from workers.planner.scope import EXCLUDING, Said
from workers.planner.tokens import Token, said, vocabulary

# A message made of these and of names, places and numbers goes on with what was planned before.
FILL = vocabulary(
    """
    same the thing things do it that this those them for in on too also as well again only but with and now what about
    how please likewise there one ones instead of to at over cluster both repeat then just make is all ditto once more
    time so show me us check look another other plus or namespace pods pod deployment service replicas replica
    """
)
# At least one of these says that it does.
ON = vocabulary("same too also again only well instead likewise ditto repeat about but now and just it that")
NO = frozenset({"not", "no", "never", "nope", "nothing", "none", "don't", "dont", "won't", "isn't"})
NARROW = frozenset({"only", "just"})
# What a person says of a change, by verb; the others name what exists only once, and are said in full each time.
CARRIED: Mapping[str, tuple[str, ...]] = {
    Verb.SCALE: ("replicas",), Verb.RESTART: (), Verb.SET_IMAGE: ("image", "tag", "container"), Verb.CORDON: (),
    Verb.UNCORDON: (), Verb.PAUSE: (), Verb.RESUME: (), Verb.LABEL: ("labels",), Verb.ANNOTATE: ("annotations",),
}  # fmt: skip
ABOUT_ONE = frozenset({Verb.LOGS, Verb.DESCRIBE, Verb.ROLLOUT_STATUS, Verb.ROLLOUT_HISTORY, *CARRIED, *WORKS_ON})
GONE = frozenset({"delete", *(verb for verb in Verb if verb.effect is Effect.DESTROY)})  # "it" is not enough
TAKEN_BACK = frozenset({"undo", "revert"})
MOST_WORDS = 16


def fragment(tokens: Sequence[Token], context: Context) -> list[Ask]:
    """The steps before with what this message says instead; empty when it is no such message."""
    words = [token for token in tokens if token.kind == "word"]
    if not context.before or len(words) > MOST_WORDS or any(token.kind == "quote" for token in tokens):
        return []
    part = _opened(tokens, context)
    narrowed = _narrowed(part, context)
    excludes = any(token.role == "scope" and token.low in EXCLUDING for token in part.tokens)
    denied = talk.negated(part.tokens) or any(token.low in NO for token in words)
    if excludes or denied or part.verb not in ("", Verb.GET) or not _goes_on(part, words):
        return []
    if not narrowed:
        _find_part(part, context)
        if _unread(part) or any(token.low == "only" for token in words):
            return []
    kept = narrowed or context.before
    if any(str(action.verb) in CHANGES for action in kept):
        _check_change(part, kept, tokens, fewer=0 < len(narrowed) < len(context.before))
    asks = [_again(group, part, context, said(tokens)) for group in _groups(kept)]
    return [one for number, one in enumerate(asks) if one not in asks[:number]]


def _opened(tokens: Sequence[Token], context: Context) -> Clause:
    part = opened(list(tokens), context.book)
    where = part.said.clusters or tuple(dict.fromkeys(a.target.cluster for a in context.before))
    context.index.prefetch(where)
    find(part, context.index, where)
    return part


def _goes_on(part: Clause, words: Sequence[Token]) -> bool:
    only_place = bool(part.said) and all(t.role in ("scope", "polite", "glue") or t.low in FILL for t in words)
    return only_place or any(t.low in ON and t.role in ("", "polite", "glue", "verb") for t in words)


def _find_part(part: Clause, context: Context) -> None:
    """`and the worker?`: a part of exactly one name beside the object before, else of exactly one name at all."""
    if part.seen.mentions:
        return
    where = part.said.clusters or tuple(dict.fromkeys(a.target.cluster for a in context.before))
    spaces = {action.target.namespace for action in context.before}
    pool = context.index.workloads(where)
    for token in part.tokens:
        if not token.free or token.low in FILL or len(token.low) < LEAST:
            continue
        found = {n.name: n.namespace in spaces for n in pool if token.low in n.name.split("-")}
        beside = [name for name, near in found.items() if near] or list(found)
        if len(beside) == 1:
            part.seen.mentions.append(Mention(name=beside[0]))
            token.role = "name"


def _unread(part: Clause) -> bool:
    """A word that is neither fill nor a name, a place or a number."""
    return any(
        token.kind == "word"
        and token.role in ("", "verb")
        and token.low not in FILL
        and not token.low.lstrip("+-v").replace(".", "").isdecimal()
        for token in part.tokens
    )


def _narrowed(part: Clause, context: Context) -> tuple[Action, ...]:
    """`only the cart`, `just staging`: those of the actions before whose object or cluster is said."""
    words = {token.low for token in part.tokens if token.kind == "word"}
    if not words & NARROW:
        return ()
    names = {mention.name for mention in part.seen.mentions}
    parts = {t.low for t in part.tokens if t.free and t.low not in FILL and len(t.low) > 1}
    return tuple(
        action
        for action in context.before
        if (action.target.cluster in part.said.clusters or not part.said)
        and (not names | parts or action.target.name in names or parts & set((action.target.name or "").split("-")))
        and (names or parts or part.said)
    )


def _check_change(part: Clause, kept: Sequence[Action], tokens: Sequence[Token], *, fewer: bool) -> None:
    """A change is only repeated with something new, in an order, and when all of it can be said again."""
    verbs = {action.verb for action in kept if str(action.verb) in CHANGES}
    if any(token.low == "?" for token in tokens) and not asking(tokens):
        raise unclear("a question plans no change", then="say it without the question mark to plan it")
    if verbs - CARRIED.keys():
        word = sorted(verb.value.replace("_", " ") for verb in verbs - CARRIED.keys())[0]
        raise unclear(f"{word} is not repeated from the thread", then="say the whole request, object and cluster too")
    there = {action.target.cluster for action in kept}
    new = part.seen.mentions and not {m.name for m in part.seen.mentions} <= {a.target.name for a in kept}
    number = any(token.low.lstrip("+-").isdecimal() for token in part.tokens)
    place = set(part.said.clusters) - there or part.said.unknown
    bare = all(token.role == "scope" for token in part.tokens if token.kind == "word")
    if bare or not (place or new or number or fewer):
        raise unclear("nothing new is said", then="press the button on the card, or say what should be different")


def _groups(actions: Sequence[Action]) -> list[list[Action]]:
    """The same verb on the same object, over its clusters."""
    groups: dict[tuple[object, ...], list[Action]] = {}
    for action in actions:
        target = action.target
        carried = tuple(sorted(_params(action).items(), key=str))
        key = (action.verb, target.kind, target.name, target.namespace, target.selector, carried)
        groups.setdefault(key, []).append(action)
    return list(groups.values())


def _params(action: Action) -> dict[str, Parameter]:
    known = CARRIED.get(action.verb) if str(action.verb) in CHANGES else tuple(action.params)
    return {name: value for name, value in action.params.items() if name in (known or ())}


def _again(group: Sequence[Action], part: Clause, context: Context, words: str) -> Ask:
    first = group[0]
    verb, target = str(first.verb), first.target
    frame = frames.CHANGES.get(verb) or read_frames.READS.get(verb)
    found = frame(part.tokens, verb) if frame else None
    if found and found.problem and found.params:
        raise unclear(f"'{words[:80]}': {found.problem}")
    params = {**_params(first), **(found.params if found else {})}
    if {"delta", "percent"} & params.keys():
        params.pop("replicas", None)
    narrow = {token.low for token in part.tokens} & NARROW
    there = tuple(dict.fromkeys(action.target.cluster for action in group))
    where = part.said if part.said and not narrow else _said(there)
    context.take("verb", verb.replace("_", " "), "what was planned before in this thread", source="thread")
    if not part.said:
        context.take("cluster", ", ".join(there), "as before in this thread", _others(there, context), source="thread")
    mentions, kinds, space, selector = _object(first)
    if part.seen.mentions and not narrow:
        mentions, kinds, selector = tuple(part.seen.mentions), (), None
        space = part.seen.namespace
    elif target.name:
        context.take("name", target.name, "as before in this thread", source="thread")
        space = space if not part.seen.namespace else part.seen.namespace
    return Ask(
        verb=verb,
        words=words,
        mentions=mentions,
        kinds=kinds,
        namespace=space,
        selector=selector,
        params=params,
        said=where,
        every=verb == Verb.DIAGNOSE,
    )


def _object(action: Action) -> tuple[tuple[Mention, ...], tuple[str, ...], str | None, str | None]:
    target = action.target
    if target.name and target.kind != "namespace":
        return (Mention(name=target.name, kind=target.kind),), (), target.namespace, None
    kinds = () if target.kind in (ALL, "event") else (target.kind,)
    return (), kinds, target.namespace or target.name, target.selector


def _said(clusters: Sequence[ClusterName]) -> Said:
    return Said(clusters=tuple(clusters), how=", ".join(clusters))


def _others(there: Sequence[ClusterName], context: Context) -> list[tuple[str, dict[str, str]]]:
    return [(c, {"cluster": c}) for c in context.book.order if c not in there]


def filled(asks: Sequence[Ask], context: Context) -> list[Ask]:
    """Steps without an object, when none in the message has one, take that of the thread."""
    if not context.before or any(one.mentions for one in asks):
        return list(asks)
    return [_filled(one, context) for one in asks]


def _filled(wanted: Ask, context: Context) -> Ask:
    """The step on the object that the thread is about, in its clusters; of several it asks which."""
    own = wanted.mentions or wanted.kinds or wanted.namespace or wanted.spaces or wanted.selector or wanted.loose
    if own or wanted.literal or wanted.every or wanted.problem or not _is_about(wanted, context):
        return wanted
    targets = [action.target for action in context.before if action.target.name]
    objects = list(dict.fromkeys((t.namespace, t.kind, t.name) for t in targets))
    chosen = {settles["name"] for settles in context.settled if "name" in settles}
    objects = [one for one in objects if not chosen or one[2] in chosen]
    if not objects:
        return wanted
    if len(objects) > 1 and not _several(wanted):
        named = [Named(cluster=targets[0].cluster, namespace=s, kind=k, name=str(n)) for s, k, n in objects]
        raise ask(f"{wanted.verb.replace('_', ' ')} which one?", [as_option(one) for one in named])
    if wanted.verb in GONE and not chosen:
        named = [Named(cluster=targets[0].cluster, namespace=s, kind=k, name=str(n)) for s, k, n in objects]
        raise ask(f"{wanted.verb.replace('_', ' ')} this?", [as_option(one) for one in named])
    clusters = tuple(dict.fromkeys(t.cluster for t in targets if (t.namespace, t.kind, t.name) in objects))
    if not wanted.said:
        context.take("cluster", ", ".join(clusters), "as before in this thread", _others(clusters, context), "thread")
    context.take("name", ", ".join(str(n) for _, _, n in objects), "what this thread is about", source="thread")
    mentions = tuple(Mention(name=str(n), kind=_kind(k, wanted)) for _, k, n in objects)
    space = objects[0][0] if len({s for s, _, _ in objects}) == 1 else None
    return replace(wanted, mentions=mentions, namespace=space, said=wanted.said or _said(clusters), refers=False)


def _is_about(wanted: Ask, context: Context) -> bool:
    """It says "it", or needs one object and says none; a change without "it" stays in the thread's clusters."""
    if wanted.changes and wanted.verb == Verb.ROLLBACK and TAKEN_BACK & set(wanted.words.lower().split()):
        raise unclear(
            "what was done before is taken back on its card", then="press Undo there, or say 'roll back NAME'"
        )
    if wanted.refers:
        return True
    if not wanted.changes:
        return wanted.verb in ABOUT_ONE
    there = {action.target.cluster for action in context.before}
    return wanted.verb in ABOUT_ONE and bool(wanted.params) and set(wanted.said.clusters) <= there


def _several(wanted: Ask) -> bool:
    return bool({"them", "their", "both", "all", "those", "these", "they"} & set(wanted.words.lower().split()))


def _kind(kind: str, wanted: Ask) -> str | None:
    works_on = WORKS_ON.get(wanted.verb)
    return kind if not works_on or kind in works_on else None
