"""F6: a worker is stopped for longer than its lease, everybody is told how it ended, and then it wakes up."""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.e2e.stack import until
from tests.faults.armed import Taken
from tests.faults.bench import Bench, now, stamp
from tests.faults.checker import recoveries
from tests.faults.outcome import Outcome
from workers.domain.request import Request
from workers.failpoints import Point

TITLE = "worker asleep for longer than its lease"
POINTS: tuple[Point, ...] = ("after-start", "before-intent", "after-intent", "after-write", "before-result")
WRITTEN = POINTS[3:]
SHORT: tuple[Point, ...] = ("before-intent", "after-intent")


def run(bench: Bench, seed: int, points: Sequence[Point] = SHORT) -> Outcome:
    """Two at a time, because there are two workers to be stopped; the third finds out what happened."""
    taken: list[Taken] = []
    ended: list[Request] = []
    for first in range(0, len(points), 2):
        stopped, rested = _sleep(bench, seed + first, points[first : first + 2])
        taken += stopped
        ended += rested
    history = bench.history("sleepers", seed, now())
    wrong = bench.judged(history)
    counts = {
        "sleepers": len(taken),
        "accepted writes": sum(bench.writes(request) for request in ended),
        "fenced": sum("exec.fenced" in bench.stack.events(request) for request in ended),
    }
    return Outcome("F6", TITLE, seed, counts, recoveries(history, [(stamp(one.at), one.about) for one in taken]), wrong)


def _sleep(bench: Bench, seed: int, points: Sequence[Point]) -> tuple[list[Taken], list[Request]]:
    requests = bench.plans(len(points), seed)
    for point, request in zip(points, requests, strict=True):
        bench.orders.give(point, "stop-worker", about=request.id)
    for request in requests:
        bench.allow(request)
    taken = bench.taken(requests)
    parents = {one.pid: _parent(one.pid) for one in taken}
    try:
        told = bench.rest(requests)
    finally:
        for pid in (*parents, *parents.values()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
    for request in requests:
        until(
            lambda request=request: "exec.fenced" in bench.stack.events(request), what="the sleeper to find its fence"
        )
    for point, before in zip(points, told, strict=True):
        where, after = f"F6 {point} {before.id}", bench.stack.now(before)
        bench.expect(after == before, f"{where}: the sleeper changed what people had been told")
        writes, expected = bench.writes(before), int(point in WRITTEN)
        bench.expect(writes == expected, f"{where}: {writes} accepted writes, {expected} expected")
    return taken, told


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
