"""An undo that its requester edits before it runs."""

import pytest

from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment
from workers.domain.errors import InvalidParameter
from workers.domain.value import ClusterName


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


@pytest.mark.parametrize("number", [-1, 10_000])
def test_an_edited_undo_keeps_to_the_limits_of_its_verb(stage: Rehearsal, number: int) -> None:
    """What a person types is checked, whatever it is typed into."""
    done = stage.run(stage.allowed(stage.ask("scale api to 5 in dev")))
    undo = stage.planned(stage.service.undo(done.id, stage.actor("alice"), done.intent.place))

    with pytest.raises(InvalidParameter):
        stage.service.edit(undo.id, 1, {"replicas": number}, stage.actor("alice"))

    assert stage.now(undo) == undo


def test_an_edited_undo_does_what_the_edit_says(stage: Rehearsal) -> None:
    """The edited parameter wins over what was recorded for the undo."""
    done = stage.run(stage.allowed(stage.ask("scale api to 5 in dev")))
    undo = stage.planned(stage.service.undo(done.id, stage.actor("alice"), done.intent.place))

    edited = stage.planned(stage.service.edit(undo.id, 1, {"replicas": 3}, stage.actor("alice")))
    stage.run(stage.allowed(edited))

    assert stage.fleet.objects[ClusterName("dev")][API]["spec"]["replicas"] == 3
