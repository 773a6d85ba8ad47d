"""The looks that are suggested before a change: chosen at planning, taken before the first write, never in the way."""

from datetime import UTC, datetime
from threading import Event

import pytest

from tests.unit.walk.rehearsal import Rehearsal, SmallFleet, deployment
from workers.checks import Looking
from workers.domain.action import Action, Verb
from workers.domain.call import Call
from workers.domain.errors import ClusterUnreachable, Mistake, Refusal
from workers.domain.matching import Match
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.plan import Check, Step
from workers.domain.policy import Outcome, Rule
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.target import Target
from workers.domain.value import ClusterName, RequestId

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment(), deployment("web"), deployment("cart")))


def looks(request: Request) -> list[tuple[str, str | None]]:
    assert request.plan is not None
    return [(check.action.verb.value, check.action.target.name) for check in request.plan.checks]


def test_a_change_suggests_a_look_at_what_it_changes(stage: Rehearsal) -> None:
    """Status, events and logs, numbered apart from the steps; what is approved includes them."""
    asked = stage.ask("scale api to 5 in dev")

    assert asked.plan is not None
    assert looks(asked) == [("rollout_status", "api"), ("events", "api"), ("logs", "api")]
    assert [step.number for step in asked.plan.steps] == [1]
    assert asked.plan.model_copy(update={"checks": ()}).digest != asked.plan.digest


def test_at_most_two_objects_are_looked_at(stage: Rehearsal) -> None:
    """A plan of many steps stays a card that people read."""
    asked = stage.ask("restart api, web and cart in dev")

    assert asked.plan is not None
    assert len(asked.plan.steps) == 3
    assert {name for _, name in looks(asked)} == {"api", "web"}


def test_a_read_suggests_nothing(stage: Rehearsal) -> None:
    """It is a look itself."""
    assert looks(stage.ask("list deployments in dev")) == []


def test_a_look_that_the_cluster_denies_is_left_out(stage: Rehearsal) -> None:
    """It would only show a refusal before every change."""
    stage.fleet.denies = lambda right: right.subresource == "log"

    assert looks(stage.ask("scale api to 5 in dev")) == [("rollout_status", "api"), ("events", "api")]


def test_a_look_that_the_policy_does_not_allow_at_once_is_left_out(stage: Rehearsal) -> None:
    """A suggestion needs nobody's yes."""
    stage.strictly(
        Rule(name="logs", when=Match(verbs=frozenset({Verb.LOGS})), then=Outcome.CONFIRM, text="logs hold names")
    )

    assert looks(stage.ask("scale api to 5 in dev")) == [("rollout_status", "api"), ("events", "api")]


def test_skipped_checks_make_another_revision(stage: Rehearsal) -> None:
    """What people approve is without them from then on, and so is every later revision."""
    asked = stage.ask("scale api to 5 in prod-eu because INC-1")
    stage.yes(asked, "bob")

    skipped = stage.planned(stage.service.skip_checks(asked.id, stage.actor("alice")))
    edited = stage.planned(stage.service.edit(asked.id, 1, {"replicas": 4}, stage.actor("alice")))

    assert asked.plan is not None
    assert skipped.plan is not None
    assert (skipped.state, skipped.revision, skipped.approvals) == (State.AWAITING_APPROVAL, 2, ())
    assert (looks(skipped), looks(edited)) == ([], [])
    assert skipped.plan.digest != asked.plan.digest
    assert skipped.plan.steps == asked.plan.steps
    with pytest.raises(Mistake):
        stage.service.skip_checks(asked.id, stage.actor("alice"))


def test_only_the_requester_skips(stage: Rehearsal) -> None:
    """An approver who wants no look asks the requester."""
    asked = stage.ask("scale api to 5 in dev")

    with pytest.raises(Refusal):
        stage.service.skip_checks(asked.id, stage.actor("bob"))


def test_checks_are_taken_before_the_first_write(stage: Rehearsal) -> None:
    """Their results stand beside those of the steps, and in the record before the intent."""
    ready = stage.allowed(stage.ask("scale api to 5 in dev"))

    done = stage.run(ready)

    assert done.state is State.SUCCEEDED
    assert [result.step for result in done.checked] == [1, 2, 3]
    assert all(result.audit_ids for result in done.checked)
    assert [result.step for result in done.results] == [1]
    events = [
        name for record in stage.store.records() for name in (b"exec.checked", b"exec.intended") if name in record.leaf
    ]
    assert events == [b"exec.checked", b"exec.intended"]


def test_a_check_that_fails_stops_nothing(stage: Rehearsal) -> None:
    """What it could not see is said; the change is what was approved."""
    ready = stage.allowed(stage.ask("scale api to 5 in dev"))

    def silent(call: Call, dry_run: bool) -> None:
        if call.resource == "events":
            raise ClusterUnreachable("dev does not answer")

    stage.fleet.before = silent

    done = stage.run(ready)

    assert done.state is State.SUCCEEDED
    assert [result.outcome for result in done.checked][1] is StepOutcome.FAILED
    assert "dev does not answer" in done.checked[1].message


def test_what_checks_find_is_redacted(sqlite_url: str) -> None:
    """Logs and statuses of a cluster are data like any other."""
    stage = Rehearsal(sqlite_url, SmallFleet(deployment(image="x?password=hunter2-secret")))

    done = stage.run(stage.allowed(stage.ask("scale api to 5 in dev")))

    assert len(done.checked) == 3
    assert "hunter2-secret" not in done.model_dump_json()


def _check(number: int) -> Check:
    target = Target(cluster=ClusterName("dev"), namespace="payments", kind="deployment", name="api")
    return Check(number=number, action=Action(verb=Verb.ROLLOUT_STATUS, target=target), why="rollout status")


def test_a_check_that_takes_too_long_is_given_up() -> None:
    """A change never waits for what it does not need; the other looks are kept."""
    never = Event()

    def look(step: Step) -> StepResult:
        if step.number == 2:
            never.wait(10)
        return StepResult(step=step.number, outcome=StepOutcome.DONE, started_at=NOW, ended_at=NOW, message="")

    found = Looking([_check(1), _check(2)], look, lambda: NOW, RequestId("req-0"), seconds=0.2).results()
    never.set()

    assert [result.outcome for result in found] == [StepOutcome.DONE, StepOutcome.FAILED]
    assert "no answer within 0.2 s" in found[1].message


def test_a_defect_in_a_check_stops_nothing() -> None:
    """Ours or the cluster's: a look that went wrong is one that found nothing."""

    def look(step: Step) -> StepResult:
        raise ValueError(step.number)

    (found,) = Looking([_check(1)], look, lambda: NOW, RequestId("req-0")).results()

    assert (found.outcome, found.message) == (StepOutcome.FAILED, "Kubechat could not carry out this look")
