"""Which buttons a request has in its state, and whose they are; whether a press counts is the service's rule."""

from collections.abc import Iterator

from bot.card import Button
from bot.commands import Edit, Press, PressKind
from workers.domain.approval import Needed
from workers.domain.remains import is_continuable
from workers.domain.request import Request
from workers.domain.state import State


def buttons(request: Request) -> tuple[Button, ...]:
    match request.state:
        case State.AWAITING_CHOICE:
            return (*_choices(request), _cancel(request))
        case State.AWAITING_APPROVAL:
            return tuple(_decisions(request))
        case State.PLANNING | State.READY:
            return (_cancel(request),)
        case State.INTERRUPTED:
            return tuple(_verdicts(request))
        case _:
            return tuple(_after(request))


def _after(request: Request) -> Iterator[Button]:
    """What may follow an end; each is a new request that needs its own yes."""
    if request.keeping is not None and request.keeping.is_open:
        who = " or ".join(dict.fromkeys((request.intent.actor.name, *_others_of(request))))
        yield Button(label="Keep", command=_press(request, PressKind.KEEP), style="primary", by=who)
    if is_continuable(request):
        yield Button(label="Continue", command=_press(request, PressKind.CONTINUE), by="anybody known here")
    if request.undoable:
        yield Button(label="Undo", command=_press(request, PressKind.UNDO), by="anybody known here")


def _verdicts(request: Request) -> Iterator[Button]:
    """Of each step in doubt where there are several."""
    several = len(request.intended) > 1
    for step in request.intended if several else ("",):
        where = f" (step {step})" if several else ""
        for what, label in ((PressKind.APPLIED, "Applied"), (PressKind.NOT_APPLIED, "Not applied")):
            command = _press(request, what).model_copy(update={"choice": str(step)})
            yield Button(label=f"{label}{where}", command=command, by="whoever has looked")


def _choices(request: Request) -> Iterator[Button]:
    for choice in request.question.choices if request.question else ():
        command = Press(what=PressKind.CHOOSE, request=request.id, choice=choice.id)
        yield Button(label=choice.label, command=command, style="primary", by=request.intent.actor.name)


def _decisions(request: Request) -> Iterator[Button]:
    """Only what still changes something: no Run after the requester's own yes."""
    who = request.intent.actor.name
    roles = {needed.role for needed in request.missing}
    others = " or ".join(_others_of(request))
    if "requester" in roles:
        yield Button(label="Run", command=_press(request, PressKind.RUN), style="primary", by=who)
    if "approver" in roles:
        yield Button(label="Approve", command=_press(request, PressKind.APPROVE), style="primary", by=others)
    if others:
        yield Button(label="Reject", command=_press(request, PressKind.REJECT), style="danger", by=others)
    if edit := _edit(request):
        yield edit
    if drop := _drop(request):
        yield drop
    if request.plan is not None and request.plan.checks:
        yield Button(label="Skip checks", command=_press(request, PressKind.SKIP_CHECKS), by=who)
    yield _cancel(request)


def _edit(request: Request) -> Button | None:
    """The first editable step, with its parameters as they are now: a person changes the values."""
    for step in request.plan.steps if request.plan else ():
        params = {name: value for name, value in sorted(step.action.params.items()) if name in step.editable}
        if params:
            return Button(
                label="Edit",
                command=Edit(request=request.id, step=step.number, params=params),
                by=request.intent.actor.name,
            )
    return None


def _drop(request: Request) -> Button | None:
    """The last of several steps: a person changes the number; a recipe runs whole."""
    plan = request.plan
    if plan is None or len(plan.steps) < 2 or plan.source.kind == "recipe":
        return None
    command = Press(what=PressKind.DROP, request=request.id, choice=str(plan.steps[-1].number), plan_digest=plan.digest)
    return Button(label="Drop", command=command, by=request.intent.actor.name)


def _cancel(request: Request) -> Button:
    return Button(label="Cancel", command=_press(request, PressKind.CANCEL), by=request.intent.actor.name)


def _press(request: Request, what: PressKind) -> Press:
    """Bound to what the card shows: plan and preview by digest."""
    decides = what in (PressKind.RUN, PressKind.APPROVE, PressKind.REJECT)
    return Press(
        what=what,
        request=request.id,
        plan_digest=request.plan.digest if decides and request.plan else None,
        preview_digest=request.preview.digest if decides and request.preview else None,
    )


def _others_of(request: Request) -> tuple[str, ...]:
    """Those whose approval counts."""
    needed = request.decision.needed if request.decision else ()
    return tuple(dict.fromkeys(_others(one) for one in needed if one.role == "approver"))


def _others(needed: Needed) -> str:
    return "somebody else from " + " or ".join(sorted(needed.groups)) if needed.groups else "somebody else"
