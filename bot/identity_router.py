"""Accounts and second factors: who speaks, codes for linking, and codes with a press. It has no rules of its own."""

from bot.card import Card
from bot.commands import Link
from bot.identity import chat_actor, is_own_session
from bot.identity_cards import issued_card, linked_card, whose_card
from workers.domain.actor import Account, Actor
from workers.domain.errors import UnknownCommand
from workers.identity.factors import Factors
from workers.identity.linking import Linking


class IdentityRouter:
    def __init__(self, linking: Linking, factors: Factors) -> None:
        self._linking = linking
        self._factors = factors

    def actor(self, account: Account) -> Actor:
        return chat_actor(self._linking, account)

    def begin(self, account: Account) -> Card:
        return issued_card(self._linking.begin(account))

    def take(self, command: Link, actor: Actor) -> Card:
        """From a session of the person: shown whose account it is first, linked when that was said to be right."""
        if not command.code or not is_own_session(actor):
            raise UnknownCommand(
                f"you are {actor.name} here already" if not command.code else "a code is not confirmed in a chat",
                then="confirm codes of other accounts of yours in a terminal: kubechat link CODE",
            )
        if not command.sure:
            return whose_card(self._linking.whose(command.code, actor.person_id), actor.name)
        link = self._linking.confirm(command.code, actor.person_id, "console")
        return linked_card(link, self._linking.may_approve_from(link))

    def checked(self, actor: Actor, code: str) -> Actor:
        """With a second factor for this press, when a code came with it."""
        return self._factors.checked(actor, code) if code else actor
