"""Two clusters at once in real processes, also when the answers of both are lost."""

import pytest

from tests.e2e.stack import Stack, World
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-1")


def test_both_clusters_are_changed_with_a_result_each(stack: Stack, world: World) -> None:
    """Progress and card name the cluster of every step."""
    name = world.deployment("dev", world.deployment("staging"))
    asked = stack.waiting(f"scale {name} to 3 in staging and dev in parallel")
    assert "all clusters at once" in stack.card(asked)

    done = stack.done("alice", "run", asked)

    assert done.state is State.SUCCEEDED
    assert [world.replicas(cluster, name) for cluster in ("staging", "dev")] == [3, 3]
    said = [row.text for row in stack.instance.store.progress_after(0, done.id)]
    assert all(any(f"in {cluster}: " in text for text in said) for cluster in ("staging", "dev"))
    undone = stack.done("alice", "run", stack.done("alice", "undo", done))
    assert undone.state is State.SUCCEEDED


def test_answers_lost_in_two_clusters_leave_two_doubts(stack: Stack, world: World) -> None:
    """Each step is examined by itself; nothing is sent again."""
    name = world.deployment("dev", world.deployment("staging"))
    asked = stack.waiting(f"set {name} to v1.1.0 in staging and dev in parallel")
    for cluster in ("staging", "dev"):
        world.harm(cluster, cut_after=["PATCH"])

    doubtful = stack.done("alice", "run", asked)
    world.heal()
    ended = stack.verified(doubtful)

    assert {leaf["facts"]["step"] for leaf in stack.leaves(asked, "exec.verified")} == {1, 2}
    assert (ended.state, ended.intended) == (State.SUCCEEDED, ())
    for cluster in ("staging", "dev"):
        assert len(world.writes(cluster, ended.id, applied=True)) == 1
