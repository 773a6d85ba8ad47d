"""How requests end that nobody ends by a press: by time, or because another one took back what they did."""

from workers.domain.audit import AuditEvent
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import RequestId
from workers.ports import Change

WAITING = (State.AWAITING_CHOICE, State.AWAITING_APPROVAL, State.READY)


def note_undone(change: Change, done: Request) -> None:
    """What a request that succeeded has taken back says so from then on."""
    if done.undoes is not None and done.state is State.SUCCEEDED:
        change.save(change.request(done.undoes).model_copy(update={"undone_by": done.id}))


def expire(change: Change, request_id: RequestId) -> Request | None:
    """Ends a request whose time is over, if it still waits; None when it does not."""
    request = change.request(request_id)
    if request.state not in WAITING or request.expires_at is None or request.expires_at > change.now():
        return None
    facts = {"state": request.state.value, "expired_at": request.expires_at.isoformat()}
    ended = change.save(request.expired())
    change.leaf(AuditEvent.PLAN_EXPIRED, request_id=request_id, actor=None, facts=facts)
    return ended
