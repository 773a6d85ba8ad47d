"""`labelSelector=` as text: the grammar and the refusals of k8s.io/apimachinery/pkg/labels/selector.go, v1.36."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workers.demo.apiserver import errors

END = ""  # the literal of the end of the text
OPERATORS = ("=", "==", "!=", "in", "notin", ">", "<")
MARKS = frozenset("=!(),><")
QUALIFIED = re.compile(r"([A-Za-z0-9.-]+/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
KEY_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation "
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_TOKEN = re.compile(r"\s*(==|!=|[=!(),><]|[^\s=!(),><]+)")


@dataclass(frozen=True)
class Requirement:
    key: str
    operator: str  # "=", "!=", "in", "notin", ">", "<", "exists" or "!"
    values: frozenset[str] = frozenset()

    def holds(self, labels: dict[str, str]) -> bool:
        found = labels.get(self.key)
        match self.operator:
            case "exists":
                return found is not None
            case "!":
                return found is None
            case "=" | "in":
                return found is not None and found in self.values
            case "!=" | "notin":
                return found not in self.values
        if found is None or not re.fullmatch(r"-?\d+", found):
            return False
        number = int(min(self.values))
        return int(found) > number if self.operator == ">" else int(found) < number


def parse(text: str) -> list[Requirement]:
    """Every requirement; 400 in the real words where the text is none."""
    tokens = _Tokens([found.group(1) for found in _TOKEN.finditer(text)])
    requirements: list[Requirement] = []
    while tokens.next != END:
        if not (tokens.is_word or tokens.next == "!"):
            raise errors.bad_request(f"found '{tokens.next}', expected: !, identifier, or 'end of string'")
        try:
            requirements.append(_requirement(tokens))
        except ValueError as problem:
            raise errors.bad_request(f"unable to parse requirement: {problem}") from problem
        after = tokens.take()
        if after not in {END, ","}:
            raise errors.bad_request(f"found '{after}', expected: ',' or 'end of string'")
        if after == "," and not (tokens.is_word or tokens.next == "!"):
            raise errors.bad_request(f"found '{tokens.next}', expected: identifier after ','")
    return requirements


class _Tokens:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    @property
    def next(self) -> str:
        return self._tokens[0] if self._tokens else END

    @property
    def is_word(self) -> bool:
        return self.next != END and self.next[0] not in MARKS

    def take(self) -> str:
        return self._tokens.pop(0) if self._tokens else END

    def word(self) -> str:
        if not self.is_word:
            raise ValueError(f"found '{self.next}', expected: identifier")
        return self.take()


def _requirement(tokens: _Tokens) -> Requirement:
    absent = tokens.next == "!"
    if absent:
        tokens.take()
    key = tokens.word()
    if not QUALIFIED.fullmatch(key):
        raise ValueError(f"<nil>: Invalid value: {errors.shown(key)}: {KEY_TEXT}")
    if absent or tokens.next in {END, ","}:
        return Requirement(key, "!" if absent else "exists")
    operator = tokens.take()
    if operator not in OPERATORS:
        raise ValueError(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")
    values = _several(tokens) if operator in {"in", "notin"} else [_one(tokens)]
    for place, value in enumerate(values):
        if operator in {">", "<"} and not re.fullmatch(r"-?\d+", value):
            text = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise ValueError(f"values[{place}]: Invalid value: {errors.shown(value)}: {text}")
        if not VALUE.fullmatch(value) and operator not in {">", "<"}:
            raise ValueError(f"values[{place}][{key}]: Invalid value: {errors.shown(value)}: {VALUE_TEXT}")
    return Requirement(key, "=" if operator == "==" else operator, frozenset(values))


def _one(tokens: _Tokens) -> str:
    return "" if tokens.next in {END, ","} else tokens.word()


def _several(tokens: _Tokens) -> list[str]:
    opening = tokens.take()
    if opening != "(":
        raise ValueError(f"found '{opening}' expected: '('")
    values: list[str] = []
    while True:
        values.append(tokens.take() if tokens.is_word else "")
        after = tokens.take()
        if after == ")":
            return values
        if after != ",":
            raise ValueError(f"found '{after}', expected: ',' or ')'")
