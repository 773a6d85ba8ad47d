"""What became of each step of a plan, and which of them are left to do. Pure."""

from enum import StrEnum

from workers.domain.action import Effect
from workers.domain.errors import AlreadyDecided, Mistake
from workers.domain.observed import StepOutcome
from workers.domain.plan import Step
from workers.domain.request import Request
from workers.domain.state import State


class Fate(StrEnum):
    """In the words that cards and summaries use."""

    DONE = "done"
    APPLIED = "applied, and not arrived"  # the change is in the cluster, and did not come to what it should
    NOT_DONE = "not done"  # known not to be in the cluster
    NOT_STARTED = "not started"
    UNKNOWN = "unknown"  # sent, and no answer: no part of anything that goes on from here


def fate(request: Request, step: Step) -> Fate:
    if step.number in request.intended:
        return Fate.UNKNOWN
    result = next((result for result in request.results if result.step == step.number), None)
    if result is None or result.outcome is StepOutcome.SKIPPED:
        return Fate.NOT_STARTED
    match result.outcome:
        case StepOutcome.UNKNOWN:
            return Fate.UNKNOWN
        case StepOutcome.DONE:
            return Fate.DONE
        case StepOutcome.FAILED:
            return Fate.APPLIED if result.after is not None else Fate.NOT_DONE


def left(request: Request) -> tuple[Step, ...]:
    """The steps that are known not to be in any cluster, in order; empty when none of them changes anything."""
    steps = request.plan.steps if request.plan else ()
    found = tuple(step for step in steps if fate(request, step) in (Fate.NOT_DONE, Fate.NOT_STARTED))
    return found if any(step.action.effect is not Effect.READ for step in found) else ()


def is_continuable(request: Request) -> bool:
    """Whether it stopped half-way, with every outcome known, and nobody has gone on from it or taken it back."""
    over = request.state is State.FAILED and request.continued_by is None and request.undone_by is None
    return over and not request.intended and bool(left(request))


def may_continue(request: Request) -> None:
    """Raises with what keeps a request from being continued."""
    if is_continuable(request):
        return
    look = f"look at it with `show {request.id}`"
    if request.intended:
        steps = ", ".join(str(number) for number in request.intended)
        raise AlreadyDecided(
            f"{request.id} cannot be continued while an outcome is unknown",
            now=f"nobody has said yet whether step {steps} was applied",
            then="look at the object, then say `applied` or `not applied`",
        )
    if request.continued_by:
        raise AlreadyDecided(
            f"{request.id} has been continued",
            now=f"{request.continued_by} went on with it",
            then=f"`continue {request.continued_by}` if that stopped too",
        )
    if request.undone_by:
        raise AlreadyDecided(
            f"{request.id} has been undone", now=f"{request.undone_by} took it back", then="ask again for all of it"
        )
    now = f"it is {request.state}"
    if request.state is State.FAILED and request.plan is not None:
        now = "each of its changes is in its cluster" if request.results else "it never began"
    raise Mistake(f"{request.id} has nothing to continue", now=now, then=look)
