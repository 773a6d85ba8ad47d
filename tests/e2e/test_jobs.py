"""A real worker process over real queues and databases; the work itself only writes down that it was done."""

import json
import os
import pickle
import signal
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.samples import new_id, stored
from tests.servers.worker import RunningWorker, worker
from workers.bus import RedisBus, connect
from workers.domain.state import State
from workers.domain.value import RequestId
from workers.embedded import QueueServer
from workers.store.store import SqlStore

pytestmark = pytest.mark.xdist_group("jobs")


def until(holds: Callable[[], Any], seconds: float = 10) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)
    return found


def lines(store: SqlStore, request_id: RequestId, beginning: str = "") -> list[str]:
    texts = [p.text for p in store.progress_after(0, request_id) if p.kind == "progress"]
    return [text for text in texts if text.startswith(beginning)]


Start = Callable[..., AbstractContextManager[RunningWorker]]


@pytest.fixture
def start(sqlite_url: str, redis_url: str, data: Path) -> Start:
    def starting(*queues: str, grace: float = 10) -> AbstractContextManager[RunningWorker]:
        return worker(sqlite_url, redis_url, data, *queues, grace=grace)

    return starting


def test_a_ring_is_answered_with_the_job_that_it_names(
    store: SqlStore, bus: RedisBus, database_url: str, redis_url: str, data: Path
) -> None:
    """Each of the three jobs reaches its own function, on both databases, and nothing of it stays in Redis."""
    asked, ready = stored(store), stored(store, state=State.READY)
    with worker(database_url, redis_url, data, "plan", "run") as running:
        assert bus.ring("plan", asked.id)
        assert bus.ring("run", ready.id)
        assert bus.ring("reconcile", asked.id)

        until(lambda: len(lines(store, asked.id)) == 3 and lines(store, ready.id))
        assert lines(store, ready.id) == ["ran with fence 1"]
        assert "reconciled" in lines(store, asked.id)
        client = connect(redis_url)
        until(lambda: not client.keys("kubechat:bell:*"))
        left = {key.split(b":")[1] for key in client.keys("*")}
        client.close()
        assert left <= {b"worker", b"workers", b"queues", b"turn"}
        assert running.is_alive


def test_workers_that_live_are_counted(bus: RedisBus, start: Start) -> None:
    """The doctor can tell that nobody takes jobs; one that has left in order is not counted any more."""
    assert bus.workers() == 0
    with start("plan") as running:
        until(lambda: bus.workers() == 1)
        running.process.send_signal(signal.SIGTERM)
        until(lambda: bus.workers() == 0)


@pytest.fixture
def files(sqlite_url: str) -> Iterator[SqlStore]:
    """The store where one database is enough."""
    opened = SqlStore(sqlite_url)
    yield opened
    opened.close()


def test_fifty_rings_for_a_queued_job_run_it_once(files: SqlStore, bus: RedisBus, start: Start) -> None:
    """Duplicates collapse while a job waits (F9)."""
    asked, last = stored(files), stored(files)
    for _ in range(50):
        assert bus.ring("plan", asked.id)
    bus.ring("plan", last.id)

    with start("plan"):
        until(lambda: lines(files, last.id, "planned"))

    assert len(lines(files, asked.id, "planned")) == 1


def test_a_finished_job_can_be_rung_again(files: SqlStore, bus: RedisBus, start: Start) -> None:
    """A later plan of the same request has its own job."""
    asked = stored(files)
    with start("plan"):
        for times in (1, 2, 3):
            bus.ring("plan", asked.id)
            until(lambda times=times: len(lines(files, asked.id, "planned")) == times)


def test_rings_during_a_job_run_it_once_more_afterwards(
    files: SqlStore, bus: RedisBus, start: Start, data: Path
) -> None:
    """What happened while a job ran is not lost, and two of the same never run side by side."""
    asked = stored(files, "hold")
    with start("plan"), start("plan"):
        bus.ring("plan", asked.id)
        until(lambda: lines(files, asked.id, "started"))

        for _ in range(20):
            assert bus.ring("plan", asked.id)
        time.sleep(0.7)  # longer than a worker sleeps on its queue
        during = len(lines(files, asked.id, "started"))
        (data / "go").touch()

        until(lambda: len(lines(files, asked.id, "planned")) == 2)
        assert during == 1
        time.sleep(0.7)
        assert len(lines(files, asked.id, "started")) == 2


def test_a_killed_horse_leaves_the_request_as_it_is_stored(
    files: SqlStore, bus: RedisBus, start: Start, data: Path
) -> None:
    """kill -9 in the middle changes nothing in the store, and the worker lives on (F1)."""
    asked = stored(files, "hold")
    with start("plan") as running:
        bus.ring("plan", asked.id)
        pid = int(until(lambda: lines(files, asked.id, "started"))[0].split()[2])

        os.kill(pid, signal.SIGKILL)

        until(lambda: "job.lost" in running.said())
        other = stored(files)
        bus.ring("plan", other.id)
        until(lambda: lines(files, other.id, "planned"))
        assert running.is_alive
    assert files.request(asked.id) == asked
    assert lines(files, asked.id, "planned") == []


