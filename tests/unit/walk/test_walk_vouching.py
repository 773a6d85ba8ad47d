"""Rights of approvers, asked of the clusters: while others are missing, and at the moment of the run."""

import json
from collections.abc import Sequence

import pytest

from bot.cards import card
from bot.chat.terminal import render
from tests.unit.walk.rehearsal import PEOPLE, Rehearsal, SmallFleet, deployment
from workers.domain.actor import Actor
from workers.domain.call import Right
from workers.domain.errors import ClusterUnreachable
from workers.domain.observed import Access
from workers.domain.people import People, Person
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import ClusterName, PersonId

WITH_DORA = People(
    people={**PEOPLE.people, PersonId("dora"): Person(name="Dora", groups=frozenset({"sre"}))},
)


class FleetOf(SmallFleet):
    """Answers access reviews by person."""

    def __init__(self) -> None:
        super().__init__(deployment())
        self.powerless: set[str] = set()

    def review(self, cluster: ClusterName, rights: Sequence[Right], actor: Actor) -> tuple[Access, ...]:
        self.denies = lambda right: actor.person_id in self.powerless and right.verb != "get"
        return super().review(cluster, rights, actor)


@pytest.fixture
def fleet() -> FleetOf:
    return FleetOf()


@pytest.fixture
def stage(sqlite_url: str, fleet: FleetOf) -> Rehearsal:
    return Rehearsal(sqlite_url, fleet, people=WITH_DORA)


def leaves(stage: Rehearsal, request: Request, event: str) -> list[dict[str, object]]:
    found = [json.loads(record.leaf) for record in stage.store.records()]
    return [leaf for leaf in found if leaf["request_id"] == request.id and leaf["event"] == event]


def vouched(stage: Rehearsal, request: Request) -> Request:
    assert stage.bus.rung[-1] == ("vouch", request.id)
    stage.walk.vouch(request.id)
    return stage.now(request)


def text(request: Request) -> str:
    return render(card(request, {}), width=300)


def test_an_approver_with_the_right_is_marked_as_checked(stage: Rehearsal, fleet: FleetOf) -> None:
    """The cluster is asked as bob while alice is still missing, and the card says what it answered."""
    asked = stage.ask("scale api to 5 in prod-eu")
    stage.yes(asked, "bob")
    fleet.reviewed.clear()

    seen = vouched(stage, asked)

    assert {actor.person_id for actor in fleet.reviewed} == {"bob"}
    assert (seen.state, [a.actor.person_id for a in seen.yes]) == (State.AWAITING_APPROVAL, ["bob"])
    assert "UTC, rights checked" in text(seen)
    assert len(leaves(stage, asked, "approval.checked")) == 1
    assert stage.run(stage.yes(seen, "alice")).state is State.SUCCEEDED


def test_an_approver_without_the_right_loses_the_approval(stage: Rehearsal, fleet: FleetOf) -> None:
    """The notice names the right and the cluster, and somebody else can approve instead."""
    asked = stage.ask("scale api to 5 in prod-eu")
    fleet.powerless.add("bob")
    stage.yes(asked, "bob")

    left = vouched(stage, asked)

    assert left.yes == ()
    assert "Bob's approval does not count: no right to patch deployments" in left.notice
    assert "in payments of prod-eu" in text(left)
    (leaf,) = leaves(stage, asked, "approval.withdrawn")
    assert (leaf["actor"], leaf["facts"]["missing"]) == (  # type: ignore[index]
        "bob",
        ["the requester's own Run", "1 other person from sre"],
    )
    stage.yes(left, "alice")
    stage.yes(left, "dora")
    assert stage.run(left).state is State.SUCCEEDED


def test_the_last_approver_without_the_right_does_not_end_the_request(stage: Rehearsal, fleet: FleetOf) -> None:
    """Found at the moment of the run: nothing is written, alice's Run stays, and it waits for somebody else."""
    ready = stage.allowed(stage.ask("scale api to 5 in prod-eu"), "bob")
    assert ready.state is State.READY
    fleet.powerless.add("bob")

    again = stage.run(ready)

    assert (again.state, [a.actor.person_id for a in again.yes]) == (State.AWAITING_APPROVAL, ["alice"])
    assert "no right to patch deployments" in again.notice
    assert fleet.writes == []
    assert stage.run(stage.yes(again, "dora")).state is State.SUCCEEDED


def test_a_requester_without_the_right_is_refused(stage: Rehearsal, fleet: FleetOf) -> None:
    """Nobody else's yes can stand for the person who is impersonated."""
    ready = stage.allowed(stage.ask("scale api to 5 in prod-eu"), "bob")
    fleet.powerless.add("alice")

    ended = stage.run(ready)

    assert (ended.state, ended.problem and ended.problem.code) == (State.REFUSED, "access-denied")


