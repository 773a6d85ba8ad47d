"""The walk of a request over a fleet of dictionaries: the real store and rules, no process, no network."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.guard_router import GuardRouter
from bot.identity_router import IdentityRouter
from bot.router import Router
from workers.aftercare import Aftercare
from workers.domain.actor import Account, Actor
from workers.domain.break_glass import BreakGlass
from workers.domain.call import Answer, Call, Right
from workers.domain.cluster import Cluster, Identity
from workers.domain.errors import ClusterChanged, KubechatError, NotThere, OutcomeUnknown, Rejected
from workers.domain.observed import Access
from workers.domain.people import People, Person
from workers.domain.plan import Place, Scope
from workers.domain.policy import Policy, Rule, tier
from workers.domain.request import Request
from workers.domain.transcript import Bounds, Transcript
from workers.domain.value import ClusterName, PersonId, RequestId
from workers.guard.freezing import Freezing
from workers.guard.reviewing import Reviewing
from workers.identity.directory import PeopleNow
from workers.identity.factor_key import FactorKey
from workers.identity.factors import Factors
from workers.identity.linking import Linking
from workers.narrowing import Narrowing
from workers.ports import Directory, Fleet
from workers.service import Service, new_id
from workers.settings import DEFAULTS, Settings, read_policy
from workers.store.store import SqlStore
from workers.walk import Walk, utc_now

Json = dict[str, Any]
DEPLOYMENTS = "/apis/apps/v1/namespaces/payments/deployments"
API = f"{DEPLOYMENTS}/api"
PLACE = Place(system="terminal", channel="test")
PEOPLE = People(
    people={
        PersonId("alice"): Person(name="Alice", groups=frozenset({"sre", "auditors"})),
        PersonId("bob"): Person(name="Bob", groups=frozenset({"sre"})),
    }
)


def deployment(name: str = "api", replicas: int = 2, image: str = "registry.example.com/api:v1") -> Json:
    """With all pods ready, and its status always as if it had been observed."""
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "payments", "uid": f"uid-{name}", "resourceVersion": "1"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"spec": {"containers": [{"name": "main", "image": image}]}},
        },
    }


class SmallFleet:
    """Implements the port for two clusters with the same objects at first; speaks GET, LIST, PATCH, POST and DELETE."""

    def __init__(self, *objects: Json) -> None:
        self.names = (ClusterName("dev"), ClusterName("prod-eu"))
        self.objects: dict[ClusterName, dict[str, Json]] = {name: {} for name in self.names}
        for name in self.names:
            self.objects[name]["/api/v1/namespaces/payments"] = {"metadata": {"name": "payments", "uid": "uid-ns"}}
            for one in objects:
                self.objects[name][f"{DEPLOYMENTS}/{one['metadata']['name']}"] = deepcopy(one)
        self.writes: list[tuple[str, Call]] = []  # person and call, dry-runs not counted
        self.reviewed: list[Actor] = []
        self.denies: Callable[[Right], bool] = lambda right: False
        self.before: Callable[[Call, bool], None] = lambda call, dry_run: None  # may raise, or change an object
        self.after: Callable[[Call, bool], None] = lambda call, dry_run: None
        self.unready: set[str] = set()  # workloads whose pods never get ready

    def set(self, cluster: str, path: str, change: Mapping[str, Any]) -> None:
        """As somebody else would: a merge patch without preconditions."""
        objects = self.objects[ClusterName(cluster)]
        objects[path] = _stepped(_merged(objects[path], change))

    def clusters(self) -> tuple[Cluster, ...]:
        policy = read_policy(DEFAULTS / "policy.yaml")[0]
        return tuple(Cluster(name=name, tier=tier(policy, name)) for name in self.names)

    def noting(self, note: Callable[[str], None]) -> Fleet:
        return Noted(self, note)

    def probe(self) -> tuple[Cluster, ...]:
        return self.clusters()

    def after_fork(self) -> None: ...

    def identity(self, cluster: ClusterName, actor: Actor) -> Identity:
        return Identity(uid=f"kube-system of {cluster}", ca_fingerprint="ab")

    def review(self, cluster: ClusterName, rights: Sequence[Right], actor: Actor) -> tuple[Access, ...]:
        self.reviewed.append(actor)
        return tuple(Access(allowed=not self.denies(right), because="as told") for right in rights)

    def stream(self, cluster: ClusterName, call: Call, actor: Actor, *, seconds: float) -> Iterator[str]:
        raise AssertionError("nothing of the walk follows a log")

    def execute(self, cluster: ClusterName, call: Call, actor: Actor, *, mark: str, bounds: Bounds) -> Transcript:
        raise AssertionError("nothing of this fleet runs commands")

    def send(self, cluster: ClusterName, call: Call, actor: Actor, *, dry_run: bool = False, mark: str = "") -> Answer:
        self.before(call, dry_run)
        objects = self.objects[cluster]
        if not call.writes:
            return Answer(status=200, body=self._found(objects, call), audit_id=f"audit {call.path}")
        if call.method == "DELETE" or call.subresource == "eviction":
            return self._gone(objects, call, actor, dry_run=dry_run)
        if call.method == "POST":
            return self._made(objects, call, actor, dry_run=dry_run)
        path = call.path.removesuffix("/scale")
        made = _merged(objects.get(path) or _missing(path), dict(call.body), objects.get(path))  # type: ignore[arg-type]
        if not dry_run:
            self.writes.append((actor.person_id, call))
            objects[path] = _stepped(made)
        self.after(call, dry_run)
        return Answer(status=200, body=deepcopy(made), audit_id=f"audit {call.method}")

    def _gone(self, objects: dict[str, Json], call: Call, actor: Actor, *, dry_run: bool) -> Answer:
        path = call.path.removesuffix("/eviction")
        found = objects.get(path) or _missing(path)
        options: Json = dict(call.body)  # type: ignore[arg-type]
        options = options.get("deleteOptions") or options
        if options["preconditions"]["uid"] != found["metadata"]["uid"]:
            raise ClusterChanged("uid is another")
        if not dry_run:
            self.writes.append((actor.person_id, call))
            del objects[path]
        self.after(call, dry_run)
        return Answer(status=200, body={"kind": "Status", "status": "Success"}, audit_id=f"audit {call.method}")

    def _made(self, objects: dict[str, Json], call: Call, actor: Actor, *, dry_run: bool) -> Answer:
        made: Json = deepcopy(dict(call.body))  # type: ignore[arg-type]
        path = f"{call.path}/{made['metadata']['name']}"
        if path in objects:
            raise Rejected(f"{path} already exists")
        made["metadata"] |= {"uid": f"uid-{len(self.writes)}", "resourceVersion": "1"}
        if not dry_run:
            self.writes.append((actor.person_id, call))
            objects[path] = made
        self.after(call, dry_run)
        return Answer(status=201, body=deepcopy(made), audit_id=f"audit {call.method}")

    def _found(self, objects: Mapping[str, Json], call: Call) -> Json:
        if call.name:
            return self._observed(objects.get(call.path) or _missing(call.path))
        kind = f"/{call.resource}/"
        inside = call.path.removesuffix(call.resource) if call.namespace else ""
        paths = [p for p in objects if kind in f"{p}/" and p.rpartition("/")[0].endswith(call.resource)]
        return {"items": [self._observed(objects[path]) for path in paths if path.startswith(inside)]}

    def _observed(self, one: Json) -> Json:
        """What the controllers would have made of it by now."""
        found = deepcopy(one)
        with suppress(KeyError):
            count, is_well = found["spec"]["replicas"], found["metadata"]["name"] not in self.unready
            conditions = found.get("status", {}).get("conditions", [])
            found["status"] = {"replicas": count, "updatedReplicas": count, "conditions": conditions}
            found["status"] |= dict.fromkeys(("readyReplicas", "availableReplicas"), count if is_well else 0)
        return found


class Noted:
    """The same small fleet, whose answers' audit ids are told."""

    def __init__(self, fleet: Fleet, note: Callable[[str], None]) -> None:
        self._fleet, self._note = fleet, note

    def clusters(self) -> tuple[Cluster, ...]:
        return self._fleet.clusters()

    def noting(self, note: Callable[[str], None]) -> Fleet:
        return Noted(self, note)

    def identity(self, cluster: ClusterName, actor: Actor) -> Identity:
        return self._fleet.identity(cluster, actor)

    def review(self, cluster: ClusterName, rights: Sequence[Right], actor: Actor) -> tuple[Access, ...]:
        return self._fleet.review(cluster, rights, actor)

    def stream(self, cluster: ClusterName, call: Call, actor: Actor, *, seconds: float) -> Iterator[str]:
        return self._fleet.stream(cluster, call, actor, seconds=seconds)

    def execute(self, cluster: ClusterName, call: Call, actor: Actor, *, mark: str, bounds: Bounds) -> Transcript:
        return self._fleet.execute(cluster, call, actor, mark=mark, bounds=bounds)

    def send(self, cluster: ClusterName, call: Call, actor: Actor, *, dry_run: bool = False, mark: str = "") -> Answer:
        try:
            answer = self._fleet.send(cluster, call, actor, dry_run=dry_run, mark=mark)
        except KubechatError as error:
            self._note(error.facts.get("audit_id", ""))
            raise
        self._note(answer.audit_id)
        return answer


