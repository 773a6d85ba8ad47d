"""What every chat system does for us: read one delivery, show cards, say whether it is alive."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from pydantic import AwareDatetime

from bot.card import Card
from bot.commands import Command
from workers.domain.actor import Account
from workers.domain.plan import Place
from workers.domain.value import Value


class Limits(Value):
    """What one message may hold; None is unlimited."""

    characters: int | None  # of one message
    buttons: int | None  # of one message
    edits_per_second: float | None  # of one message


class Inbound(Value):
    """One verified delivery; who the account belongs to is not known yet."""

    delivery: str  # unique in its system: a repeat is a no-op
    account: Account
    place: Place
    command: Command
    message: str = ""  # the message that a button was on
    at: AwareDatetime


class MessageRef(Value):
    """Where a card was posted, so that it can be updated in place."""

    place: Place
    message: str


class Health(Value):
    healthy: bool
    detail: str = ""


class Chat(Protocol):
    limits: Limits

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """Verifies signature and freshness, then parses; raises Refusal for what is forged or too old."""

    async def post(self, place: Place, card: Card) -> MessageRef: ...
    async def update(self, ref: MessageRef, card: Card) -> None: ...
    async def whisper(self, place: Place, account: Account, text: str) -> None:
        """Seen by one person only, where the system can."""

    async def check(self) -> Health: ...
