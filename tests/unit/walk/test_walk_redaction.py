"""What clusters and people say is redacted on every path into the database."""

import pytest

from tests.unit.walk.rehearsal import API, PLACE, Rehearsal, SmallFleet, deployment
from workers.domain.errors import InvalidParameter
from workers.domain.state import State
from workers.service import LONGEST_KEPT_TEXT

SECRET = "hunter2-secret"


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def test_what_a_cluster_says_is_redacted_before_it_is_kept(sqlite_url: str) -> None:
    """An image is any text to Kubernetes: it reaches the card, the notice of a drift and the trail."""
    stage = Rehearsal(sqlite_url, SmallFleet(deployment(image=f"registry.example.com/api:v1?password={SECRET}\u202e")))

    asked = stage.ask("scale api to 5 in dev")
    ready = stage.allowed(asked)
    stage.fleet.set("dev", API, {"spec": {"replicas": 3}})
    drifted = stage.run(ready)

    assert (asked.state, drifted.revision) == (State.AWAITING_APPROVAL, 2)
    for kept in (asked, drifted):
        assert SECRET not in kept.model_dump_json()
        assert "\u202e" not in kept.model_dump_json()


def test_a_refusal_is_redacted_before_it_is_kept(sqlite_url: str) -> None:
    """The words of an error may repeat what a cluster holds."""
    stage = Rehearsal(sqlite_url, SmallFleet(deployment(image=f"password={SECRET}\u202e")))

    refused = stage.ask("set api to tag v2 in dev")

    assert refused.state is State.REFUSED
    assert SECRET not in refused.model_dump_json()
    assert "\u202e" not in refused.model_dump_json()


def test_an_edit_is_redacted_before_its_verb_looks_at_it(stage: Rehearsal) -> None:
    """A refusal repeats what was typed, without what nobody may see, and nothing of it is kept."""
    asked = stage.ask("set api to v2 in dev")

    with pytest.raises(InvalidParameter) as refused:
        stage.service.edit(asked.id, 1, {"image": f"x?password={SECRET}\u202e"}, stage.actor("alice"))

    assert "x?password=" in refused.value.text
    assert SECRET not in refused.value.text
    assert "\u202e" not in refused.value.text
    assert stage.now(asked) == asked


def test_a_secret_at_the_cut_of_a_long_text_is_redacted(stage: Rehearsal) -> None:
    """Half a token does not look like one, and is still half a secret."""
    token = "ghp_" + "a1B2c3D4e5" * 4
    text = "x" * (LONGEST_KEPT_TEXT - 20) + " " + token

    kept = stage.service.open_request(text, stage.actor("alice"), PLACE).intent.text

    assert "ghp_" not in kept
    assert len(kept) <= LONGEST_KEPT_TEXT
