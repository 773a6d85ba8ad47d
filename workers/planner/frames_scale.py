"""How many replicas: absolute, by a difference, or by a percentage; and the bounds of an autoscaler."""

import re
from collections.abc import Sequence

from workers.planner.frame import NUMBERS, Found, after, before, take, whole
from workers.planner.tokens import Token, vocabulary

UNITS = vocabulary(
    """
    replica replicas pod pods instance instances copy copies broker brokers member members node nodes
    """
)
UP = vocabulary(
    """
    up out increase raise add grow more bump another extra additional upscale spin crank upsize
    """
)
DOWN = vocabulary(
    """
    down decrease reduce lower remove shrink less fewer downscale drop cut downsize
    """
)
TO = frozenset({"to", "=", "->", "=>", "at"})
FACTORS = {"double": 100, "triple": 200, "quadruple": 300, "halve": -50}
MORE, FEWER = frozenset({"more", "extra", "additional"}), frozenset({"fewer", "less"})
COUNTED = ("replicas=", "--replicas=", "replicas:", "count=", "replicas->")
BOUNDS = {
    "min": "min", "minimum": "min", "least": "min", "between": "min", "from": "min",
    "max": "max", "maximum": "max", "most": "max", "to": "max", "up": "max", "and": "max"}  # fmt: skip
BOUND_FILL = frozenset({"of", "is", "=", ":", "replicas", "pods", "to", "at"})
BOUND = re.compile(r"(?:--)?(min|max|minreplicas|maxreplicas|cpu-percent|cpu)[=:](\d{1,6})%?")
RANGE = re.compile(r"(\d{1,6})(?:-|\.\.)(\d{1,6})")
CPU_WORDS = vocabulary("cpu utilization utilisation usage target targeting percent average load -- keep keeping hold %")


def scale(tokens: Sequence[Token], head: str) -> Found:
    """Exactly one of them."""
    said = {token.low for token in tokens if token.kind == "word"}
    sign = _direction(said, head, inward=_inward(tokens))
    fixed = FACTORS.get(head.split(maxsplit=1)[0])
    if fixed is None and head.startswith("cut ") and "half" in head:
        fixed = -50
    if fixed is not None:
        extra = [t for t in tokens if t.free and whole(t.low.rstrip("%")) is not None]
        return Found(problem="it says both a factor and a number") if extra else Found({"percent": fixed})
    values: list[tuple[str, int]] = []
    for i, token in enumerate(tokens):
        if token.kind == "word" and not token.role and (value := _value(tokens, i, head, sign)):
            values.append(value)
            take(token)
    if any(kind == "unclear" for kind, _ in values):
        return Found(
            problem="it is not clear whether the number is the new count or a difference: say 'to 5', 'up by 2' or "
            "'down by 2'"
        )
    if {kind for kind, _ in values} == {"from", "replicas"} and len(values) == 2:
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
        token.low == "in" and (after(tokens, i) == "by" or (prior == "scale" and tokens[i + 1].role == "name"))
        for i, (prior, token) in enumerate(zip(["", *(t.low for t in tokens)], tokens[:-1], strict=False))
    )


def _value(tokens: Sequence[Token], i: int, head: str, sign: int) -> tuple[str, int] | None:
    """What one word says: replicas, delta, percent, from, or unclear."""
    low = tokens[i].low
    for prefix in COUNTED:
        if low.startswith(prefix) and (count := whole(low[len(prefix) :])) is not None:
            return "replicas", count
    prior = before(tokens, i - 1 if i and tokens[i - 1].low in ("a", "just", "only", "exactly", "about") else i)
    if low == "half" and prior == "by":
        return ("percent", -50) if sign < 0 else ("unclear", 0)
    percent = low.endswith("%") or after(tokens, i) in ("percent", "%")
    if percent and (share := whole(low.rstrip("%"))) is not None:
        if not low.endswith("%"):
            take(tokens[i + 1])
        return _share(share, prior, sign, signed=low[0] in "+-")
    count = whole(low)
    if count is None:
        counted = any(token.low in UNITS for token in tokens)
        count = _spelt(low, prior, after(tokens, i), head, counted=counted)
    if count is None:
        return None
    return _counted(count, prior, after(tokens, i), head, sign, signed=low[0] if low[0] in "+-" else "")


