"""F28 and F29: what was allowed is not allowed any more, or not what is stored any more, when a worker takes it."""

import json
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.e2e.stack import Json
from tests.faults.outcome import Outcome
from tests.unit.walk.rehearsal import API, PEOPLE, Rehearsal, SmallFleet, deployment
from workers.domain.errors import KubechatError
from workers.domain.people import People, Person
from workers.domain.policy import Outcome as Decided
from workers.domain.policy import Rule
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import PersonId
from workers.store.upgrade import upgrade

Path_ = tuple[str | int, ...]
TEXT = "scale api to 5 in prod-eu because INC-1"
SEEN = ("intent", "plan", "preview", "decision", "approvals")  # what people saw and said; the rest decides nothing
STOPPED = ("plan.refused", "plan.drifted", "approval.withdrawn")
# whichever of these is another, no approval is of it
EFFECTS = {"verb", "params", "target", "plan_digest", "preview_digest", "uid", "touched_digest", "person_id", "verdict"}


@contextmanager
def a_stage() -> Iterator[Rehearsal]:
    with tempfile.TemporaryDirectory(prefix="kc-") as folder:
        url = f"sqlite:///{Path(folder) / 'kubechat.sqlite3'}"
        upgrade(url)
        stage = Rehearsal(url, SmallFleet(deployment()))
        yield stage
        stage.store.close()


def ready(stage: Rehearsal) -> Request:
    found = stage.allowed(stage.ask(TEXT), "bob")
    assert found.state is State.READY
    return found


def events(stage: Rehearsal, request: Request) -> list[Json]:
    found = [json.loads(record.leaf) for record in stage.store.records()]
    return [leaf for leaf in found if leaf["request_id"] == request.id]


# F28


def _expires(stage: Rehearsal, request: Request) -> None:
    stage.late(request)
    stage.walk.run(request.id, "worker")
    stage.walk.sweep()


def _loses_role(stage: Rehearsal, request: Request) -> None:
    people = People(people={**PEOPLE.people, PersonId("alice"): Person(name="Alice", groups=frozenset({"auditors"}))})
    stage.run(request, stage.worker(people=people))


def _leaves(stage: Rehearsal, request: Request) -> None:
    people = {name: person for name, person in PEOPLE.people.items() if name != "alice"}
    stage.run(request, stage.worker(people=People(people=people)))


def _loses_right(stage: Rehearsal, request: Request) -> None:
    stage.fleet.denies = lambda right: right.verb == "patch"
    stage.run(request)


def _tightened(stage: Rehearsal, request: Request) -> None:
    stage.strictly(Rule(name="three", then=Decided.APPROVE, approvers=2, groups=frozenset({"sre"}), text="two of sre"))
    stage.run(request)


def _forbidden(stage: Rehearsal, request: Request) -> None:
    stage.strictly(Rule(name="never", then=Decided.REFUSE, text="nothing is scaled any more"))
    stage.run(request)


QUEUED: dict[str, tuple[Callable[[Rehearsal, Request], None], State, str, str]] = {
    "expired": (_expires, State.EXPIRED, "plan.expired", "expired_at"),
    "role lost": (_loses_role, State.REFUSED, "plan.refused", "auditors"),
    "person gone": (_leaves, State.REFUSED, "plan.refused", "not known here any more"),
    "right lost": (_loses_right, State.REFUSED, "plan.refused", "no right to this any more"),
    "policy tightened": (_tightened, State.REFUSED, "plan.refused", "sre"),
    "policy forbids": (_forbidden, State.REFUSED, "plan.refused", "nothing is scaled any more"),
}


def queued(seed: int, times: int = 1) -> Outcome:
    """F28: it was approved, waits for a worker, and meanwhile something ends the permission."""
    wrong: list[str] = []
    counts = Counter({"queued": 0, "refused": 0, "writes": 0})
    for _ in range(times):
        for name, (happens, state, event, said) in QUEUED.items():
            with a_stage() as stage:
                request = ready(stage)
                happens(stage, request)
                ended, last = stage.now(request), events(stage, request)[-1]
                counts += Counter(queued=1, refused=ended.state is state, writes=len(stage.fleet.writes))
                if (ended.state, last["event"], stage.fleet.writes) != (state, event, []):
                    wrong.append(f"F28 {name}: {ended.state}, {last['event']}, {len(stage.fleet.writes)} writes")
                if said not in json.dumps(last["facts"]):
                    wrong.append(f"F28 {name}: the reason is not in the trail: {last['facts']}")
    return Outcome("F28", "permission ended while queued", seed, counts, (), wrong)


