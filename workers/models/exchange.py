"""One question to one provider over HTTP: bounded in time and size, to one host, never repeated, never redirected.

The time is a wall clock's: a server that sends a byte a second is given up like one that is silent.
"""

import http.client
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from workers.domain.errors import ModelUnavailable

VERSION = version("kubechat")
LARGEST_ANSWER_BYTES = 1 << 20
CHUNK_BYTES = 1 << 16


@dataclass(slots=True)
class _Heard:
    status: int = 0
    body: bytearray = field(default_factory=bytearray)
    wrong: str = ""
    done: bool = False


def ask(
    name: str, method: str, url: str, headers: Mapping[str, str], body: Mapping[str, Any] | None, *, seconds: float
) -> tuple[Mapping[str, Any], int]:
    """The decoded answer, and how many bytes it had; raises ModelUnavailable with what was wrong, without any text."""
    heard, sent = _Heard(), json.dumps(body).encode() if body is not None else None
    more = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": f"kubechat/{VERSION}"}
    thread = threading.Thread(
        target=_exchange,
        args=(heard, method, url, {**more, **headers}, sent, seconds),
        daemon=True,  # whoever gives up does not wait for it
        name=f"model {name}",
    )
    thread.start()
    thread.join(max(0.0, seconds))
    if not heard.done:
        raise ModelUnavailable(f"{name} did not answer within {seconds:.1f} s")
    if heard.wrong:
        raise ModelUnavailable(f"{name} {heard.wrong}")
    if heard.status != 200:
        raise ModelUnavailable(f"{name} answered {heard.status}", now=_MEANS.get(heard.status, ""))
    try:
        found = json.loads(bytes(heard.body))
    except ValueError as error:
        raise ModelUnavailable(f"{name} did not answer in JSON") from error
    if not isinstance(found, dict):
        raise ModelUnavailable(f"{name} did not answer with an object")
    return found, len(heard.body)


_MEANS = {
    400: "it does not take the request: model and version may not fit",
    401: "it does not accept the key",
    403: "it does not accept the key",
    404: "it has no such model, or is something else",
    429: "it has been asked too often",
}


def _exchange(
    heard: _Heard, method: str, url: str, headers: Mapping[str, str], sent: bytes | None, seconds: float
) -> None:
    pool, end = urllib3.PoolManager(num_pools=1, retries=False), time.monotonic() + seconds
    try:
        response = pool.request(
            method, url, body=sent, headers=headers, timeout=seconds + 1, redirect=False, preload_content=False
        )
        heard.status = response.status
        while (chunk := response.read1(CHUNK_BYTES)) and time.monotonic() < end:  # nobody waits for more
            heard.body += chunk
            if len(heard.body) > LARGEST_ANSWER_BYTES:
                heard.wrong = f"answered with more than {LARGEST_ANSWER_BYTES >> 20} MiB"
                break
        response.close()
    except (HTTPError, OSError, http.client.HTTPException, ValueError) as error:
        heard.wrong = f"could not be asked ({type(error).__name__})"
    finally:
        pool.clear()
        heard.done = True
