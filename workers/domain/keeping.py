"""The clock of a change that is taken back by itself unless somebody keeps it. Pure."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime

from workers.domain.errors import AlreadyDecided, Mistake, RequestExpired
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.value import PersonId, RequestId, Value


class Keeping(Value):
    until: AwareDatetime  # by the database's clock; then it is taken back
    because: str = ""  # why that is before its time: "step 1: 0 of 2 ready, ImagePullBackOff"
    kept_by: PersonId | None = None
    kept_at: AwareDatetime | None = None
    taken_back_by: RequestId | None = None  # the undo that was opened

    @property
    def is_open(self) -> bool:
        return self.kept_by is None and self.taken_back_by is None

    def kept(self, person: PersonId, at: datetime) -> Self:
        return self.model_copy(update={"kept_by": person, "kept_at": at})

    def taken_back(self, by: RequestId) -> Self:
        return self.model_copy(update={"taken_back_by": by})

    def held(self, because: str, until: datetime) -> Self:
        """It cannot be taken back now; it is tried again, and may be kept meanwhile."""
        return self.model_copy(update={"until": until, "because": because})

    def hurried(self, because: str, now: datetime) -> Self:
        """It is not well: the time to keep it is over."""
        return self.model_copy(update={"until": now, "because": because})


def began(keep_seconds: int, results: tuple[StepResult, ...], now: datetime) -> Keeping:
    """The clock from the end of an execution; over at once when a change was applied in vain."""
    vain = [f"step {r.step}: {r.message}" for r in results if r.outcome is StepOutcome.FAILED and r.after is not None]
    if vain:
        return Keeping(until=now, because="; ".join(vain))
    return Keeping(until=now + timedelta(seconds=keep_seconds))


def may_keep(request_id: RequestId, keeping: Keeping | None, now: datetime) -> None:
    """Raises with what there is not to keep any more."""
    look = f"`show {request_id}`"
    if keeping is None:
        raise Mistake(f"{request_id} has nothing to keep", now="it is not taken back by itself", then=look)
    if keeping.kept_by is not None:
        raise AlreadyDecided(f"{request_id} is kept already", now=f"{keeping.kept_by} did it", then=look)
    if keeping.taken_back_by is not None:
        raise AlreadyDecided(
            f"{request_id} is taken back already",
            now=f"{keeping.taken_back_by} does it",
            then=f"`show {keeping.taken_back_by}`; once it has succeeded, `undo {keeping.taken_back_by}`",
        )
    if keeping.until <= now:
        raise RequestExpired(
            f"the time to keep {request_id} ended at {keeping.until:%H:%M:%S} UTC",
            now=keeping.because or "it is being taken back",
            then=look,
        )
