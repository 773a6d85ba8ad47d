"""No test leaves this machine: a connection beyond loopback and Unix sockets fails the test that made it.

The one exception are the servers of the kubeconfig that `KUBECHAT_TEST_KUBECONFIG` names.
"""

import os
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

_ALLOWED = ("127.", "::1", "localhost", "0.0.0.0")  # connecting to 0.0.0.0 is connecting to loopback
_seen: list[str] = []
_named: set[str] = set()
_installed = False


def install() -> None:
    """An audit hook cannot be taken back, so there is one for the whole process."""
    global _installed  # noqa: PLW0603
    if not _installed:
        _installed = True
        _named.update(_servers(os.environ.get("KUBECHAT_TEST_KUBECONFIG")))
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
        if host is not None and not str(host).startswith(_ALLOWED) and host not in _named:
            _seen.append(f"{event} {address}")
            raise PermissionError(f"a test tried to reach {address}")


def _servers(kubeconfig: str | None) -> set[str]:
    """Names and addresses of the real clusters that the contract suite is pointed at."""
    if not kubeconfig:
        return set()
    clusters = yaml.safe_load(Path(kubeconfig).read_text())["clusters"]
    names = {urlsplit(cluster["cluster"]["server"]).hostname or "" for cluster in clusters}
    return names | {str(found[4][0]) for name in names for found in socket.getaddrinfo(name, None)}
