"""The same walk with the store on PostgreSQL."""

import pytest

from tests.e2e.stack import Stack, World, until
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-1")


def test_the_walk_on_postgresql(on_postgres: Stack, world: World) -> None:
    """Two people, one write, an undo: as on SQLite."""
    name = world.deployment("prod-us")
    asked = on_postgres.waiting(f"scale {name} to 3 in prod-us because INC-7")
    on_postgres.done("alice", "run", asked)
    done = on_postgres.done("bob", "approve", asked)
    back = on_postgres.done("bob", "undo", done)
    on_postgres.done("bob", "run", back)
    undone = on_postgres.done("alice", "approve", back)

    assert (done.state, undone.state) == (State.SUCCEEDED, State.SUCCEEDED)
    assert world.replicas("prod-us", name) == 2
    assert on_postgres.refused("alice", "undo", done) == "already-decided"


def test_a_killed_job_on_postgresql(on_postgres: Stack, world: World) -> None:
    """Before its claim is used it runs once after the lease; between intent and write it is found not applied."""
    name = world.deployment("staging")
    first = on_postgres.waiting(f"scale {name} to 3 in staging")
    world.harm("staging", delay_seconds=0.3)
    on_postgres.press("alice", "run", first)
    on_postgres.claimed(first)
    on_postgres.kill_horses()
    world.heal()
    done = on_postgres.settled(first)
    second = on_postgres.waiting(f"scale {name} to 4 in staging")
    world.harm("staging", delay_seconds=0.3)
    on_postgres.press("alice", "run", second)
    on_postgres.intended(second)
    on_postgres.kill_horses()
    world.heal()
    ended = on_postgres.verified(second)

    assert (done.state, ended.state) == (State.SUCCEEDED, State.FAILED)
    assert len(world.writes("staging", first.id, applied=True)) == 1
    assert world.writes("staging", second.id, applied=True) == []


def test_a_sleeper_on_postgresql_writes_nothing(on_postgres: Stack, world: World) -> None:
    """The fence is in the database, whichever it is."""
    name = world.deployment("staging")
    asked = on_postgres.done("alice", "skip checks", on_postgres.waiting(f"scale {name} to 3 in staging"))
    world.harm("staging", delay_seconds=0.3)
    on_postgres.press("alice", "run", asked)
    on_postgres.begun(asked)
    with on_postgres.asleep():
        world.heal()
        ended = on_postgres.verified(asked)

    until(lambda: on_postgres.leaves(asked, "exec.fenced"))
    assert ended.state is State.FAILED
    assert world.writes("staging", asked.id) == []


def test_a_promise_is_held_on_postgresql(on_postgres: Stack, world: World) -> None:
    """The clock is the database's own, and the undo needs nobody's second yes."""
    name = world.deployment("staging")
    done = on_postgres.done(
        "alice", "run", on_postgres.waiting(f"scale {name} to 3 in staging, undo in 10 s unless kept")
    )

    until(lambda: on_postgres.now(done).undone_by, seconds=40, what="the change to be taken back")

    assert world.replicas("staging", name) == 2
    assert len([r for r in on_postgres.instance.store.requests(limit=500) if r.undoes == done.id]) == 1
