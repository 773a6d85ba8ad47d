"""F35, as far as this issue asks: plans in flight, and every so often kill -9 of whoever it hits."""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.e2e.stack import moment
from tests.faults.bench import Bench, stamp
from tests.faults.checker import accepted, recoveries
from tests.faults.history import History
from tests.faults.outcome import Outcome
from workers.domain.request import Request
from workers.domain.state import State
from workers.failpoints import POINTS, Point

TITLE = "kill -9 at random"
SLOW_SECONDS = 0.1  # of every answer of the clusters, so that there is something to be killed in


class Kill(NamedTuple):
    at: float
    worker: int  # the process that took the job


@dataclass
class Monkey:
    bench: Bench
    dice: random.Random
    kills: list[Kill] = field(default_factory=list)

    def strike(self) -> None:
        """A job's process where there is one, a worker with all it does, or whoever comes to a named moment first."""
        kind = self.dice.choice(("horse", "horse", "worker", "moment"))
        horses = self.bench.stack.horses()
        if kind == "moment":
            points: tuple[Point, ...] = tuple(point for point in POINTS if point != "before-verified")
            self.bench.orders.give(self.dice.choice(points), self.dice.choice(("kill", "kill-worker")))
        elif kind == "horse" and horses:
            victim = self.dice.choice(sorted(horses))
            self._kill(victim, horses[victim])
        else:
            victim = self.dice.choice(self.bench.stack.workers())
            self._kill(victim, victim)

    def _kill(self, pid: int, worker: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.kills.append(Kill(time.time(), worker))


def run(bench: Bench, seed: int, plans: int = 12, seconds: float = 12, every: float = 3) -> Outcome:
    """All plans are in flight from the beginning; they are allowed in bursts, and each burst is struck."""
    dice = random.Random(seed)
    requests = bench.plans(plans, seed)
    for cluster in bench.since:
        bench.world.harm(cluster, delay_seconds=SLOW_SECONDS)
    monkey = Monkey(bench, dice)
    strikes = max(int(seconds / every), 1)
    began = time.monotonic()
    waiting = list(requests)
    for strike in range(strikes):
        burst = -(-len(waiting) // (strikes - strike))
        for request in waiting[:burst]:
            bench.allow(request)
        del waiting[:burst]
        time.sleep(dice.uniform(0, min(every / 2, 3)))
        monkey.strike()
        bench.hurry()
        time.sleep(max(0.0, began + (strike + 1) * every - time.monotonic()))
    bench.orders.withdraw()
    taken = bench.orders.taken()
    last = max([kill.at for kill in monkey.kills] + [one.at for one in taken], default=time.time())
    bench.world.heal()
    ended = bench.rest(requests, 75)
    history = bench.history("monkey", seed, stamp(last))
    return Outcome(
        "F35",
        f"{TITLE}: {plans} plans, every {every:g} s for {seconds:g} s",
        seed,
        _counts(history, ended, len(monkey.kills) + len(taken)),
        recoveries(history, _hit(history, monkey.kills) + [(stamp(one.at), one.about) for one in taken if one.about]),
        bench.judged(history),
    )


def _counts(history: History, ended: list[Request], kills: int) -> dict[str, int]:
    states = Counter(request.state for request in ended)
    ids = {request.id for request in ended}
    interrupted = {leaf["request_id"] for leaf in history.leaves if leaf["event"] == "exec.interrupted"}
    writes = accepted(history)
    return {
        "kills": kills,
        "succeeded": states[State.SUCCEEDED],
        "failed": states[State.FAILED],
        "elsewhere": sum(number for state, number in states.items() if not state.is_final),
        "interrupted on the way": len(ids & interrupted),
        "accepted writes": sum(number for name, number in writes.items() if name.partition("/")[0] in ids),
        "duplicated": sum(number > 1 for number in writes.values()),
    }


def _hit(history: History, kills: list[Kill]) -> list[tuple[str, str]]:
    """The requests that a killed worker had claimed and not ended."""
    found = []
    for kill in kills:
        holding: set[str] = set()
        for leaf in history.leaves:
            if moment(leaf["at"]).timestamp() > kill.at:
                break
            if leaf["event"] == "exec.claimed" and f"-{kill.worker}-" in leaf["facts"]["worker"]:
                holding.add(leaf["request_id"])
            elif leaf["event"] in ("exec.finished", "exec.interrupted", "plan.refused", "plan.drifted"):
                holding.discard(leaf["request_id"])
        found += [(stamp(kill.at), request_id) for request_id in sorted(holding)]
    return found
