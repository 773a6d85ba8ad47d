"""kill -9 and sleep at chosen moments: at most one write, and the truth afterwards."""

import os
import signal
from pathlib import Path

import pytest

from bot.children import FIRST_PAUSE_SECONDS
from tests.e2e.stack import Json, Stack, World, until
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-2")


def test_a_job_killed_before_it_began_runs_once_after_its_lease(hasty: Stack, world: World) -> None:
    """Claimed and lost (F1): nothing had begun, so another claim does it, and it is done once."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"scale {name} to 3 in staging")
    world.harm("staging", delay_seconds=0.3)
    hasty.press("alice", "run", asked)

    hasty.claimed(asked)
    hasty.kill_horses()
    world.heal()

    done = hasty.settled(asked)
    assert done.state is State.SUCCEEDED
    assert [leaf["facts"]["fence"] for leaf in hasty.leaves(asked, "exec.claimed")] == [1, 2]
    assert len(world.writes("staging", asked.id)) == 1


def test_a_job_killed_before_its_intent_has_written_nothing_and_says_so(hasty: Stack, world: World) -> None:
    """Running and lost: it is not begun again by itself, and not called unknown either."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"scale {name} to 3 in staging")
    world.harm("staging", delay_seconds=0.3)
    hasty.press("alice", "run", asked)

    hasty.begun(asked)
    hasty.kill_horses()
    world.heal()

    ended = hasty.verified(asked)
    assert ended.state is State.FAILED
    assert hasty.events(asked)[-2:] == ["exec.interrupted", "exec.verified"]
    assert hasty.evidence(asked)["applied"] is False
    assert world.writes("staging", asked.id) == []
    assert world.replicas("staging", name) == 2


def test_a_job_killed_between_intent_and_write_is_found_not_applied(hasty: Stack, world: World) -> None:
    """The intent is recorded, the server never did it (F2); asked again, it is another execution."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"scale {name} to 3 in staging")
    world.harm("staging", delay_seconds=0.3)
    hasty.press("alice", "run", asked)

    hasty.intended(asked)
    hasty.kill_horses()
    world.heal()

    ended = hasty.verified(asked)
    assert ended.state is State.FAILED
    assert hasty.evidence(asked)["applied"] is False
    assert "has 2 replicas, 3 were asked" in hasty.evidence(asked)["evidence"]
    assert world.writes("staging", asked.id, applied=True) == []
    assert "not applied" in hasty.card(ended)
    again = hasty.done("alice", "run", hasty.waiting(f"scale {name} to 3 in staging"))
    assert again.state is State.SUCCEEDED
    assert again.id != asked.id


def test_a_job_killed_after_its_write_is_found_applied(hasty: Stack, world: World) -> None:
    """The server did it, nobody heard of it (F3): one write, the evidence named, and the undo still offered."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"set {name} to v1.1.0 in staging")
    world.harm("staging", delay_seconds=0.2)
    hasty.press("alice", "run", asked)

    until(lambda: world.writes("staging", asked.id, applied=True), every=0.01)
    hasty.kill_horses()
    world.heal()

    ended = hasty.verified(asked)
    assert ended.state is State.SUCCEEDED
    assert f"carries the mark {asked.id}/1/1" in hasty.evidence(asked)["evidence"]
    assert len(world.writes("staging", asked.id)) == 1
    assert "as seen afterwards" in hasty.card(ended)
    undone = hasty.done("alice", "run", hasty.done("alice", "undo", ended))
    assert undone.state is State.SUCCEEDED


def test_a_job_lost_after_its_last_result_is_told_as_it_is_recorded(hasty: Stack, world: World) -> None:
    """Every step was carried out and recorded, only the end was not: it has succeeded, and can be undone."""
    name = world.deployment("staging")
    done = hasty.done("alice", "run", hasty.waiting(f"scale {name} to 3 in staging"))

    def lost(row: Json) -> None:
        row.update(state="running", summary=None)

    hasty.alter(done, lost)  # as the row is between the last result and the end
    ended = hasty.verified(done)

    assert ended.state is State.SUCCEEDED
    assert "did not succeed" not in hasty.card(ended)
    assert hasty.events(done)[-2:] == ["exec.interrupted", "exec.verified"]
    assert len(world.writes("staging", done.id)) == 1
    undone = hasty.done("alice", "run", hasty.done("alice", "undo", ended))
    assert undone.state is State.SUCCEEDED


