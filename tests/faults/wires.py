"""F22 to F26: the network to a cluster fails around a write, or somebody else changes the object meanwhile."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.stack import until
from tests.faults.bench import CLUSTERS, PEOPLE, Bench, a_bench, a_world, now, timed
from tests.faults.outcome import Outcome
from tests.faults.proxy import Proxy, port_of, through
from workers.domain.request import Request
from workers.domain.state import State
from workers.failpoints import Point

CLUSTER, ELSEWHERE = "staging", "prod-us"
OPEN = (State.RUNNING, State.INTERRUPTED)


@dataclass
class Line:
    """A bench whose clusters are reached through wires of ours, and what one experiment counts."""

    bench: Bench
    wires: Mapping[str, Proxy]
    seed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)

    def waiting(self, words: str, name: str = "") -> tuple[Request, str]:
        """A plan for a new object that waits for its requester, and the object's name."""
        name = name or self.bench.world.deployment(CLUSTER)
        asked = self.bench.stack.open(PEOPLE[0], f"{words.format(name=name)} in {CLUSTER} because INC-1")
        return self.bench.stack.reaches(asked, State.AWAITING_APPROVAL, seconds=40), name

    def reached(self, request: Request, point: Point, seconds: float) -> None:
        """Allowed, and at this moment of its execution, where it stays for so long."""
        self.bench.orders.give(point, "sleep", about=request.id, seconds=seconds)
        self.bench.allow(request)
        self.bench.taken([request])

    def ended(self, request: Request, state: State, writes: int, sent: int) -> Request:
        """At rest; checked against what it must have come to."""
        found = self.bench.rest([request])[0]
        tried = len(self.bench.world.writes(CLUSTER, request.id))
        accepted = self.bench.writes(request)
        self.counts += Counter({"requests sent": tried, "accepted writes": accepted})
        seen = (found.state, accepted, tried)
        self.bench.expect(seen == (state, writes, sent), f"{request.id}: {seen}; {(state, writes, sent)} expected")
        return found

    def elsewhere(self) -> float:
        """Seconds until a question about another cluster is answered; it must be."""
        found: list[Request] = []
        took = timed(lambda: found.append(self.bench.stack.ask(PEOPLE[0], f"deployments in payments in {ELSEWHERE}")))
        self.bench.expect(found[0].state is State.SUCCEEDED, f"a read of {ELSEWHERE} ended {found[0].state}")
        return took

    def outcome(self, name: str, title: str) -> Outcome:
        for wire in self.wires.values():
            wire.heal()
        self.bench.world.heal()
        history = self.bench.history(name, self.seed, now())
        counts, took = self.counts, self.took
        self.counts, self.took = Counter(), []
        return Outcome(name, title, self.seed, counts, took, self.bench.judged(history))


@contextmanager
def a_line(seed: int) -> Iterator[Line]:
    with ExitStack() as stack:
        world = stack.enter_context(a_world())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kc-")))
        wires = {name: stack.enter_context(Proxy(port_of(world.fleet.urls[name]), seed)) for name in CLUSTERS}
        ports = {name: wire.port for name, wire in wires.items()}
        config = through(world.fleet.kubeconfig, ports, folder / "kubeconfig")
        yield Line(stack.enter_context(a_bench(world, kubeconfig=config)), wires, seed)


def cut_off(line: Line, seconds: float = 4) -> Outcome:
    """F22: between the write and its arrival the cluster is gone for a while."""
    request, _ = line.waiting("set {name} to v1.1.0")
    line.reached(request, "after-write", 1)
    line.wires[CLUSTER].harm(drop=True)
    end = time.monotonic() + seconds
    line.elsewhere()
    while time.monotonic() < end:
        state = line.bench.stack.now(request).state
        line.bench.expect(state in OPEN, f"F22: {state} was said while nobody could see the cluster")
        time.sleep(0.1)
    line.wires[CLUSTER].heal()
    healed = time.monotonic()
    line.ended(request, State.SUCCEEDED, 1, 1)
    line.took.append(time.monotonic() - healed)
    line.counts["reads elsewhere"] += 1
    return line.outcome("F22", f"network to a cluster cut for {seconds:g} s in a rollout")


