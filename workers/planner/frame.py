"""What frames are made of: a frame reads the parameters of one verb from a clause and marks the words it has used."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.domain.action import Parameter
from workers.planner.read_words import STATUSES
from workers.planner.tokens import Token, vocabulary

NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
    "twenty": 20, "single": 1, "a": 1, "an": 1, "another": 1, "none": 0, "nothing": 0}  # fmt: skip
VERSION = re.compile(r"v?\d{1,6}(?:\.\d{1,6}){1,3}(?:[-+.][0-9A-Za-z.+-]{1,60})?|v\d{1,6}|sha-?[0-9a-f]{7,64}")
IMAGE = re.compile(
    r"(?:[A-Za-z0-9._-]{1,100}(?::\d{1,5})?/)?[A-Za-z0-9._/-]{1,200}(?::[A-Za-z0-9._-]{1,128}|@sha256:[0-9a-f]{64})"
)
SPAN = re.compile(r"(\d{1,5})(s|sec|secs|seconds?|m|min|mins|minutes?|h|hr|hrs|hours?|d|days?|w|weeks?)")
UNIT_OF_TIME = {"s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "m": "m", "min": "m",
    "mins": "m", "minute": "m", "minutes": "m",
                "h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "d": "d", "day": "d", "days": "d",
                "w": "w", "week": "w", "weeks": "w"}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dt\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:z|[+-]\d\d:?\d\d)?")
NO_NAME = vocabulary(
    """
    the a its all of in for previous last main and with on to from each per any both every logs log name names
    image images restart restarts status shell is are
    """
)
CONTAINER = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(slots=True)
class Found:
    params: dict[str, Parameter] = field(default_factory=dict)
    problem: str = ""
    kind: str = ""  # of what is made anew
    name: str = ""
    more: list[dict[str, Parameter]] = field(default_factory=list)  # further steps of the same verb on the same object


def is_version(token: Token) -> bool:
    """v1.2.3, or an image with a tag or digest."""
    image = (":" in token.text or "@" in token.text) and IMAGE.fullmatch(token.text)
    return bool(VERSION.fullmatch(token.low) or image)


def take(*tokens: Token) -> None:
    for token in tokens:
        token.role = "param"


def before(tokens: Sequence[Token], i: int) -> str:
    """The nearest word before that is not a name or a place."""
    j = i - 1
    while j >= 0 and tokens[j].role in ("name", "scope", "kind"):
        j -= 1
    return tokens[j].low if j >= 0 else ""


def after(tokens: Sequence[Token], i: int) -> str:
    return tokens[i + 1].low if i + 1 < len(tokens) else ""


def whole(word: str) -> int | None:
    """5, +2, -1; never 10x, 1.5 or 1,000."""
    return int(word) if re.fullmatch(r"[+-]?\d{1,9}", word) else None


def span(tokens: Sequence[Token], i: int) -> tuple[str, int]:
    """`5m`, `2 minute`, `two minutes` as a span, and how many words it takes; "" when there is none."""
    low = tokens[i].low
    if one := SPAN.fullmatch(low):
        return one[1] + UNIT_OF_TIME[one[2]], 1
    unit = UNIT_OF_TIME.get(after(tokens, i))
    if unit and (low.isdecimal() or low in NUMBERS) and len(low) < 6:
        return f"{int(low) if low.isdecimal() else NUMBERS[low]}{unit}", 2
    return "", 0


def container(tokens: Sequence[Token], params: dict[str, Parameter]) -> None:
    """`the envoy container`, `container envoy`, `-c envoy`."""
    for i, token in enumerate(tokens):
        if token.low in ("container", "containers") and token.kind == "word" and not token.role:
            for j in (i - 1, i + 1):
                if (
                    0 <= j < len(tokens)
                    and tokens[j].kind == "word"
                    and tokens[j].role in ("", "name")
                    and tokens[j].low not in NO_NAME
                    and CONTAINER.fullmatch(tokens[j].low)
                ):
                    params.setdefault("container", tokens[j].low)
                    take(tokens[j], token)
                    return


def status(tokens: Sequence[Token], params: dict[str, Parameter]) -> None:
    for i, token in enumerate(tokens):
        if token.kind != "word" or token.role not in ("", "glue"):
            continue
        two = f"{token.low} {after(tokens, i)}"
        if two in ("not ready", "not running", "not healthy", "aren't running", "aren't ready", "isn't ready"):
            params["status"] = "NotReady"
            take(token, tokens[i + 1])
        elif two in ("not in", "not yet") and after(tokens, i + 1) in ("running", "ready"):
            params["status"] = "NotReady"
            take(*tokens[i : i + 3])
        elif two in ("image pull", "crash loop", "crash looping"):
            params["status"] = "ImagePullBackOff" if token.low == "image" else "CrashLoopBackOff"
            take(token, tokens[i + 1])
        elif token.low in STATUSES:
            params["status"] = STATUSES[token.low]
            take(token)


def nothing(_tokens: Sequence[Token], _head: str) -> Found:
    return Found()
