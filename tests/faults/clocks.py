"""F27: workers whose clocks are wrong: what they do, and when it is too late, is decided by the database's."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from tests.e2e.stack import World
from tests.faults.armed import CLOCK
from tests.faults.bench import Bench, a_bench, a_world, now
from tests.faults.checker import recoveries
from tests.faults.outcome import Outcome
from workers.domain.state import State

TITLE = "clocks of workers wrong by ten minutes"


def run(seed: int, offsets: Sequence[timedelta], plans: int = 2) -> Outcome:
    """One plan is carried out, one loses its worker after the write, one has expired: as with good clocks."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    took: list[float] = []
    with a_world() as world:
        for offset in offsets:
            with _off(offset, world) as bench:
                _one(bench, seed, plans, counts)
                history = bench.history("clocks", seed, now())
                wrong += bench.judged(history)
                sent = [leaf for leaf in history.leaves if leaf["event"] == "exec.intended"]
                took += recoveries(history, [(leaf["at"], leaf["request_id"]) for leaf in sent])
    return Outcome("F27", TITLE, seed, counts, took, wrong)


def _one(bench: Bench, seed: int, plans: int, counts: Counter[str]) -> None:
    done, lost, late = bench.plans(plans, seed), bench.plans(plans, seed + 1), bench.plans(plans, seed + 2)
    for request in lost:
        bench.orders.give("after-write", "kill", about=request.id)
    with bench.stack.stopped():
        for request in (*done, *lost, *late):
            bench.allow(request)
        for request in late:
            bench.stack.expire(request)
    bench.taken(lost)
    for requests, state, writes in (([*done, *lost], State.SUCCEEDED, 1), (late, State.EXPIRED, 0)):
        for request in bench.rest(requests):
            seen = request.state, bench.writes(request)
            bench.expect(seen == (state, writes), f"F27: {request.id}: {seen}, {(state, writes)} expected")
            counts[str(request.state)] += 1
            counts["accepted writes"] += seen[1]
    counts["wrong clocks"] += 1


@contextmanager
def _off(by: timedelta, world: World) -> Iterator[Bench]:
    os.environ[CLOCK] = str(by.total_seconds())
    try:
        with a_bench(world) as bench:
            yield bench
    finally:
        del os.environ[CLOCK]
