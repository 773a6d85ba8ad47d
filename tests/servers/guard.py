"""No test leaves this machine: a connection beyond loopback and Unix sockets fails the test that made it."""

import sys
from typing import Any

_ALLOWED = ("127.", "::1", "localhost", "0.0.0.0")  # connecting to 0.0.0.0 is connecting to loopback
_seen: list[str] = []
_installed = False


def install() -> None:
    """An audit hook cannot be taken back, so there is one for the whole process."""
    global _installed  # noqa: PLW0603
    if not _installed:
        _installed = True
        sys.addaudithook(_watch)


def taken() -> tuple[str, ...]:
    """Where tests tried to go since the last time."""
    seen = tuple(_seen)
    _seen.clear()
    return seen


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and not str(host).startswith(_ALLOWED):
            _seen.append(f"{event} {address}")
            raise PermissionError(f"a test tried to reach {address}")
