"""How requests end that nobody ends by a press: by time, or because another one took back or went on with them."""

from workers.domain.action import Effect
from workers.domain.audit import AuditEvent
from workers.domain.remains import Fate, fate
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import RequestId
from workers.ports import Change

WAITING = (State.AWAITING_CHOICE, State.AWAITING_APPROVAL, State.READY)


def note_end(change: Change, done: Request) -> None:
    """What a request has taken back, or gone on with, says so from then on."""
    if done.undoes is not None and done.state is State.SUCCEEDED:
        before = change.request(done.undoes)
        keeping = before.keeping.taken_back(done.id) if before.keeping and before.keeping.is_open else before.keeping
        change.save(before.model_copy(update={"undone_by": done.id, "keeping": keeping}))
    if done.continues is not None and _has_changed(done):
        change.save(change.request(done.continues).model_copy(update={"continued_by": done.id}))


def _has_changed(done: Request) -> bool:
    steps = done.plan.steps if done.plan else ()
    return any(fate(done, s) in (Fate.DONE, Fate.APPLIED) for s in steps if s.action.effect is not Effect.READ)


def expire(change: Change, request_id: RequestId) -> Request | None:
    """Ends a request whose time is over, if it still waits; None when it does not."""
    request = change.request(request_id)
    if request.state not in WAITING or request.expires_at is None or request.expires_at > change.now():
        return None
    facts = {"state": request.state.value, "expired_at": request.expires_at.isoformat()}
    ended = change.save(request.expired())
    change.leaf(AuditEvent.PLAN_EXPIRED, request_id=request_id, actor=None, facts=facts)
    return ended