def test_a_killed_worker_takes_its_horse_with_it(files: SqlStore, bus: RedisBus, start: Start, data: Path) -> None:
    """No orphan goes on changing a cluster (F2)."""
    asked = stored(files, "hold")
    with start("plan") as running:
        bus.ring("plan", asked.id)
        pid = int(until(lambda: lines(files, asked.id, "started"))[0].split()[2])

        running.process.kill()
        running.process.wait()

        until(lambda: not is_running(pid))
    (data / "go").touch()
    assert lines(files, asked.id, "planned") == []


def test_sigterm_finishes_the_job_and_then_ends(files: SqlStore, bus: RedisBus, start: Start, data: Path) -> None:
    """A deployment does not interrupt what is being done."""
    asked = stored(files, "hold")
    with start("plan") as running:
        bus.ring("plan", asked.id)
        until(lambda: lines(files, asked.id, "started"))

        running.process.terminate()
        time.sleep(0.3)
        still = running.is_alive
        (data / "go").touch()

        assert running.process.wait(5) == 0
        assert still
    assert lines(files, asked.id, "planned") == ["planned"]


def test_sigterm_gives_a_job_up_when_the_grace_is_over(files: SqlStore, bus: RedisBus, start: Start) -> None:
    """The end is bounded, whatever a job waits for."""
    asked = stored(files, "hold")
    with start("plan", grace=0.5) as running:
        bus.ring("plan", asked.id)
        pid = int(until(lambda: lines(files, asked.id, "started"))[0].split()[2])

        running.process.terminate()

        assert running.process.wait(5) == 0
        assert not is_running(pid)


def test_a_second_sigterm_kills_the_job(files: SqlStore, bus: RedisBus, start: Start) -> None:
    """Whoever asks twice means it; twice within a second counts once."""
    asked = stored(files, "hold")
    with start("plan", grace=60) as running:
        bus.ring("plan", asked.id)
        pid = int(until(lambda: lines(files, asked.id, "started"))[0].split()[2])
        running.process.terminate()
        running.process.terminate()
        time.sleep(1.2)
        after_two = running.is_alive

        running.process.terminate()

        assert running.process.wait(5) == 0
        assert after_two
        assert not is_running(pid)


def test_an_exception_of_a_job_is_logged_redacted_and_not_in_redis(
    files: SqlStore, bus: RedisBus, start: Start, redis_url: str
) -> None:
    """Redis keeps no words of anybody."""
    asked = stored(files, "fail")
    with start("plan") as running:
        bus.ring("plan", asked.id)

        until(lambda: "job.broken" in running.said())

        client = connect(redis_url)
        until(lambda: not client.keys("kubechat:bell:*"))
        text = b"".join(key + repr(client.hgetall(key)).encode() for key in client.keys("rq:worker:*"))
        kept = {key.split(b":")[1] for key in client.keys("*")}
        client.close()
        assert running.is_alive
    assert "hunter2" not in running.said()
    assert b"hunter2" not in text
    assert kept <= {b"worker", b"workers", b"queues", b"turn"}


def test_an_emptied_redis_is_rung_anew(files: SqlStore, bus: RedisBus, start: Start, redis_url: str) -> None:
    """Losing every key loses nothing that a second ring does not bring back (F11)."""
    asked = stored(files)
    client = connect(redis_url)
    bus.ring("plan", asked.id)
    client.flushall()

    with start("plan") as running:
        bus.ring("plan", asked.id)
        until(lambda: lines(files, asked.id, "planned"))
        client.flushall()
        bus.ring("plan", asked.id)
        until(lambda: len(lines(files, asked.id, "planned")) == 2)
        assert running.is_alive
    client.close()


def test_a_worker_outlives_its_queue_server(files: SqlStore, sqlite_url: str, data: Path) -> None:
    """It sweeps while Redis is away and takes jobs again when it is back."""
    asked = stored(files)
    server = QueueServer(data)
    server.start()
    with worker(sqlite_url, server.url, data, "plan") as running:
        server.stop()
        (data / "swept").unlink()
        until((data / "swept").exists)

        server.start()
        bus = RedisBus(server.url)
        until(lambda: bus.ring("plan", asked.id))

        until(lambda: lines(files, asked.id, "planned"))
        assert running.is_alive
        bus.close()
    server.stop()


def test_the_worker_probes_the_clusters_in_a_child(start: Start, data: Path) -> None:
    """A cluster that hangs must not keep a doorbell waiting."""
    with start("plan"):
        until((data / "probed").exists)


