"""One exchange with one API server: bounded in time and size, never repeated when it writes.

Built on the official client's REST layer (its TLS, proxy and pool settings) one level below its request method, because
that method cannot repeat a header, follows redirects and waits without end.

- A write always takes a fresh connection: a cut is then never a stale keep-alive, and nothing is sent twice, anywhere.
- A read may be sent once more, on a fresh connection, only if a pooled connection ended before one byte of answer.
- A cluster that could not be connected to is not tried again for five seconds.
"""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from workers.clusters.account import Account
from workers.clusters.connection import Opened, progress, rest_client, why
from workers.clusters.kubeconfig import Context
from workers.domain.errors import ClusterUnreachable, KubechatError, OutcomeUnknown, Rejected

LARGEST_ANSWER_BYTES = 32 << 20
REST_SECONDS = 5.0
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # with the query
    headers: urllib3.HTTPHeaderDict
    body: bytes | None
    changes: bool  # whether the cluster may be different afterwards
    doing: str  # "listing pods in prod-eu": how errors begin


@dataclass(frozen=True)
class Reply:
    status: int
    headers: urllib3.HTTPHeaderDict
    body: bytes


@dataclass(frozen=True)
class Line:
    """A connection of its own, TLS and proxy done, on which nothing was said yet."""

    sock: socket.socket
    url: str  # of the server, without a path
    headers: urllib3.HTTPHeaderDict  # with the bot's own credentials


