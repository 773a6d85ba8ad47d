"""A preview of an object whose status moves all the time."""

import pytest

from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment
from workers.domain.call import Call
from workers.domain.observed import Proof
from workers.domain.state import State


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def test_a_status_that_moves_does_not_end_a_preview(stage: Rehearsal) -> None:
    """Every write of the kubelet's gives the object another version; what the step is about has not changed."""
    moves = iter([True, False, False, True])

    def moved(call: Call, dry_run: bool) -> None:
        if dry_run and next(moves, False):
            stage.fleet.set("dev", API, {"metadata": {"labels": {"moved": "yes"}}})

    stage.fleet.before = moved
    asked = stage.ask("scale api to 5 in dev")

    assert asked.state is State.AWAITING_APPROVAL
    assert [s.undo and s.undo.proof for s in asked.preview.steps] == [Proof.PROVEN]  # type: ignore[union-attr]
