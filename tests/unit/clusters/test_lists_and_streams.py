"""Lists in pages and followed logs, over real sockets on loopback."""

import json
import socket
import threading
import time
from collections.abc import Callable

import pytest
from scripted_server import ALICE, HERE, LIST, LOG, Server, plain, saying

from workers.clusters.registry import Clusters
from workers.domain.errors import Rejected


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