class Transport:
    """The way to one cluster; used by many threads at once."""

    def __init__(self, context: Context, data: Path, connect_seconds: float, read_seconds: float) -> None:
        self._context = context
        self._account = Account(context, data)
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._lock = threading.Lock()
        self._rest: Any = None
        self._failed: tuple[float, str] | None = None  # when it could not be connected to, and why

    def exchange(self, request: Request, *, seconds: float | None = None) -> Reply:
        """The whole answer, whatever its status.

        Raises ClusterUnreachable when nothing was sent or nothing can have changed, OutcomeUnknown when a change was
        sent and not answered, Rejected when a read's answer is too large.
        """
        return self.finish(self.open(request, seconds=seconds), request, seconds=seconds)

    def finish(self, opened: Opened, request: Request, *, seconds: float | None = None) -> Reply:
        """The rest of an answer, whose connection is given back or ended."""
        with opened as response:
            within = 2 * (seconds or self._read_seconds)
            deadline = time.monotonic() + within
            body = bytearray()
            try:
                while chunk := response.read1(CHUNK_BYTES, decode_content=False):
                    body += chunk
                    if len(body) > LARGEST_ANSWER_BYTES:
                        raise _too_large(request)
                    if time.monotonic() > deadline:
                        raise self._broken(request, f"the answer did not end within {within:.0f} s")
            except (HTTPError, OSError, http.client.HTTPException) as error:
                raise self._broken(request, why(error)) from error
            finally:
                if not response.isclosed():
                    response.close()  # unread rest: the connection cannot be used again
            if response.status == 401:
                self._account.forget()
            return Reply(response.status, response.headers, bytes(body))

    def open(self, request: Request, *, seconds: float | None = None, alone: bool = False) -> Opened:
        """The answer's head, with the body still to come; `alone` on a connection of its own."""
        self._refuse_while_down(request)
        try:
            return self._open(request, seconds, alone=alone or request.changes)
        except _Stale:
            return self._open(request, seconds, alone=True)

    @contextmanager
    def dial(self, request: Request) -> Iterator[Line]:
        """For what is more than one answer; ended with the block. Raises ClusterUnreachable when nothing was sent."""
        self._refuse_while_down(request)
        configuration = self._account.configuration()
        headers = request.headers.copy()
        if authorization := self._account.authorization():
            headers["Authorization"] = authorization
        rest = rest_client(configuration)
        pool = rest.pool_manager.connection_from_url(configuration.host)
        progress.fresh = progress.connected = progress.sent = False
        connection = pool._get_conn()
        connection.timeout = self._connect_seconds
        try:
            try:
                if pool.proxy is not None:
                    pool._prepare_proxy(connection)
                else:
                    connection.connect()
            except (HTTPError, OSError, http.client.HTTPException) as error:
                progress.connected = False  # whatever a proxy was told
                raise self._translated(request, error) from error
            self._failed = None
            connection.sock.settimeout(self._read_seconds)
            yield Line(connection.sock, configuration.host, headers)
        finally:
            connection.close()
            rest.close()

    def close(self) -> None:
        self._forget_pool()

    def after_fork(self) -> None:
        """Drops the parent's connections without ending them: they are the parent's still."""
        self._lock = threading.Lock()
        self._rest = None
        self._account = Account(self._context, self._account.data)

    def _open(self, request: Request, seconds: float | None, *, alone: bool) -> Opened:
        configuration = self._account.configuration()
        headers = request.headers.copy()
        if authorization := self._account.authorization():
            headers["Authorization"] = authorization
        rest = rest_client(configuration) if alone else self._shared(configuration)
        if alone:
            headers["Connection"] = "close"
        timeout = urllib3.Timeout(
            connect=min(self._connect_seconds, seconds or self._connect_seconds), read=seconds or self._read_seconds
        )
        progress.fresh = progress.connected = progress.sent = False
        try:
            response = rest.pool_manager.urlopen(
                request.method,
                configuration.host + request.path,
                body=request.body,
                headers=headers,
                timeout=timeout,
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
        except (HTTPError, OSError, http.client.HTTPException) as error:
            if alone:
                rest.close()
            raise self._translated(request, error) from error
        except ValueError as error:  # http.client refuses what would break out of a header
            raise ClusterUnreachable(f"{request.doing}: the request could not be written: {error}") from error
        self._failed = None
        return Opened(response, rest.close if alone else None)

    def _translated(self, request: Request, error: Exception) -> Exception:
        if not progress.connected:
            reason = why(error)
            self._failed = (time.monotonic(), reason)
            return ClusterUnreachable(
                f"{request.doing}: {self._context.name} cannot be reached: {reason}",
                now="nothing was sent",
                then="check the address and the network, then ask again",
                facts={"cluster": self._context.name},
            )
        if not progress.fresh and not isinstance(error, ReadTimeoutError):
            return _Stale()
        return self._broken(request, why(error))

    def _broken(self, request: Request, why: str) -> KubechatError:
        facts = {"cluster": self._context.name}
        if request.changes and progress.sent:
            return OutcomeUnknown(
                f"{request.doing}: the request was sent, and then {why}",
                now="whether the cluster applied it is unknown; it was not sent again",
                then="look at the object before doing it again",
                facts=facts,
            )
        return ClusterUnreachable(
            f"{request.doing}: {why}", now="nothing was changed", then="ask again in a moment", facts=facts
        )

    def _refuse_while_down(self, request: Request) -> None:
        failed = self._failed
        if failed is None:
            return
        ago = time.monotonic() - failed[0]
        if ago < REST_SECONDS:
            raise ClusterUnreachable(
                f"{request.doing}: {self._context.name} could not be reached {ago:.1f} s ago: {failed[1]}",
                now="nothing was sent",
                then=f"ask again in {REST_SECONDS - ago:.0f} s",
                facts={"cluster": self._context.name},
            )

    def _shared(self, configuration: Any) -> Any:
        with self._lock:
            if self._rest is None or self._rest.configuration is not configuration:
                self._rest = rest_client(configuration)
            return self._rest

    def _forget_pool(self) -> None:
        with self._lock:
            rest, self._rest = self._rest, None
        if rest is not None:
            rest.close()


class _Stale(Exception):
    """A pooled connection had ended before the read was answered."""


def _too_large(request: Request) -> KubechatError:
    said = f"{request.doing}: the answer is larger than {LARGEST_ANSWER_BYTES >> 20} MiB"
    if request.changes:
        return OutcomeUnknown(said, now="it was accepted, but not read to its end", then="look at the object")
    return Rejected(said, then="ask for one namespace, a selector, or fewer lines", facts={"reason": "too-large"})
