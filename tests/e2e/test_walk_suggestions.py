"""What a card offers besides yes and no: other assumptions, looks before the change, going on in the thread."""

from collections.abc import Iterator

import pytest

from tests.e2e.stack import Stack, World
from workers.domain.observed import StepOutcome
from workers.domain.request import Request
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-2")


@pytest.fixture
def name(world: World) -> str:
    """A deployment in two clusters."""
    return world.deployment("dev", world.deployment("staging"))


@pytest.fixture
def thread(stack: Stack, name: str) -> Iterator[Stack]:
    """A conversation of its own."""
    stack.thread = name
    yield stack
    stack.thread = ""


def chip(request: Request, value: str) -> str:
    """What to type for an alternative."""
    assert request.plan is not None
    return next(
        f"{letter}{one.id}"
        for letter, taken in request.plan.chips.items()
        for one in taken.alternatives
        if one.label == value
    )


def test_going_on_in_the_thread_changes_what_was_meant_before(thread: Stack, world: World, name: str) -> None:
    """ "it" is what the last plan was about; the card and the trail say which request that was."""
    first = thread.done("alice", "run", thread.waiting(f"scale {name} to 3 in staging"))

    second = thread.waiting("restart it")

    assert second.plan is not None
    assert second.follows == first.id
    assert [(s.action.verb, s.action.target.name) for s in second.plan.steps] == [("restart", name)]
    assert second.plan.clusters == ("staging",)
    assert f"(of {first.id})" in thread.card(second)
    assert thread.leaves(second, "intent.received")[0]["facts"]["follows"] == first.id
    assert thread.done("alice", "run", second).state is State.SUCCEEDED


def test_without_a_thread_nothing_goes_on(stack: Stack, world: World, name: str) -> None:
    """Two commands have nothing to do with each other."""
    stack.waiting(f"scale {name} to 3 in staging")

    second = stack.ask("alice", "restart it")

    assert (second.plan, second.follows) == (None, None)


def test_one_press_corrects_where_a_change_goes(thread: Stack, world: World, name: str) -> None:
    """Another revision of the same request; only what was corrected is written."""
    thread.done("alice", "run", thread.waiting(f"scale {name} to 3 in staging"))
    asked = thread.waiting("scale it to 5")
    press = chip(asked, "dev")
    assert f"{press} dev" in thread.card(asked)

    corrected = thread.done("alice", press, asked)
    done = thread.done("alice", "run", corrected)

    assert (corrected.id, corrected.revision, corrected.state) == (asked.id, 2, State.AWAITING_APPROVAL)
    assert done.state is State.SUCCEEDED
    assert (world.replicas("dev", name), world.replicas("staging", name)) == (5, 3)
    assert thread.refused("bob", press, asked) == "refusal"


def test_one_press_asks_a_finished_read_again(thread: Stack, world: World, name: str) -> None:
    """The answer stays; the same words are a new request with the alternative."""
    thread.done("alice", "run", thread.waiting(f"scale {name} to 3 in staging"))
    read = thread.ask("alice", "show its rollout status")
    assert read.state is State.SUCCEEDED, thread.said(read)

    again = thread.done("alice", chip(read, "dev"), read)

    assert again.plan is not None
    assert (again.state, again.corrects, again.plan.clusters) == (State.SUCCEEDED, read.id, ("dev",))
    assert thread.now(read) == read
    assert f"corrects    {read.id}" in thread.card(again)


def test_looks_are_taken_before_the_write(stack: Stack, world: World, name: str) -> None:
    """Shown as suggestions, taken as the requester, and a line each on the card of a success."""
    waiting = stack.waiting(f"scale {name} to 3 in staging")
    assert "suggested   a look before it: rollout status, events since 15m, last 20 log lines" in stack.card(waiting)

    done = stack.done("alice", "run", waiting)

    assert done.state is State.SUCCEEDED
    assert [result.outcome for result in done.checked] == [StepOutcome.DONE] * 3
    assert "before      rollout status: " in stack.card(done)
    events = stack.events(done)
    assert events.index("exec.checked") < events.index("exec.intended")


def test_skipped_looks_are_not_taken(stack: Stack, world: World, name: str) -> None:
    """One word; what is approved is the plan without them."""
    waiting = stack.waiting(f"scale {name} to 3 in staging")

    skipped = stack.done("alice", "skip checks", waiting)
    done = stack.done("alice", "run", skipped)

    assert skipped.plan is not None
    assert (skipped.revision, skipped.plan.checks) == (2, ())
    assert (done.state, done.checked) == (State.SUCCEEDED, ())
    assert "exec.checked" not in stack.events(done)
