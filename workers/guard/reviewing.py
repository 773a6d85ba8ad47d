"""The use cases of reviews: what was done under break-glass is looked at by another person, or blocks the next."""

from workers.domain.actor import Actor
from workers.domain.audit import AuditEvent
from workers.domain.break_glass import Review, Ticket
from workers.domain.errors import AlreadyDecided, Mistake, NotAnApprover, OwnApproval
from workers.domain.press import is_cooled
from workers.domain.state import State
from workers.domain.value import RequestId
from workers.ports import Bus, Store
from workers.pressing import Pressing, cleaned

LONGEST_FINDING = 1000  # characters


class Reviewing:
    def __init__(self, *, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._pressing = Pressing(store=store, bus=bus)

    def newest(self) -> tuple[Review, ...]:
        """The open one first."""
        return self._store.reviews()

    def tickets(self) -> tuple[Ticket, ...]:
        """Newest first."""
        return self._store.tickets()

    def review(self, request_id: RequestId, actor: Actor, finding: str) -> Review:
        """Another person's word on what was done; it closes the review. Raises Mistake, AlreadyDecided, Refusals."""
        with self._pressing.press(request_id, actor, "review") as (change, request):
            review = change.review(request_id)
            if review is None:
                raise Mistake(f"no glass was broken for {request_id}", then="`reviews` lists what is to be reviewed")
            if not review.is_open:
                raise AlreadyDecided(
                    f"{request_id} was reviewed", now=f"by {review.reviewed_by}: {review.finding}", then="`reviews`"
                )
            _may(review, actor)
            is_cooled(actor, "review")
            if not request.state.is_final and request.state is not State.INTERRUPTED:
                raise Mistake(f"{request_id} has not ended yet", now=f"it is {request.state}", then="review it then")
            if not finding.strip():
                raise Mistake("a review says what was found", then=f"type {review.reviewing}")
            said = cleaned(finding.strip(), LONGEST_FINDING)
            change.close_review(request_id, actor.person_id, said)
            closed = change.review(request_id) or review
            saved = change.save(request.model_copy(update={"review": closed}))
            facts = {
                "finding": said,
                "by": review.by,
                "late": review.is_overdue,
                "account": actor.account.model_dump(),
            }
            change.leaf(AuditEvent.EMERGENCY_REVIEWED, request_id=request_id, actor=actor.person_id, facts=facts)
            change.broadcast(saved, f"{actor.name} reviewed {request_id} of {review.by}: {said}")
        self._bus.announce(request_id)
        return closed


def _may(review: Review, actor: Actor) -> None:
    if actor.person_id == review.by:
        raise OwnApproval(
            f"{actor.name} broke the glass and cannot review it too",
            now=f"it waits for {review.who}",
            then=f"ask one of them to type {review.reviewing}",
        )
    if not actor.groups & review.groups:
        raise NotAnApprover(
            f"{actor.name} is not among those who review this",
            now=f"it waits for {review.who}; {actor.name} is in {', '.join(sorted(actor.groups)) or 'no group'}",
            then="ask one of them",
        )
