"""How the words were understood, as card pieces: what was taken from where, and what one press corrects."""

from collections.abc import Iterator, Mapping

from bot.card import Button, Chip, Chips, Piece
from bot.commands import Press, PressKind
from workers.domain.plan import Plan, Taken
from workers.domain.request import Request
from workers.domain.state import State

NAMES = {"words": "from words", "thread": "from thread", "assumed": "assumed"}


def chips(request: Request) -> Iterator[Piece]:
    """Assumptions with alternatives, where a press would be taken."""
    if request.plan is not None and (found := _pressable(request)):
        yield Chips(chips=tuple(_chip(request, request.plan, letter, taken) for letter, taken in found.items()))


def understood_rows(request: Request) -> Iterator[tuple[str, str]]:
    """All that no chip shows."""
    plan, chips = request.plan, _pressable(request).values()
    shown = [taken for taken in plan.taken if taken not in chips] if plan else []
    if request.corrects is not None:
        yield "corrects", request.corrects
    for source in ("words", "thread"):
        if said := [taken.text for taken in shown if taken.source == source]:
            of = f" (of {request.follows})" if source == "thread" and request.follows else ""
            yield NAMES[source], " · ".join(said) + of
    for taken in shown:
        if taken.source == "assumed":
            yield NAMES["assumed"], taken.text
    for text in plan.notes if plan else ():
        yield "note", text


def _pressable(request: Request) -> Mapping[str, Taken]:
    if request.plan is None or not (request.state is State.AWAITING_APPROVAL or request.has_read):
        return {}
    return request.plan.chips


def _chip(request: Request, plan: Plan, letter: str, taken: Taken) -> Chip:
    """Bound to the plan that shows it: a letter means something else on another card."""
    options = tuple(
        Button(
            label=one.label,
            command=Press(
                what=PressKind.CORRECT, request=request.id, choice=f"{letter}{one.id}", plan_digest=plan.digest
            ),
            by=request.intent.actor.name,
        )
        for one in taken.alternatives
    )
    return Chip(letter=letter, name=NAMES[taken.source], text=taken.text, options=options)