class SilentBus:
    """Implements the port; nobody hears it."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, RequestId]] = []

    def ring(self, job: str, request_id: RequestId) -> bool:
        self.rung.append((job, request_id))
        return True

    def announce(self, request_id: RequestId) -> None: ...

    def listen(self, timeout_seconds: float) -> RequestId | None:
        return None

    def check(self) -> str:
        return ""


class Rehearsal:
    """Alice and Bob, and a worker that does its part when it is told to."""

    def __init__(
        self,
        url: str,
        fleet: SmallFleet,
        policy: Path = DEFAULTS / "policy.yaml",
        people: Directory = PEOPLE,
        data: Path | None = None,
        bus: SilentBus | None = None,
    ) -> None:
        self.fleet, self.bus, self.store = fleet, bus or SilentBus(), SqlStore(url)
        self._url = url
        self.people = people
        self.service = Service(store=self.store, bus=self.bus, people=people)
        self.aftercare = Aftercare(store=self.store, bus=self.bus, ids=new_id)
        folder = data or Path(url.removeprefix("sqlite:///")).parent
        self.settings = Settings.read({}, folder, rollout_seconds=0.01, doubt_seconds=0)
        self.lease = timedelta(seconds=self.settings.lease_seconds)
        self.freezing = Freezing(store=self.store, bus=self.bus, policy=lambda: self._policy)
        self.reviewing = Reviewing(store=self.store, bus=self.bus)
        self.narrowing = Narrowing(store=self.store, bus=self.bus)
        self.guarding = GuardRouter(self.service, self.freezing, self.reviewing)
        self._policy, self._digest = read_policy(policy)
        self.walk = self.worker()

    def router(self, directory: PeopleNow | None = None) -> Router:
        """As a chat process has it; accounts of chat systems are known only with a directory."""
        file = self.settings.data / "people.yaml"
        found = directory or PeopleNow(file, self.store, timedelta(hours=self.settings.link_cooling_hours))
        return Router(
            self.service,
            self.aftercare,
            self.narrowing,
            lambda _cluster: "production",
            utc_now,
            self.guarding,
            IdentityRouter(
                Linking(store=self.store, directory=found),
                Factors(store=self.store, sealing=FactorKey(self.settings.data)),
            ),
        )

    def strictly(self, *rules: Rule) -> None:
        """The worker from now on has these rules too."""
        policy = self._policy.model_copy(update={"rules": (*self._policy.rules, *rules)})
        self.walk = self.worker(policy)

    def with_glass(self, glass: BreakGlass) -> None:
        """The worker from now on lets the glass be broken."""
        self._policy = self._policy.model_copy(update={"break_glass": glass})
        self.walk = self.worker()

    def worker(self, policy: Policy | None = None, people: People | None = None) -> Walk:
        """A worker process that was started with these files."""
        return Walk(
            store=self.store,
            bus=self.bus,
            fleet=self.fleet,
            policy=policy or self._policy,
            policy_digest=self._digest,
            people=people or self.people,
            settings=self.settings,
        )

    def actor(self, person: str) -> Actor:
        return self.service.actor(person, Account(system="terminal", workspace="host", user_id=person))

    def ask(self, text: str, person: str = "alice", place: Place = PLACE, scope: Scope | None = None) -> Request:
        """Planned, and run where nobody has to say yes."""
        return self.planned(self.service.open_request(text, self.actor(person), place, scope=scope))

    def planned(self, request: Request) -> Request:
        self.walk.plan(request.id, "worker")
        return self.now(request)

    def allowed(self, request: Request, *others: str) -> Request:
        """By its requester and others; not run yet."""
        self.yes(request, request.requester)
        for person in others:
            self.yes(request, person)
        return self.now(request)

    def yes(self, request: Request, person: str) -> Request:
        """Run or Approve, on the card of the request as it is given."""
        assert request.plan is not None
        assert request.preview is not None
        press = self.service.run if person == request.requester else self.service.approve
        shown = request.plan.digest, request.preview.digest
        return press(request.id, self.actor(person), plan_digest=shown[0], preview_digest=shown[1])

    def run(self, request: Request, walk: Walk | None = None) -> Request:
        (walk or self.walk).run(request.id, "worker")
        return self.now(request)

    def rested(self, request: Request) -> None:
        """The pause between two tries of a request that waits is over."""
        self._alter("UPDATE requests SET lease_until = NULL WHERE id = ?", (request.id,))

    def late(self, request: Request) -> None:
        """Its time ended long ago, by the database's clock."""
        past = "2026-01-01T00:00:00.000000Z"
        body = self.now(request).model_copy(update={"expires_at": datetime.fromisoformat(past)}).model_dump_json()
        values = (body, past, request.id)
        self._alter("UPDATE requests SET body = ?, expires_at = ?, lease_until = NULL WHERE id = ?", values)

    def _alter(self, statement: str, values: tuple[str, ...]) -> None:
        database = sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=10)
        with database:
            database.execute(statement, values)
        database.close()

    def now(self, request: Request) -> Request:
        return self.store.request(request.id)


