"""F9 to F12: a queue that says everything fifty times, says what nobody meant, loses everything, or does not answer."""

import json
import os
import random
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from tests.e2e.stack import until
from tests.e2e.test_jobs import forgeries
from tests.faults.bench import Bench, now, stamp, timed
from tests.faults.checker import recoveries
from tests.faults.outcome import Outcome, percentile
from workers.bus import FUNCTIONS, connect
from workers.domain.request import Request
from workers.domain.state import State

READ_MILLISECONDS = 200  # p95 of reads while the queue is away


def duplicates(bench: Bench, seed: int, plans: int = 3, times: int = 50) -> Outcome:
    """F9: each execution is in the queue fifty times."""
    requests = bench.plans(plans, seed)
    with bench.stack.stopped():
        for request in requests:
            bench.allow(request)
        with _redis(bench) as client:
            queue = Queue("run", connection=client, serializer=JSONSerializer)
            order = [request.id for request in requests for _ in range(times)]
            random.Random(seed).shuffle(order)
            for request_id in order:
                job_id = f"run-{request_id}-{secrets.token_hex(4)}"
                queue.enqueue_call(FUNCTIONS["run"], args=(request_id,), job_id=job_id, result_ttl=0, failure_ttl=1)
    ended = bench.rest(requests)
    _each_once(bench, "F9", ended)
    counts = {"jobs": len(order)} | _counts(bench, ended)
    history = bench.history("duplicates", seed, now())
    return Outcome("F9", f"each execution {times} times in the queue", seed, counts, (), bench.judged(history))


def forged(bench: Bench, seed: int, plans: int = 2) -> Outcome:
    """F10: pickles, `os.system`, callbacks, webhooks and unknown ids among the jobs of people."""
    requests = bench.plans(plans, seed)
    before = bench.stack.workers()
    rejected = len(bench.stack.leaves(None, "job.rejected"))
    with tempfile.TemporaryDirectory() as folder, _listener() as (port, called):
        marker = Path(folder) / "marker"
        jobs = forgeries(marker, requests[0].id)
        url = f"http://127.0.0.1:{port}/"
        ours = {"data": json.dumps([FUNCTIONS["plan"], None, [requests[0].id], {}])}
        jobs["calls-us"] = {**ours, "webhooks": json.dumps([{"url": url, "statuses": ["finished", "failed"]}])}
        with _redis(bench) as client:
            for name, fields in jobs.items():
                client.hset(f"rq:job:{name}", mapping=fields)  # type: ignore[arg-type]
                client.rpush("rq:queue:run", name)
            client.rpush("rq:queue:run", "never-was", b"\xff\xfe", f"run-req-{secrets.token_hex(4)}-0")
        for request in requests:
            bench.allow(request)
        ended = bench.rest(requests)
        bench.expect(not marker.exists(), "F10: what a forged job said was done")
        bench.expect(not called, f"F10: {len(called)} connections were made because a forged job said so")
    _each_once(bench, "F10", ended)
    bench.expect(bench.stack.workers() == before, "F10: a worker died of a forged job")
    recorded = len(bench.stack.leaves(None, "job.rejected")) - rejected
    bench.expect(recorded > 0, "F10: no forged job is in the audit trail")
    counts = {"forged jobs": len(jobs) + 3, "run": int(marker.exists()), "connections": len(called), "leaves": recorded}
    history = bench.history("forged", seed, now())
    return Outcome("F10", "forged jobs", seed, counts | _counts(bench, ended), (), bench.judged(history))


