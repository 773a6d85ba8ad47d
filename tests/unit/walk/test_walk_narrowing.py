"""Dropping a part of a plan: what is planned again, whose approvals it keeps, and what the card says."""

import json
import time

import pytest

from bot.cards import card
from bot.chat.terminal import render
from tests.unit.walk.rehearsal import API, PEOPLE, Rehearsal, SmallFleet, deployment
from workers.domain.errors import KubechatError, Mistake, PlanChanged, Refusal
from workers.domain.people import People, Person
from workers.domain.policy import Match, Outcome, Rule
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import Digest, PersonId

TWO = "scale api to 5 in prod-eu and scale web to 5 in prod-eu"
WITH_DORA = People(people={**PEOPLE.people, PersonId("dora"): Person(name="Dora", groups=frozenset({"sre"}))})


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment(), deployment("web")), people=WITH_DORA)


@pytest.fixture
def both(stage: Rehearsal) -> Request:
    """Two steps, approved by bob and run by alice would be too soon: only bob has pressed."""
    asked = stage.ask(TWO)
    assert asked.plan is not None
    assert len(asked.plan.steps) == 2
    return stage.yes(asked, "bob")


def dropped(stage: Rehearsal, request: Request, what: str = "2") -> Request:
    return stage.planned(stage.narrowing.drop(request.id, what, stage.actor("alice")))


def people(request: Request) -> list[str]:
    return [given.actor.person_id for given in request.yes]


def text(request: Request) -> str:
    return render(card(request, {}), width=400)


def leaves(stage: Rehearsal, request: Request, event: str) -> list[dict[str, object]]:
    found = [json.loads(record.leaf) for record in stage.store.records()]
    return [leaf for leaf in found if leaf["request_id"] == request.id and leaf["event"] == event]


def test_a_dropped_step_keeps_the_approval_of_the_rest(stage: Rehearsal, both: Request) -> None:
    """Bob saw exactly what is left; it runs after alice's own Run, and only that."""
    less = dropped(stage, both)

    assert less.plan is not None
    assert [step.action.target.name for step in less.plan.steps] == ["api"]
    assert people(less) == ["bob"]
    assert "dropped step 2 (scale prod-eu/payments deployment/web); 1 approval kept (Bob)" in text(less)
    assert less.expires_at == both.expires_at
    (leaf,) = leaves(stage, both, "approval.carried")
    assert both.plan is not None
    assert both.preview is not None
    assert leaf["facts"]["from"] == [both.plan.digest, both.preview.digest]  # type: ignore[index]
    ready = stage.yes(less, "alice")
    assert stage.run(ready).state is State.SUCCEEDED
    assert [call.name for _, call in stage.fleet.writes] == ["api"]


def test_what_is_left_of_two_restarts_is_the_restart_that_was_approved(stage: Rehearsal) -> None:
    """Though time has passed: the moment that a restart writes down stays the one that bob has seen."""
    both = stage.yes(stage.ask("restart api in prod-eu and restart web in prod-eu"), "bob")
    time.sleep(1.1)

    less = dropped(stage, both)

    assert people(less) == ["bob"]


def test_the_first_of_two_can_be_dropped_too(stage: Rehearsal, both: Request) -> None:
    """What was step 2 is step 1 now, with the same effects."""
    less = dropped(stage, both, "1")

    assert less.plan is not None
    assert [(step.number, step.action.target.name) for step in less.plan.steps] == [(1, "web")]
    assert people(less) == ["bob"]


def test_the_requesters_own_run_is_never_kept(stage: Rehearsal) -> None:
    """Alice looks at what is left, and says run to that."""
    asked = stage.ask(TWO)
    stage.yes(asked, "alice")

    less = dropped(stage, asked)

    assert (less.state, people(less)) == (State.AWAITING_APPROVAL, [])
    assert "1 approval dropped (Alice's Run)" in less.notice


