"""A command in a container over a WebSocket: no stdin, no terminal, bounded in silence, time and size; never repeated.

Subprotocols v5 and v4.channel.k8s.io (k8s.io/apimachinery/pkg/util/remotecommand, Kubernetes 1.36): the first byte of
each message is its channel; the third channel carries one Status when the command has ended.
"""

import http.client
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import urllib3
from websocket import ABNF, WebSocket, WebSocketBadStatusException, WebSocketException, WebSocketTimeoutException

from workers.clusters import asking, statuses
from workers.clusters.connection import why
from workers.clusters.transport import Line, Reply, Request, Transport
from workers.domain.actor import Actor
from workers.domain.call import Call
from workers.domain.errors import Broken, KubechatError, OutcomeUnknown
from workers.domain.redact import visible
from workers.domain.transcript import Bounds, Ended, Transcript
from workers.domain.value import ClusterName

SUBPROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
OUT, ERR, STATUS = 1, 2, 3
LONGEST_PROBLEM = 500
BREAKS = (WebSocketException, OSError, http.client.HTTPException, ValueError)


def execute(
    transport: Transport, cluster: ClusterName, call: Call, actor: Actor, *, mark: str, bounds: Bounds
) -> Transcript:
    """What the command wrote. Raises what a refusal stands for, and ClusterUnreachable: then nothing was started.

    Raises OutcomeUnknown when the connection broke after the command was sent.
    """
    request = _request(cluster, call, actor, mark)
    with transport.dial(request) as line:
        web_socket = WebSocket()
        try:
            _shake_hands(web_socket, line, request)
        except WebSocketBadStatusException as error:
            raise _refused(error, request, call, cluster, actor) from error
        except BREAKS as error:
            raise _lost(request, why(error)) from error
        heard = _Heard(bounds)
        timer = threading.Timer(bounds.seconds + 1, _end, (line.sock,))  # of one message that trickles
        timer.daemon = True
        timer.start()
        try:
            transcript = heard.listen(web_socket, request)
        finally:
            timer.cancel()
            with suppress(*BREAKS):
                web_socket.close(timeout=1)
        answered = web_socket.handshake_response.headers if web_socket.handshake_response else {}
        return transcript.model_copy(update={"audit_id": visible(answered.get("audit-id") or "")[:64]})


def _request(cluster: ClusterName, call: Call, actor: Actor, mark: str) -> Request:
    """The options of the body as a query: a WebSocket begins as a GET without a body."""
    if not isinstance(call.body, Mapping) or call.subresource != "exec":
        raise Broken(f"{call.path} is no command")
    plain = asking.request_for(cluster, call.model_copy(update={"method": "GET", "body": None}), actor, mark=mark)
    words: Sequence[str] = call.body["command"]
    query = [("command", word) for word in words]
    query += [("container", str(call.body["container"])), ("stdout", "true"), ("stderr", "true")]
    doing = f"running '{words[0]}' in {asking.one(call)} in {asking.place(cluster, call.namespace)}"
    path = f"{plain.path}?{urlencode(query, quote_via=quote)}"
    return Request("GET", path, plain.headers, None, changes=True, doing=doing)


def _shake_hands(web_socket: WebSocket, line: Line, request: Request) -> None:
    connect: Any = web_socket.connect  # it has no types
    connect(
        line.url.replace("http", "ws", 1) + request.path,
        socket=line.sock,
        header=[f"{name}: {value.encode('latin-1').decode()}" for name, value in line.headers.iteritems()],
        subprotocols=list(SUBPROTOCOLS),
        suppress_origin=True,
        redirect_limit=0,
    )
    if web_socket.getstatus() != 101 or web_socket.getsubprotocol() not in SUBPROTOCOLS:
        raise ValueError("the server agreed to no known subprotocol")


@dataclass
class _Heard:
    """What has come so far."""

    bounds: Bounds
    streams: dict[int, bytearray] = field(default_factory=lambda: {OUT: bytearray(), ERR: bytearray()})

    def listen(self, web_socket: WebSocket, request: Request) -> Transcript:
        now = time.monotonic()
        end, quiet = now + self.bounds.seconds, now + self.bounds.idle_seconds
        while True:
            now = time.monotonic()
            if now >= end:
                return self._transcript(Ended.TIME)
            if now >= quiet:
                return self._transcript(Ended.IDLE)
            try:
                web_socket.settimeout(min(end, quiet) - now)
                code, message = web_socket.recv_data()
            except WebSocketTimeoutException:
                continue
            except BREAKS as error:
                if time.monotonic() >= end:
                    return self._transcript(Ended.TIME)
                raise _lost(request, why(error)) from error
            if code == ABNF.OPCODE_CLOSE or not message:
                raise _lost(request, "the connection was closed before the command's end was told")
            channel, data = message[0], message[1:]
            if channel == STATUS:
                return self._ended(data)
            if channel in self.streams and data:
                quiet = time.monotonic() + self.bounds.idle_seconds
                self.streams[channel] += data
                if sum(map(len, self.streams.values())) > self.bounds.most_bytes:
                    return self._transcript(Ended.FULL)

    def _ended(self, data: bytes) -> Transcript:
        """An exit code, or why there is none."""
        try:
            status = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            status = None
        status = status if isinstance(status, dict) else {}
        if status.get("status") == "Success":
            return self._transcript(Ended.EXITED, exit_code=0)
        if status.get("reason") == "NonZeroExitCode" and (code := _exit_code(status)) is not None:
            return self._transcript(Ended.EXITED, exit_code=code)
        said = visible(str(status.get("message") or "the node did not say why"))[:LONGEST_PROBLEM]
        return self._transcript(Ended.EXITED, problem=said)

    def _transcript(self, ended: Ended, exit_code: int | None = None, problem: str = "") -> Transcript:
        left = self.bounds.most_bytes
        texts = []
        for channel in (OUT, ERR):
            kept = bytes(self.streams[channel][:left])
            left -= len(kept)
            texts.append(kept.decode(errors="replace"))
        return Transcript(stdout=texts[0], stderr=texts[1], ended=ended, exit_code=exit_code, problem=problem)


def _exit_code(status: Mapping[str, Any]) -> int | None:
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict) and cause.get("reason") == "ExitCode":
            said = str(cause.get("message", ""))
            return int(said) if said.isdecimal() and len(said) < 10 else None
    return None


def _refused(
    error: WebSocketBadStatusException, request: Request, call: Call, cluster: ClusterName, actor: Actor
) -> KubechatError:
    """Nothing was started: a node starts a command only when both sides have shaken hands."""
    headers = urllib3.HTTPHeaderDict({str(k): str(v) for k, v in (error.resp_headers or {}).items()})
    body = error.resp_body if isinstance(error.resp_body, bytes) else b""
    asked = Request(request.method, request.path, request.headers, None, changes=False, doing=request.doing)
    return statuses.error_for(Reply(error.status_code, headers, body), asked, call, cluster, actor)


def _lost(request: Request, why: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{request.doing}: the command was sent, and then {why}",
        now="whether it ran to its end is unknown; it was not sent again",
        then="look at what it was about before running it again",
    )


def _end(sock: socket.socket) -> None:
    """Wakes whoever waits for the rest of a message.

    Not by the shutdown of SSLSocket, which drops its TLS state: the reader would take ciphertext for messages.
    """
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
