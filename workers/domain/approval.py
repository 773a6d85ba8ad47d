"""One person's yes or no to one preview."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from workers.domain.actor import Actor
from workers.domain.factor import FRESH
from workers.domain.value import Digest, PersonId, RequestId, Value

Role = Literal["requester", "approver"]


class Verdict(StrEnum):
    YES = "yes"
    NO = "no"


class Approval(Value):
    """The requester's own yes has the role `requester` and is shown as Run."""

    request_id: RequestId
    actor: Actor
    verdict: Verdict
    role: Role
    plan_digest: Digest
    preview_digest: Digest
    reason: str = ""
    at: AwareDatetime
    carried_from: tuple[Digest, Digest] | None = None  # plan and preview that it was given to, when it is kept for less
    checked_at: AwareDatetime | None = None  # when the clusters last said that its giver may do this too

    @property
    def has_fresh_factor(self) -> bool:
        """Whether a code of the person's second factor was checked for this press."""
        return is_fresh(self.actor, self.at)


class Withdrawal(Value):
    """A yes that does not count any more, and why: its giver has lost a group, or a right in the cluster."""

    person_id: PersonId
    name: str
    because: str  # "no right to patch deployments/scale in payments of prod-eu"


def is_fresh(actor: Actor, at: datetime) -> bool:
    """Whether a code of theirs was checked just before that."""
    checked = actor.second_factor_at
    return checked is not None and at - FRESH <= checked <= at


class Needed(Value):
    """So many people of these groups in this role."""

    role: Role
    count: int
    groups: frozenset[str] = frozenset()  # empty: anybody known

    def takes(self, actor: Actor) -> bool:
        """Whether the person is in one of the groups."""
        return not self.groups or bool(self.groups & actor.groups)

    @property
    def text(self) -> str:
        if self.role == "requester":
            return "the requester's own Run"
        who = " or ".join(sorted(self.groups)) or "anybody known here"
        return f"{self.count} other {'person' if self.count == 1 else 'people'} from {who}"
