"""Whether the words themselves ask for what a model says they do. Pure; the model's answer proves nothing by itself.

A change needs a wording of its verb as the very first words of the message, its object by name, and every value of its
parameters, all of them unquoted. Where the words forbid, ask or set a condition, no change is evidenced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from workers.domain.action import Verb
from workers.planner import change_words, clauses, talk
from workers.planner.ask import CHANGES, Ask
from workers.planner.frame import NUMBERS
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
QUESTIONS = frozenset({"?", "should", "would", "could", "if", "whether", "why", "how", "when", "unless", "or", "maybe"})


def objection(asks: Sequence[Ask], tokens: Sequence[Token]) -> str:
    """What the words do not bear out, for the log; empty when they bear out everything."""
    spoken = [token for token in tokens if token.kind != "quote" and not token.quoted]
    changes = [ask for ask in asks if ask.verb in CHANGES]
    if changes and (talk.negated(spoken) or any(token.low in LIMITS | QUESTIONS for token in spoken)):
        return "the words forbid, ask or set a condition"
    ordered = _ordered(spoken) if changes else ""
    for ask in changes:
        if ask.verb not in MAY_MEAN.get(ordered, (ordered,)):
            return f"the message does not begin with an order to {ask.verb}"
    for ask in asks:
        if why := _unnamed(ask, spoken):
            return why
    return ""


def _ordered(tokens: Sequence[Token]) -> str:
    """What the message as a whole orders: its first words, after politeness."""
    copied = [replace(token, role="") for token in tokens]
    start = clauses.strip(copied)
    hit = clauses.change_head(copied, start) if start < len(copied) else None
    return hit.key if hit is not None and hit.start == start else ""


def _unnamed(ask: Ask, tokens: Sequence[Token]) -> str:
    words = [token.low.strip(".,;:!?'\"") for token in tokens if token.kind == "word"]
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
