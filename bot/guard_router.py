"""A command about freezes or reviews -> one use case -> a card. It is about no request of the thread."""

from typing import assert_never

from bot.card import Card
from bot.guard_cards import freezes_card, frost_card, lifted_card, reviewed_card, reviews_card
from bot.guard_commands import Freeze, Freezes, Guarding, Review, Reviews, Unfreeze
from workers.domain.actor import Actor
from workers.guard.freezing import Freezing
from workers.guard.reviewing import Reviewing
from workers.service import Service


class GuardRouter:
    def __init__(self, service: Service, freezing: Freezing, reviewing: Reviewing) -> None:
        self._service = service
        self._freezing = freezing
        self._reviewing = reviewing

    def take(self, command: Guarding, actor: Actor) -> Card:
        """Raises what the use case raises."""
        match command:
            case Freeze():
                frost = self._freezing.freeze(command.what, actor, reason=command.reason, minutes=command.minutes)
                return frost_card(frost)
            case Unfreeze():
                return lifted_card(self._freezing.unfreeze(command.what, actor, reason=command.reason))
            case Freezes():
                return freezes_card(self._freezing.standing())
            case Review():
                found = self._service.show(command.request)
                return reviewed_card(self._reviewing.review(found.id, actor, command.reason))
            case Reviews():
                return reviews_card(self._reviewing.newest(), self._reviewing.tickets())
            case _:
                assert_never(command)
