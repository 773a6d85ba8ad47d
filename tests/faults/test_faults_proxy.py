"""The bad wire itself: each toxic does what its name says, and a healed wire is a wire."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.e2e.stack import until
from tests.faults.proxy import Proxy


@contextmanager
def echo() -> Iterator[tuple[int, list[bytes]]]:
    """A server that says everything again, and what it has heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve(line: socket.socket) -> None:
            with line, suppress(OSError):
                while data := line.recv(1 << 16):
                    heard.append(data)
                    line.sendall(data)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def wire() -> Iterator[tuple[Proxy, list[bytes]]]:
    with echo() as (port, heard), Proxy(port) as proxy:
        yield proxy, heard


def call(proxy: Proxy) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", proxy.port), 5)
    line.settimeout(5)
    return line


def said(line: socket.socket, data: bytes) -> bytes:
    """What comes back until as much came back, or the end."""
    line.sendall(data)
    found = b""
    while len(found) < len(data) and (more := line.recv(1 << 16)):
        found += more
    return found


def test_a_harmless_proxy_is_a_wire(wire: tuple[Proxy, list[bytes]]) -> None:
    """Whatever goes in comes out, also much at once."""
    proxy, _ = wire
    with call(proxy) as line:
        assert said(line, b"x" * 300_000) == b"x" * 300_000
        assert proxy.open == 1
    until(lambda: proxy.open == 0)


def test_latency_bandwidth_and_slices(wire: tuple[Proxy, list[bytes]]) -> None:
    """Slow, narrow and in pieces, but whole."""
    proxy, heard = wire
    with call(proxy) as line:
        for toxics, seconds in (({"latency": 0.1, "jitter": 0.01}, 0.2), ({"bandwidth": 1000}, 0.2)):
            proxy.harm(**toxics)
            began = time.monotonic()
            assert said(line, b"y" * 100) == b"y" * 100
            assert time.monotonic() - began >= seconds
        proxy.harm(slicer=10)
        said(line, b"-" * 60)  # the read that began before is not sliced yet
        heard.clear()
        assert said(line, b"z" * 60) == b"z" * 60
        assert len(heard) > 1


def test_nobody_listens_while_it_refuses(wire: tuple[Proxy, list[bytes]]) -> None:
    """Open connections end, new ones are refused, and afterwards it is the same port."""
    proxy, _ = wire
    with call(proxy) as line:
        assert said(line, b"one") == b"one"
        proxy.harm(refuse=True)
        with suppress(ConnectionError):
            assert line.recv(10) == b""
    with pytest.raises(ConnectionRefusedError):
        call(proxy)
    proxy.heal()
    with call(proxy) as line:
        assert said(line, b"two") == b"two"


def test_what_is_dropped_is_never_heard(wire: tuple[Proxy, list[bytes]]) -> None:
    """Accepted, and silent; a connection that has lost bytes does not come to life again."""
    proxy, heard = wire
    proxy.harm(drop=True)
    with call(proxy) as line:
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            said(line, b"lost")
        assert heard == []
        proxy.heal()
        line.settimeout(5)
        with suppress(ConnectionError):
            assert line.recv(10) == b""


def test_a_reset_is_no_end(wire: tuple[Proxy, list[bytes]]) -> None:
    """RST, for open connections and for new ones."""
    proxy, _ = wire
    with call(proxy) as line:
        assert said(line, b"one") == b"one"
        proxy.harm(reset=True)
        with pytest.raises(ConnectionResetError):
            line.recv(10)
    with pytest.raises(ConnectionResetError), call(proxy) as line:
        line.sendall(b"two")
        assert line.recv(10) != b""


def test_an_end_that_comes_late(wire: tuple[Proxy, list[bytes]]) -> None:
    """The answer is there, its end is not for a while."""
    proxy, _ = wire
    proxy.harm(slow_close=0.2)
    with call(proxy) as line:
        assert said(line, b"one") == b"one"
        began = time.monotonic()
        line.shutdown(socket.SHUT_WR)
        assert line.recv(10) == b""
        assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("way", ["limit_up", "limit_down"])
def test_cut_after_so_many_bytes(wire: tuple[Proxy, list[bytes]], way: str) -> None:
    """In either direction; what was before the cut went through."""
    proxy, heard = wire
    proxy.harm(**{way: 5})
    with call(proxy) as line, suppress(ConnectionError):
        assert len(said(line, b"0123456789")) <= 5
    expected = b"01234" if way == "limit_up" else b"0123456789"
    until(lambda: b"".join(heard) == expected, what="exactly what was before the cut")


def test_an_answer_that_is_lost(wire: tuple[Proxy, list[bytes]]) -> None:
    """The server has heard the word and answered; the client sees the end of the connection only."""
    proxy, heard = wire
    proxy.harm(lose_answer=b"COMMIT", after=b"insert")
    with call(proxy) as line:
        assert said(line, b"COMMIT;") == b"COMMIT;"
        assert said(line, b"INSERT;") == b"INSERT;"
        with suppress(ConnectionError):
            assert said(line, b"COMMIT;") == b""
    assert heard[-1] == b"COMMIT;"
    assert proxy.lost_answers == 1


def test_a_server_that_is_away(wire: tuple[Proxy, list[bytes]]) -> None:
    """The connection is taken and ended at once, as by a proxy whose backend is gone."""
    proxy, _ = wire
    proxy.target = 1
    with call(proxy) as line, suppress(ConnectionError):
        assert line.recv(10) == b""
    assert proxy.accepted == 1
