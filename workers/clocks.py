"""This process's clock beside the database's, which decides every expiry: a yes is taken only while they agree."""

from datetime import UTC, datetime, timedelta

from workers.domain.errors import ClocksApart
from workers.ports import Change, Clock

MOST_APART = timedelta(seconds=2)


def local_now() -> datetime:
    return datetime.now(UTC)


def agreed(change: Change, clock: Clock) -> None:
    """Raises ClocksApart; an answer that took long to come is no difference."""
    before = clock()
    theirs = change.now()
    after = clock()
    apart = max(before - theirs, theirs - after)
    if apart > MOST_APART:
        raise ClocksApart(
            f"the clocks of Kubechat and of its database are {apart.total_seconds():.0f} s apart; no yes is taken",
            now=f"it is {after:%H:%M:%S} UTC here and {theirs:%H:%M:%S} UTC in the database",
            then="have the clocks of both machines synchronised, then press again",
        )