def test_a_clusters_steps_are_dropped_together(stage: Rehearsal) -> None:
    """By its name; the other cluster's steps stay approved."""
    asked = stage.yes(stage.ask("scale api to 5 in prod-eu and scale api to 5 in dev"), "bob")

    less = dropped(stage, asked, "dev")

    assert less.plan is not None
    assert less.plan.clusters == ("prod-eu",)
    assert people(less) == ["bob"]


def test_an_edit_drops_approvals_and_says_what_changed(stage: Rehearsal) -> None:
    """The card has the old and the new value, and whose yes is needed again."""
    asked = stage.yes(stage.ask("scale api to 4 in prod-eu"), "bob")

    edited = stage.planned(stage.service.edit(asked.id, 1, {"replicas": 5}, stage.actor("alice")))

    assert people(edited) == []
    assert "replicas 4 -> 5; 1 approval dropped (Bob)" in text(edited)


def test_what_has_changed_in_the_cluster_meanwhile_is_not_what_was_approved(stage: Rehearsal, both: Request) -> None:
    """Less of the plan, but the object that is left is another one than bob saw."""
    stage.fleet.set("prod-eu", API, {"spec": {"replicas": 3}})

    less = dropped(stage, both)

    assert people(less) == []
    assert "1 approval dropped (Bob)" in less.notice


def test_what_changed_beside_the_touched_fields_keeps_them(stage: Rehearsal, both: Request) -> None:
    """A label of somebody else's is nothing that bob was shown."""
    stage.fleet.set("prod-eu", API, {"metadata": {"annotations": {"team": "payments"}}})

    assert people(dropped(stage, both)) == ["bob"]


def test_a_stricter_policy_keeps_nothing(stage: Rehearsal, both: Request) -> None:
    """Less than before, and more people asked: everybody reads it again."""
    stage.strictly(
        Rule(name="two", when=Match(), then=Outcome.APPROVE, approvers=2, groups=frozenset({"sre"}), text="x")
    )

    assert people(dropped(stage, both)) == []


def test_critical_risk_keeps_nothing(stage: Rehearsal) -> None:
    """The top tier is approved as it stands, however much was taken away."""
    asked = stage.ask("scale api to 0 in prod-eu and scale web to 0 in prod-eu because INC-1")
    assert asked.risk is not None
    assert asked.risk.level.word == "critical"
    approved = stage.yes(asked, "bob")

    assert people(dropped(stage, approved)) == []


@pytest.mark.parametrize(
    ("what", "person", "error", "said"),
    [
        ("3", "alice", Mistake, "its steps are 1 to 2, in prod-eu"),
        ("prod-us", "alice", Mistake, "no step and no cluster 'prod-us'"),
        ("prod-eu", "alice", Mistake, "nothing is left"),
        ("2", "bob", Refusal, "only Alice"),
    ],
)
def test_what_cannot_be_dropped_says_why(
    stage: Rehearsal, both: Request, what: str, person: str, error: type[KubechatError], said: str
) -> None:
    """And nothing of the request changes."""
    with pytest.raises(error) as caught:
        stage.narrowing.drop(both.id, what, stage.actor(person))

    assert said in caught.value.text
    assert stage.now(both) == both


def test_a_drop_means_the_card_that_was_read(stage: Rehearsal, both: Request) -> None:
    """Step 2 of another plan is another step."""
    with pytest.raises(PlanChanged):
        stage.narrowing.drop(both.id, "2", stage.actor("alice"), plan_digest=Digest("0" * 64))


def test_an_edit_after_a_drop_is_of_what_is_left(stage: Rehearsal, both: Request) -> None:
    """Step 1 is web now; and a second drop of an earlier step finds its object by what it was about."""
    less = dropped(stage, both, "1")

    edited = stage.planned(stage.service.edit(less.id, 1, {"replicas": 4}, stage.actor("alice")))

    assert edited.plan is not None
    assert [(s.action.target.name, s.action.params["replicas"]) for s in edited.plan.steps] == [("web", 4)]
