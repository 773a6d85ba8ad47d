"""Connections that tell how far an exchange has come, and why one broke.

urllib3 raises the same errors before and after a request was sent; whether a write may have been applied hangs on it.
"""

import http.client
import ssl
import threading
from collections.abc import Callable
from typing import Any

import urllib3
from kubernetes.client.rest import RESTClientObject
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Progress(threading.local):
    """How far this thread's exchange has come; urllib3's errors do not tell."""

    fresh = False  # a connection was opened for it
    connected = False
    sent = False  # at least one byte of the request left


progress = Progress()


class _Telling:
    """What a connection adds to urllib3's: it notes its progress."""

    sock: Any

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]  # of the connection class it is mixed into
            progress.connected = True
        finally:
            progress.fresh = True
            progress.sent = False  # what a proxy was told is not the request

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        progress.connected = progress.sent = True
        super().send(data)  # type: ignore[misc]


class _Plain(_Telling, HTTPConnection): ...


class _Secure(_Telling, HTTPSConnection): ...


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Opened:
    """An answer that is being read."""

    def __init__(self, response: Any, after: Callable[[], None] | None) -> None:
        self._response = response
        self._after = after

    @property
    def status(self) -> int:
        return int(self._response.status)

    @property
    def headers(self) -> Any:
        return self._response.headers

    def __enter__(self) -> Any:
        return self._response

    def __exit__(self, *_: object) -> None:
        if self._response.isclosed():
            self._response.release_conn()
        else:
            self._response.close()
        if self._after is not None:
            self._after()


def rest_client(configuration: Any) -> Any:
    """The official client's REST layer over connections that tell."""
    rest = RESTClientObject(configuration)
    rest.pool_manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return rest


def why(error: BaseException) -> str:
    """The innermost cause in words; urllib3 wraps and names its own objects."""
    seen: list[BaseException] = []
    inner: Any = error
    while isinstance(inner, BaseException) and inner not in seen:
        seen.append(inner)
        inner = next((a for a in inner.args if isinstance(a, BaseException)), None) or inner.__cause__
    innermost = seen[-1]
    if isinstance(innermost, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({innermost.verify_message})"
    if isinstance(innermost, ssl.SSLError):
        return f"TLS was not agreed ({innermost.reason or 'handshake ended'})"
    for kind, words in _WORDS:
        if any(isinstance(one, kind) for one in seen):
            return words
    return f"the connection ended ({type(innermost).__name__})"


_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (urllib3.exceptions.NameResolutionError, "its name is not known to the resolver"),
    (ConnectionRefusedError, "the connection was refused"),
    (urllib3.exceptions.ProxyError, "the proxy did not connect"),
    (http.client.RemoteDisconnected, "the connection was cut before an answer"),
    (ConnectionResetError, "the connection was reset"),
    (BrokenPipeError, "the connection was reset"),
    (urllib3.exceptions.IncompleteRead, "the answer was cut short"),
    (urllib3.exceptions.ReadTimeoutError, "no answer came in time"),
    (TimeoutError, "no answer came in time"),
    (urllib3.exceptions.NewConnectionError, "there is no way to its address"),
    (urllib3.exceptions.ConnectTimeoutError, "the connection was not accepted in time"),
)
