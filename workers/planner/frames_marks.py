"""Labels and annotations: `team=a` sets one, `team-` takes it off."""

import re
from collections.abc import Sequence

from workers.planner.frame import Found, take
from workers.planner.tokens import Token, vocabulary

KEY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,251}[A-Za-z0-9])?")
OFF = vocabulary("remove drop delete strip take clear unlabel untag unannotate get")  # heads that take a mark off
NOUNS = vocabulary("label labels annotation annotations tag tags")
ENDS = vocabulary("from on off of in for to at across")
FILL = vocabulary("the a an its their called named key with as and both saying of it to")
EVERY = vocabulary("all every each any everything")
WITH = vocabulary("with having by matching where whose selector -l")


def labels(tokens: Sequence[Token], head: str) -> Found:
    return _marks(tokens, head, "labels")


def annotations(tokens: Sequence[Token], head: str) -> Found:
    return _marks(tokens, head, "annotations")


def selects(tokens: Sequence[Token], head: str) -> bool:
    """`remove pods with label app=web`: the label says which, and is not what is taken off."""
    at = next((i for i, token in enumerate(tokens) if token.low in NOUNS), 0)
    return head.split(maxsplit=1)[0] in OFF and at > 0 and tokens[at - 1].low in WITH | {"the"} and _with(tokens, at)


def _with(tokens: Sequence[Token], at: int) -> bool:
    return any(token.low in WITH for token in tokens[max(0, at - 2) : at])


def _marks(tokens: Sequence[Token], head: str, name: str) -> Found:
    off = head.split(maxsplit=1)[0] in OFF
    pairs = _pairs(tokens, off=off)
    if not pairs:
        pairs = _off(tokens) if off else _to(tokens)
    keys = [re.split("[=]", pair, maxsplit=1)[0].rstrip("-") for pair in pairs]
    for token in tokens:
        if token.free and token.low in NOUNS:
            take(token)
    if not pairs:
        return Found(problem=f"which {name}? say KEY=VALUE")
    if len(set(keys)) < len(keys):
        return Found(problem="it names one key twice")
    return Found({name: ",".join(pairs)})


def _pairs(tokens: Sequence[Token], *, off: bool) -> list[str]:
    """`k=v`, `k=v,k2=v2`, `k="a b"` and `k-`; with a head that takes off, `k=v` is `k-`."""
    pairs: list[str] = []
    for i, token in enumerate(tokens):
        if not token.free or token.quoted:
            continue
        parts = token.text.split(",")
        if i and tokens[i - 1].low in ("-l", "selector", "--selector"):
            continue
        key, equals, value = parts[0].partition("=")
        if equals and KEY.fullmatch(key):
            following = tokens[i + 1] if i + 1 < len(tokens) else None
            if not value and len(parts) == 1 and following and (following.kind == "quote" or following.quoted):
                parts = [f"{key}={following.text}"]
                take(following)
            pairs += [part.partition("=")[0] + "-" for part in parts] if off else parts
            take(token)
        elif token.text.endswith("-") and KEY.fullmatch(token.text[:-1]):
            pairs.append(token.text)
            take(token)
    return pairs


def _off(tokens: Sequence[Token]) -> list[str]:
    """`remove the label tier from web`, `drop the tier label from web`."""
    at = next((i for i, token in enumerate(tokens) if token.low in NOUNS), None)
    if at is None:
        return []
    words: list[Token] = []
    for token in tokens[at + 1 :]:
        if token.kind == "stop" and token.low == ",":
            continue
        if token.kind != "word" or token.low in ENDS:
            break
        if token.low not in FILL:
            words.append(token)
    before = tokens[at - 1] if at else None
    if not words and before and before.free and before.low not in FILL:
        words = [before]
    if any(token.low in EVERY for token in words):
        return []
    if not words or not all(KEY.fullmatch(token.text) for token in words):
        return []
    take(*words)
    return [f"{token.text}-" for token in words]


def _to(tokens: Sequence[Token]) -> list[str]:
    """`set the label team to payments on web`."""
    at = next((i for i, token in enumerate(tokens) if token.low in NOUNS), None)
    if at is None:
        return []
    for key_at in (at + 1, at - 1):
        joint = max(key_at, at) + 1
        if not 0 <= key_at < len(tokens) or joint + 1 >= len(tokens) or tokens[joint].low not in ("to", "as", "="):
            continue
        key, value = tokens[key_at], tokens[joint + 1]
        if key.free and key.low not in FILL and KEY.fullmatch(key.text) and value.kind in ("word", "quote"):
            take(key, tokens[joint], value)
            return [f"{key.text}={value.text}"]
    return []
