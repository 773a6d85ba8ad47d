"""Whether the words themselves ask for what a model says they do. Pure; the model's answer proves nothing by itself.

A change needs a wording of its verb as the very first words of the message, one object, the only one that is named, and
its value, the only number there is; all of them unquoted. What could belong to something else proves nothing. Where the
words forbid, ask or set a condition, no change is evidenced.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from workers.domain.action import Verb
from workers.planner import change_words, clauses, talk
from workers.planner.ask import CHANGES, Ask
from workers.planner.frame import NUMBERS, VERSION
from workers.planner.frames_scale import UNITS
from workers.planner.near import near
from workers.planner.sentence import LIMITS
from workers.planner.tokens import Token

# Heads whose meaning is told by what stands beside them, and the verbs that they may come to.
MAY_MEAN: Mapping[str, tuple[Verb, ...]] = {
    change_words.SET: (Verb.SCALE, Verb.SET_IMAGE),
    change_words.ADD: (Verb.SCALE,),
    change_words.ROLL_TO: (Verb.SET_IMAGE,),
    change_words.DELETE: (Verb.DELETE_POD,),
    change_words.HOLD: (Verb.PAUSE,),
}
COUNTS = frozenset(NUMBERS) - {"a", "an", "one", "another", "none", "nothing"}
QUESTIONS = frozenset({"?", "should", "would", "could", "if", "whether", "why", "how", "when", "unless", "or", "maybe"})


def objection(asks: Sequence[Ask], tokens: Sequence[Token], known: Collection[str]) -> str:
    """What the words do not bear out, for the log; empty when they bear out everything. `known` names exist."""
    spoken = [token for token in tokens if token.kind != "quote" and not token.quoted]
    changes = [ask for ask in asks if ask.verb in CHANGES]
    if changes and (talk.negated(spoken) or any(token.low in LIMITS | QUESTIONS for token in spoken)):
        return "the words forbid, ask or set a condition"
    if changes and (why := _ambiguous(changes, spoken, known)):
        return why
    ordered = _ordered(spoken) if changes else ""
    for ask in changes:
        if ask.verb not in MAY_MEAN.get(ordered, (ordered,)):
            return f"the message does not begin with an order to {ask.verb}"
    for ask in asks:
        if why := _unnamed(ask, spoken):
            return why
    return ""


def _ambiguous(changes: Sequence[Ask], tokens: Sequence[Token], known: Collection[str]) -> str:
    """Several changes, objects or numbers: which belongs to which is not for a model to say."""
    words = _plain(tokens)
    named = {word for word in words if word in known} | {
        pair for pair in map("-".join, pairwise(words)) if pair in known
    }
    meant = {mention.name for ask in changes for mention in ask.mentions}
    numbers = [word for word in words if word.isdecimal() or word in COUNTS]
    if len(changes) > 1 or len(named) > 1 or (named and meant != named):
        return "several changes or objects, or another object than the one that is named"
    for ask in changes:
        version = str(ask.params.get("tag", "v0.0"))
        if not VERSION.fullmatch(version.lower()) or (ask.verb is Verb.SET_IMAGE and UNITS & set(words)):
            return f"'{version}' is no version"
    counted = [value for ask in changes for value in ask.params.values() if isinstance(value, int)]
    return "more than one number" if counted and len(numbers) != 1 else ""


def _plain(tokens: Sequence[Token]) -> list[str]:
    return [token.low.strip(".,;:!?'\"") for token in tokens if token.kind == "word"]


def _ordered(tokens: Sequence[Token]) -> str:
    """What the message as a whole orders: its first words, after politeness."""
    copied = [replace(token, role="") for token in tokens]
    start = clauses.strip(copied)
    hit = clauses.change_head(copied, start) if start < len(copied) else None
    return hit.key if hit is not None and hit.start == start else ""


def _unnamed(ask: Ask, tokens: Sequence[Token]) -> str:
    words = _plain(tokens)
    for mention in ask.mentions:
        joined = {f"{one}-{other}" for one, other in pairwise(words)}
        near_enough = any(near(word, [mention.name]) for word in words)
        if mention.name not in {*words, *joined} and not near_enough:
            return f"'{mention.name}' is not in the words"
    if ask.verb in CHANGES and not ask.mentions:
        return "a change without a named object"
    for name, value in ask.params.items():
        if not _is_said(value, words):
            return f"{name} '{value}' is not in the words"
    return ""


def _is_said(value: object, words: Sequence[str]) -> bool:
    text = str(value).lower()
    said = {*words, *(word.removesuffix("%") for word in words)}
    said |= {str(NUMBERS[word]) for word in words if word in NUMBERS}
    return text in said or (len(text) > 2 and any(text == part for word in words for part in word.split("=")))