def half_open(line: Line) -> Outcome:
    """F23: the server takes the write and says nothing; then one that does not even shake hands."""
    request, _ = line.waiting("scale {name} to 3")
    line.reached(request, "after-intent", 0.5)
    line.bench.world.harm(CLUSTER, hang=True)
    began = time.monotonic()
    line.bench.stack.reaches(request, State.INTERRUPTED, seconds=15)
    line.counts["ms until it was said to be unknown"] += round(1000 * (time.monotonic() - began))
    line.elsewhere()
    line.bench.world.heal()
    healed = time.monotonic()
    line.ended(request, State.FAILED, 0, 1)
    line.took.append(time.monotonic() - healed)

    request, _ = line.waiting("scale {name} to 3")
    line.reached(request, "after-intent", 0.5)
    line.wires[CLUSTER].harm(drop=True)
    until(lambda: line.bench.stack.now(request).state is not State.RUNNING, 15)
    line.wires[CLUSTER].heal()
    line.ended(request, State.FAILED, 0, 0)
    line.counts["silent servers"] += 2
    return line.outcome("F23", "server accepts and never answers")


VERBS = {"PATCH": "scale {name} to 3", "DELETE": "delete pod {pod}", "POST": "evict pod {pod}"}


def cut(line: Line) -> Outcome:
    """F24: the server ends the connection after it has read the write, done or not done."""
    for fault, applied in (("cut_before", 0), ("cut_after", 1)):
        for methods in (("PATCH", "DELETE"), ("POST",)):  # two at a time: there are two workers
            requests = [_named(line, method) for method in methods]
            for request in requests:
                line.bench.orders.give("after-intent", "sleep", about=request.id, seconds=2)
                line.bench.allow(request)
            line.bench.taken(requests)
            line.bench.world.harm(CLUSTER, **{fault: list(methods)})
            began = time.monotonic()
            for request in requests:
                line.ended(request, State.SUCCEEDED if applied else State.FAILED, applied, 1)
                line.took.append(time.monotonic() - began)
                line.counts["cuts"] += 1
            line.bench.world.heal()
    return line.outcome("F24", "connection cut after PATCH, DELETE or POST was read")


def _named(line: Line, method: str) -> Request:
    """A plan for a new object whose write is of this method."""
    name = line.bench.world.deployment(CLUSTER)
    pods = f"/api/v1/namespaces/payments/pods?labelSelector=app%3D{name}"
    pod = line.bench.world.admin(CLUSTER, "GET", pods)["items"][0]["metadata"]["name"]
    return line.waiting(VERBS[method].format(name=name, pod=pod), name)[0]


def replaced(line: Line) -> Outcome:
    """F25: another object of the same name, before the claim and just before the write."""
    world = line.bench.world
    for late in (False, True):
        request, name = line.waiting("scale {name} to 3")
        if late:
            line.reached(request, "before-intent", 4)
        world.delete(CLUSTER, name)
        world.deployment(CLUSTER, name)
        if late:
            ended = line.ended(request, State.FAILED, 0, 1)
            said = " ".join(result.message for result in ended.results)
            line.bench.expect("nothing was written" in said, f"F25: {said}")
        else:
            line.bench.allow(request)
            until(lambda request=request: "plan.drifted" in line.bench.stack.events(request), 30)  # type: ignore[misc]
            ended = line.ended(request, State.AWAITING_APPROVAL, 0, 0)
            line.bench.expect("replaced" in ended.notice, f"F25: the card says '{ended.notice}'")
        line.counts["replaced objects"] += 1
    return line.outcome("F25", "object replaced between plan and write")


def interfered(line: Line) -> Outcome:
    """F26: somebody else writes the same field just before us, or takes ours back during the rollout."""
    cases: tuple[tuple[Point, int, int, int], ...] = (("before-intent", 5, 0, 1), ("after-write", 2, 1, 1))
    for point, replicas, writes, sent in cases:
        request, name = line.waiting("scale {name} to 3")
        line.reached(request, point, 1.5)
        line.bench.world.change(CLUSTER, name, {"replicas": replicas})
        ended = line.ended(request, State.FAILED, writes, sent)
        said = " ".join(result.message for result in ended.results)
        line.bench.expect(bool(said), "F26: nothing is said about it")
        line.bench.expect(
            line.bench.world.replicas(CLUSTER, name) == replicas, "F26: what somebody else wrote was overwritten"
        )
        forced = [one for one in line.bench.world.writes(CLUSTER, request.id) if "force=true" in one["path"]]
        line.bench.expect(not forced, "F26: a write was forced")
        line.counts["interferences"] += 1
    return line.outcome("F26", "somebody else writes the same field")


Experiment = Callable[[Line], Outcome]
ALL: tuple[Experiment, ...] = (cut_off, half_open, cut, replaced, interfered)


def run(seed: int, *, short: bool = True) -> list[Outcome]:
    with a_line(seed) as line:
        first = cut_off(line, 4 if short else 15)
        return [first, *(experiment(line) for experiment in ALL[1:])]
