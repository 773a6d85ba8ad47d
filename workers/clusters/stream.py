"""A followed log: its lines as they come, for a bounded time, over a connection of its own that ends with it."""

import http.client
import threading
import time
from collections.abc import Iterator

from urllib3.exceptions import HTTPError

from workers.clusters.connection import Opened
from workers.clusters.transport import CHUNK_BYTES, Request, Transport
from workers.domain.errors import ClusterUnreachable

LONGEST_LINE_BYTES = 1 << 16  # what is longer is given on in pieces
MOST_BYTES = 32 << 20


def lines(opened: Opened, request: Request, seconds: float) -> Iterator[str]:
    """Whole lines without their ends; ended by the server, after so many seconds, or after 32 MiB.

    Raises ClusterUnreachable when the connection breaks before the time is over.
    """
    deadline = time.monotonic() + seconds
    with opened as response:
        # A read that waits for the next line is woken by ending the receiving side from another thread.
        timer = threading.Timer(seconds, response.shutdown)
        timer.daemon = True
        timer.start()
        try:
            rest, read = b"", 0
            while read < MOST_BYTES and time.monotonic() < deadline:
                chunk = response.read1(CHUNK_BYTES, decode_content=False)
                if not chunk:
                    break
                read += len(chunk)
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield from _text(line)
                if len(rest) > LONGEST_LINE_BYTES:
                    yield from _text(rest)
                    rest = b""
            if rest:
                yield from _text(rest)
        except (HTTPError, OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() < deadline:
                raise ClusterUnreachable(
                    f"{request.doing}: the log broke off", now="what was shown so far is complete", then="ask again"
                ) from error
        finally:
            timer.cancel()


def follow(transport: Transport, request: Request, seconds: float) -> Opened:
    """The server may be silent for the whole time: only the deadline ends a quiet log."""
    return transport.open(request, seconds=seconds + 1, alone=True)


def _text(line: bytes) -> Iterator[str]:
    for start in range(0, max(len(line), 1), LONGEST_LINE_BYTES):
        yield line[start : start + LONGEST_LINE_BYTES].decode(errors="replace").removesuffix("\r")