def _share(share: int, prior: str, sign: int, *, signed: bool) -> tuple[str, int]:
    if signed:
        return "percent", share
    return ("percent", share * sign) if sign and prior not in TO else ("unclear", share)


def _spelt(low: str, prior: str, following: str, head: str, *, counted: bool) -> int | None:
    """A number as a word, where a number is expected; `a` and `another` only when adding."""
    adding = head.startswith(("add", "spin", "remove", "take", "drop", "kill", "put")) and following in UNITS
    if low not in NUMBERS or (low in ("a", "an", "another") and not adding):
        return None
    sure = low not in ("a", "an", "another", "one", "single", "none", "nothing")
    expected = following in UNITS | MORE | FEWER or prior in TO | {"by", "down"} or (sure and counted)
    return NUMBERS[low] if expected else None


def _counted(count: int, prior: str, following: str, head: str, sign: int, *, signed: str) -> tuple[str, int]:
    absolute = prior in TO or prior in ("replicas", "replica", "count", "of")
    adding = head.startswith(("add", "spin", "put", "throw", "attach", "stick", "include"))
    removing = head.startswith(("remove", "take", "kill")) or (
        head.startswith("drop") and not absolute and prior not in ("by", "down")
    )
    if prior == "from":
        kind = "from"
    elif signed == "+" or (signed and prior not in TO):
        kind = "delta"
    elif absolute:
        kind = "replicas"
    elif prior == "by":
        kind, count = ("delta", count * sign) if sign else ("unclear", count)
    elif following in MORE or prior in ("another", "extra") or adding:
        kind = "delta"
    elif following in FEWER or removing:
        kind, count = "delta", -count
    elif sign and not head.startswith(("bump", "need", "want", "i ", "we ")):
        kind = "unclear"
    else:
        kind = "replicas"
    return kind, count


def autoscale(tokens: Sequence[Token], _head: str) -> Found:
    """`min 2 max 6`, `between 2 and 6`, `2-6`, `at 70% cpu`; at least the upper bound."""
    found = Found()
    for i, token in enumerate(tokens):
        if token.kind != "word" or token.role not in ("", "glue"):
            continue
        low = token.low
        if bound := BOUND.fullmatch(low):
            name = "cpu_percent" if bound[1].startswith("cpu") else bound[1][:3]
            _set(found, name, int(bound[2]), token)
        elif bounds := RANGE.fullmatch(low):
            _set(found, "min", int(bounds[1]), token)
            _set(found, "max", int(bounds[2]), token)
        elif low.endswith("%") and (share := whole(low[:-1])) is not None:
            _set(found, "cpu_percent", share, token)
        elif (number := whole(low)) is not None or (number := NUMBERS.get(low) if len(low) > 2 else None):
            name = "cpu_percent" if after(tokens, i) in ("percent", "%") else _bound(tokens, i)
            if name:
                _set(found, name, number, token)
    for token in tokens:
        if token.free and (token.low in CPU_WORDS or token.low in BOUNDS):
            take(token)
    if not found.problem and "max" not in found.params:
        found.problem = "between how many replicas? say 'min 2 max 6'"
    low_bound, high = found.params.get("min", 1), found.params.get("max", 1)
    if not found.problem and isinstance(low_bound, int) and isinstance(high, int) and low_bound > high:
        found.problem = "the minimum is above the maximum"
    return found


def _set(found: Found, name: str, value: int, token: Token) -> None:
    if found.params.get(name, value) != value:
        found.problem = "it names more than one number"
    found.params[name] = value
    take(token)


def _bound(tokens: Sequence[Token], i: int) -> str:
    """Which bound a number is, by the word before it, else by the word behind."""
    j = i - 1
    while j >= 0 and (tokens[j].low in BOUND_FILL - {"to"}):
        j -= 1
    if j >= 0 and tokens[j].low in BOUNDS:
        return BOUNDS[tokens[j].low]
    if j >= 0 and tokens[j].low in ("cpu", "utilization", "target", "targeting"):
        return "cpu_percent"
    following = after(tokens, i)
    if following in ("min", "max", "minimum", "maximum"):
        return following[:3]
    return "min" if following == "to" and i + 2 < len(tokens) and whole(tokens[i + 2].low) is not None else ""
