"""A change of two clusters that stops half-way: what is done where, going on with the rest, and going back."""

import pytest

from tests.e2e.stack import Stack, World
from workers.domain.observed import StepOutcome
from workers.domain.section import Text
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-1")

IMAGE = "registry.example.com/walk/main"


def image(world: World, cluster: str, name: str) -> str:
    (container,) = world.live(cluster, name)["spec"]["template"]["spec"]["containers"]
    return str(container["image"])


def test_a_stopped_change_is_continued_and_taken_back(stack: Stack, world: World) -> None:
    """The second cluster is not begun; going on needs a new yes, and is about that cluster only."""
    name = world.deployment("dev", world.deployment("staging"))
    asked = stack.waiting(f"set {name} to v1.1.0-missing in staging and dev")
    ended = stack.done("alice", "run", asked, seconds=60)

    assert ended.state is State.FAILED
    assert [r.outcome for r in ended.results] == [StepOutcome.FAILED, StepOutcome.SKIPPED]
    text = stack.card(ended)
    assert "applied, and not arrived: step 1" in text
    assert "not started: step 2" in text
    assert "ImagePullBackOff" in text or "ErrImagePull" in text
    assert any("finding" in section.text for section in ended.results[0].output if isinstance(section, Text))
    assert f"undo {ended.id}" in text
    assert f"continue {ended.id}" in text
    assert image(world, "dev", name) == f"{IMAGE}:v1.0.0"

    more = stack.done("bob", "continue", ended)
    assert (more.state, more.continues) == (State.AWAITING_APPROVAL, ended.id)
    assert more.plan is not None
    assert more.plan.clusters == ("dev",)
    assert stack.refused("alice", "continue", ended) == "already-decided"
    assert stack.done("bob", "cancel", more).state is State.CANCELLED

    undone = stack.done("alice", "run", stack.done("alice", "undo", ended))
    assert undone.state is State.SUCCEEDED
    assert image(world, "staging", name) == f"{IMAGE}:v1.0.0"
    assert stack.refused("alice", "continue", ended) == "already-decided"
