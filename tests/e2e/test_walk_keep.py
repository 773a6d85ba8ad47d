"""Commit-confirmed in real processes: the sweeper takes back what nobody kept, and leaves what somebody did."""

import pytest

from tests.e2e.stack import Stack, World, until
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import RequestId

pytestmark = pytest.mark.xdist_group("walk-1")

IMAGE = "registry.example.com/walk/main"


def image(world: World, name: str) -> str:
    (container,) = world.live("staging", name)["spec"]["template"]["spec"]["containers"]
    return str(container["image"])


def taken_back(stack: Stack, request: Request) -> Request:
    """The undo that a sweeper has opened, settled."""

    def opened() -> RequestId | None:
        keeping = stack.now(request).keeping
        return keeping.taken_back_by if keeping else None

    undo = until(opened, seconds=40, what=f"{request.id} to be taken back")
    assert undo is not None
    return stack.settled(stack.instance.store.request(undo), seconds=40)


def test_what_nobody_keeps_is_taken_back(stack: Stack, world: World) -> None:
    """The card says it before anybody's yes and shows the clock afterwards; nobody is asked a second time."""
    name = world.deployment("staging")
    asked = stack.waiting(f"scale {name} to 4 in staging, undo in 10 s unless kept")
    assert "taken back by itself 10 s after it has run" in stack.card(asked)

    done = stack.done("alice", "run", asked)
    assert "Keep" in [button.label for button in stack.instance.router.card(done).buttons]
    assert f"keep {done.id}" in stack.card(done)
    undone = taken_back(stack, done)

    assert (undone.state, undone.promised, undone.approvals) == (State.SUCCEEDED, True, ())
    assert world.replicas("staging", name) == 2
    assert stack.leaves(done, "exec.unkept")[0]["actor"] is None
    assert stack.now(done).undone_by == undone.id
    assert "nobody kept it in its time" in stack.card(stack.now(done))
    assert stack.refused("alice", "keep", done) == "already-decided"


def test_what_is_kept_stays(stack: Stack, world: World) -> None:
    """Said by the requester in time; the record names them."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 3 in staging, undo in 1 h unless kept"))

    kept = stack.done("alice", "keep", done)

    assert kept.keeping is not None
    assert not kept.keeping.is_open
    assert stack.leaves(done, "exec.kept")[0]["actor"] == "alice"
    assert stack.instance.store.on_trial() == ()
    assert "kept by" in stack.card(kept)


def test_a_rollout_that_does_not_arrive_is_taken_back_at_once(stack: Stack, world: World) -> None:
    """The clock of an hour is not waited for."""
    name = world.deployment("staging")
    asked = stack.waiting(f"set {name} to v1.1.0-missing in staging, undo in 1 h unless kept")

    ended = stack.done("alice", "run", asked, seconds=60)
    undone = taken_back(stack, ended)

    assert (ended.state, undone.state) == (State.FAILED, State.SUCCEEDED)
    assert image(world, name) == f"{IMAGE}:v1.0.0"


def test_what_somebody_changed_since_waits_for_a_person(stack: Stack, world: World) -> None:
    """Nothing is written by itself over what somebody else has set."""
    name = world.deployment("staging")
    done = stack.done("alice", "run", stack.waiting(f"scale {name} to 4 in staging, undo in 10 s unless kept"))
    world.change("staging", name, {"replicas": 3})

    waiting = taken_back(stack, done)

    assert waiting.state is State.AWAITING_APPROVAL
    assert "not taken back by itself" in stack.card(waiting)
    assert world.replicas("staging", name) == 3
    assert stack.done("alice", "cancel", waiting).state is State.CANCELLED
