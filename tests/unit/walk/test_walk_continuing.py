"""After a part of a request failed: what is done, what is not, and going on with the rest as a new request."""

import pytest

from tests.unit.walk.rehearsal import API, PLACE, Rehearsal, SmallFleet, deployment, lost_answer
from workers.domain.action import Verb
from workers.domain.call import Call
from workers.domain.errors import AlreadyDecided, Mistake, Rejected
from workers.domain.observed import StepOutcome
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import ClusterName


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment(), deployment("web")))


def refusing(name: str) -> object:
    """To be put before a write: the server does not want to have that object changed."""

    def before(call: Call, dry_run: bool) -> None:
        if call.writes and not dry_run and call.name == name:
            raise Rejected("a webhook says no")

    return before


def stopped(stage: Rehearsal) -> Request:
    """Step 1 of 3 is done, 2 is refused by the server, 3 was not started."""
    asked = stage.ask("scale api to 5, scale web to 5 and set api to v2 in dev")
    assert asked.plan is not None
    assert [step.action.verb for step in asked.plan.steps] == [Verb.SCALE, Verb.SCALE, Verb.SET_IMAGE]
    stage.fleet.before = refusing("web")  # type: ignore[assignment]
    ended = stage.run(stage.allowed(asked))
    stage.fleet.before = lambda call, dry_run: None
    return ended


def test_it_stops_at_the_first_failure_and_offers_both_ways(stage: Rehearsal) -> None:
    """A person decides whether to go on or to go back; nothing is tried by itself."""
    ended = stopped(stage)

    assert ended.state is State.FAILED
    assert [r.outcome for r in ended.results] == [StepOutcome.DONE, StepOutcome.FAILED, StepOutcome.SKIPPED]
    assert ended.summary is not None
    assert ended.summary.follow_ups == (f"undo {ended.id}", f"continue {ended.id}")
    texts = [fact.text for fact in ended.summary.facts]
    assert [word in text for word, text in zip(("done", "not done", "not started"), texts, strict=True)] == [True] * 3


def test_continue_plans_the_rest_as_a_new_request(stage: Rehearsal) -> None:
    """Only the steps that were not done, with approvals of their own."""
    ended = stopped(stage)

    more = stage.planned(stage.aftercare.go_on(ended.id, stage.actor("bob"), PLACE))

    assert more.state is State.AWAITING_APPROVAL
    assert (more.continues, more.requester, more.approvals) == (ended.id, "bob", ())
    assert more.plan is not None
    assert [step.action.target.name for step in more.plan.steps] == ["web", "api"]

    done = stage.run(stage.allowed(more))

    assert done.state is State.SUCCEEDED
    assert stage.fleet.objects[ClusterName("dev")][API]["spec"]["replicas"] == 5
    assert stage.now(ended).continued_by == more.id


def test_nobody_continues_twice(stage: Rehearsal) -> None:
    """Neither while the first is open, nor after it has changed something."""
    ended = stopped(stage)
    more = stage.aftercare.go_on(ended.id, stage.actor("alice"), PLACE)

    with pytest.raises(AlreadyDecided, match="being continued"):
        stage.aftercare.go_on(ended.id, stage.actor("bob"), PLACE)
    stage.run(stage.allowed(stage.planned(more)))
    with pytest.raises(AlreadyDecided, match="has been continued"):
        stage.aftercare.go_on(ended.id, stage.actor("bob"), PLACE)


def test_what_is_unknown_is_never_continued(stage: Rehearsal) -> None:
    """A write that may have happened is settled first."""
    asked = stage.ask("set api to v2 and set web to v2 in dev")
    stage.fleet.after = lost_answer
    ended = stage.run(stage.allowed(asked))
    stage.fleet.after = lambda call, dry_run: None
    assert ended.state is State.INTERRUPTED

    with pytest.raises(AlreadyDecided, match="unknown"):
        stage.aftercare.go_on(ended.id, stage.actor("alice"), PLACE)
    stage.walk.reconcile(ended.id)
    more = stage.planned(stage.aftercare.go_on(ended.id, stage.actor("alice"), PLACE))

    assert more.plan is not None
    assert [step.action.target.name for step in more.plan.steps] == ["web"]


def test_there_is_nothing_to_continue_after_a_success(stage: Rehearsal) -> None:
    """The refusal says what is true now."""
    done = stage.run(stage.allowed(stage.ask("scale api to 5 in dev")))

    with pytest.raises(Mistake, match="nothing to continue"):
        stage.aftercare.go_on(done.id, stage.actor("alice"), PLACE)
