"""The suggested looks before a change, as card pieces: what they are, and what they have found."""

from collections.abc import Iterator
from typing import assert_never

from bot.card import Heading, Piece
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.plan import Check, Plan
from workers.domain.request import Request
from workers.domain.section import Diff, Fields, Log, Section, Table, Text


def check_rows(plan: Plan) -> Iterator[tuple[str, str]]:
    """One row: what is looked at first, by object, in each of its clusters."""
    by_object: dict[str, dict[str, None]] = {}
    for check in plan.checks:
        by_object.setdefault(_object(check), {})[check.why] = None
    if by_object:
        said = "; ".join(f"{', '.join(looks)} of {name}" for name, looks in by_object.items())
        yield "suggested", f"a look before it: {said}"


def found(request: Request, *, whole: bool) -> Iterator[Piece]:
    """A line for each look; the whole output where something has gone wrong after it."""
    plan = request.plan
    if plan is None or not request.checked:
        return
    pairs = [(check, result) for check in plan.checks for result in request.checked if result.step == check.number]
    if whole:
        for check, result in pairs:
            yield Heading(text=f"before: {check.why} of {_object(check)}")
            yield from result.output or (Text(text=result.message or "nothing"),)
    else:
        yield Fields(rows=tuple(("before", f"{check.why}: {_brief(result)}") for check, result in pairs))


def _object(check: Check) -> str:
    target = check.action.target
    return f"{target.kind}/{target.name}"


def _brief(result: StepResult) -> str:
    """What a person reads at a glance; all of it is in the JSON."""
    if result.outcome is not StepOutcome.DONE:
        return result.message
    return "; ".join(text for section in result.output[:1] if (text := _glance(section))) or "nothing"


def _glance(section: Section) -> str:
    match section:
        case Text():
            return section.text.split("\n", maxsplit=1)[0]
        case Fields():
            return ", ".join(f"{name} {value}" for name, value in section.rows[:3])
        case Table():
            return f"{len(section.rows) + section.more or 'none'} found"
        case Log():
            return _counted(len(section.lines), "line")
        case Diff():
            return _counted(len(section.changes), "field")
        case _:
            assert_never(section)


def _counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
