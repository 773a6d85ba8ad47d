"""F13 and F14: PostgreSQL dies in the middle of a hundred approvals, or answers a commit to nobody."""

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.faults.outcome import Outcome
from tests.faults.proxy import Proxy
from tests.servers.postgres import TEMPLATE, Postgres
from tests.unit.walk.rehearsal import PLACE, Rehearsal, SilentBus, SmallFleet, deployment
from workers.audit.verify import verify
from workers.domain.errors import AlreadyDecided, KubechatError, StoreUnavailable
from workers.domain.people import People, Person
from workers.domain.policy import Outcome as Decided
from workers.domain.policy import Rule
from workers.domain.request import Request
from workers.domain.value import PersonId, RequestId
from workers.service import Service
from workers.store.store import SqlStore
from workers.store.upgrade import upgrade

UNKNOWN = "whether it was stored is unknown"
TEXT = "scale api-0 to 4 in dev"
SRE = frozenset({"sre"})
NAMES = [PersonId("alice"), *(PersonId(f"person{number}") for number in range(20))]
CROWD = People(people={name: Person(name=name, groups=SRE) for name in NAMES})


@dataclass(frozen=True)
class Office:
    """People in front of a store that is reached through the wire, and whoever knows how it really is."""

    stage: Rehearsal
    service: Service  # through the wire
    wire: Proxy
    head: Path

    def asked(self, text: str) -> Request:
        return self.stage.ask(text)

    def press(self, request: Request, person: PersonId) -> str:
        """What that person is told: "taken", "unknown", "not stored", or a code."""
        assert request.plan is not None and request.preview is not None
        shown = {"plan_digest": request.plan.digest, "preview_digest": request.preview.digest}
        press = self.service.run if person == request.requester else self.service.approve
        return told(lambda: press(request.id, self.stage.actor(person), **shown))

    def leaves(self, event: str) -> Counter[tuple[RequestId, PersonId]]:
        found = [json.loads(record.leaf) for record in self.stage.store.records()]
        return Counter((leaf["request_id"], leaf["actor"]) for leaf in found if leaf["event"] == event)

    def judged(self) -> list[str]:
        """I3: the trail is whole, up to the end that was noted outside."""
        found = verify(self.stage.store.records(), self.head)
        return [] if found.ok else [f"I3: {found.text}"]


def a_postgres() -> Postgres:
    """With a template that has the tables; whoever asked for it stops it."""
    server = Postgres().start()
    first = server.database()
    upgrade(first)
    server.make_template(first)
    return server


@contextmanager
def an_office(postgres: Postgres, deployments: int = 1) -> Iterator[Office]:
    url = postgres.database(TEMPLATE)
    with tempfile.TemporaryDirectory(prefix="kc-") as name, Proxy(postgres.port) as wire:
        data = Path(name)
        fleet = SmallFleet(*(deployment(f"api-{number}") for number in range(deployments)))
        stage = Rehearsal(url, fleet, people=CROWD, data=data)
        everybody = Rule(name="crowd", then=Decided.APPROVE, approvers=len(NAMES) - 1, groups=SRE, text="a crowd")
        stage.strictly(everybody)
        store = SqlStore(url.replace(str(postgres.port), str(wire.port)), data / "audit.head")
        try:
            yield Office(stage, Service(store=store, bus=SilentBus(), people=CROWD), wire, data / "audit.head")
        finally:
            store.close()
            stage.store.close()
            postgres.drop(url)


