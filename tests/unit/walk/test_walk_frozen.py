"""Freezes on the walk: refused at planning, at the start of a run, and before each write."""

import sqlite3
from datetime import timedelta

import pytest

from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment
from workers.domain.audit import AuditEvent
from workers.domain.call import Call
from workers.domain.errors import Frozen, Mistake, Refusal, UnknownCluster
from workers.domain.freeze import Freeze
from workers.domain.observed import StepOutcome
from workers.domain.people import People, Person
from workers.domain.state import State
from workers.domain.value import PersonId
from workers.guard.freezing import Freezing
from workers.settings import DEFAULTS, read_policy


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    stage = Rehearsal(sqlite_url, SmallFleet(deployment()))
    stage.walk.probe()
    return stage


@pytest.fixture
def freezing(stage: Rehearsal) -> Freezing:
    return Freezing(store=stage.store, bus=stage.bus, policy=lambda: read_policy(DEFAULTS / "policy.yaml")[0])


def events(stage: Rehearsal) -> list[str]:
    return [record.leaf.decode() for record in stage.store.records()]


def test_what_is_frozen_is_refused_with_who_when_why_and_how_to_lift_it(stage: Rehearsal, freezing: Freezing) -> None:
    """A refusal says everything that whoever asked needs to go on."""
    freezing.freeze("prod", stage.actor("bob"), reason="game night", minutes=120)

    refused = stage.ask("scale api to 4 in prod-eu")

    assert refused.state is State.REFUSED
    assert refused.problem is not None
    said = f"{refused.problem.text} {refused.problem.now} {refused.problem.then}"
    for part in ("prod is frozen by bob since", "until", "game night", "unfreeze prod because ..."):
        assert part in said
    assert stage.fleet.writes == []


def test_reads_and_other_clusters_go_on_under_a_freeze(stage: Rehearsal, freezing: Freezing) -> None:
    """A freeze of production stops neither a look at it nor a change elsewhere."""
    freezing.freeze("prod", stage.actor("bob"), reason="game night")

    read = stage.ask("deployments in payments in prod-eu")
    changed = stage.run(stage.allowed(stage.ask("scale api to 4 in dev")))

    assert (read.state, changed.state) == (State.SUCCEEDED, State.SUCCEEDED)


def test_a_freeze_between_the_last_yes_and_the_run_stops_it(stage: Rehearsal, freezing: Freezing) -> None:
    """Approvals that were given before a freeze do not outrun it."""
    ready = stage.allowed(stage.ask("scale api to 4 in prod-eu"), "bob")
    frost = freezing.freeze("prod-eu", stage.actor("bob"), reason="game night")

    ended = stage.run(ready)

    assert frost.waiting == (ready.id,)
    assert ended.state is State.REFUSED
    assert ended.problem is not None
    assert ended.problem.code == "frozen"
    assert "game night" in ended.problem.now
    assert stage.fleet.writes == []


def test_a_freeze_while_the_run_is_checked_stops_it_in_the_transaction_that_starts_it(
    stage: Rehearsal, freezing: Freezing
) -> None:
    """The last question is asked with the start of the run, not before it."""
    ready = stage.allowed(stage.ask("scale api to 4 in dev"))
    frozen: list[str] = []

    def before(call: Call, dry_run: bool) -> None:
        if call.path == API and not frozen:  # the look for drift, after everything else was asked
            put(stage, a_freeze(stage))
            frozen.append("once")

    stage.fleet.before = before
    ended = stage.run(ready)

    assert frozen == ["once"]
    assert ended.state is State.REFUSED
    assert stage.fleet.writes == []


def a_freeze(stage: Rehearsal, **given: object) -> Freeze:
    at = stage.store.now()
    facts = {"id": "frz-1", "what": "everything", "everything": True, "by": "bob", "reason": "game night", "at": at}
    return Freeze.model_validate(facts | given)


