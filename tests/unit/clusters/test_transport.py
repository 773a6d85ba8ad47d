"""The transport against servers that misbehave, spoken to over real sockets on loopback."""

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scripted_server import ALICE, HERE, LIST, READ, WRITE, Server, plain, saying

from workers.clusters import transport
from workers.clusters.registry import Clusters
from workers.domain.errors import ClusterUnreachable, OutcomeUnknown, Rejected


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
