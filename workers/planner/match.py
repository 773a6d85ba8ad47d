"""Patterns of words over tokens: `restart`, `roll * back`, `needs a restart|bounce`.

`*` stands for up to eight words, `#` for a number, `a|b` for either. Patterns are filed under their first word,
so that a
long text costs no more than its words.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workers.planner.tokens import Token

GAP = 8
Part = frozenset[str] | None  # None is a number


@dataclass(frozen=True, slots=True)
class Hit:
    key: str
    pattern: str
    places: tuple[int, ...]  # of the pattern's own words

    @property
    def start(self) -> int:
        return self.places[0]


@dataclass(frozen=True, slots=True)
class _Pattern:
    key: str
    text: str
    parts: tuple[tuple[bool, Part], ...]  # (a gap comes before, words)


class Table:
    """Rows of patterns under keys; the earlier row wins a draw."""

    def __init__(self, rows: Mapping[str, Iterable[str]]) -> None:
        self._by_first: dict[str, list[_Pattern]] = defaultdict(list)
        for key, patterns in rows.items():
            for text in patterns:
                pattern = _Pattern(key=str(key), text=text, parts=_parts(text))
                for first in pattern.parts[0][1] or ():
                    self._by_first[first].append(pattern)

    def at(self, tokens: Sequence[Token], start: int) -> Hit | None:
        """The pattern with most words that begins at `start`."""
        best: Hit | None = None
        if tokens[start].kind != "word" or tokens[start].quoted:
            return None
        for pattern in self._by_first.get(tokens[start].low, ()):
            places = _match(pattern, tokens, start)
            if places and (best is None or len(places) > len(best.places)):
                best = Hit(key=pattern.key, pattern=pattern.text, places=places)
        return best

    def all(self, tokens: Sequence[Token]) -> list[Hit]:
        """The longest hit at every place where one begins."""
        return [hit for start in range(len(tokens)) if (hit := self.at(tokens, start))]

    def anywhere(self, tokens: Sequence[Token]) -> Hit | None:
        return next(iter(self.all(tokens)), None)


def _parts(text: str) -> tuple[tuple[bool, Part], ...]:
    parts: list[tuple[bool, Part]] = []
    gap = False
    for part in text.split():
        if part == "*":
            gap = True
            continue
        parts.append((gap, None if part == "#" else frozenset(part.split("|"))))
        gap = False
    return tuple(parts)


def _match(pattern: _Pattern, tokens: Sequence[Token], start: int) -> tuple[int, ...] | None:
    places: list[int] = []
    i = start
    for gap, part in pattern.parts:
        left = GAP if gap else 0
        while left and i < len(tokens) and tokens[i].kind != "stop" and not _is(part, tokens[i]):
            i, left = i + 1, left - 1
        if i >= len(tokens) or not _is(part, tokens[i]):
            return None
        places.append(i)
        i += 1
    return tuple(places)


def _is(part: Part, token: Token) -> bool:
    if token.kind != "word" or token.quoted:
        return False
    return token.low.isdecimal() if part is None else token.low in part
