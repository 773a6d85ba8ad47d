"""How many requests a person, or a channel, may open in a minute: a bucket that refills evenly. Pure.

Of a bucket one moment is kept: when it will be full again (GCRA, ITU-T I.371). Nothing has to be swept or counted.
"""

from datetime import datetime, timedelta

from pydantic import Field

from workers.domain.errors import TooFast
from workers.domain.value import Value

MINUTE = timedelta(minutes=1)


class Pace(Value):
    """So many within any moment, and so many in a minute from then on."""

    per_minute: int = Field(ge=1)

    def taken(self, full_at: datetime | None, now: datetime, who: str) -> datetime:
        """When the bucket is full again after one more is taken; raises TooFast, saying when there is one."""
        each = MINUTE / self.per_minute
        full_at = max(full_at or now, now)
        if full_at + each > now + MINUTE:
            wait = (full_at + each - now - MINUTE).total_seconds()
            raise TooFast(
                f"too many requests of {who} at once",
                now=f"it may be {self.per_minute} in a minute; nothing was opened",
                then=f"ask again in {max(1, round(wait + 0.5))} s",
            )
        return full_at + each


class Paces(Value):
    """Of one installation."""

    person: Pace = Pace(per_minute=30)
    channel: Pace = Pace(per_minute=120)
