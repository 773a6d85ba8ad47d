"""The whole product for a test: a fleet, worker processes on a data folder, and people who type into the router."""

import fcntl
import json
import os
import signal
import sqlite3
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import create_engine
from sqlalchemy import text as sql
from sqlalchemy.pool import NullPool

from bot.binding import Shown, as_button, shown_by
from bot.chat.terminal import render
from bot.commands import Ask, parse
from bot.follow import follow
from bot.identity import terminal_account, terminal_actor, terminal_place
from bot.processes import Processes
from bot.router import Reply
from bot.wiring import Instance, head_file
from workers.audit.verify import verify
from workers.bus import connect
from workers.demo.canaries import CANARIES
from workers.demo.process import FleetProcess
from workers.domain.request import Request
from workers.domain.state import State

Json = dict[str, Any]
T = TypeVar("T")
PATIENCE_SECONDS = 20.0
PARTS = ("svc", "gate", "feed", "mart", "desk", "post", "vault", "relay", "index", "batch", "queue", "proxy")
NAMES = (f"{tree}-{part}" for part in PARTS for tree in (
    "alder", "birch", "cedar", "dogwood", "elm", "ficus", "ginkgo", "hazel", "iroko", "juniper", "katsura", "larch",
    "maple", "nutmeg", "olive", "poplar", "quince", "rowan", "spruce", "tamarack", "umbrella", "viburnum", "willow",
))  # fmt: skip
_MINTED = count(1)


def raw(file: Path) -> str:
    """What a file holds, read by another process: closing it here would take away the locks of SQLite on it."""
    return subprocess.run(["cat", file], capture_output=True, check=True).stdout.decode(errors="replace")


def until(holds: Callable[[], T], seconds: float = PATIENCE_SECONDS, every: float = 0.02, what: str = "") -> T:
    """What `holds` gives once it is true; processes of others tell us nothing, so it is asked again and again."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"it did not come within {seconds:g} s: {what or holds}"
        time.sleep(every)
    return found


class World:
    """The simulated clusters with the administrator's hands, and what every stack on them has recorded as intended."""

    def __init__(self, fleet: FleetProcess) -> None:
        self.fleet = fleet
        self.recorded: dict[str, list[Json]] = {}  # mark -> exec.intended leaves, of stacks that have ended
        self._context = ssl.create_default_context(cadata=fleet.ca_pem)
        self._harmed: set[str] = set()

    def admin(
        self, cluster: str, method: str, path: str, body: object = None, kind: str = "application/merge-patch+json"
    ) -> Json:
        """The decoded answer; raises urllib.error.HTTPError."""
        headers = {"Authorization": f"Bearer {self.fleet.admin_token}", "User-Agent": "admin"}
        headers["Content-Type"] = kind if method == "PATCH" else "application/json"
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{self.fleet.urls[cluster]}{path}", data, headers, method=method)
        with urllib.request.urlopen(asked, context=self._context, timeout=10) as answer:
            return dict(json.load(answer))

    def deployment(self, cluster: str, name: str = "", namespace: str = "payments", replicas: int = 2) -> str:
        """Its name; all pods are ready."""
        name = name or next(NAMES)
        labels = {"app": name}
        container = {"name": "main", "image": "registry.example.com/walk/main:v1.0.0"}
        body = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
        }
        self.admin(cluster, "POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", body)
        until(lambda: self.live(cluster, name, namespace)["status"].get("availableReplicas", 0) == replicas)
        return name

    def live(self, cluster: str, name: str, namespace: str = "payments") -> Json:
        return self.admin(cluster, "GET", deployment_path(name, namespace))

    def replicas(self, cluster: str, name: str, namespace: str = "payments") -> int:
        return int(self.live(cluster, name, namespace)["spec"]["replicas"])

    def change(self, cluster: str, name: str, spec: Json, namespace: str = "payments") -> None:
        """As somebody with kubectl would."""
        self.admin(cluster, "PATCH", deployment_path(name, namespace), {"spec": spec})

    def delete(self, cluster: str, name: str, namespace: str = "payments") -> None:
        self.admin(cluster, "DELETE", deployment_path(name, namespace))
        until(lambda: not self.exists(cluster, name, namespace))

    def exists(self, cluster: str, name: str, namespace: str = "payments") -> bool:
        try:
            self.live(cluster, name, namespace)
        except urllib.error.HTTPError as error:
            assert error.code == 404
            return False
        return True

    def harm(self, cluster: str, **faults: object) -> None:
        """Until `heal`, which every test ends with."""
        self._harmed.add(cluster)
        self.fleet.faults(cluster, faults)

    def heal(self) -> None:
        for cluster in sorted(self._harmed):
            self.fleet.heal(cluster)
        self._harmed.clear()

    def writes(self, cluster: str, mark: str = "", *, applied: bool = False) -> list[Json]:
        """Kubechat's writing requests, oldest first: answered, cut or hung; with `applied` only those carried out."""
        return [
            one
            for one in self.fleet.requests(cluster)
            if is_write(one) and mark in one["user_agent"] and (one["applied"] or not applied)
        ]

    def check(self) -> None:
        """Nothing was written as a person that no stack had recorded as intended before, and nothing twice."""
        for cluster in self.fleet.urls:
            accepted: dict[str, int] = {}
            for one in self.writes(cluster):
                found = mark(one)
                leaves = [leaf for leaf in self.recorded.get(found, ()) if moment(leaf["at"]) <= later(one["at"])]
                assert leaves, f"{cluster}: {one['method']} {one['path']} ({found}) was not recorded as intended"
                people = {leaf["facts"]["impersonated"] for leaf in leaves}
                assert one["impersonated"] in people or not one["applied"], f"{found} was written as somebody else"
                accepted[found] = accepted.get(found, 0) + bool(one["applied"])
            assert {name: times for name, times in accepted.items() if times > 1} == {}, cluster


