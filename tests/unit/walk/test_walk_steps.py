"""Several steps on one object: our own write is no drift, everybody else's is."""

from collections.abc import Callable

import pytest

from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment
from workers.domain.call import Call
from workers.domain.observed import StepOutcome
from workers.domain.state import State


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def between(stage: Rehearsal, change: Callable[[], None]) -> None:
    """Does it once, while the first write is on its way to all pods."""
    looks = iter(range(100))

    def before(call: Call, dry_run: bool) -> None:
        if stage.fleet.writes and not dry_run and not call.writes and call.path == API and next(looks) == 1:
            change()

    stage.fleet.before = before


def test_a_change_by_others_between_two_steps_on_one_object_stops_the_second(stage: Rehearsal) -> None:
    """People saw 2 become 5; that somebody made it 20 meanwhile they did not see."""
    asked = stage.ask("set api to v2 and scale api to 5 in dev")
    assert asked.plan is not None
    assert len(asked.plan.steps) == 2
    between(stage, lambda: stage.fleet.set("dev", API, {"spec": {"replicas": 20}}))

    ended = stage.run(stage.allowed(asked))

    assert [r.outcome for r in ended.results] == [StepOutcome.DONE, StepOutcome.FAILED]
    assert "changed after the last check" in ended.results[1].message
    assert len(stage.fleet.writes) == 1


def test_our_own_write_is_no_drift_for_the_next_step(stage: Rehearsal) -> None:
    """The second step starts from what the first has left."""
    ended = stage.run(stage.allowed(stage.ask("scale api to 4 and set api to v2 in dev")))

    assert ended.state is State.SUCCEEDED
    assert len(stage.fleet.writes) == 2
