"""Which person an account of a chat system is, and the one-time codes by which that is proved. Pure.

An account is linked to exactly one person, by its identifiers that never change and by a code that the person confirms
where they are already authenticated. Names, e-mail addresses and what a message says play no part.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from workers.domain.actor import TERMINAL, Account, AccountKind
from workers.domain.errors import AccountRefused, CodeRefused, NotLinked
from workers.domain.value import ClusterName, PersonId, Value

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
HANDLE, SECRET = 4, 8  # characters: what finds the code, and what proves it (40 random bits)
LIVES = timedelta(minutes=10)
WRONG_TRIES = 5  # after which a code is void
CODES_PER_HOUR = 5  # that one account may be given
_READ = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})

Confirmed = Literal["kubeconfig", "console"]


class Link(Value):
    """One account is this person, since then."""

    account: Account  # of the kind that was last reported
    person_id: PersonId
    linked_at: AwareDatetime
    confirmed: Confirmed  # where the person was authenticated
    cluster: ClusterName | None = None  # which answered who they are
    groups: frozenset[str] | None = None  # that it answered with; None: it was not asked

    def cooling_until(self, cooling: timedelta, now: datetime) -> datetime | None:
        """When this account may approve, if it may not yet."""
        until = self.linked_at + cooling
        return until if now < until else None


class LinkCode(Value):
    """A one-time code as it is stored: it can be checked, not read."""

    handle: str
    salt: str  # hex
    hashed: str  # hex
    account: Account
    expires_at: AwareDatetime
    wrong: int = 0
    ended: str = ""  # "used", "void": by wrong tries, "replaced": by a newer one


def coded(letters: str, salt: str, account: Account, now: datetime) -> LinkCode:
    """As it is stored, of twelve random letters and a random salt."""
    handle, secret = letters[:HANDLE], letters[HANDLE:]
    return LinkCode(handle=handle, salt=salt, hashed=_hashed(secret, salt), account=account, expires_at=now + LIVES)


def spelled(letters: str) -> str:
    """As a person reads and types it: `7F3K-2M9Q-XDTA`."""
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def parts(typed: str) -> tuple[str, str]:
    """Handle and secret of what was typed; raises CodeRefused for what is no code, without repeating it."""
    text = typed.upper().translate(_READ)
    if len(text) != HANDLE + SECRET or any(letter not in ALPHABET for letter in text):
        raise CodeRefused(
            "that is not a code for linking",
            now="one looks like 7F3K-2M9Q-XDTA",
            then="type `link` in the chat to get one",
        )
    return text[:HANDLE], text[HANDLE:]


def proves(code: LinkCode, secret: str) -> bool:
    return hmac.compare_digest(_hashed(secret, code.salt), code.hashed)


def why_not(code: LinkCode | None, now: datetime) -> str:
    """Empty when the code still waits to be confirmed."""
    if code is None:
        return "no code begins like that"
    if code.ended:
        return {
            "used": "it has been used",
            "replaced": "a newer one was given to the same account",
        }.get(code.ended, f"it was mistyped {WRONG_TRIES} times")
    return "" if now < code.expires_at else f"its time ended at {code.expires_at:%H:%M:%S} UTC"


def may_speak(account: Account) -> None:
    """Only full members of the workspace; raises AccountRefused, which says what the account is."""
    if account.kind is AccountKind.MEMBER:
        return
    said = {
        AccountKind.GUEST: "a guest",
        AccountKind.BOT: "a bot or an app",
        AccountKind.EXTERNAL: "of another organisation",
        AccountKind.DEACTIVATED: "deactivated",
    }.get(account.kind, "of a kind that the chat system did not say")
    raise AccountRefused(
        f"the account {account.text} is {said}",
        now="only members of this workspace can ask for changes or approve them",
        then="speak from an account that is your own, or have this one made a member",
    )


def linked(account: Account, link: Link | None) -> Link:
    """Raises NotLinked, which says how to become known."""
    if link is not None and link.account.is_same(account) and account.system != TERMINAL:
        return link
    raise NotLinked(
        f"the account {account.text} is nobody's yet",
        now="it may type `link` and `help`, nothing else",
        then="type `link` here, and confirm the code as yourself: kubechat link CODE",
    )


def _hashed(secret: str, salt: str) -> str:
    """Slow on purpose: 40 bits of a stolen database must not be found within the ten minutes."""
    return hashlib.scrypt(secret.encode(), salt=bytes.fromhex(salt), n=1 << 14, r=8, p=1, dklen=32).hex()