def emptied(bench: Bench, seed: int, plans: int = 4) -> Outcome:
    """F11: the queue server is killed with everything in it, when half is approved; the other half meanwhile."""
    requests = bench.plans(plans, seed)
    with bench.stack.stopped():
        for request in requests[: plans // 2]:
            bench.allow(request)
        server = _server(bench)
        _signal(server, signal.SIGKILL)
        killed = time.time()
        for request in requests[plans // 2 :]:
            bench.allow(request)
        until(lambda: _server(bench) not in (0, server), what="the queue server to be started again")
    ended = bench.rest(requests)
    _each_once(bench, "F11", ended)
    history = bench.history("emptied", seed, stamp(killed))
    took = recoveries(history, [(stamp(killed), request.id) for request in requests])
    title = "Redis killed, everything in it lost"
    return Outcome("F11", title, seed, _counts(bench, ended), took, bench.judged(history))


def unreachable(bench: Bench, seed: int, plans: int = 3, seconds: float = 4) -> Outcome:
    """F12: the queue server is silent, then resets everybody; people read, decide and are told that it waits."""
    requests = bench.plans(plans, seed)
    threads, files = _held(bench)
    server = _server(bench)
    _signal(server, signal.SIGSTOP)
    try:
        began = time.monotonic()
        asked = [_reads(bench, requests) for _ in range(50)]
        presses = [timed(lambda request=request: bench.allow(request)) for request in requests]
        while time.monotonic() < began + seconds:
            asked.append(_reads(bench, requests))
            time.sleep(0.05)
        waiting = [bench.stack.now(request) for request in requests]
        bench.expect(all(one.state is not State.PLANNING for one in waiting), "F12: a plan was lost")
    finally:
        _signal(server, signal.SIGKILL)  # every connection is reset; another one is started, and it is empty
    healed = time.time()
    ended = bench.rest(requests)
    _each_once(bench, "F12", ended)
    worst = percentile([second * 1000 for second in asked], 95)
    bench.expect(worst < READ_MILLISECONDS, f"F12: reads took {worst:.0f} ms (p95) while the queue was away")
    bench.settle()
    for what, before, after in zip(("threads", "files"), (threads, files), _held(bench), strict=True):
        bench.expect(after <= before * 1.1 + 2, f"F12: {before} {what} before, {after} after")
    history = bench.history("unreachable", seed, stamp(healed))
    took = recoveries(history, [(stamp(healed), request.id) for request in requests])
    counts = {
        "reads": len(asked),
        "ms p95 of reads": round(worst),
        "ms for the slowest yes and run": round(1000 * max(presses)),
    }
    title = f"Redis silent for {seconds:g} s, then reset"
    return Outcome("F12", title, seed, counts | _counts(bench, ended), took, bench.judged(history))


def _reads(bench: Bench, requests: Sequence[Request]) -> float:
    service = bench.stack.instance.service
    return timed(lambda: (service.show(requests[0].id), service.recent(limit=20)))


def _each_once(bench: Bench, experiment: str, requests: Sequence[Request]) -> None:
    for request in requests:
        events = bench.stack.events(request)
        where = f"{experiment} {request.id}"
        bench.expect(request.state is State.SUCCEEDED, f"{where}: ended {request.state}")
        bench.expect(bench.writes(request) == 1, f"{where}: {bench.writes(request)} accepted writes")
        bench.expect(events.count("exec.started") == 1, f"{where}: started {events.count('exec.started')} times")


def _counts(bench: Bench, requests: Sequence[Request]) -> dict[str, int]:
    return {
        "plans": len(requests),
        "executions": sum(bench.stack.events(request).count("exec.started") for request in requests),
        "accepted writes": sum(bench.writes(request) for request in requests),
    }


def _held(bench: Bench) -> tuple[int, int]:
    """How many threads and open files the worker processes have together, at the busiest of several moments.

    What is idle is closed before each job, and opened again by the next sweep.
    """
    found = []
    for _ in range(25):
        folders = [Path(f"/proc/{pid}") for pid in bench.stack.workers()]
        found.append([sum(len(list((folder / what).iterdir())) for folder in folders) for what in ("task", "fd")])
        time.sleep(0.1)
    return max(threads for threads, _ in found), max(files for _, files in found)


def _server(bench: Bench) -> int:
    """The process of the embedded queue; 0 while there is none."""
    ours = str(bench.stack.instance.settings.data / "queue.sock").encode()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = entry.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if ours in said and b"valkey" in said.split(b"\0")[0]:
            return int(entry.parent.name)
    return 0


def _signal(pid: int, number: signal.Signals) -> None:
    """To the queue server, which must be there: 0 would be ourselves."""
    assert pid > 1
    os.kill(pid, number)


@contextmanager
def _redis(bench: Bench) -> Iterator[Redis]:
    client = connect(bench.stack.instance.settings.redis_url)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def _listener() -> Iterator[tuple[int, list[object]]]:
    """A port, and whoever has connected to it."""
    called: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                try:
                    line, who = server.accept()
                except TimeoutError:
                    continue
                called.append(who)
                line.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1], called
        over.set()
        thread.join()
