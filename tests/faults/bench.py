"""The product under load for an experiment: a fleet, armed workers, five people, and somebody who reads every card."""

import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from bot.chat.terminal import render
from bot.children import FIRST_PAUSE_SECONDS
from bot.processes import served
from bot.wiring import connect, settings_of
from tests.architecture.pages import ROOT
from tests.e2e.stack import Stack, World, until
from tests.faults.armed import VARIABLE, Orders, Taken
from tests.faults.checker import RESTING, judge
from tests.faults.history import History, Shown, collected
from workers.demo.process import running_fleet
from workers.domain.errors import KubechatError
from workers.domain.request import Request
from workers.domain.state import State

PEOPLE = ("alice", "bob", "carol", "dave", "erin")
CLUSTERS = ("prod-eu", "prod-us", "staging")
IMPERSONATOR = "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubechat-impersonator"
LAUNCHER = "tests.faults.armed"
HASTY = {"lease_seconds": 3, "read_seconds": 1.5, "doubt_seconds": 4, "rollout_seconds": 20}
RESTED = tuple(state for state in State if state.value in RESTING)
_numbers = count(1)


class Reader:
    """Sees each card after each change of it, as a channel does."""

    def __init__(self, stack: Stack) -> None:
        self.shown: list[Shown] = []
        self._stack = stack
        self._cursor = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="reader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)

    def catch_up(self) -> None:
        """Until everything that happened so far was shown."""
        newest = self._stack.instance.store.cursor()
        until(lambda: self._cursor >= newest, 20, what="the reader to have seen every card")

    def _read(self) -> None:
        while not self._over.wait(0.05):
            with suppress(KubechatError):  # a database that is away is asked again
                self._look()

    def _look(self) -> None:
        store, router = self._stack.instance.store, self._stack.instance.router
        while rows := store.progress_after(self._cursor):
            for request_id in dict.fromkeys(row.request_id for row in rows):
                request = store.request(request_id)
                text = render(router.card(request), width=400)
                self.shown.append(Shown(now(), request_id, request.state.value, text))
            self._cursor = rows[-1].id


@dataclass
class Bench:
    world: World
    stack: Stack
    orders: Orders
    reader: Reader
    since: Mapping[str, int]
    wrong: list[str] = field(default_factory=list)  # what this experiment expected besides the invariants

    def plans(self, number: int, seed: int, clusters: Sequence[str] = CLUSTERS) -> list[Request]:
        """So many different plans that wait for presses, each for an object of its own."""
        dice = random.Random(seed)
        asked = [(dice.choice(clusters), next(_NAMES)) for _ in range(number)]
        wanted = [(cluster, name, dice.randrange(3), dice.choice(PEOPLE)) for cluster, name in asked]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda one: self.world.deployment(one[0], one[1]), wanted))
        opened = [self.stack.open(person, _words(name, cluster, kind)) for cluster, name, kind, person in wanted]
        seconds = 30 + number
        made = [self.stack.reaches(request, *RESTED, seconds=seconds) for request in opened]
        for request in made:
            assert request.state is State.AWAITING_APPROVAL, self.stack.said(request)
        return made

    def allow(self, request: Request) -> None:
        """Everybody who is needed says yes; nobody waits for what comes of it."""
        person = request.requester
        if any(needed.role == "approver" for needed in request.missing):
            other = next(name for name in PEOPLE if name != person)
            self._press(other, "approve", request)
        self._press(person, "run", request)

    def _press(self, person: str, line: str, request: Request) -> None:
        reply = self.stack.press(person, line, self.stack.now(request))
        assert reply.problem is None, f"'{line}' of {person} on {request.id}: {reply.problem}"

    def taken(self, about: Sequence[Request], seconds: float = 30) -> list[Taken]:
        """The orders for these requests, once all of them were carried out."""
        ids = {request.id for request in about}

        def all_of_them() -> list[Taken]:
            self.hurry()
            found = [one for one in self.orders.taken() if one.about in ids]
            return found if {one.about for one in found} == ids else []

        return until(all_of_them, seconds, what="every order to be carried out")

    def rest(self, requests: Sequence[Request], seconds: float = 60) -> list[Request]:
        """As they are once nothing more happens to them by itself."""

        def resting() -> bool:
            self.hurry()
            states = [self.stack.now(request).state for request in requests]
            return all(state.value in RESTING and state is not State.INTERRUPTED for state in states)

        with suppress(AssertionError):  # the checker says what is wrong with those that do not
            until(resting, seconds, every=0.1)
        return [self.stack.now(request) for request in requests]

    def hurry(self) -> None:
        """Whoever was killed is started again soon, however often it was killed."""
        for child in self.stack.processes.children:
            child.pause_seconds = FIRST_PAUSE_SECONDS

    def expect(self, holds: bool, text: str) -> None:
        if not holds:
            self.wrong.append(text)

    def settle(self) -> None:
        """Nothing is done, nothing waits to be done, every card was read."""
        store = self.stack.instance.store
        with suppress(AssertionError):
            until(lambda: not store.waiting((State.PLANNING, State.READY, State.RUNNING)), 30)
            until(lambda: not self._jobs(), 300, every=0.1)  # jobs of nobody are taken one by one
        self.reader.catch_up()

    def history(self, name: str, seed: int, healed_at: str | None) -> History:
        self.settle()
        return collected(self.stack, name, seed, shown=self.reader.shown, since=self.since, healed_at=healed_at)

    def judged(self, history: History) -> list[str]:
        """Every violation, and what else the experiment expected; a bad history is kept."""
        found = [str(violation) for violation in judge(history)] + self.wrong
        self.wrong = []
        if found:
            found.append(f"the history is kept in {history.keep(found)}")
        return found

    def writes(self, request: Request) -> int:
        """How many mutating requests of it were accepted."""
        clusters = {step.action.target.cluster for step in (request.plan.steps if request.plan else ())}
        return sum(len(self.world.writes(cluster, request.id, applied=True)) for cluster in clusters)

    def _jobs(self) -> bool:
        from workers.bus import connect as to_redis

        client = to_redis(self.stack.instance.settings.redis_url)
        try:
            return bool(client.keys("rq:job:*"))
        finally:
            client.close()


