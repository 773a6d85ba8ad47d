"""The key in the data folder that second factors are encrypted with: a copy of the database alone holds no secret.

AES-256-GCM, bound to the person: a row that was copied to somebody else cannot be opened.
"""

import base64
import binascii
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workers.domain.errors import InvalidConfiguration
from workers.domain.value import PersonId

NAME = "factor.key"
NONCE_BYTES = 12


class FactorKey:
    """Implements workers.identity.factors.Sealing."""

    def __init__(self, data: Path) -> None:
        self._path = data / NAME

    def seal(self, person: PersonId, secret: bytes) -> str:
        """Makes the key at the first use."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self._made()).encrypt(nonce, secret, person.encode())
        return base64.b64encode(nonce + sealed).decode()

    def unseal(self, person: PersonId, sealed: str) -> bytes:
        """Raises InvalidConfiguration when the key is not the one it was sealed with, or not there."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return AESGCM(self._path.read_bytes()).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], person.encode())
        except (OSError, ValueError, InvalidTag, binascii.Error) as error:
            raise InvalidConfiguration(
                f"the second factor of {person} cannot be read",
                now=f"'{NAME}' in the data folder is not the key that it was kept with",
                then="put the key back, or remove the factor with --lost and enroll again",
            ) from error

    def _made(self) -> bytes:
        """Of two processes at once one makes it; it is whole under its name, or not there."""
        if not self._path.exists():
            new = self._path.with_name(f"{NAME}.{secrets.token_hex(4)}")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(AESGCM.generate_key(256))
                file.flush()
                os.fsync(file.fileno())
            try:
                self._path.hardlink_to(new)
            except FileExistsError:
                pass  # somebody was faster
            finally:
                new.unlink()
        return self._path.read_bytes()
