"""F1 to F5: kill -9 of workers and jobs at each moment of an execution."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.armed import Effect
from tests.faults.bench import Bench, stamp
from tests.faults.checker import recoveries
from tests.faults.outcome import Outcome
from workers.domain.request import Request
from workers.domain.state import State
from workers.failpoints import Point


@dataclass(frozen=True)
class Case:
    experiment: str
    point: Point
    effect: Effect
    writes: int  # that must be accepted, no more and no less
    claims: int = 1
    verified: bool = True  # whether the end was found out by looking

    @property
    def ends_as(self) -> State:
        return State.SUCCEEDED if self.writes else State.FAILED


TITLES = {
    "F1": "worker killed between dry-run and intent",
    "F2": "worker killed between intent and call",
    "F3": "worker killed between call and result",
    "F4": "only the job's process killed",
    "F5": "only the worker killed, its job lives on",
}
CASES = (
    Case("F1", "before-start", "kill-worker", 1, claims=2, verified=False),
    Case("F1", "before-intent", "kill-worker", 0),
    Case("F2", "after-intent", "kill-worker", 0),
    Case("F3", "after-write", "kill-worker", 1),
    Case("F4", "after-claim", "kill", 1, claims=2, verified=False),
    Case("F4", "after-intent", "kill", 0),
    Case("F4", "after-write", "kill", 1),
    Case("F5", "after-intent", "kill-parent", 0),
)
MORE = (
    Case("F1", "after-claim", "kill-worker", 1, claims=2, verified=False),
    Case("F1", "after-start", "kill-worker", 0),
    Case("F3", "before-result", "kill-worker", 1),
    Case("F3", "before-finish", "kill-worker", 1),
    Case("F4", "before-start", "kill", 1, claims=2, verified=False),
    Case("F4", "after-start", "kill", 0),
    Case("F4", "before-intent", "kill", 0),
    Case("F4", "before-result", "kill", 1),
    Case("F4", "before-finish", "kill", 1),
    Case("F5", "before-start", "kill-parent", 1, claims=2, verified=False),
    Case("F5", "after-write", "kill-parent", 1),
)


def run(bench: Bench, seed: int, times: int = 1, cases: Sequence[Case] = CASES) -> list[Outcome]:
    """Each case so often, all in flight at once; one outcome for each experiment."""
    wanted = [case for case in cases for _ in range(times)]
    requests = bench.plans(len(wanted), seed)
    pairs = list(zip(wanted, requests, strict=True))
    for case, request in pairs:
        bench.orders.give(case.point, case.effect, about=request.id, seconds=5)
    for request in requests:
        bench.allow(request)
    taken = bench.taken(requests, 60 + 10 * len(requests))
    healed = stamp(max(one.at for one in taken))
    _orphans_end(bench, [one.pid for one in taken])
    ended = {request.id: request for request in bench.rest(requests)}

    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for case, request in pairs:
        _expect(bench, case, ended[request.id])
        counts[case.experiment]["kills"] += 1
        counts[case.experiment]["accepted writes"] += bench.writes(request)
        counts[case.experiment][str(ended[request.id].state)] += 1
    history = bench.history("kills", seed, healed)
    wrong = bench.judged(history)
    faults = {one.about: (stamp(one.at), one.about) for one in taken}
    return [
        Outcome(
            name,
            TITLES[name],
            seed,
            counts[name],
            recoveries(history, [faults[request.id] for case, request in pairs if case.experiment == name]),
            [text for text in wrong if not text.startswith("F") or text.startswith(name)],
        )
        for name in sorted(counts)
    ]


def _expect(bench: Bench, case: Case, request: Request) -> None:
    where = f"{case.experiment} {case.point} {case.effect} {request.id}"
    events = bench.stack.events(request)
    writes = bench.writes(request)
    bench.expect(writes == case.writes, f"{where}: {writes} accepted writes, {case.writes} expected")
    bench.expect(request.state is case.ends_as, f"{where}: ended {request.state}, {case.ends_as} expected")
    claims = events.count("exec.claimed")
    bench.expect(claims >= case.claims, f"{where}: {claims} claims, {case.claims} expected")
    bench.expect(events.count("approval.given") <= 2, f"{where}: approvals were asked for again")
    if case.verified:
        bench.expect(events[-1] == "exec.verified", f"{where}: not found out by looking: {events[-3:]}")


def _orphans_end(bench: Bench, pids: Sequence[int]) -> None:
    """No process that was killed, or whose parent was, goes on (F5: within five seconds)."""
    end = time.monotonic() + 5
    alive = [pid for pid in pids if _is_running(pid)]
    while alive and time.monotonic() < end:
        time.sleep(0.05)
        alive = [pid for pid in alive if _is_running(pid)]
    bench.expect(not alive, f"F5: {len(alive)} jobs live without their worker")


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
