"""Assumptions with alternatives: one press of the requester corrects them."""

import pytest

from tests.unit.walk.rehearsal import PLACE, Rehearsal, SmallFleet, deployment
from workers.domain.errors import AlreadyDecided, Mistake, PlanChanged, Refusal
from workers.domain.plan import Scope
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import ClusterName

HOME = Scope(clusters=(ClusterName("dev"),))


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def correct(stage: Rehearsal, request: Request, chip: str, person: str = "alice", digest: str | None = None) -> Request:
    return stage.service.correct(request.id, chip, stage.actor(person), PLACE, plan_digest=digest)


def test_a_waiting_plan_is_made_again_with_the_alternative(stage: Rehearsal) -> None:
    """Like an edit: another revision, previewed and without approvals."""
    asked = stage.ask("scale api to 5", scope=HOME)
    assert asked.plan is not None
    assert [taken.value for taken in asked.plan.chips.values()] == ["dev"]

    corrected = stage.planned(correct(stage, asked, "a1"))

    assert corrected.plan is not None
    assert (corrected.state, corrected.revision, corrected.id) == (State.AWAITING_APPROVAL, 2, asked.id)
    assert corrected.plan.clusters == ("prod-eu",)
    assert (corrected.approvals, corrected.plan.digest == asked.plan.digest) == ((), False)


def test_a_correction_that_cannot_be_planned_leaves_the_plan_before_it(stage: Rehearsal) -> None:
    """There is no such object in the other cluster: the question names where it is, or the plan waits on."""
    asked = stage.ask("scale api to 2 because INC-1", scope=Scope(clusters=(ClusterName("prod-eu"),)))
    assert asked.state is State.REFUSED  # it has two
    asked = stage.ask("scale api to 5", scope=HOME)
    stage.fleet.set("prod-eu", "/apis/apps/v1/namespaces/payments/deployments/api", {"spec": {"replicas": 5}})

    corrected = stage.planned(correct(stage, asked, "a1"))

    assert corrected.plan is not None
    assert (corrected.state, corrected.plan.clusters, corrected.choices) == (State.AWAITING_APPROVAL, ("dev",), ())
    assert "already has 5" in corrected.notice


def test_a_finished_read_is_asked_again_as_a_new_request(stage: Rehearsal) -> None:
    """The same words and the alternative; the first answer stays as it was. A second press finds what is under way."""
    read = stage.run(stage.ask("list deployments", scope=HOME))
    assert read.state is State.SUCCEEDED

    first, second = correct(stage, read, "a1"), correct(stage, read, "a1")
    again = stage.planned(first)

    assert again.plan is not None
    assert (first.id, again.corrects, again.intent.text) == (second.id, read.id, read.intent.text)
    assert again.plan.clusters == ("prod-eu",)
    assert stage.now(read) == read


def test_an_edit_of_the_only_step_goes_with_the_correction(stage: Rehearsal) -> None:
    """Four replicas stay four, wherever they are."""
    asked = stage.ask("scale api to 5", scope=HOME)
    edited = stage.planned(stage.service.edit(asked.id, 1, {"replicas": 4}, stage.actor("alice")))

    corrected = stage.planned(correct(stage, edited, "a1"))

    assert corrected.plan is not None
    (step,) = corrected.plan.steps
    assert (step.action.target.cluster, step.action.params) == ("prod-eu", {"replicas": 4})


def test_only_the_requester_corrects(stage: Rehearsal) -> None:
    """What somebody meant is theirs to say."""
    asked = stage.ask("scale api to 5", scope=HOME)

    with pytest.raises(Refusal):
        correct(stage, asked, "a1", "bob")

    assert stage.now(asked) == asked


def test_a_letter_of_an_earlier_card_is_refused(stage: Rehearsal) -> None:
    """What it meant there may be something else here; the refusal says which plan it is now."""
    asked = stage.ask("scale api to 5", scope=HOME)
    assert asked.plan is not None
    edited = stage.planned(stage.service.edit(asked.id, 1, {"replicas": 4}, stage.actor("alice")))
    assert edited.plan is not None

    with pytest.raises(PlanChanged) as stale:
        correct(stage, asked, "a1", digest=asked.plan.digest)

    assert edited.plan.digest[:8] in stale.value.now
    assert stage.now(asked) == edited


@pytest.mark.parametrize("chip", ["a9", "b1", "1", ""])
def test_a_letter_that_is_not_on_the_card_is_a_mistake(stage: Rehearsal, chip: str) -> None:
    """The refusal names those that are."""
    asked = stage.ask("scale api to 5", scope=HOME)

    with pytest.raises(Mistake) as wrong:
        correct(stage, asked, chip)

    assert "a1 prod-eu" in wrong.value.now


def test_a_change_that_has_run_is_not_corrected(stage: Rehearsal) -> None:
    """It is undone, or something else is asked for."""
    done = stage.run(stage.allowed(stage.ask("scale api to 5", scope=HOME)))

    with pytest.raises(AlreadyDecided):
        correct(stage, done, "a1")


def test_a_correction_is_in_the_record(stage: Rehearsal) -> None:
    """Who chose what instead, and for which request."""
    asked = stage.ask("scale api to 5", scope=HOME)
    stage.planned(correct(stage, asked, "a1"))

    leaves = [record.leaf.decode() for record in stage.store.records() if b"plan.edited" in record.leaf]

    assert len(leaves) == 1
    assert '"cluster":"prod-eu"' in leaves[0]