def killed(postgres: Postgres, seed: int, rounds: int = 1, approvals: int = 100) -> Outcome:
    """F13: so many people press at once, and the server is killed among them; everybody presses again."""
    dice, wrong, took = random.Random(seed), [], []
    counts: Counter[str] = Counter({"presses": 0, "acknowledged": 0, "in doubt, and told so": 0, "not stored": 0})
    for _ in range(rounds):
        with an_office(postgres, approvals // 20) as office:
            requests = [office.asked(f"scale api-{n} to 5 in prod-eu because INC-1") for n in range(approvals // 20)]
            presses = [(request, person) for request in requests for person in NAMES[1:]]
            dice.shuffle(presses)
            answered: list[str] = []
            limit = dice.randrange(len(presses) // 5, len(presses) // 2)

            def press(one: tuple[Request, PersonId], office: Office = office, seen: list[str] = answered) -> str:
                seen.append("")
                return office.press(*one)

            with ThreadPoolExecutor(20) as pool:
                futures = [pool.submit(press, one) for one in presses]
                while len(answered) < limit:
                    time.sleep(0.001)
                postgres.kill()
                down = time.monotonic()
                postgres.resume()
                answers = [future.result() for future in futures]
            wrong += _judged(office, presses, answers)
            counts += Counter(map(_named, answers)) + Counter(presses=len(presses))
            again = [office.press(*presses[0])]
            took.append(time.monotonic() - down)
            again += [office.press(*one) for one in presses[1:]]
            wrong += [f"F13: a second press was told '{answer}'" for answer in again if answer != "taken"]
            wrong += _judged(office, presses, again)
    return Outcome("F13", "PostgreSQL killed among concurrent approvals", seed, counts, took, wrong)


def _named(answer: str) -> str:
    return {"taken": "acknowledged", "unknown": "in doubt, and told so"}.get(answer, "not stored")


def _judged(office: Office, presses: list[tuple[Request, PersonId]], answers: list[str]) -> list[str]:
    """Durable, audited and acknowledged go together; only who was told that it is unknown may find either."""
    wrong = office.judged()
    given = office.leaves("approval.given")
    stored = {
        (request.id, yes.actor.person_id)
        for request in {request.id: office.stage.now(request) for request, _ in presses}.values()
        for yes in request.yes
    }
    for (request, person), answer in zip(presses, answers, strict=True):
        key = (request.id, person)
        if given[key] != (key in stored):
            wrong.append(f"F13: {key}: {given[key]} leaves, stored: {key in stored}")
        if answer == "taken" and key not in stored:
            wrong.append(f"F13: {key} was acknowledged and is not stored")
        if answer == "not stored" and key in stored:
            wrong.append(f"F13: {key} was told 'nothing was changed' and is stored")
        if answer not in ("taken", "unknown", "not stored"):
            wrong.append(f"F13: {key} was told '{answer}'")
    return wrong


def unanswered(postgres: Postgres, seed: int, times: int = 1) -> Outcome:
    """F14: the commit was done and its acknowledgement lost; who presses again changes nothing more."""
    wrong: list[str] = []
    counts: Counter[str] = Counter({"commits whose answer was lost": 0, "rows": 0, "leaves": 0})
    for number in range(times):
        with an_office(postgres) as office:
            request = office.asked("scale api-0 to 5 in prod-eu because INC-1")
            delivery = f"Ev{seed}{number}"
            for person in NAMES[:2]:
                wrong += _lost(office, partial(office.press, request, person), "taken")
            wrong += _lost(office, partial(_cancel, office, request), AlreadyDecided.code)
            wrong += _lost(office, partial(_open, office, delivery), AlreadyDecided.code)
            rows = [one for one in office.stage.store.requests() if one.intent.text == TEXT]
            events = ("approval.given", "approval.given", "plan.cancelled", "intent.received")
            keys = [(request.id, NAMES[0]), (request.id, NAMES[1]), (request.id, NAMES[0]), (rows[0].id, NAMES[0])]
            leaves = [office.leaves(event)[key] for event, key in zip(events, keys, strict=True)]
            yes = len(office.stage.now(request).yes)
            wrong += [] if (len(rows), leaves, yes) == (1, [1, 1, 1, 1], 2) else [f"F14: {len(rows)}, {leaves}, {yes}"]
            wrong += office.judged()
            counts += Counter({"commits whose answer was lost": 4, "rows": yes + 1 + len(rows), "leaves": sum(leaves)})
    return Outcome("F14", "commit acknowledged to nobody", seed, counts, (), wrong)


def _cancel(office: Office, request: Request) -> str:
    return told(lambda: office.service.cancel(request.id, office.stage.actor("alice")))


def _open(office: Office, delivery: str) -> str:
    return told(lambda: office.service.open_request(TEXT, office.stage.actor("alice"), PLACE, delivery=delivery))


def _lost(office: Office, act: Callable[[], str], again: str) -> list[str]:
    """What the person is told the first time and when they try again; violations."""
    office.wire.harm(lose_answer=b"COMMIT\0", after=b"insert into audit_leaves")
    first = act()
    office.wire.heal()
    second = act()
    return [] if (first, second) == ("unknown", again) else [f"F14: told '{first}', then '{second}' and not '{again}'"]


def told(act: Callable[[], object]) -> str:
    try:
        act()
    except StoreUnavailable as error:
        return "unknown" if error.now == UNKNOWN else "not stored"
    except KubechatError as error:
        return error.code
    return "taken"
