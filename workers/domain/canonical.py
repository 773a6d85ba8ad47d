"""One spelling for every value that is hashed.

RFC 8785 (JSON Canonicalization Scheme) restricted to what we store: no floats, ASCII keys, integers within 2**53.
Within that restriction Python's sorted, compact JSON has exactly the bytes of RFC 8785; a property test compares them
with an independent implementation.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workers.domain.value import Digest

LARGEST_INTEGER = 2**53 - 1


def canonical(value: Any) -> bytes:
    """UTF-8 bytes of the one spelling of a JSON value.

    Raises ValueError, naming the path, for floats, large integers, non-ASCII keys, and anything that is not JSON.
    """
    _check(value, "$")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> Digest:
    """SHA-256 over the canonical bytes, in lower-case hex."""
    return Digest(hashlib.sha256(canonical(value)).hexdigest())


def _check(value: Any, path: str) -> None:
    match value:
        case None | bool():
            pass
        case str():
            if any("\ud800" <= c <= "\udfff" for c in value):
                raise ValueError(f"{path}: lone surrogate in text")
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise ValueError(f"{path}: integer beyond 2**53; write it as text")
        case Mapping():
            for key, item in value.items():
                if not (isinstance(key, str) and key.isascii()):
                    raise ValueError(f"{path}: key {key!r} is not ASCII text")
                _check(item, f"{path}.{key}")
        case list() | tuple():
            for index, item in enumerate(value):
                _check(item, f"{path}[{index}]")
        case _:
            raise ValueError(f"{path}: {type(value).__name__} has no canonical spelling")
