"""Who speaks: an account that its system vouches for -> Actor; never from message text."""

import getpass
import socket

from workers.domain.actor import TERMINAL, Account, AccountKind, Actor
from workers.domain.plan import Place
from workers.identity.linking import Linking
from workers.service import Service


def terminal_account() -> Account:
    """The login on this machine: what the audit trail keeps beside the person it spoke as."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        login = "unnamed"
    return Account(system=TERMINAL, workspace=socket.gethostname(), user_id=login, kind=AccountKind.MEMBER)


def chat_actor(linking: Linking, account: Account) -> Actor:
    """Whoever the account was linked to out of band; `account` is what the signed message says, with its kind of now.

    Raises AccountRefused, NotLinked, UnknownPerson: each says what to type.
    """
    return linking.actor(account)


def is_own_session(actor: Actor) -> bool:
    """Whether they speak where they were authenticated without a link."""
    return actor.account.system == TERMINAL


def terminal_actor(service: Service, person: str, account: Account) -> Actor:
    """Whoever may run this command on this data folder may speak as anybody in the people file.

    That is the trust of a local terminal, where the folder's permissions are the guard; raises UnknownPerson.
    """
    return service.actor(person, account)


def terminal_place(person: str, thread: str = "") -> Place:
    """The person's own; without a thread nothing goes on from what was said before."""
    return Place(system=TERMINAL, channel=person, thread=thread)
