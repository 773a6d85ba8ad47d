"""Parameters that the requester changes on the card: what cannot be is said at once, and never ends the request."""

import pytest

from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment
from workers.domain.errors import InvalidParameter, KubechatError, Mistake, Refusal
from workers.domain.policy import Outcome, Policy, Rule
from workers.domain.state import State
from workers.domain.value import ClusterName


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


@pytest.mark.parametrize(
    ("step", "params", "error"),
    [
        (1, {"replicas": -1}, InvalidParameter),
        (1, {"replicas": "many"}, InvalidParameter),
        (1, {"replicas": 5}, Mistake),  # as it is
        (1, {"delta": 2}, Mistake),
        (1, {}, Mistake),
        (2, {"replicas": 4}, Mistake),
    ],
)
def test_an_edit_that_cannot_be_leaves_the_card_as_it_is(
    stage: Rehearsal, step: int, params: dict[str, str | int | bool], error: type[KubechatError]
) -> None:
    """Nothing is stored of what no plan could come of; whoever typed it is told what can be."""
    asked = stage.ask("scale api to 5 in dev")

    with pytest.raises(error) as refused:
        stage.service.edit(asked.id, step, params, stage.actor("alice"))

    assert refused.value.now
    assert stage.now(asked) == asked


def test_an_edit_is_the_requesters_alone(stage: Rehearsal) -> None:
    """Whoever else has another number in mind asks for it."""
    asked = stage.ask("scale api to 5 in dev")

    with pytest.raises(Refusal):
        stage.service.edit(asked.id, 1, {"replicas": 4}, stage.actor("bob"))

    assert stage.now(asked) == asked


def test_an_edit_that_only_the_cluster_can_refuse_leaves_the_plan_before_it(stage: Rehearsal) -> None:
    """It has two replicas already: the plan for five waits again, without approvals, and says why."""
    asked = stage.ask("scale api to 5 in prod-eu because INC-1")
    assert asked.plan is not None
    stage.yes(asked, "bob")

    edited = stage.planned(stage.service.edit(asked.id, 1, {"replicas": 2}, stage.actor("alice")))

    assert edited.plan is not None
    assert (edited.state, edited.revision, edited.plan.revision) == (State.AWAITING_APPROVAL, 2, 2)
    assert (edited.plan.digest, edited.preview, edited.approvals) == (asked.plan.digest, asked.preview, ())
    assert (edited.edits, edited.earlier, edited.expires_at) == ((), None, asked.expires_at)
    assert "already has 2" in edited.notice


def test_the_plan_that_was_left_waiting_can_be_run(stage: Rehearsal) -> None:
    """What is back in place is whole: yes, claim, checks and the write."""
    asked = stage.ask("scale api to 5 in dev")
    edited = stage.planned(stage.service.edit(asked.id, 1, {"replicas": 2}, stage.actor("alice")))

    done = stage.run(stage.allowed(edited))

    assert done.state is State.SUCCEEDED
    assert stage.fleet.objects[ClusterName("dev")][API]["spec"]["replicas"] == 5


def test_the_next_edit_starts_from_the_plan_that_waits(stage: Rehearsal) -> None:
    """An edit that was not taken is forgotten."""
    asked = stage.ask("scale api to 5 in dev")
    stage.planned(stage.service.edit(asked.id, 1, {"replicas": 2}, stage.actor("alice")))

    edited = stage.planned(stage.service.edit(asked.id, 1, {"replicas": 4}, stage.actor("alice")))

    assert edited.plan is not None
    assert (edited.revision, len(edited.edits), edited.notice) == (3, 1, "replicas 5 -> 4")
    assert edited.plan.steps[0].action.params == {"replicas": 4}


def test_a_policy_that_refuses_the_edit_leaves_the_plan_before_it(stage: Rehearsal) -> None:
    """The rule is named; the request is not lost for having tried."""
    asked = stage.ask("scale api to 5 in dev")
    edited = stage.service.edit(asked.id, 1, {"replicas": 4}, stage.actor("alice"))
    strict = Policy(rules=(Rule(name="freeze", then=Outcome.REFUSE, text="nothing changes today"),))

    stage.worker(strict).plan(edited.id, "worker")

    kept = stage.now(edited)
    assert (kept.state, kept.plan and kept.plan.steps) == (State.AWAITING_APPROVAL, asked.plan and asked.plan.steps)
    assert "nothing changes today" in kept.notice


def test_words_that_mean_nothing_any_more_leave_the_plan_before_it(stage: Rehearsal) -> None:
    """The object has gone meanwhile; whoever runs the plan as it was learns that from what is asked again then."""
    asked = stage.ask("scale api to 5 in dev")
    stage.fleet.objects[ClusterName("dev")].pop(API)

    edited = stage.planned(stage.service.edit(asked.id, 1, {"replicas": 4}, stage.actor("alice")))

    assert edited.state is State.AWAITING_APPROVAL
    assert edited.notice.startswith("the change was not taken: ")


def test_a_form_says_what_may_be_changed_within_which_limits(stage: Rehearsal) -> None:
    """Name, type, limits and words for each editable parameter."""
    asked = stage.ask("scale api to 5 in dev")

    assert asked.plan is not None
    (field,) = asked.plan.steps[0].form
    assert (field.name, field.type, field.minimum, field.maximum) == ("replicas", "integer", 0, 1000)
