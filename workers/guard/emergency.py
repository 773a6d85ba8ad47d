"""Breaking the glass: told to everybody, kept for the tracker, and open until another person has reviewed it."""

from datetime import timedelta

from workers.domain.audit import AuditEvent
from workers.domain.break_glass import Review
from workers.domain.errors import Unreviewed
from workers.domain.request import Request
from workers.ports import Change, Store

KIND = "break-glass"  # of the line for the tracker


def reviewed_before(store: Store, request: Request) -> None:
    """Raises Unreviewed while what somebody else's broken glass has done is not reviewed."""
    for review in store.reviews(limit=1):
        if review.is_open and review.request_id != request.id:
            raise _unreviewed(review)


def opened(change: Change, request: Request) -> Request:
    """In the transaction of the requester's own Run, before anything is written; nothing for other requests.

    Raises Unreviewed when another one was opened meanwhile. A Run that is repeated after drift opens nothing anew.
    """
    glass = request.decision.glass if request.decision else None
    if glass is None:
        return request
    at, who = change.now(), request.intent.actor.name
    review = Review(
        request_id=request.id,
        by=request.requester,
        reason=request.intent.reason or "",
        groups=glass.groups,
        opened_at=at,
        due_at=at + timedelta(hours=glass.review_within_hours),
    )
    before = change.open_review(review)
    if before is not None and before.request_id != request.id:
        raise _unreviewed(before)
    if before is not None:
        return request
    saved = change.save(request.model_copy(update={"review": review}))
    text = f"{who} broke the glass for {request.id}: {request.intent.text}"
    facts = {
        "reason": review.reason,
        "due_at": review.due_at.isoformat(),
        "reviewers": sorted(glass.groups),
        "freezes": [freeze.text for freeze in change.freezes()],
        "account": request.intent.actor.account.model_dump(),
    }
    change.leaf(AuditEvent.EMERGENCY_OPENED, request_id=request.id, actor=request.requester, facts=facts)
    change.ticket(KIND, request.id, f"{text}; {review.text}")
    change.broadcast(saved, f"BREAK GLASS: {text} (show {request.id})")
    return saved


def _unreviewed(review: Review) -> Unreviewed:
    late = ", which is overdue" if review.is_overdue else ""
    return Unreviewed(
        f"the glass was broken for {review.request_id} and nobody has reviewed that",
        now=f"{review.text}{late}",
        then=f"{review.who} than {review.by} types {review.reviewing}",
    )
