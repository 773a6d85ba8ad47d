"""Labels, switches, fields and autoscalers as the walk carries them out, loses their answers, and takes them back."""

import pytest

from tests.unit.walk.test_walk_compound import NodeFleet, Stage, act, lost
from workers.domain.action import Action, Verb
from workers.domain.state import State
from workers.planner.result import Understood

MEMORY = {"field": "resources.limits.memory", "value": "256Mi"}
CASES: dict[str, tuple[Action, Verb, dict[str, object]]] = {
    "label": (
        act(Verb.LABEL, "deployment", "api", "payments", labels="owner=payments"),
        Verb.LABEL,
        {"labels": "owner-"},
    ),
    "annotate": (
        act(Verb.ANNOTATE, "deployment", "api", "payments", annotations="note=a, b"),
        Verb.ANNOTATE,
        {"annotations": "note-"},
    ),
    "pause": (act(Verb.PAUSE, "deployment", "api", "payments"), Verb.RESUME, {}),
    "patch": (
        act(Verb.PATCH, "deployment", "api", "payments", **MEMORY),
        Verb.PATCH,
        {"field": "resources.limits.memory", "container": "main", "remove": True},
    ),
    "replicas": (
        act(Verb.PATCH, "deployment", "api", "payments", field="replicas", value="3"),
        Verb.PATCH,
        {"field": "replicas", "value": "2"},
    ),
    "autoscale": (
        act(Verb.AUTOSCALE, "deployment", "api", "payments", min=2, max=4),
        Verb.DELETE,
        {"uid": "uid-0"},
    ),
}


@pytest.fixture
def stage(sqlite_url: str) -> Stage:
    return Stage(sqlite_url, NodeFleet())


@pytest.mark.parametrize(("action", "verb", "params"), CASES.values(), ids=CASES)
def test_a_small_change_is_done_and_its_undo_was_proved(
    stage: Stage, action: Action, verb: Verb, params: dict[str, object]
) -> None:
    """One write; the recorded inverse says the value of before."""
    planned = stage.waiting(action)
    assert planned.state is State.AWAITING_APPROVAL
    done = stage.done(planned)

    assert (done.state, len(stage.fleet.writes)) == (State.SUCCEEDED, 1)
    undo = stage.drafting.inverse(done, stage.actor("alice"))
    assert isinstance(undo, Understood)
    assert [(draft.action.verb, dict(draft.action.params)) for draft in undo.drafts] == [(verb, params)]


@pytest.mark.parametrize("action", [case[0] for case in CASES.values()], ids=CASES)
@pytest.mark.parametrize("applied", [True, False])
def test_a_small_change_without_an_answer_is_told_by_its_mark(stage: Stage, action: Action, applied: bool) -> None:
    """It is never sent again."""
    found = lost(stage, action, applied=applied)

    assert found.state is (State.SUCCEEDED if applied else State.FAILED)
    assert len(stage.fleet.writes) == applied
