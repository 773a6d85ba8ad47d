"""The second factor: time-based one-time passwords, RFC 6238 with SHA-1, 30 seconds and six digits. Pure."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from string import ascii_letters, digits

from pydantic import AwareDatetime

from workers.domain.value import PersonId, Value

PERIOD_SECONDS = 30
DIGITS = 6
STEPS = 1  # before and after: clocks of phones differ
SECRET_BYTES = 20  # RFC 4226 section 4, R6
WRONG_TRIES, WITHIN, LOCKED_FOR = 5, timedelta(minutes=10), timedelta(minutes=10)
FRESH = timedelta(minutes=2)  # how long before the press a code may have been checked
_PLAIN = frozenset(ascii_letters + digits + "-._~")  # RFC 3986 section 2.3


class Factor(Value):
    """One person's, as it is stored."""

    person_id: PersonId
    sealed: str  # the secret, encrypted
    enrolled_at: AwareDatetime
    last_counter: int = 0  # the newest code that was used
    locked_until: AwareDatetime | None = None


def password(secret: bytes, counter: int) -> str:
    """RFC 4226 section 5.3."""
    mac = hmac.digest(secret, counter.to_bytes(8, "big"), hashlib.sha1)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def counter_of(secret: bytes, typed: str, at: datetime) -> int | None:
    """The period that the code is of, when it is at most one step away; every candidate is compared."""
    now = int(at.timestamp()) // PERIOD_SECONDS
    found = None
    for counter in range(now - STEPS, now + STEPS + 1):
        if hmac.compare_digest(password(secret, counter).encode(), typed.encode()):
            found = counter
    return found


def written(secret: bytes) -> str:
    """Base 32, as authenticator apps take it by hand."""
    return base64.b32encode(secret).decode()


def address(secret: bytes, person: PersonId) -> str:
    """The `otpauth://` URI that authenticator apps read."""
    label = "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in person.encode())
    return f"otpauth://totp/Kubechat:{label}?secret={written(secret)}&issuer=Kubechat"
