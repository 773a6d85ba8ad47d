"""A TCP proxy that a test makes bad: between the product and PostgreSQL, Redis or a cluster's API server.

It looks into nothing, so TLS passes through; certificates of the demo fleet are for 127.0.0.1, whatever the port.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import yaml

Way = Literal["up", "down"]  # towards the server, towards the client
CHUNK = 1 << 16
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Toxics:
    latency: float = 0.0  # seconds before each piece, both ways
    jitter: float = 0.0  # at most so many more
    refuse: bool = False  # nobody listens, and whoever is connected is closed
    drop: bool = False  # accepted and swallowed, both ways
    reset: bool = False  # each connection ends with RST, also those that are open
    slow_close: float = 0.0  # seconds by which an end is passed on later
    bandwidth: int = 0  # bytes a second, each way
    slicer: int = 0  # pieces of at most so many bytes
    limit_up: int = 0  # bytes to the server, then the connection is cut
    limit_down: int = 0  # bytes to the client, then the connection is cut
    lose_answer: bytes = b""  # a piece to the client with these bytes is thrown away, and the connection is cut
    after: bytes = b""  # ... once it has carried these to the server, in whatever case


@dataclass(eq=False)
class _Link:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    passed: dict[Way, int] = field(default_factory=lambda: {"up": 0, "down": 0})
    swallowed: bool = False  # it has lost bytes: it cannot be used again
    carried: bool = False  # what must come before a lost answer

    def cut(self, *, rst: bool = False) -> None:
        for writer in (self.client, self.server):
            line = writer.get_extra_info("socket")
            if rst and line is not None and line.fileno() >= 0:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


class Proxy:
    """Listens on a loopback port of its own while it is entered; harmless until it is told otherwise."""

    def __init__(self, target: int | Path, seed: int = 0) -> None:
        self.target = target  # a port on loopback, or a Unix socket
        self.port = 0
        self.accepted = 0  # connections so far
        self.lost_answers = 0
        self._toxics = Toxics()
        self._dice = random.Random(seed)
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()

    @property
    def open(self) -> int:
        """Connections now."""
        return len(self._links)

    def harm(self, **toxics: Any) -> None:
        """From now on these, and no others."""
        self._do(self._change(replace(Toxics(), **toxics)))

    def heal(self) -> None:
        """As a plain wire; connections that have lost bytes are cut."""
        self.harm()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(PATIENCE_SECONDS)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, reuse_address=True)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _stop_listening(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def _close(self) -> None:
        await self._stop_listening()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for link in list(self._links):
            link.cut()
        await asyncio.sleep(0)

    async def _change(self, toxics: Toxics) -> None:
        self._toxics = toxics
        if toxics.refuse:
            await self._stop_listening()
        elif self._server is None:
            await self._listen()
        for link in list(self._links):
            if toxics.refuse or toxics.reset or (link.swallowed and not toxics.drop):
                link.cut(rst=toxics.reset)

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            if isinstance(self.target, int):
                answers, server = await asyncio.open_connection("127.0.0.1", self.target)
            else:
                answers, server = await asyncio.open_unix_connection(self.target)
        except OSError:
            client.transport.abort()
            return
        link = _Link(client, server)
        self._links.add(link)
        try:
            if self._toxics.reset:
                link.cut(rst=True)
                return
            await asyncio.gather(self._pump(link, "up", reader, server), self._pump(link, "down", answers, client))
        finally:
            self._links.discard(link)
            link.cut()

    async def _pump(self, link: _Link, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(self._toxics.slicer or CHUNK):
                if not await self._piece(link, way, data, writer):
                    return
            await asyncio.sleep(self._toxics.slow_close)
            writer.write_eof()
        except OSError:  # one side has ended it: so does the other
            link.cut()

    async def _piece(self, link: _Link, way: Way, data: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on after it."""
        toxics = self._toxics
        if toxics.drop:
            link.swallowed = True
            return True
        wait = toxics.latency + self._dice.uniform(0, toxics.jitter)
        wait += len(data) / toxics.bandwidth if toxics.bandwidth else 0
        wait += 0.01 if toxics.slicer else 0  # or they would be put together again
        if wait:
            await asyncio.sleep(wait)
        if way == "down" and toxics.lose_answer and link.carried and toxics.lose_answer in data:
            self.lost_answers += 1
            link.cut()
            return False
        link.carried |= way == "up" and toxics.after in data.lower()
        limit = toxics.limit_up if way == "up" else toxics.limit_down
        data = data[: max(limit - link.passed[way], 0)] if limit else data
        link.passed[way] += len(data)
        writer.write(data)
        await writer.drain()
        if limit and link.passed[way] >= limit:
            await asyncio.sleep(0)
            link.cut()
            return False
        return True


def through(kubeconfig: Path, ports: Mapping[str, int], made: Path) -> Path:
    """A copy of a kubeconfig whose clusters are reached through these ports of proxies."""
    content = yaml.safe_load(kubeconfig.read_text())
    for one in content["clusters"]:
        if one["name"] in ports:
            one["cluster"]["server"] = f"https://127.0.0.1:{ports[one['name']]}"
    made.touch(mode=0o600)
    made.write_text(yaml.safe_dump(content))
    return made


def port_of(url: str) -> int:
    found = urlsplit(url).port
    assert found is not None, url
    return found
