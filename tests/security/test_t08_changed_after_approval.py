"""A plan that is not the approved one any more: its row was altered, or the object has moved on."""

import json
import sqlite3
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.e2e.stack import Stack, World
from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment
from workers.domain.call import Call
from workers.domain.errors import KubechatError
from workers.domain.request import Request
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("guarded")
Json = dict[str, Any]
Path = tuple[str | int, ...]


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def approved(stage: Rehearsal) -> Request:
    asked = stage.ask("scale api to 5 in prod-eu because INC-8")
    assert asked.plan is not None
    ready = stage.allowed(asked, "bob")
    assert ready.state is State.READY, ready.problem
    return ready


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every value that holds no other, and every list that could be emptied."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield path
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def altered(row: Json, path: Path) -> Json:
    """With one other value of the same kind there."""
    made = deepcopy(row)
    inner: Any = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = _other(inner[path[-1]])
    return made


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if len(value) == 64:
            return f"{'1' if value[0] != '1' else '2'}{value[1:]}"
        case str():
            return f"{value}x" if value else "x"
        case list():
            return []
        case _:
            return "x"


def stored(url: str, request: Request) -> Json:
    with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10) as database:
        (body,) = database.execute("SELECT body FROM requests WHERE id = ?", (request.id,)).fetchone()
    database.close()
    row: Json = json.loads(body)
    return row


def write(url: str, request: Request, row: Json) -> None:
    """As somebody with the database would, and ready to be claimed: the approvals count, or nothing does."""
    again = "state = 'ready', version = ?, lease_until = NULL, claimed_by = NULL"
    with sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10) as database:
        values = (json.dumps(row), row["version"], request.id)
        database.execute(f"UPDATE requests SET body = ?, {again} WHERE id = ?", values)
        database.execute("DELETE FROM locks")
    database.close()


def bodies(writes: list[tuple[str, Call]]) -> list[tuple[str, str, str, str]]:
    """Who wrote what where, without the versions and marks that are of one run."""
    found = []
    for person, call in writes:
        body = deepcopy(dict(call.body))  # type: ignore[arg-type]
        body.pop("metadata", None)
        template = body.get("spec", {}).get("template", {}).get("metadata", {}).get("annotations", {})
        for key in template:
            template[key] = "a moment"
        found.append((person, call.method, call.path, json.dumps(body, sort_keys=True)))
    return found


@pytest.mark.slow
def test_t08_whatever_is_altered_in_a_stored_request_only_what_was_approved_is_written(
    stage: Rehearsal, sqlite_url: str
) -> None:
    """Each value of the row by itself: the write is the approved one, by the person who asked, or there is none."""
    ready = approved(stage)
    row = stored(sqlite_url, ready)
    paths = [path for path in leaves(row) if path[0] in ("plan", "preview", "decision", "intent", "approvals", "id")]
    objects = deepcopy(stage.fleet.objects)
    stage.run(ready)
    expected = bodies(stage.fleet.writes)
    assert len(expected) == 1

    wrong: dict[str, object] = {}
    refused = set()
    for path in paths:
        stage.fleet.objects, stage.fleet.writes = deepcopy(objects), []
        write(sqlite_url, ready, altered(row, path))
        try:
            stage.walk.run(ready.id, "worker")
        except (ValueError, KubechatError):  # the row is no request any more, or another one
            refused.add(path)
        done = bodies(stage.fleet.writes)
        if not done:
            refused.add(path)
        elif done != expected:
            wrong[str(path)] = done

    assert wrong == {}
    effects = {path for path in paths if path[0] == "plan" and _is_effect(path)}
    assert len(effects) > 10
    assert effects - refused == set()


def _is_effect(path: Path) -> bool:
    """Of a step: what is done to which object, and how it is undone."""
    return path[1] == "steps" and len(path) > 3 and (path[3] == "action" or path[3:5] == ("undo", "action"))


def test_t08_a_plan_without_steps_is_an_error(stage: Rehearsal, sqlite_url: str) -> None:
    """Nothing to do is not success: nobody is told that it was done."""
    ready = approved(stage)
    row = stored(sqlite_url, ready)
    row["plan"]["steps"] = []
    write(sqlite_url, ready, row)

    ended = stage.run(ready)

    assert ended.state is State.REFUSED
    assert ended.problem is not None
    assert "doing nothing is not success" in ended.problem.text


def test_t08_an_object_that_moves_in_the_last_moment_is_a_conflict(stage: Rehearsal) -> None:
    """Between the last look and the write: uid and resourceVersion travel with it, and the server says 409."""
    ready = approved(stage)

    def meddle(call: Call, dry_run: bool) -> None:
        if call.writes and not dry_run and not meddled:
            meddled.append(call)
            stage.fleet.set("prod-eu", API, {"spec": {"replicas": 4}})

    meddled: list[Call] = []
    stage.fleet.before = meddle
    ended = stage.run(ready)

    assert ended.state is State.FAILED
    assert meddled
    assert stage.fleet.writes == []
    assert "nothing was written" in ended.results[0].message


def test_t08_an_object_that_changed_since_the_approval_goes_back_to_the_people(stage: Rehearsal) -> None:
    """Drift before the run: a new preview, no approvals, no write."""
    ready = approved(stage)
    stage.fleet.set("prod-eu", API, {"spec": {"replicas": 4}})

    back = stage.run(ready)

    assert back.state is State.AWAITING_APPROVAL
    assert back.approvals == ()
    assert stage.fleet.writes == []


def test_t08_drift_on_a_real_server_writes_nothing(stack: Stack, world: World) -> None:
    """The same through real processes: what others changed in between is shown, and asked for again."""
    name = world.deployment("prod-us")
    asked = stack.waiting(f"scale {name} to 5 in prod-us because INC-8")
    with stack.stopped():
        stack.press("alice", "run", asked)
        stack.press("bob", "approve", asked)
        world.change("prod-us", name, {"replicas": 3})

    back = stack.settled(asked)

    assert back.state is State.AWAITING_APPROVAL, stack.said(asked)
    assert back.yes == ()
    assert world.writes("prod-us", asked.id) == []
    assert world.replicas("prod-us", name) == 3
