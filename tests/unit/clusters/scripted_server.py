"""A server on loopback that answers as told, and the calls that tests make to it."""

import socket
import threading
from collections.abc import Callable
from contextlib import closing

from workers.domain.actor import Account, Actor
from workers.domain.call import MERGE_PATCH, Call, Shape
from workers.domain.value import ClusterName, PersonId

HERE = ClusterName("here")
ALICE = Actor(
    person_id=PersonId("alice"),
    name="Alice",
    groups=frozenset({"sre"}),
    account=Account(system="terminal", workspace="t", user_id="alice"),
    verified_by="session",
)
READ = Call(method="GET", group="", version="v1", resource="pods", namespace="payments", name="web")
LIST = READ.model_copy(update={"name": None})
LOG = READ.model_copy(update={"subresource": "log", "shape": Shape.TEXT})
WRITE = Call(
    method="PATCH",
    group="",
    version="v1",
    resource="pods",
    namespace="payments",
    name="web",
    body={"metadata": {}},
    content_type=MERGE_PATCH,
)
Answering = Callable[[socket.socket, bytes], None]


class Server:
    """Answers each request as told; keeps what it was sent."""

    def __init__(self, answering: Answering) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self._answering = answering
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with closing(connection):
            try:
                while request := _request(connection):
                    self.requests.append(request)
                    self._answering(connection, request)
            except OSError:
                return

    def close(self) -> None:
        self._listener.close()


def _request(connection: socket.socket) -> bytes:
    """Head and body of one request; empty at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0].split(b":")[1]) - len(body) if lengths else 0
    while missing > 0 and (chunk := connection.recv(missing)):
        data, missing = data + chunk, missing - len(chunk)
    return data


def plain(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def saying(answer: bytes) -> Answering:
    return lambda connection, _: connection.sendall(answer)