def test_an_approver_who_left_the_group_is_missed_again(stage: Rehearsal) -> None:
    """Bob approved as sre; the people file of the worker does not have him there any more."""
    ready = stage.allowed(stage.ask("scale api to 5 in prod-eu"), "bob")
    left = People(people={**WITH_DORA.people, PersonId("bob"): Person(name="Bob", groups=frozenset({"developers"}))})
    gone = People(people={name: one for name, one in WITH_DORA.people.items() if name != "bob"})

    again = stage.run(ready, stage.worker(people=left))
    stage.yes(again, "bob")
    once_more = stage.run(again, stage.worker(people=gone))

    assert (again.state, once_more.state) == (State.AWAITING_APPROVAL, State.AWAITING_APPROVAL)
    assert "now in developers; it needs 1 other person from sre" in again.notice
    assert "Bob's approval does not count: not in the people file any more" in once_more.notice
    assert stage.fleet.writes == []


def test_what_is_not_there_when_vouched_for_stays_unchecked(stage: Rehearsal, fleet: FleetOf) -> None:
    """A cluster that is silent now takes nobody's approval away; the run asks again."""
    asked = stage.ask("scale api to 5 in prod-eu")
    stage.yes(asked, "bob")

    def silent(_call: object, _dry_run: bool) -> None:
        raise ClusterUnreachable("prod-eu does not answer")

    fleet.before = silent
    with pytest.raises(ClusterUnreachable):
        stage.walk.vouch(asked.id)

    assert [a.checked_at for a in stage.now(asked).yes] == [None]


def test_vouching_for_another_plan_does_nothing(stage: Rehearsal) -> None:
    """The job is late: the plan was edited and approved by nobody since."""
    asked = stage.ask("scale api to 5 in prod-eu")
    stage.yes(asked, "bob")
    stage.planned(stage.service.edit(asked.id, 1, {"replicas": 4}, stage.actor("alice")))

    stage.walk.vouch(asked.id)

    assert leaves(stage, asked, "approval.checked") == []


class Silence:
    """A cluster that does not answer until it is told to."""

    def __init__(self) -> None:
        self.holds = True

    def __call__(self, _call: object, _dry_run: bool) -> None:
        if self.holds:
            raise ClusterUnreachable("prod-eu does not answer", now="the connection timed out")


def test_a_lost_cluster_keeps_an_approved_request_waiting(stage: Rehearsal, fleet: FleetOf) -> None:
    """Ready with its approvals and a notice, not claimable for a moment; run when the cluster is back."""
    ready = stage.allowed(stage.ask("scale api to 5 in prod-eu"), "bob")
    fleet.before = silence = Silence()

    waits = stage.run(ready)
    held = stage.run(waits)
    stage.rested(waits)
    still = stage.run(waits)
    silence.holds = False
    stage.rested(waits)
    done = stage.run(waits)

    assert (waits.state, len(waits.yes)) == (State.READY, 2)
    assert "waits, nothing was written: prod-eu does not answer; the connection timed out; tried again" in waits.notice
    assert "prod-eu does not answer" in text(waits)
    assert held.version == still.version == waits.version
    assert len(leaves(stage, ready, "exec.postponed")) == 1
    assert done.state is State.SUCCEEDED


def test_a_locked_object_keeps_an_approved_request_waiting(stage: Rehearsal, fleet: FleetOf) -> None:
    """The notice names who holds it."""
    holder = stage.allowed(stage.ask("scale api to 4 in prod-eu"), "bob")
    second = stage.allowed(stage.ask("scale api to 5 in prod-eu"), "bob")
    assert second.plan is not None
    with stage.store.change() as change:
        claim = change.claim(holder.id, "another worker", stage.lease)
        assert claim is not None
        change.lock(claim, [step.action.target for step in second.plan.steps])

    waits = stage.run(second)
    with stage.store.change() as change:
        change.release(claim)
    stage.rested(waits)
    done = stage.run(waits)

    assert waits.state is State.READY
    assert f"{holder.id} holds it" in waits.notice
    assert done.state is State.SUCCEEDED


def test_it_waits_no_longer_than_it_may_run(stage: Rehearsal, fleet: FleetOf) -> None:
    """The time to run ends by the database's clock, and the card says what it waited for."""
    ready = stage.allowed(stage.ask("scale api to 5 in prod-eu"), "bob")
    fleet.before = Silence()
    waits = stage.run(ready)
    stage.late(waits)

    stage.walk.sweep()

    ended = stage.now(ready)
    assert ended.state is State.EXPIRED
    assert "the time to run is over" in text(ended)
    assert "prod-eu does not answer" in text(ended)


def test_a_read_does_not_wait_for_its_cluster(stage: Rehearsal, fleet: FleetOf) -> None:
    """Whoever looks wants to know now that nothing answers."""
    fleet.before = Silence()

    ended = stage.ask("get pods of api in prod-eu")

    assert ended.state.is_final
