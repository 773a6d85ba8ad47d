"""A worker process for tests: the real worker over a Work that writes what it does into the real store.

What a job does is in the words of its request: "work" leaves one line, "hold" waits until a file is there.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from workers.bus import RedisBus
from workers.domain.value import RequestId
from workers.jobs import KubechatWorker
from workers.store.store import SqlStore
from workers.telemetry import configure
from workers.wiring import Wiring

ROOT = Path(__file__).parents[2]


class WritesDown:
    """Implements workers.wiring.Work."""

    def __init__(self, store: SqlStore, data: Path) -> None:
        self._store = store
        self._data = data

    def plan(self, request_id: RequestId, worker: str) -> None:
        self._line(request_id, f"started {time.time()} {os.getpid()}")
        words = self._store.request(request_id).intent.text
        if words == "hold":
            while not (self._data / "go").exists():
                time.sleep(0.01)
        if words == "fail":
            raise RuntimeError("the password=hunter2 is wrong")
        self._line(request_id, "planned")

    def run(self, request_id: RequestId, worker: str) -> None:
        with self._store.change() as change:
            claim = change.claim(request_id, worker, timedelta(seconds=30))
            if claim is not None:
                change.progress(change.request(request_id), f"ran with fence {claim.fence}")

    def reconcile(self, request_id: RequestId) -> None:
        self._line(request_id, "reconciled")

    def sweep(self) -> None:
        (self._data / "swept").touch()

    def tidy(self) -> None:
        (self._data / "tidied").touch()

    def probe(self) -> None:
        (self._data / "probed").touch()

    def _line(self, request_id: RequestId, text: str) -> None:
        with self._store.change() as change:
            change.progress(change.request(request_id), text)


class RunningWorker:
    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def said(self) -> str:
        return self.log.read_text()


@contextmanager
def worker(database_url: str, redis_url: str, data: Path, *queues: str, grace: float = 10) -> Iterator[RunningWorker]:
    """Has begun its loop when the block begins; killed at its end."""
    log = data / f"worker-{time.monotonic_ns()}.log"
    (data / "swept").unlink(missing_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.worker", database_url, redis_url, str(data), str(grace), *queues],
            cwd=ROOT,
            stdout=out,
            stderr=out,
        )
    try:
        end = time.monotonic() + 20
        while not (data / "swept").exists():
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.01)
        yield RunningWorker(process, log)
    finally:
        process.kill()
        process.wait()


def main(database_url: str, redis_url: str, data: str, grace: str, *queues: str) -> None:
    configure()
    store, bus = SqlStore(database_url, Path(data) / "audit.head"), RedisBus(redis_url)
    wiring = Wiring(WritesDown(store, Path(data)), store, bus, Path(data), lambda: None)
    KubechatWorker(queues, wiring, redis_url, float(grace)).work()


if __name__ == "__main__":
    main(*sys.argv[1:])
