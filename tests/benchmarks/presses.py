"""A thousand presses at one moment on one request: each gets an answer, each human counts once, one execution."""

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from tests.benchmarks.measure import Figure
from tests.servers.postgres import Postgres
from tests.unit.walk.rehearsal import Rehearsal, SilentBus, SmallFleet, deployment
from workers.domain.errors import KubechatError
from workers.domain.people import People, Person
from workers.domain.policy import Outcome, Rule
from workers.domain.request import Request
from workers.domain.value import Digest, PersonId, RequestId
from workers.store.upgrade import upgrade

PRESSES = int(os.environ.get("KUBECHAT_BENCH_PRESSES", "1000"))
THREADS, WORKERS, APPROVERS, NEEDED = 32, 4, 30, 3  # as many threads as a large bot has for presses
OTHER = Digest("0" * 64)


class Storm(NamedTuple):
    """What a storm of presses came to."""

    request: Request
    answers: Counter[str]  # "taken", or the code of a refusal; one for each press
    milliseconds: tuple[float, ...]  # of each press
    started: int  # executions, by the trail
    writes: int  # that reached a cluster
    failed: tuple[KubechatError, ...]  # jobs


class RingingBus(SilentBus):
    """Gives what is rung to worker threads, each ring as often as it comes: duplicates are for the claim to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: SimpleQueue[tuple[str, RequestId] | None] = SimpleQueue()
        self.failed: list[KubechatError] = []  # jobs that ended with an error

    def ring(self, job: str, request_id: RequestId) -> bool:
        self.queue.put((job, request_id))
        return True


def storm(url: str, data: Path, presses: int, seed: int = 1) -> Storm:
    """On a database with tables; the people press at random, again and again, some on a card that is old."""
    bus = RingingBus()
    stage = Rehearsal(url, SmallFleet(deployment()), people=_people(), data=data, bus=bus)
    three = Rule(name="three", then=Outcome.APPROVE, approvers=NEEDED, groups=frozenset({"sre"}), text="three of sre")
    stage.strictly(three)
    asked = stage.ask("scale api to 5 in prod-eu because INC-1")
    names, choose = list(_people().people), random.Random(seed)
    who = [choose.choice(names) for _ in range(presses - 1)] + [PersonId("alice")]
    old = [choose.random() < 0.05 for _ in who]
    gate = threading.Barrier(THREADS)

    def press(number: int) -> tuple[str, float]:
        if number < THREADS:
            gate.wait(30)
        began = time.perf_counter()
        return _press(stage, asked, who[number], is_old=old[number]), (time.perf_counter() - began) * 1000

    workers = [threading.Thread(target=_work, args=(stage, bus, f"worker-{number}")) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    with ThreadPoolExecutor(THREADS) as pool:
        told = list(pool.map(press, range(presses)))
    for _ in workers:
        bus.queue.put(None)
    for worker in workers:
        worker.join(60)
    leaves = [json.loads(record.leaf) for record in stage.store.records()]
    found = stage.now(asked)
    stage.store.close()
    return Storm(
        request=found,
        answers=Counter(answer for answer, _ in told),
        milliseconds=tuple(took for _, took in told),
        started=sum(leaf["event"] == "exec.started" for leaf in leaves),
        writes=len(stage.fleet.writes),
        failed=tuple(bus.failed),
    )


def figures(folder: Path) -> Iterable[Figure]:
    """Raises SystemExit when an invariant does not hold."""
    lite = folder / "lite"
    lite.mkdir()
    url = f"sqlite:///{lite / 'kubechat.sqlite3'}"
    upgrade(url)
    yield _figure("SQLite", storm(url, lite, PRESSES))
    server = Postgres().start()
    try:
        url = server.database()
        upgrade(url)
        yield _figure("PostgreSQL", storm(url, folder, PRESSES))
    finally:
        server.stop()


def _figure(name: str, seen: Storm) -> Figure:
    humans = Counter(given.actor.person_id for given in seen.request.yes)
    if (seen.started, seen.writes, sum(seen.answers.values())) != (1, 1, PRESSES) or max(humans.values()) > 1:
        raise SystemExit(f"{name}: {seen.started} executions, {seen.writes} writes, {humans}, {seen.answers}")
    return Figure(f"one of {PRESSES} presses at one moment, {name}", "ms", 2000, seen.milliseconds)


def _people() -> People:
    names = ["alice", *(f"sre-{number}" for number in range(APPROVERS)), *(f"dev-{number}" for number in range(5))]
    groups = {"dev": frozenset({"developers"})}
    people = {PersonId(name): Person(name=name, groups=groups.get(name[:3], frozenset({"sre"}))) for name in names}
    return People(people=people)


def _press(stage: Rehearsal, asked: Request, person: PersonId, *, is_old: bool) -> str:
    assert asked.plan is not None
    assert asked.preview is not None
    preview = OTHER if is_old else asked.preview.digest
    act = stage.service.run if person == asked.requester else stage.service.approve
    try:
        act(asked.id, stage.actor(person), plan_digest=asked.plan.digest, preview_digest=preview)
    except KubechatError as error:
        return error.code
    return "taken"


def _work(stage: Rehearsal, bus: RingingBus, name: str) -> None:
    """Does whatever is rung for, as the jobs do."""
    while (job := bus.queue.get()) is not None:
        what, request_id = job
        try:
            if what == "run":
                stage.walk.run(request_id, name)
            elif what == "vouch":
                stage.walk.vouch(request_id)
        except KubechatError as error:
            bus.failed.append(error)