def _missing(path: str) -> Json:
    raise NotThere(f"there is no {path}")


def _merged(one: Json, patch: Mapping[str, Any], guarded: Json | None = None) -> Json:
    """RFC 7386, except that containers are merged by name; with the preconditions of the API server when guarded."""
    made = deepcopy(one)
    wanted = patch.get("metadata") or {}
    for key in ("uid", "resourceVersion") if guarded else ():
        if wanted.get(key, made["metadata"][key]) != made["metadata"][key]:
            raise ClusterChanged(f"{key} is another")
    return _merge(made, patch)


def _merge(made: Json, patch: Mapping[str, Any]) -> Json:
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, Mapping):
            made[key] = _merge(dict(made.get(key) or {}), value)
        elif key == "containers":
            named = {item["name"]: item for item in value}
            made[key] = [{**item, **named.get(item["name"], {})} for item in made[key]]
        else:
            made[key] = value
    return made


def _stepped(one: Json) -> Json:
    one["metadata"]["resourceVersion"] = str(int(one["metadata"]["resourceVersion"]) + 1)
    return one


def lost_answer(call: Call, dry_run: bool) -> None:
    """To be put after or before a write: it was sent, and nobody heard what became of it."""
    if call.writes and not dry_run:
        raise OutcomeUnknown("sent, and not answered")
