"""A change that does not arrive says why, and no look for the cause ever harms the run."""

import pytest

from tests.unit.walk.rehearsal import Rehearsal, SmallFleet, deployment
from workers.domain.call import Call
from workers.domain.errors import AccessDenied, ClusterUnreachable
from workers.domain.observed import StepOutcome
from workers.domain.section import Text
from workers.domain.state import State
from workers.domain.target import Target
from workers.domain.value import ClusterName
from workers.execution.unarrived import why

TARGET = Target(cluster=ClusterName("dev"), namespace="payments", kind="deployment", name="api")


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def test_the_result_of_the_step_carries_the_diagnosis(stage: Rehearsal) -> None:
    """Stored with the step, so that whoever opens the card later reads it too."""
    stage.fleet.unready.add("api")

    ended = stage.run(stage.allowed(stage.ask("set api to v2 in dev")))

    (result,) = ended.results
    assert (ended.state, result.outcome) == (State.FAILED, StepOutcome.FAILED)
    assert result.after is not None
    assert any("dev/payments deployment/api" in one.text for one in result.output if isinstance(one, Text))


@pytest.mark.parametrize("error", [ClusterUnreachable("it is silent"), AccessDenied("not for you")])
def test_what_cannot_be_seen_is_said(stage: Rehearsal, error: Exception) -> None:
    """The run goes on as it would have without any look."""

    def fails(call: Call, dry_run: bool) -> None:
        raise error

    stage.fleet.before = fails
    found = why(stage.fleet, TARGET, stage.actor("alice"))

    assert any("it is silent" in one.text or "not for you" in one.text for one in found if isinstance(one, Text))


def test_it_ends_when_its_time_is_over(stage: Rehearsal) -> None:
    """Then the cause is not known, and nothing more is asked."""
    asked = []
    stage.fleet.before = lambda call, dry_run: asked.append(call.path)

    (said,) = why(stage.fleet, TARGET, stage.actor("alice"), seconds=0)

    assert isinstance(said, Text)
    assert "took too long" in said.text
    assert asked == []


def test_a_defect_of_the_diagnosis_is_no_defect_of_the_run(stage: Rehearsal) -> None:
    """An object that no rule has thought of: the look is given up, the step has its result."""

    def broken(call: Call, dry_run: bool) -> None:
        raise ZeroDivisionError

    stage.fleet.before = broken

    assert why(stage.fleet, TARGET, stage.actor("alice")) == ()