def test_a_freeze_between_two_steps_leaves_the_second_not_started(stage: Rehearsal, freezing: Freezing) -> None:
    """What was written stays shown, what was not begun is not begun, and the run ends."""
    asked = stage.ask("set api to v2 and scale api to 5 in dev")
    ready = stage.allowed(asked)

    def before(call: Call, dry_run: bool) -> None:
        if stage.fleet.writes and not freezing.standing():  # the watch of the first step
            freezing.freeze("dev", stage.actor("bob"), reason="game night")

    stage.fleet.before = before
    ended = stage.run(ready)

    assert [result.outcome for result in ended.results] == [StepOutcome.DONE, StepOutcome.SKIPPED]
    assert "frozen meanwhile: dev is frozen by bob" in ended.results[1].message
    assert ended.state is State.FAILED
    assert [result.step for result in ended.undoable] == [1]
    assert len(stage.fleet.writes) == 1


def test_a_step_that_is_frozen_ends_the_run_in_clusters_that_are_not(stage: Rehearsal, freezing: Freezing) -> None:
    """Half of what was approved is not what was approved: nothing more is started anywhere."""
    asked = stage.ask("set api to v2 in dev and scale api to 5 in dev and scale api to 5 in prod-eu")
    assert asked.plan is not None
    assert [step.action.target.cluster for step in asked.plan.steps] == ["dev", "dev", "prod-eu"]

    def before(call: Call, dry_run: bool) -> None:
        if stage.fleet.writes and not freezing.standing():
            freezing.freeze("dev", stage.actor("bob"), reason="game night")

    ready = stage.allowed(asked, "bob")
    stage.fleet.before = before
    ended = stage.run(ready)

    skipped = StepOutcome.SKIPPED
    assert [result.outcome for result in ended.results] == [StepOutcome.DONE, skipped, skipped]
    assert len(stage.fleet.writes) == 1


def test_nothing_runs_when_the_freezes_cannot_be_read(stage: Rehearsal) -> None:
    """A guard that is down stops what it guards; looking goes on."""
    ready = stage.allowed(stage.ask("scale api to 4 in dev"))
    put(stage, a_freeze(stage))
    damage(stage)

    ended = stage.run(ready)
    planned = stage.ask("scale api to 5 in dev")
    read = stage.ask("deployments in payments in dev")

    assert (ended.state, planned.state, read.state) == (State.REFUSED, State.FAILED, State.SUCCEEDED)
    assert stage.fleet.writes == []


def put(stage: Rehearsal, freeze: Freeze) -> None:
    with stage.store.change() as change:
        change.freeze(freeze)


def damage(stage: Rehearsal) -> None:
    """As a bad disk or a careless hand would: what is stored is no list any more."""
    with sqlite3.connect(stage.settings.data / "kubechat.sqlite3") as connection:
        connection.execute("update freezes set clusters = 'not json'")


def test_a_freeze_ends_by_the_databases_clock(stage: Rehearsal) -> None:
    """What is over holds nothing, and is not listed."""
    at = a_freeze(stage).at
    put(stage, a_freeze(stage, at=at - timedelta(hours=2), until=at - timedelta(hours=1)))

    assert stage.store.freezes() == ()
    assert stage.run(stage.allowed(stage.ask("scale api to 4 in dev"))).state is State.SUCCEEDED


def test_who_waits_is_told_of_a_freeze_and_of_its_end(stage: Rehearsal, freezing: Freezing) -> None:
    """The card of a waiting request says that it cannot run now, and later that it can again."""
    waiting = stage.ask("scale api to 4 in prod-eu")
    elsewhere = stage.ask("scale api to 4 in dev")
    freezing.freeze("prod", stage.actor("bob"), reason="game night")
    told = stage.now(waiting).notice

    freezing.unfreeze("prod", stage.actor("alice"), reason="we won")

    assert "prod is frozen by bob" in told
    assert stage.now(waiting).notice == "prod was unfrozen by alice: we won"
    assert stage.now(elsewhere).notice == ""
    assert stage.run(stage.allowed(waiting, "bob")).state is State.SUCCEEDED


def test_the_press_that_would_start_it_is_refused_and_costs_nothing(stage: Rehearsal, freezing: Freezing) -> None:
    """The request waits with the approvals that it has; after the freeze the same press runs it."""
    waiting = stage.ask("scale api to 4 in prod-eu")
    stage.yes(waiting, "bob")
    freezing.freeze("prod", stage.actor("bob"), reason="game night")

    with pytest.raises(Frozen) as refused:
        stage.yes(waiting, "alice")
    under = stage.now(waiting)
    freezing.unfreeze("prod", stage.actor("bob"), reason="we won")
    stage.yes(waiting, "alice")

    assert "game night" in refused.value.now
    assert (under.state, [a.actor.person_id for a in under.yes]) == (State.AWAITING_APPROVAL, ["bob"])
    assert stage.run(waiting).state is State.SUCCEEDED