_TREES = ("alder", "birch", "cedar", "elm", "ficus", "hazel", "larch", "maple", "olive", "rowan", "spruce", "willow")
_NAMES = (f"{tree}-load-{number}" for number in count(1) for tree in _TREES)


@contextmanager
def a_world(speed: float = 20) -> Iterator[World]:
    """A fleet without the story, which changes nothing by itself, and in which Kubechat may speak for five people."""
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    with running_fleet(folder, incident=False, speed=speed) as fleet:
        made = World(fleet)
        for cluster in CLUSTERS:
            role = made.admin(cluster, "GET", IMPERSONATOR)
            for rule in role["rules"]:
                rule["resourceNames"] += PEOPLE if rule["resources"] == ["users"] else ()
            made.admin(cluster, "PATCH", IMPERSONATOR, {"rules": role["rules"]})
        yield made
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def a_bench(world: World, *, run_workers: int = 2, **given: Any) -> Iterator[Bench]:
    """A data folder of its own, served by workers that obey failpoints; settings as for people in a hurry."""
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    orders = Orders(folder / "orders")
    orders.folder.mkdir()
    people = Path(__file__).with_name("people.yaml")
    chosen = {"kubeconfig": world.fleet.kubeconfig, **HASTY, **given}
    settings = settings_of(folder / "data", {}, people=people, http_port=0, **chosen)
    since = {cluster: len(world.fleet.requests(cluster)) for cluster in world.fleet.urls}
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(_environment(**{VARIABLE: str(orders.folder), "PYTHONPATH": str(ROOT)}))
        said: list[str] = []
        processes = stack.enter_context(
            served(settings, run_workers=run_workers, with_bot=False, say=said.append, worker=LAUNCHER)
        )
        instance = connect(settings)
        stack.callback(instance.close)
        people_and_product = Stack(world, instance, processes)
        reader = Reader(people_and_product)
        stack.callback(reader.close)
        processes.wait_ready(processes.children)
        yield Bench(world, people_and_product, orders, reader, since)
        world.heal()


@contextmanager
def _environment(**given: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def stamp(seconds: float) -> str:
    """A time.time() as the trail spells times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _words(name: str, cluster: str, kind: int) -> str:
    reason = f"in {cluster} because INC-{next(_numbers)}"
    return (f"scale {name} to 3 {reason}", f"restart {name} {reason}", f"set {name} to v1.1.0 {reason}")[kind]