class Bomb:
    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._marker}",)


def forgeries(marker: Path, request_id: str) -> dict[str, dict[str, str | bytes]]:
    """Job hashes as somebody who can write to Redis would make them, by their names."""

    def job(function: str, *arguments: object, **fields: str | bytes) -> dict[str, str | bytes]:
        return {"data": json.dumps([function, None, arguments, {}]), "origin": "plan", "status": "queued", **fields}

    touch = f"touch {marker}"
    plan = "workers.jobs.plan"
    return {
        "pickle": {"data": pickle.dumps(("workers.jobs.plan", None, (Bomb(marker),), {}))},
        "pickle-compressed": {"data": zlib.compress(pickle.dumps(Bomb(marker)))},
        "pickle-in-meta": job(plan, request_id, meta=pickle.dumps(Bomb(marker)), webhooks="[{}]"),
        "os-system": job("os.system", touch),
        "wiring": job("workers.jobs.wire", request_id),
        "not-text": job(plan, ["req-7f3k2m9q"]),
        "two-arguments": job(plan, request_id, touch),
        "not-an-id": job(plan, f"req-7f3k2m9q; {touch}"),
        "newline": job(plan, f"{request_id}\n"),
        "success-callback": job(plan, request_id, success_callback_name="os.system"),
        "failure-callback": job(plan, request_id, failure_callback_name="os.system"),
        "stopped-callback": job(plan, request_id, stopped_callback_name="os.system"),
        "webhook": job(plan, request_id, webhooks='[{"url": "http://127.0.0.1:9/", "statuses": ["finished"]}]'),
        "dependency": job(plan, request_id, dependency_ids='["another"]'),
        "instance": {"data": json.dumps([plan, "os", [request_id], {}])},
        "keywords": {"data": json.dumps([plan, None, [request_id], {"worker": touch}])},
        "large": {"data": zlib.compress(b" " * 50_000_000)},
        "deep": {"data": "[" * 900},
        "no-data": {"origin": "plan"},
    }


def test_forged_jobs_run_nothing_and_are_recorded(
    files: SqlStore, bus: RedisBus, start: Start, redis_url: str, data: Path
) -> None:
    """Whoever can write to Redis can only ring bells (T17, F10)."""
    marker, asked, last = data / "marker", stored(files), stored(files)
    client = connect(redis_url)
    jobs = forgeries(marker, asked.id)
    for name, fields in jobs.items():
        client.hset(f"rq:job:{name}", mapping=fields)
        client.rpush("rq:queue:plan", name)
    client.set("rq:job:not-a-hash", "x")
    client.rpush("rq:queue:plan", "not-a-hash", "no:such/id", b"\xff\xfe", "never-was")
    bus.ring("plan", last.id)

    with start("plan") as running:
        until(lambda: lines(files, last.id, "planned"))
        client.publish(f"rq:pubsub:{files!r}", "x")
        for key in client.keys("rq:worker:*"):
            name = key.decode().removeprefix("rq:worker:")
            for command in ("shutdown", "kill-horse", "stop-job"):
                client.publish(
                    f"rq:pubsub:{name}", json.dumps({"command": command, "job_id": "x", "created_at": time.time()})
                )
        client.set("rq:suspended", 1)
        bus.ring("plan", last.id)
        until(lambda: len(lines(files, last.id, "planned")) == 2)
        assert running.is_alive
    client.close()

    assert not marker.exists()
    assert lines(files, asked.id) == []
    assert files.request(asked.id) == asked
    events = [json.loads(record.leaf) for record in files.records()]
    recorded = {e["facts"]["job"] for e in events if e["event"] == "job.rejected"}
    # at most 20 leaves a minute, whoever forges
    assert len(recorded) == 20
    assert set(list(jobs)[:18]) <= recorded


def test_a_job_for_an_unknown_request_is_recorded_as_rejected(files: SqlStore, bus: RedisBus, start: Start) -> None:
    """A well-formed bell for nothing leaves a trace."""
    with start("plan") as running:
        bus.ring("plan", new_id())

        found = until(lambda: [json.loads(record.leaf) for record in files.records()])

        assert running.is_alive
    assert found[0]["event"] == "job.rejected"
    assert found[0]["facts"]["because"] == "no request has this id"


def test_a_job_for_a_request_that_is_not_ready_runs_nothing(files: SqlStore, bus: RedisBus, start: Start) -> None:
    """The store decides what is approved, not the queue."""
    waiting, ready = stored(files, state=State.AWAITING_APPROVAL), stored(files, state=State.READY)
    with start("run"):
        bus.ring("run", waiting.id)
        bus.ring("run", ready.id)

        until(lambda: lines(files, ready.id))

    assert lines(files, waiting.id) == []
    assert files.request(waiting.id) == waiting


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
