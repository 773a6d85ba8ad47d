"""The transport against servers that misbehave, spoken to over real sockets on loopback."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from workers.clusters import transport
from workers.clusters.registry import Clusters
from workers.domain.actor import Account, Actor
from workers.domain.call import MERGE_PATCH, Call, Shape
from workers.domain.errors import ClusterUnreachable, OutcomeUnknown, Rejected
from workers.domain.value import ClusterName, PersonId
from workers.settings import DEFAULTS, Settings, read_policy

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


@pytest.fixture
def against(tmp_path: Path) -> Iterator[Callable[..., tuple[Clusters, Server]]]:
    made: list[Any] = []

    def start(answering: Answering, user: dict[str, Any] | None = None, **more: Any) -> tuple[Clusters, Server]:
        server = Server(answering)
        config = {
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.port}"}}],
            "users": [{"name": "u", "user": user or {"token": "t"}}],
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        settings = Settings.read({}, data=tmp_path, kubeconfig=path, allow_insecure=frozenset({"here"}), **more)
        clusters = Clusters(settings, read_policy(DEFAULTS / "policy.yaml")[0])
        made.extend((clusters, server))
        return clusters, server

    yield start
    for one in made:
        one.close()


def test_endless_answer_is_refused_while_it_is_read(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """32 MiB is the most that any answer may take, whatever the server says about its length."""
    sent = 0

    def flood(connection: socket.socket, _: bytes) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        block = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        while sent < 200 << 20:
            connection.sendall(block)
            sent += 65536

    clusters, _ = against(flood)

    with pytest.raises(Rejected) as caught:
        clusters.send(HERE, LIST, ALICE)

    assert "larger than 32 MiB" in caught.value.message
    assert sent < transport.LARGEST_ANSWER_BYTES + (16 << 20)


def test_dripping_answer_ends_in_time(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """A server that sends one byte now and then cannot hold a worker."""

    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b" ")
            time.sleep(0.02)  # the server's own pace, not the test's

    clusters, _ = against(drip, read_seconds=0.2)
    start = time.monotonic()

    with pytest.raises(ClusterUnreachable) as caught:
        clusters.send(HERE, READ, ALICE)

    assert "did not end within" in caught.value.message
    assert time.monotonic() - start < 2


def test_redirect_is_not_followed(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """Credentials go to the configured address and nowhere else."""
    clusters, server = against(saying(plain("307 Temporary Redirect", b"", "Location: http://127.0.0.1:9/")))

    with pytest.raises(ClusterUnreachable) as caught:
        clusters.send(HERE, READ, ALICE)

    assert "redirect" in caught.value.message
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [b"<html>login</html>", b"{", b"\xff\xfe", b"[" * 5000])
def test_answer_that_is_not_json_is_not_an_answer(
    against: Callable[..., tuple[Clusters, Server]], answer: bytes
) -> None:
    """A captive portal is not a cluster; for a write, its 200 leaves doubt."""
    clusters, _ = against(saying(plain("200 OK", answer)))

    with pytest.raises(ClusterUnreachable):
        clusters.send(HERE, READ, ALICE)
    with pytest.raises(OutcomeUnknown):
        clusters.send(HERE, WRITE, ALICE)


def test_reads_share_a_connection_and_writes_do_not(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """A write has a fresh connection, so that a cut is never a stale keep-alive."""
    clusters, server = against(saying(plain("200 OK", b"{}")))

    for call in (READ, READ, READ):
        clusters.send(HERE, call, ALICE)
    after_reads = server.connections
    for _ in range(2):
        clusters.send(HERE, WRITE, ALICE)

    assert (after_reads, server.connections) == (1, 3)


def test_read_on_a_stale_connection_is_sent_once_more(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """A keep-alive connection that ends before one byte of answer costs one more read, once."""
    answered = 0

    def second_time_cut(connection: socket.socket, _: bytes) -> None:
        nonlocal answered
        answered += 1
        if answered == 2:
            connection.close()
        else:
            connection.sendall(plain("200 OK", b"{}"))

    clusters, server = against(second_time_cut)
    clusters.send(HERE, READ, ALICE)

    assert clusters.send(HERE, READ, ALICE).status == 200
    assert len(server.requests) == 3


def test_read_on_a_fresh_connection_is_not_repeated(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """What fails on a fresh connection is the server's trouble, and is said."""
    clusters, server = against(lambda connection, _: connection.close())

    with pytest.raises(ClusterUnreachable):
        clusters.send(HERE, READ, ALICE)

    assert len(server.requests) == 1


