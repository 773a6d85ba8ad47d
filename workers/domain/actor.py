"""Who asks, and how we know."""

from datetime import datetime
from typing import Literal

from workers.domain.value import PersonId, Value


class Account(Value):
    """One account in one chat system; several accounts may belong to one person."""

    system: str  # "terminal", "slack", "mattermost", "webhook"
    workspace: str
    user_id: str


class Actor(Value):
    """One linked person, as verified for this message; never taken from message text."""

    person_id: PersonId
    name: str
    groups: frozenset[str]  # impersonated together with the person
    account: Account
    verified_by: Literal["signature", "session", "token"]
    second_factor_at: datetime | None = None
