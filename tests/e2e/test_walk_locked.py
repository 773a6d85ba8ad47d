"""An object that another request holds is waited for, in real processes."""

from datetime import timedelta

import pytest

from tests.e2e.stack import Stack, World, until
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-1")


def test_whoever_comes_second_runs_when_the_first_has_let_go(hasty: Stack, world: World) -> None:
    """Nobody has to say yes again: what they approved still holds. The first is held by a worker that is lost."""
    name = world.deployment("staging")
    first = hasty.waiting(f"set {name} to v1.1.0 in staging")
    second = hasty.waiting(f"scale {name} to 3 in staging", "bob")
    assert first.plan is not None
    with hasty.stopped():
        hasty.press("alice", "run", first)
        with hasty.instance.store.change() as change:
            claim = change.claim(first.id, "a worker that is lost", timedelta(seconds=6))
            assert claim is not None
            change.lock(claim, [step.action.target for step in first.plan.steps])
        hasty.press("bob", "run", second)

    until(lambda: first.id in hasty.now(second).notice, what="the second to wait for the first")
    notice = hasty.now(second).notice
    ended = [hasty.reaches(one, State.SUCCEEDED, State.FAILED, seconds=60) for one in (first, second)]

    assert f"deployment/{name} in staging/payments" in notice
    assert "for Alice" in notice
    assert [request.state for request in ended] == [State.SUCCEEDED, State.SUCCEEDED]
    assert world.replicas("staging", name) == 3
