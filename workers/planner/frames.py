"""The parameters of a change in its wordings; each frame marks the words it has used."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workers.domain.action import Parameter, Verb
from workers.planner.read_words import STATUSES
from workers.planner.tokens import Token, vocabulary

NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12,
    "twenty": 20, "a": 1, "an": 1, "another": 1, "none": 0, "nothing": 0}  # fmt: skip
UNITS = vocabulary(
    """
    replica replicas pod pods instance instances copy copies broker brokers member members node nodes
    """
)
UP = vocabulary(
    """
    up out increase raise add grow more bump another extra additional upscale spin crank
    """
)
DOWN = vocabulary(
    """
    down decrease reduce lower remove shrink less fewer downscale drop cut
    """
)
TO = frozenset({"to", "=", "->", "=>", "at"})
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


@dataclass(slots=True)
class Found:
    params: dict[str, Parameter] = field(default_factory=dict)
    problem: str = ""


def is_version(token: Token) -> bool:
    """v1.2.3, or an image with a tag or digest."""
    image = (":" in token.text or "@" in token.text) and IMAGE.fullmatch(token.text)
    return bool(VERSION.fullmatch(token.low) or image)


def take(*tokens: Token) -> None:
    for token in tokens:
        token.role = "param"


def _before(tokens: Sequence[Token], i: int) -> str:
    """The nearest word before that is not a name or a place."""
    j = i - 1
    while j >= 0 and tokens[j].role in ("name", "scope", "kind"):
        j -= 1
    return tokens[j].low if j >= 0 else ""


def _after(tokens: Sequence[Token], i: int) -> str:
    return tokens[i + 1].low if i + 1 < len(tokens) else ""


def whole(word: str) -> int | None:
    """5, +2, -1; never 10x, 1.5 or 1,000."""
    return int(word) if re.fullmatch(r"[+-]?\d{1,9}", word) else None


def scale(tokens: Sequence[Token], head: str) -> Found:
    """Absolute, by a difference, or by a percentage; exactly one of them."""
    said = {token.low for token in tokens if token.kind == "word"}
    sign = _direction(said, head, inward=_inward(tokens))
    fixed = {"double": 100, "triple": 200, "halve": -50}.get(head.split(maxsplit=1)[0])
    if fixed is not None:
        extra = [t for t in tokens if t.free and whole(t.low.rstrip("%")) is not None]
        return Found(problem="it says both a factor and a number") if extra else Found({"percent": fixed})
    values: list[tuple[str, int]] = []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "word" and not token.role:
            value = _value(tokens, i, head, sign)
            if value:
                values.append(value)
                take(token)
        i += 1
    if any(kind == "unclear" for kind, _ in values):
        return Found(
            problem="it is not clear whether the number is the new count or a difference: say 'to 5', 'up by 2' or "
            "'down by 2'"
        )
    kinds = {kind for kind, _ in values}
    if kinds == {"from", "replicas"} and len(values) == 2:
        values = [value for value in values if value[0] == "replicas"]
    if len(values) > 1:
        return Found(problem="it names more than one number")
    return Found(dict(values)) if values else Found(problem="how many replicas?")


def _direction(said: set[str], head: str, *, inward: bool) -> int:
    spoken = said | set(head.split())
    more, less = bool(UP & spoken), inward or bool(DOWN & spoken)
    return (1 if more else 0) - (1 if less else 0)


def _inward(tokens: Sequence[Token]) -> bool:
    """`scale in web by 2` and `scale web in by 2`, but not `scale web in dev by 2`: most often `in` begins a place."""
    return any(
        token.low == "in" and (_after(tokens, i) == "by" or (before == "scale" and tokens[i + 1].role == "name"))
        for i, (before, token) in enumerate(zip(["", *(t.low for t in tokens)], tokens[:-1], strict=False))
    )


def _value(tokens: Sequence[Token], i: int, head: str, sign: int) -> tuple[str, int] | None:
    """What one word says: replicas, delta, percent, from, or unclear."""
    low = tokens[i].low
    for prefix in ("replicas=", "--replicas=", "replicas:", "count="):
        if low.startswith(prefix) and (count := whole(low[len(prefix) :])) is not None:
            return "replicas", count
    before = _before(tokens, i)
    if low == "half" and before == "by":
        return ("percent", -50) if sign < 0 else ("unclear", 0)
    if low.endswith("%") and (share := whole(low[:-1])) is not None:
        return _share(share, before, sign, signed=low[0] in "+-")
    count = whole(low)
    if count is None:
        count = _spelt(low, before, _after(tokens, i), head)
    if count is None:
        return None
    return _counted(count, before, _after(tokens, i), head, sign, signed=low[0] if low[0] in "+-" else "")


def _share(share: int, before: str, sign: int, *, signed: bool) -> tuple[str, int]:
    if signed:
        return "percent", share
    return ("percent", share * sign) if sign and before not in TO else ("unclear", share)


def _spelt(low: str, before: str, after: str, head: str) -> int | None:
    """A number as a word, where a number is expected; `a` and `another` only when adding."""
    adding = head.startswith(("add", "spin")) and after in UNITS
    if low not in NUMBERS or (low in ("a", "an", "another") and not adding):
        return None
    expected = after in UNITS | {"more", "fewer", "less", "extra", "additional"} or before in TO | {"by", "down"}
    return NUMBERS[low] if expected else None


def _counted(count: int, before: str, after: str, head: str, sign: int, *, signed: str) -> tuple[str, int]:
    absolute = before in TO or before in ("replicas", "replica", "count", "of")
    if before == "from":
        kind = "from"
    elif signed == "+" or (signed and before not in TO):
        kind = "delta"
    elif absolute:
        kind = "replicas"
    elif before == "by":
        kind, count = ("delta", count * sign) if sign else ("unclear", count)
    elif head.startswith(("add", "spin")) or after in ("more", "extra", "additional") or before in ("another", "extra"):
        kind = "delta"
    elif head.startswith(("remove", "take away")) or after in ("fewer", "less"):
        kind, count = "delta", -count
    elif sign and not head.startswith(("bump", "need", "want", "i ", "we ")):
        kind = "unclear"
    else:
        kind = "replicas"
    return kind, count


def set_image(tokens: Sequence[Token], _head: str) -> Found:
    """A full image, or a tag for the image that is there; `from v1 to v2` means v2."""
    params: dict[str, Parameter] = {}
    for i, token in enumerate(tokens):
        if not token.free:
            continue
        name, equals, image = token.text.partition("=")
        if equals and IMAGE.fullmatch(image):
            params |= {"container": name, "image": image}
            take(token)
        elif ("/" in token.text or "@" in token.text or ":" in token.text) and IMAGE.fullmatch(token.text):
            if "image" in params:
                return Found(problem="it names more than one image")
            params["image"] = token.text
            take(token)
        elif VERSION.fullmatch(token.low) or (
            token.low in ("latest", "stable") and _before(tokens, i) in ("tag", "version", "to")
        ):
            if _before(tokens, i) == "from" and "to" in {t.low for t in tokens[i:]}:
                take(token, tokens[i - 1])
            elif "tag" in params:
                return Found(params, problem="it names more than one version")
            else:
                params["tag"] = token.text
                take(token)
    _container(tokens, params)
    if "image" in params and "tag" in params:
        return Found(params, problem="it names an image and another version")
    return Found(params, "" if {"image", "tag"} & set(params) else "which version?")


def _container(tokens: Sequence[Token], params: dict[str, Parameter]) -> None:
    """`the envoy container`, `container envoy`, `-c envoy`."""
    for i, token in enumerate(tokens):
        if token.low in ("container", "containers") and token.kind == "word":
            for j in (i - 1, i + 1):
                if (
                    0 <= j < len(tokens)
                    and tokens[j].kind == "word"
                    and tokens[j].role in ("", "name")
                    and _is_name(tokens[j].low)
                ):
                    params.setdefault("container", tokens[j].low)
                    take(tokens[j], token)
                    return


def _is_name(word: str) -> bool:
    return word not in (
        "the",
        "a",
        "its",
        "all",
        "of",
        "in",
        "for",
        "previous",
        "last",
        "main",
        "and",
        "with",
        "on",
        "to",
        "from",
        "each",
        "per",
        "any",
        "both",
        "every",
    ) and bool(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", word))


def rollback(tokens: Sequence[Token], _head: str) -> Found:
    """`to revision 25`; a version instead of a revision becomes set_image in the caller."""
    found = Found()
    for i, token in enumerate(tokens):
        if not token.free:
            continue
        before = _before(tokens, i)
        digits = token.low.removeprefix("#").removeprefix("rev").removeprefix("r")
        is_number = digits.isdecimal() and len(digits) < 10
        if is_number and (before in ("revision", "rev", "to", "number") or token.low[0] in "#r"):
            if "revision" in found.params:
                found.problem = "it names more than one revision"
            found.params["revision"] = int(digits)
            take(token)
        elif token.low in ("revision", "rev", "revisions"):
            take(token)
    return found


def delete_pod(tokens: Sequence[Token], _head: str) -> Found:
    params: dict[str, Parameter] = {}
    for token in tokens:
        if token.free and token.low in ("force", "forcibly", "forcefully", "--force"):
            params["force"] = True
            take(token)
    _status(tokens, params)
    return Found(params)


def _status(tokens: Sequence[Token], params: dict[str, Parameter]) -> None:
    for i, token in enumerate(tokens):
        if token.kind != "word" or token.role not in ("", "glue"):
            continue
        two = f"{token.low} {_after(tokens, i)}"
        if two in ("not ready", "not running", "not healthy"):
            params["status"] = "NotReady"
            take(token, tokens[i + 1])
        elif two in ("image pull", "crash loop", "crash looping"):
            params["status"] = "ImagePullBackOff" if token.low == "image" else "CrashLoopBackOff"
            take(token, tokens[i + 1])
        elif token.low in STATUSES:
            params["status"] = STATUSES[token.low]
            take(token)


def nothing(_tokens: Sequence[Token], _head: str) -> Found:
    return Found()


CHANGES: dict[str, Callable[[Sequence[Token], str], Found]] = {
    Verb.SCALE: scale, Verb.SET_IMAGE: set_image, Verb.ROLLBACK: rollback, Verb.DELETE_POD: delete_pod,
    Verb.RESTART: nothing, Verb.CORDON: nothing, Verb.UNCORDON: nothing,
}  # fmt: skip