def test_answer_cut_short_is_unreachable_or_unknown(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """Half an answer is none."""

    def half(connection: socket.socket, _: bytes) -> None:
        connection.sendall(plain("200 OK", b"x" * 100)[:-50])
        connection.close()

    clusters, server = against(half)

    with pytest.raises(ClusterUnreachable):
        clusters.send(HERE, READ, ALICE)
    with pytest.raises(OutcomeUnknown):
        clusters.send(HERE, WRITE, ALICE)
    assert len(server.requests) == 2


def test_warnings_are_unquoted_and_each_is_given_once(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """RFC 7234: code, agent, quoted text, several in a line or in several lines."""
    lines = ('Warning: 299 - "use \\"v2\\"", 299 - "old"', 'Warning: 299 - "old"')
    clusters, _ = against(saying(plain("200 OK", b"{}", *lines)))

    assert clusters.send(HERE, READ, ALICE).warnings == ('use "v2"', "old")


def test_changed_token_file_is_read_again(against: Callable[..., tuple[Clusters, Server]], tmp_path: Path) -> None:
    """A rotated token is used after the old one was refused, and its newline is not sent."""
    token = tmp_path / "token"
    token.write_text("first\n")

    def only_second(connection: socket.socket, request: bytes) -> None:
        good = b"Authorization: Bearer second\r\n" in request
        connection.sendall(plain("200 OK" if good else "401 Unauthorized", b"{}"))

    clusters, server = against(only_second, user={"tokenFile": "token"})
    with pytest.raises(Exception, match="credentials"):
        clusters.send(HERE, READ, ALICE)
    token.write_text("second\n")

    assert clusters.send(HERE, READ, ALICE).status == 200
    assert b"Authorization: Bearer first\r\n" in server.requests[0]


def test_list_is_gathered_from_pages(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """Pages are joined; what nobody reads of a pod is left out; an expired token starts over without pages."""
    pod = {"metadata": {"name": "a", "managedFields": [{}]}, "spec": {"nodeName": "n"}}
    first = {"kind": "PodList", "metadata": {"continue": "next", "resourceVersion": "1"}, "items": [pod]}
    last = {"kind": "PodList", "metadata": {"resourceVersion": "1"}, "items": [pod, pod]}

    def paged(connection: socket.socket, request: bytes) -> None:
        body = last if b"continue=next" in request else first
        connection.sendall(plain("200 OK", json.dumps(body).encode()))

    clusters, server = against(paged)

    body = clusters.send(HERE, LIST, ALICE).body

    assert [request.split(b" ")[1].split(b"?")[1] for request in server.requests] == [
        b"limit=500",
        b"limit=500&continue=next",
    ]
    assert body["items"] == [{"metadata": {"name": "a"}, "spec": {"nodeName": "n"}}] * 3


def test_expired_page_starts_over_without_pages(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """A list that moved on while it was read is read again in one piece."""
    page = json.dumps({"kind": "PodList", "metadata": {"continue": "next"}, "items": []}).encode()
    whole = json.dumps({"kind": "PodList", "metadata": {}, "items": [{"metadata": {"name": "a"}, "spec": {}}]}).encode()
    gone = json.dumps({"kind": "Status", "reason": "Expired", "message": "too old", "code": 410}).encode()

    def expiring(connection: socket.socket, request: bytes) -> None:
        if b"continue=" in request:
            connection.sendall(plain("410 Gone", gone))
        else:
            connection.sendall(plain("200 OK", page if b"limit=" in request else whole))

    clusters, server = against(expiring)

    assert len(clusters.send(HERE, LIST, ALICE).body["items"]) == 1
    assert len(server.requests) == 3


def test_followed_log_comes_line_by_line_and_ends_in_time(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """Lines are whole whatever the packets; a silent log ends after its time, and its connection with it."""
    done = threading.Event()

    def log(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (b"one\ntw", b"o\r\nthr", b"ee\n"):
            connection.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if connection.recv(1) == b"":
            done.set()

    clusters, _ = against(log)
    start = time.monotonic()

    lines = list(clusters.stream(HERE, LOG, ALICE, seconds=0.5))

    assert lines == ["one", "two", "three"]
    assert 0.4 < time.monotonic() - start < 1.5
    assert done.wait(2)


def test_log_that_is_closed_early_leaves_no_connection(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """Whoever stops listening ends the stream."""
    done = threading.Event()

    def log(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n")
        if connection.recv(1) == b"":
            done.set()

    clusters, _ = against(log)
    lines = clusters.stream(HERE, LOG, ALICE, seconds=30)

    assert next(lines) == "one"
    lines.close()  # type: ignore[attr-defined]
    assert done.wait(2)


def test_long_line_comes_in_pieces(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """A line without an end cannot fill the memory."""
    body = b"x" * 300_000 + b"\nend\n"
    clusters, _ = against(saying(plain("200 OK", body)))

    lines = list(clusters.stream(HERE, LOG, ALICE, seconds=2))

    assert "".join(lines[:-1]) == "x" * 300_000
    assert max(map(len, lines)) <= 1 << 17
    assert lines[-1] == "end"


def test_refused_log_is_refused_at_once(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """A refusal is raised by the call, not by the first line."""
    body = json.dumps({"kind": "Status", "reason": "BadRequest", "message": "choose a container"}).encode()
    clusters, _ = against(saying(plain("400 Bad Request", body)))

    with pytest.raises(Rejected) as caught:
        clusters.stream(HERE, LOG, ALICE, seconds=2)

    assert "choose a container" in caught.value.message


def test_forked_child_opens_its_own_connections(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """Two processes on one connection would read each other's answers."""
    clusters, server = against(saying(plain("200 OK", b"{}")))
    clusters.send(HERE, READ, ALICE)

    clusters.after_fork()
    clusters.send(HERE, READ, ALICE)

    assert server.connections == 2


def test_many_threads_get_their_own_answers(against: Callable[..., tuple[Clusters, Server]]) -> None:
    """The planner asks from a pool of threads."""

    def echo(connection: socket.socket, request: bytes) -> None:
        name = request.split(b" ")[1].rpartition(b"/")[2].decode()
        connection.sendall(plain("200 OK", json.dumps({"name": name}).encode()))

    clusters, _ = against(echo)

    def ask(number: int) -> bool:
        body = clusters.send(HERE, READ.model_copy(update={"name": f"p{number}"}), ALICE).body
        return bool(body["name"] == f"p{number}")

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(300)))
