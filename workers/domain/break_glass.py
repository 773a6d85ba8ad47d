"""When there is no time for another person's yes: who may do without it, how fast, and who looks at it afterwards."""

from pydantic import AwareDatetime, Field

from workers.domain.value import PersonId, RequestId, Value


class BreakGlass(Value):
    """Who may act without other people's approval, and in spite of a freeze; never in spite of a refusal."""

    groups: frozenset[str] = Field(min_length=1)  # who may break the glass, and who may review it
    tiers: frozenset[str] = frozenset()  # where; empty: in any
    window_minutes: int = Field(default=10, gt=0, le=60)  # to press Run, and then to start
    second_factor: bool = False  # the requester's own Run takes a fresh one
    review_within_hours: int = Field(default=24, gt=0, le=14 * 24)


class Review(Value):
    """What must be looked at by another person, because the glass was broken for it."""

    request_id: RequestId
    by: PersonId  # who broke the glass
    reason: str
    groups: frozenset[str]  # whose review counts
    opened_at: AwareDatetime
    due_at: AwareDatetime
    is_overdue: bool = False  # open, and late by the database's clock
    reviewed_by: PersonId | None = None
    reviewed_at: AwareDatetime | None = None
    finding: str = ""

    @property
    def text(self) -> str:
        """`req-7f3k2m9q of alice since 11-23 14:02 UTC: the queue burns; to be reviewed until 11-24 14:02 UTC`."""
        since = f"{self.request_id} of {self.by} since {self.opened_at:%m-%d %H:%M} UTC: {self.reason}"
        return f"{since}; to be reviewed by {self.who} until {self.due_at:%m-%d %H:%M} UTC"

    @property
    def is_open(self) -> bool:
        return self.reviewed_by is None

    @property
    def who(self) -> str:
        """Who may review it: `another person of sre`."""
        return f"another person of {' or '.join(sorted(self.groups))}"

    @property
    def reviewing(self) -> str:
        """What to type to close it."""
        return f"`review {self.request_id} because ...`"


class Ticket(Value):
    """A line for the tracker of incidents, kept in the same transaction as what it tells."""

    id: int
    kind: str  # "break-glass"
    request_id: RequestId
    text: str
    created_at: AwareDatetime
