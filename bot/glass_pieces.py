"""What a card says, loud and first, when the glass is broken for its request."""

from datetime import datetime

from workers.domain.break_glass import Review
from workers.domain.request import Request

LOUD = "BREAK GLASS"


def alarm(request: Request, now: datetime | None) -> str:
    """Empty for every other request."""
    glass = request.decision.glass if request.decision else None
    if glass is None:
        return ""
    if request.review is not None:
        return f"{LOUD}: {review_text(_as_of(request.review, now))}"
    who = f"another person of {' or '.join(sorted(glass.groups))}"
    if request.state.is_final:
        return f"{LOUD}: asked for, and not used"
    told = f"everybody is told, and {who} reviews it within {glass.review_within_hours} h"
    return f"{LOUD}: without anybody's approval and in spite of a freeze; with Run {told}"


def review_text(review: Review) -> str:
    """`OVERDUE since 11-24 14:02 UTC, by another person of sre` or `reviewed by bob: it was right`."""
    if not review.is_open:
        return f"reviewed by {review.reviewed_by}: {review.finding}"
    when = f"{review.due_at:%m-%d %H:%M} UTC"
    late = f"review OVERDUE since {when}" if review.is_overdue else f"to be reviewed until {when}"
    return f"{late} by {review.who}: {review.reviewing}"


def _as_of(review: Review, now: datetime | None) -> Review:
    late = review.is_open and now is not None and review.due_at < now
    return review.model_copy(update={"is_overdue": late})
