"""Who asks, and how we know."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from workers.domain.value import PersonId, Value

TERMINAL = "terminal"  # the system whose accounts need no link: the data folder's permissions are the guard


class AccountKind(StrEnum):
    """What the chat system says of an account, with every message."""

    MEMBER = "member"
    GUEST = "guest"
    BOT = "bot"  # a bot or an app
    EXTERNAL = "external"  # of another workspace, team or organisation
    DEACTIVATED = "deactivated"
    UNKNOWN = "unknown"  # it was not said, which is as good as a no


class Account(Value):
    """One account in one chat system; several accounts may belong to one person."""

    system: str  # "terminal", "slack", "mattermost", "webhook"
    workspace: str
    user_id: str  # that never changes; not the name, which anybody may choose
    kind: AccountKind = AccountKind.UNKNOWN

    @property
    def text(self) -> str:
        """`slack/T024BE7LD/U02F`, as in `kubechat links`."""
        return f"{self.system}/{self.workspace}/{self.user_id}"

    def is_same(self, other: Self) -> bool:
        """Whatever was said of its kind."""
        return (self.system, self.workspace, self.user_id) == (other.system, other.workspace, other.user_id)


class Actor(Value):
    """One linked person, as verified for this message; never taken from message text."""

    person_id: PersonId
    name: str
    groups: frozenset[str]  # impersonated together with the person
    account: Account
    verified_by: Literal["signature", "session", "token"]
    second_factor_at: datetime | None = None  # when a code of theirs was checked for this press
    cooling_until: datetime | None = None  # its account was linked so lately that it cannot approve before then