def test_an_undo_that_was_found_applied_counts_as_one(hasty: Stack, world: World) -> None:
    """Nobody can take the same change back twice because an answer was lost."""
    name = world.deployment("staging")
    done = hasty.done("alice", "run", hasty.waiting(f"scale {name} to 3 in staging"))
    planned = hasty.done("alice", "undo", done)
    world.harm("staging", cut_after=["PATCH"])
    hasty.press("alice", "run", planned)
    undone = hasty.verified(planned)

    assert undone.state is State.SUCCEEDED
    assert hasty.now(done).undone_by == undone.id
    assert hasty.refused("alice", "undo", done) == "already-decided"


def test_a_killed_worker_takes_its_job_along_and_is_replaced(hasty: Stack, world: World) -> None:
    """No orphan goes on (F5): the horse is gone at once, another worker tells the truth, the supervisor starts anew."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"scale {name} to 3 in staging")
    world.harm("staging", delay_seconds=0.3)
    hasty.press("alice", "run", asked)
    hasty.intended(asked)

    horses = hasty.horses()
    for worker in set(horses.values()):
        os.kill(worker, signal.SIGKILL)

    until(lambda: not any(is_running(pid) for pid in horses), seconds=5)
    world.heal()
    assert hasty.verified(asked).state is State.FAILED
    assert world.writes("staging", asked.id, applied=True) == []
    until(lambda: all(child.is_ready for child in hasty.processes.children))
    for child in hasty.processes.children:
        child.pause_seconds = FIRST_PAUSE_SECONDS
    assert hasty.done("alice", "run", hasty.waiting(f"scale {name} to 4 in staging")).state is State.SUCCEEDED


# Asleep


def test_a_worker_that_slept_past_its_lease_writes_nothing(hasty: Stack, world: World) -> None:
    """The others have told people that nothing was written (F6): it must stay true when the sleeper wakes."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"scale {name} to 3 in staging")
    world.harm("staging", delay_seconds=0.3)
    hasty.press("alice", "run", asked)
    hasty.begun(asked)
    with hasty.asleep():
        world.heal()
        ended = hasty.verified(asked)

    assert ended.state is State.FAILED
    until(lambda: hasty.leaves(asked, "exec.fenced"))
    assert world.writes("staging", asked.id) == []
    assert world.replicas("staging", name) == 2
    assert hasty.now(asked) == ended


def test_a_worker_that_slept_before_it_began_is_overtaken(hasty: Stack, world: World) -> None:
    """Its claim was taken over and carried out: it finds a newer fence, and there is one write."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"scale {name} to 3 in staging")
    world.harm("staging", delay_seconds=0.3)
    hasty.press("alice", "run", asked)
    hasty.claimed(asked)
    with hasty.asleep():
        world.heal()
        hasty.flush()  # of the sleeper's job nothing is known any more, so that it is rung for at once
        done = hasty.settled(asked)

    assert done.state is State.SUCCEEDED
    until(lambda: hasty.leaves(asked, "exec.fenced"))
    assert [leaf["facts"]["fence"] for leaf in hasty.leaves(asked, "exec.fenced")] == [1]
    assert len(world.writes("staging", asked.id)) == 1
    assert hasty.now(asked) == done


def test_a_worker_that_slept_during_a_rollout_changes_no_record(hasty: Stack, world: World) -> None:
    """The write was found applied meanwhile; what the sleeper still has to say is too late."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"set {name} to v1.1.0 in staging")
    world.harm("staging", delay_seconds=0.2)
    hasty.press("alice", "run", asked)
    until(lambda: world.writes("staging", asked.id, applied=True), every=0.01)
    with hasty.asleep():
        world.heal()
        ended = hasty.verified(asked)

    assert ended.state is State.SUCCEEDED
    until(lambda: hasty.leaves(asked, "exec.fenced"))
    assert hasty.now(asked) == ended
    assert len(world.writes("staging", asked.id)) == 1


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
