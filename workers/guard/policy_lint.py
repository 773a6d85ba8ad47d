"""Everything that is wrong or doubtful in the text of a policy, each with its line and what to write instead."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workers.bounded_yaml import LOADER, Unreadable, load
from workers.domain.errors import InvalidConfiguration
from workers.domain.policy import Outcome, Policy
from workers.domain.value import Value
from workers.guard.policy_doubts import Known, doubts
from workers.settings import policy_of

Place = tuple[str | int, ...]
OUTCOMES = tuple(outcome.name.lower() for outcome in Outcome)


class Finding(Value):
    line: int  # from 1
    text: str  # what is wrong
    write: str  # what to write instead
    usable: bool = True  # whether the policy can be used all the same

    @property
    def said(self) -> str:
        return f"line {self.line}: {self.text}" + (f"; {self.write}" if self.write else "")


def lint(text: str, known: Known | None = None) -> tuple[Finding, ...]:
    """In the order of lines; with an empty answer the policy loads, and says what its words promise."""
    try:
        raw = load(text.encode())
    except Unreadable as error:
        return (Finding(line=_line_in(str(error)), text=str(error), write="mend the YAML", usable=False),)
    lines = _Lines(text)
    if not isinstance(raw, dict):
        return (Finding(line=1, text="a mapping is expected at the top", write="begin with 'rules:'", usable=False),)
    found = [*_outcomes(raw, lines), *_shapes(raw, lines)]
    if not found:
        found = list(_read(text, lines, known or Known()))
    return tuple(sorted(found, key=lambda one: one.line))


class _Lines:
    """Where the values of a YAML document stand."""

    def __init__(self, text: str) -> None:
        self._root: Any = yaml.compose(text, Loader=LOADER)

    def of(self, place: Place) -> int:
        """Of the value at that place, or of what is nearest above it."""
        node = self._root
        line = 1 if node is None else node.start_mark.line + 1
        for part in place:
            node, at = _inside(node, part)
            if node is None:
                return at or line
            line = at
        return line


def _inside(node: Any, part: str | int) -> tuple[Any, int]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None, 0


def _line_in(message: str) -> int:
    number = message.rpartition(" in line ")[2]
    return int(number) if number.isdigit() else 1


def _outcomes(raw: dict[str, Any], lines: _Lines) -> Iterator[Finding]:
    """Only the words: YAML reads `yes` as true, which is no outcome."""
    rules = raw.get("rules")
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        then = rule.get("then") if isinstance(rule, dict) else None
        if then is None:
            continue
        if then not in OUTCOMES:
            write = _near(str(then), OUTCOMES) or f"write one of {', '.join(OUTCOMES)}"
            where = lines.of(("rules", number, "then"))
            yield Finding(line=where, text=f"'{then}' is no outcome", write=write, usable=False)
        rule["then"] = Outcome.REFUSE if then not in OUTCOMES else Outcome[then.upper()]


def _shapes(raw: dict[str, Any], lines: _Lines) -> Iterator[Finding]:
    try:
        Policy.model_validate(raw)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            text, write = _shape(one)
            yield Finding(line=lines.of(one["loc"]), text=text, write=write, usable=False)


def _shape(one: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a value, and what to write."""
    place, kind, given = one["loc"], one["type"], one["input"]
    name = str(place[-1]) if place else ""
    if kind == "extra_forbidden":
        return f"'{name}' is not known here", _near(name, _keys(_at(place[:-1]))) or "take it out"
    if kind == "missing":
        return f"'{name}' is missing", f"write {name}: ..."
    if kind == "enum":
        words = [str(member.value) for member in _members(_at(place))]
        return f"'{given}' is not known here", _near(str(given), words) or f"write one of {', '.join(words)}"
    if kind in ("frozen_set_type", "tuple_type"):
        return f"'{name}' is a list", f"write {name}: [{given}]"
    if kind == "string_type":
        return f"'{name}' is text, and YAML reads this as {given!r}", "write it in quotes"
    what = one["msg"].removeprefix("Value error, ")
    return f"{'.'.join(str(part) for part in place)}: {what[:1].lower()}{what[1:]}".removeprefix(": "), ""


def _at(place: Iterable[str | int]) -> Any:
    """What the model says of a place: the class of its values; None when it is not known."""
    model: Any = Policy
    for part in place:
        if isinstance(part, int) or not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        fields = {field.alias or key: field for key, field in model.model_fields.items()}
        model = _inner(fields[part].annotation) if part in fields else None
    return model


def _inner(annotation: Any) -> Any:
    """The model or the enumeration in it: of `tuple[Rule, ...]` the rule."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel | Enum):
        return annotation
    return next((found for one in get_args(annotation) if (found := _inner(one)) is not None), None)


def _keys(model: Any) -> list[str]:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _members(model: Any) -> list[Enum]:
    return list(model) if isinstance(model, type) and issubclass(model, Enum) else []


def _near(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""


def _read(text: str, lines: _Lines, known: Known) -> Iterator[Finding]:
    """What only reading the whole finds."""
    try:
        policy, _ = policy_of(text, Path("the policy"))
    except InvalidConfiguration as error:
        yield Finding(line=1, text=error.message, write="", usable=False)
        return
    for doubt in doubts(policy, known):
        yield Finding(line=lines.of(doubt.place), text=doubt.text, write=doubt.write)


def usable(findings: Iterable[Finding]) -> bool:
    return all(finding.usable for finding in findings)