# F29


def altered(seed: int, mutations: int = 500) -> Outcome:
    """F29: one field of the row of an approved plan is another than the people saw, then it is run.

    What decides the effect, or who agreed to it, is in a digest: refused, and recorded. Of the rest (words on the card,
    commands to copy, times) the worst that may happen is exactly the write that was approved, by those who may.
    """
    dice, wrong = random.Random(seed), []
    counts = Counter({"mutations": 0, "of effects": 0, "refused": 0, "the approved write all the same": 0, "writes": 0})
    with a_stage() as stage:
        request = ready(stage)
        row = row_of(stage, request)
        body = json.loads(row["body"])
        approved = _approved(stage, request, row)
        paths = [path for root in SEEN for path in _paths(body[root], (root,))]
        effects = [path for path in paths if _is_effect(path)]
        for number in range(mutations):
            path = dice.choice(dice.choice((effects, paths)))
            forged, what = _mutated(body, path, dice)
            if _is_same(forged, request):
                continue
            put(stage, {**row, "body": json.dumps(forged)})
            before = len(list(stage.store.records()))
            with suppress(KubechatError):
                stage.walk.run(request.id, "worker")
            leaves = [json.loads(record.leaf) for record in stage.store.records(before + 1)]
            refused = any(leaf["event"] in STOPPED for leaf in leaves)
            writes, bound = stage.fleet.writes, _is_effect(path)
            counts += Counter({"mutations": 1, "of effects": bound, "refused": refused})
            counts["the approved write all the same"] += writes == approved
            if writes and (bound or writes != approved):
                wrong.append(f"F29 {number}: {what} was run")
                counts["writes"] += 1
            if not writes and not refused:
                wrong.append(f"F29 {number}: {what} left no leaf: {[leaf['event'] for leaf in leaves]}")
            _again(stage, row)
    return Outcome("F29", "row altered after approval", seed, counts, (), wrong)


def _is_effect(path: Path_) -> bool:
    """Of a step that changes something, or of an approval of it."""
    is_step = path[:2] == ("plan", "steps") and len(path) > 3 and path[3] == "action"
    return (is_step or path[0] in ("preview", "approvals")) and path[-1] in EFFECTS


def _approved(stage: Rehearsal, request: Request, row: Json) -> list[Any]:
    """The write as it is when nothing was altered."""
    stage.run(request)
    found = list(stage.fleet.writes)
    assert len(found) == 1
    _again(stage, row)
    return found


def _again(stage: Rehearsal, row: Json) -> None:
    """Row and cluster as they were before the run."""
    put(stage, row)
    stage.fleet.writes.clear()
    stage.fleet.objects["prod-eu"][API] = deployment()  # type: ignore[index]


def _is_same(forged: Json, request: Request) -> bool:
    """Whether it is only written in another way."""
    with suppress(ValueError):
        return Request.model_validate(forged) == request
    return False


def _paths(value: Any, path: Path_) -> Iterator[Path_]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from _paths(one, (*path, key))


def _mutated(body: Json, path: Path_, dice: random.Random) -> tuple[Json, str]:
    forged = json.loads(json.dumps(body))
    place: Any = forged
    for key in path[:-1]:
        place = place[key]
    old = place[path[-1]]
    place[path[-1]] = new = _another(old, dice)
    return forged, f"{'.'.join(map(str, path))}: {json.dumps(old)[:60]} -> {json.dumps(new)[:60]}"


def _another(value: Any, dice: random.Random) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + dice.choice((-1, 1, 7))
        case str():
            return dice.choice((value + "x", "kube-system", "0" * 64)) if value else "x"
        case list():
            return dice.choice((value[1:], value + value[-1:])) if value else [{"x": 1}]
        case dict():
            return {key: one for key, one in value.items() if key != dice.choice(list(value))} if value else {"x": 1}
        case _:
            return "x"


def row_of(stage: Rehearsal, request: Request) -> Json:
    with closing(_database(stage)) as database:
        return dict(database.execute("SELECT * FROM requests WHERE id = ?", (request.id,)).fetchone())


def put(stage: Rehearsal, row: Json) -> None:
    names = ", ".join(f"{name} = ?" for name in row)
    with closing(_database(stage)) as database, database:
        database.execute(f"UPDATE requests SET {names} WHERE id = ?", (*row.values(), row["id"]))
        database.execute("DELETE FROM locks")


def _database(stage: Rehearsal) -> sqlite3.Connection:
    found = sqlite3.connect(stage.settings.data / "kubechat.sqlite3", timeout=10)
    found.row_factory = sqlite3.Row
    return found