@dataclass
class Stack:
    """One data folder served by real worker processes, and people who speak to it."""

    world: World
    instance: Instance
    processes: Processes
    asked: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    thread: str = ""  # of the terminal that people type into; without one nothing goes on from before
    _read: int = 1
    _last: dict[str, str] = field(default_factory=dict)
    _shown: dict[str, Shown] = field(default_factory=dict)  # by the card last drawn of each request

    def open(self, person: str, text: str) -> Request:
        """Exactly this text as a request, not waited for."""
        reply = self._take(person, Ask(text=text), None)
        assert reply.request is not None, reply.problem
        self.asked.append(reply.request.id)
        return reply.request

    def ask(self, person: str, text: str, *, seconds: float = PATIENCE_SECONDS) -> Request:
        """Settled: nothing more happens to it until a person does something."""
        return self.settled(self.open(person, text), seconds)

    def press(self, person: str, line: str, request: Request) -> Reply:
        """What a line that is a press comes to, on the card last drawn; the request is the thread's current one."""
        reply = self._take(person, as_button(parse(line), self._shown.get(request.id, shown_by(request))), request)
        if reply.request is not None and reply.request.id != request.id:
            self.asked.append(reply.request.id)
        return reply

    def done(self, person: str, line: str, request: Request, *, seconds: float = PATIENCE_SECONDS) -> Request:
        """A press that must be taken, and what its request settles to."""
        reply = self.press(person, line, request)
        assert reply.request is not None, reply.problem
        return self.settled(reply.request, seconds)

    def refused(self, person: str, line: str, request: Request) -> str:
        """The code with which a press must be refused."""
        reply = self.press(person, line, request)
        assert reply.problem is not None, f"'{line}' of {person} was taken"
        return reply.problem.code

    def settled(self, request: Request, seconds: float = PATIENCE_SECONDS) -> Request:
        store, bus = self.instance.store, self.instance.bus
        for _ in follow(store, bus, request.id, 0, seconds):
            pass
        found = self.now(request)
        waits = (State.AWAITING_CHOICE, State.AWAITING_APPROVAL, State.INTERRUPTED)
        assert found.state.is_final or found.state in waits, f"{found.id} is still {found.state}: {self.said(found)}"
        self.card(found)
        return found

    def reaches(self, request: Request, *states: State, seconds: float = PATIENCE_SECONDS) -> Request:
        """The request once it is in one of these states."""
        until(lambda: self.now(request).state in states, seconds, what=f"{request.id} to be {', '.join(states)}")
        return self.now(request)

    def waiting(self, text: str, person: str = "alice") -> Request:
        """What that person asks for, as a plan that waits for presses."""
        asked = self.ask(person, text)
        assert asked.state is State.AWAITING_APPROVAL, self.said(asked)
        return asked

    def verified(self, request: Request) -> Request:
        """Once what became of it is known: the reconciler has spoken, or it ended by itself."""
        found = self.reaches(request, State.SUCCEEDED, State.FAILED)
        self.card(found)
        return found

    def evidence(self, request: Request) -> Json:
        """What the newest look at the cluster gave."""
        facts: Json = self.leaves(request, "exec.verified")[-1]["facts"]
        return facts

    def now(self, request: Request) -> Request:
        return self.instance.store.request(request.id)

    def card(self, request: Request) -> str:
        """As people read it in a terminal that is wide enough for every line."""
        text = render(self.instance.router.card(request), width=400)
        self.cards.append(text)
        self._shown[request.id] = shown_by(request)
        return text

    def leaves(self, request: Request | None = None, *events: str) -> list[Json]:
        found = [json.loads(record.leaf) for record in self.instance.store.records()]
        found = [leaf for leaf in found if request is None or leaf["request_id"] == request.id]
        return [leaf for leaf in found if not events or leaf["event"] in events]

    def events(self, request: Request) -> list[str]:
        return [leaf["event"] for leaf in self.leaves(request)]

    def said(self, request: Request) -> str:
        """For the message of a failed test."""
        return json.dumps(self.leaves(request)[-3:], indent=1)

    def alter(self, request: Request, change: Callable[[Json], None]) -> None:
        """As somebody with the database file would: the stored row, behind everybody's back."""
        database = sqlite3.connect(self.instance.settings.data / "kubechat.sqlite3", timeout=10)
        with database:
            (body,) = database.execute("SELECT body FROM requests WHERE id = ?", (request.id,)).fetchone()
            row = json.loads(body)
            change(row)
            expires = row["expires_at"]
            stamp = f"{expires[:26].rstrip('Z'):0<26}Z" if expires else None
            values = (json.dumps(row), stamp, row["state"], request.id)
            database.execute("UPDATE requests SET body = ?, expires_at = ?, state = ? WHERE id = ?", values)
        database.close()

    def expire(self, request: Request) -> None:
        """Its time ended a minute ago."""

        def past(row: Json) -> None:
            row["expires_at"] = "2026-01-01T00:00:00.000000Z"

        self.alter(request, past)

    # Processes

    def workers(self) -> list[int]:
        return [child.process.pid for child in self.processes.children if child.process and child.is_running]

    def horses(self) -> dict[int, int]:
        """Processes that do a job or probe clusters now, and the worker of each."""
        found = {}
        for pid in self.workers():
            with suppress(OSError):
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
                found |= {int(child): pid for child in children}
        return found

    def kill_horses(self) -> None:
        for pid in self.horses():
            os.kill(pid, signal.SIGKILL)

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Whoever does a job now stands still inside the block, holding no lock; the workers live on and sweep."""
        pids = list(self.horses())
        assert pids
        with self._still(pids, self._is_free):
            yield

    def flush(self) -> None:
        """Redis as it is after a crash: empty."""
        client = connect(self.instance.settings.redis_url)
        client.flushall()
        client.close()

    def claimed(self, request: Request) -> Request:
        """Once a worker has claimed it and has not begun."""
        until(lambda: self._newest(request) == "exec.claimed", every=0.005, what="a claim")
        return self.now(request)

    def begun(self, request: Request) -> Request:
        """Once it runs and no write is recorded as intended."""
        until(lambda: self.now(request).state is State.RUNNING, every=0.005, what="a start")
        found = self.now(request)
        assert not found.intended
        return found

    def intended(self, request: Request) -> Request:
        """Once a write is recorded as about to be sent."""
        until(lambda: self.now(request).intended, every=0.005, what="an intent")
        return self.now(request)

    def _newest(self, request: Request) -> str:
        """The newest event of a request."""
        for record in self.instance.store.records(self._read):
            leaf = json.loads(record.leaf)
            self._last[leaf["request_id"]] = leaf["event"]
            self._read = record.sequence + 1
        return self._last.get(request.id, "")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """No worker does anything meanwhile, and none of them holds the database."""
        with self._still(self.workers(), lambda: not self.horses() and self._is_free()):
            yield

    @contextmanager
    def _still(self, pids: list[int], when: Callable[[], bool]) -> Iterator[None]:
        def send(number: int) -> None:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

        def stop() -> bool:
            send(signal.SIGSTOP)
            if not (found := when()):
                send(signal.SIGCONT)
            return found

        try:
            until(stop, every=0.005, what="a moment at which nothing is held")
            yield
        finally:
            send(signal.SIGCONT)

    def _is_free(self) -> bool:
        """Whether nobody is in the middle of a change, nor of noting the end of the audit trail."""
        with (self.instance.settings.data / "audit.head.lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        if not self.instance.settings.database_url.startswith("sqlite"):
            return _nobody_is_in_a_transaction(self.instance.settings.database_url)
        database = sqlite3.connect(self.instance.settings.data / "kubechat.sqlite3", timeout=0.05)
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        else:
            return True
        finally:
            database.close()

    # After everything

    def check(self) -> None:
        """The rules that hold for every history; what was intended is left with the world."""
        store = self.instance.store
        leaves = self.leaves()
        for leaf in leaves:
            if leaf["event"] == "exec.intended":
                self.world.recorded.setdefault(leaf["facts"]["mark"], []).append(leaf)
        found = verify(store.records(), head_file(self.instance.settings))
        assert found.ok, found.text
        _ends_are_told(leaves, {request.id: request for request in store.requests(limit=1000)})
        for name, text in self._sinks(leaves):
            for canary in CANARIES:
                assert canary not in text, f"a canary is in {name}"

    def _sinks(self, leaves: Iterable[Json]) -> Iterator[tuple[str, str]]:
        data = self.instance.settings.data
        for file in (*data.glob("*.sqlite3*"), *data.glob("logs/*.log")):
            yield file.name, raw(file)
        yield "the audit trail", json.dumps(list(leaves))
        yield "the requests", "".join(r.model_dump_json() for r in self.instance.store.requests(limit=1000))
        yield "the progress", "".join(row.text for row in self.instance.store.progress_after(0))
        yield "the cards", "".join(self.cards)

    def _take(self, person: str, command: Any, current: Request | None) -> Reply:
        actor = terminal_actor(self.instance.service, person, terminal_account())
        reply = self.instance.router.take(command, actor, terminal_place(person, self.thread), current and current.id)
        if reply.card is not None:
            self.cards.append(render(reply.card, width=400))
        return reply


def _ends_are_told(leaves: Iterable[Json], requests: Mapping[str, Request]) -> None:
    """Every execution that began has an end in the trail, and no end says more than was seen (I3, I5)."""
    by_request: dict[str, list[str]] = {}
    for leaf in leaves:
        by_request.setdefault(leaf["request_id"] or "", []).append(leaf["event"])
    ends = {"exec.finished", "exec.interrupted", "exec.verified", "exec.fenced", "plan.refused", "plan.drifted"}
    ends |= {"plan.cancelled", "plan.expired"}
    for name, events in by_request.items():
        if "exec.claimed" in events and name in requests and requests[name].state.is_final:
            last = len(events) - 1 - events[::-1].index("exec.claimed")
            assert ends & set(events[last:]), f"{name} has no end: {events}"


def deployment_path(name: str, namespace: str = "payments") -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"


def is_write(one: Json) -> bool:
    """Of Kubechat, to change a cluster for good; whom it speaks for is not known of one that was cut or hung."""
    changing = one["method"] in ("POST", "PUT", "PATCH", "DELETE") and "review" not in one["resource"]
    return changing and not one["dry_run"] and one["user_agent"].startswith("kubechat/")


def mark(one: Json) -> str:
    """Of the execution that a request belongs to, from its user agent."""
    return str(one["user_agent"]).rpartition("(")[2].rstrip(")")


def moment(at: str) -> datetime:
    """Not compared as text: a time without a fraction is written without one."""
    return datetime.fromisoformat(at)


def later(at: str) -> datetime:
    """The journal's times may be whole seconds, rounded down."""
    return moment(at) + (timedelta(0) if "." in at else timedelta(seconds=1))


def together(*acts: Callable[[], T]) -> list[T]:
    """What each of these gives, all begun at one moment."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def one(index: int) -> None:
        gate.wait(10)
        found[index] = acts[index]()  # type: ignore[call-overload]

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found  # type: ignore[return-value]


def _nobody_is_in_a_transaction(url: str) -> bool:
    """Of a PostgreSQL database: a sleeper that held a row would keep everybody waiting, which is another test."""
    engine = create_engine(url.replace("postgresql://", "postgresql+pg8000://"), poolclass=NullPool)
    asked = sql(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    try:
        with engine.connect() as connection:
            return connection.execute(asked).scalar() == 0
    finally:
        engine.dispose()