def test_undo_is_refused_under_a_freeze(stage: Rehearsal, freezing: Freezing) -> None:
    """Taking back is a change like any other."""
    done = stage.run(stage.allowed(stage.ask("scale api to 4 in dev")))
    freezing.freeze("everything", stage.actor("bob"), reason="game night")

    undo = stage.planned(stage.service.undo(done.id, stage.actor("alice"), done.intent.place))

    assert undo.state is State.REFUSED
    assert undo.problem is not None
    assert "everything is frozen" in undo.problem.now


def test_a_freeze_of_nothing_or_of_an_unknown_word_is_a_mistake(stage: Rehearsal, freezing: Freezing) -> None:
    """Nobody believes something frozen that is not."""
    bob = stage.actor("bob")

    with pytest.raises(UnknownCluster) as unknown:
        freezing.freeze("prod-uk", bob, reason="game night")
    with pytest.raises(Mistake, match="would hold nothing"):
        freezing.freeze("staging", bob, reason="game night")
    with pytest.raises(Mistake, match="needs a reason"):
        freezing.freeze("prod", bob, reason=" ")
    with pytest.raises(Mistake, match="from one minute"):
        freezing.freeze("prod", bob, reason="game night", minutes=0)

    assert "prod-eu" in unknown.value.now
    assert "did you mean" in unknown.value.then
    assert freezing.standing() == ()


def test_before_any_worker_has_looked_the_words_of_the_policy_are_enough(sqlite_url: str) -> None:
    """Who freezes in the first seconds is not told that there is nothing to freeze."""
    stage = Rehearsal(sqlite_url, SmallFleet(deployment()))

    frost = stage.freezing.freeze("prod", stage.actor("bob"), reason="game night")

    assert (frost.freeze.what, frost.clusters) == ("prod", ())
    assert stage.ask("scale api to 4 in prod-eu").state is State.REFUSED


def test_only_the_policys_groups_freeze_and_every_try_is_recorded(stage: Rehearsal, freezing: Freezing) -> None:
    """Who is in no group of the policy neither freezes nor lifts, and the trail says that they tried."""
    stage.service = type(stage.service)(
        store=stage.store,
        bus=stage.bus,
        people=People(people={PersonId("eve"): Person(name="Eve"), **stage.people.people}),
    )
    freezing.freeze("prod", stage.actor("bob"), reason="game night")

    with pytest.raises(Refusal, match="Eve may not freeze"):
        freezing.freeze("dev", stage.actor("eve"), reason="mischief")
    with pytest.raises(Refusal, match="Eve may not lift"):
        freezing.unfreeze("prod", stage.actor("eve"), reason="mischief")

    assert [freeze.what for freeze in freezing.standing()] == ["prod"]
    assert sum(AuditEvent.ACCESS_DENIED in leaf for leaf in events(stage)) == 2
    assert sum(AuditEvent.FREEZE_SET in leaf for leaf in events(stage)) == 1


def test_lifting_needs_a_reason_and_the_freezes_own_name(stage: Rehearsal, freezing: Freezing) -> None:
    """A larger freeze is not lifted by the name of a part of it."""
    bob = stage.actor("bob")
    freezing.freeze("everything", bob, reason="game night")

    with pytest.raises(Mistake, match="needs a reason"):
        freezing.unfreeze("everything", bob, reason="")
    with pytest.raises(Mistake, match="there is no freeze of prod") as part:
        freezing.unfreeze("prod", bob, reason="we won")
    lifted = freezing.unfreeze("all", bob, reason="we won")

    assert "unfreeze everything" in part.value.then
    assert [freeze.what for freeze in lifted] == ["everything"]
    assert freezing.standing() == ()
    assert sum(AuditEvent.FREEZE_LIFTED in leaf for leaf in events(stage)) == 1
