"""Broken glass on the walk: alone, fast, told to everybody, and reviewed by another person before the next."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.cards import card
from bot.chat.console import Console
from bot.notifier import Update
from tests.unit.walk.rehearsal import PLACE, Rehearsal, SmallFleet, deployment
from workers.domain.audit import AuditEvent
from workers.domain.break_glass import BreakGlass
from workers.domain.errors import AlreadyDecided, Mistake, NotAnApprover, OwnApproval, SecondFactorNeeded, Unreviewed
from workers.domain.people import People, Person
from workers.domain.policy import Outcome, Rule
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import PersonId

WORDS = "scale api to 4 in prod-eu because the queue burns"


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    stage = Rehearsal(sqlite_url, SmallFleet(deployment()))
    stage.walk.probe()
    stage.with_glass(BreakGlass(groups=frozenset({"sre"}), window_minutes=5))
    return stage


def emergency(stage: Rehearsal, text: str = WORDS, person: str = "alice") -> Request:
    return stage.planned(stage.service.open_request(text, stage.actor(person), PLACE, break_glass=True))


def count(stage: Rehearsal, event: AuditEvent) -> int:
    return sum(f'"{event}"'.encode() in record.leaf for record in stage.store.records())


def test_the_requesters_own_run_is_enough_and_still_needed(stage: Rehearsal) -> None:
    """Nobody else has to say yes; what is previewed still waits for the one who asked."""
    asked = emergency(stage)
    before = asked.state, [needed.role for needed in asked.missing], len(stage.fleet.writes)

    done = stage.run(stage.allowed(asked))

    assert before == (State.AWAITING_APPROVAL, ["requester"], 0)
    assert done.state is State.SUCCEEDED
    assert len(stage.fleet.writes) == 1


def test_it_lifts_a_freeze_for_itself_only(stage: Rehearsal) -> None:
    """The freeze stands for everybody else."""
    stage.freezing.freeze("prod", stage.actor("bob"), reason="game night")

    done = stage.run(stage.allowed(emergency(stage)))
    other = stage.ask(WORDS, person="bob")

    assert (done.state, other.state) == (State.SUCCEEDED, State.REFUSED)
    assert [freeze.what for freeze in stage.freezing.standing()] == ["prod"]


def test_a_rule_that_refuses_is_not_lifted(stage: Rehearsal) -> None:
    """What the policy never allows, an emergency does not either."""
    stage.strictly(Rule(name="never", then=Outcome.REFUSE, text="not on a full moon"))

    refused = emergency(stage)

    assert refused.state is State.REFUSED
    assert refused.problem is not None
    assert "not on a full moon" in refused.problem.now


def test_who_may_not_where_it_may_not_and_why_not_said_are_refused(stage: Rehearsal) -> None:
    """The policy names groups and tiers, and a reason is part of every emergency."""
    without_reason = emergency(stage, "scale api to 4 in prod-eu")
    stage.with_glass(BreakGlass(groups=frozenset({"directors"})))
    other_group = emergency(stage)
    stage.with_glass(BreakGlass(groups=frozenset({"sre"}), tiers=frozenset({"staging"})))
    other_tier = emergency(stage)

    assert [r.state for r in (without_reason, other_group, other_tier)] == [State.REFUSED] * 3
    said = [str(r.problem) for r in (without_reason, other_group, other_tier)]
    assert "reason" in said[0]
    assert "only directors may" in said[1]
    assert "staging" in said[2]


def test_without_a_section_in_the_policy_nobody_may(sqlite_url: str) -> None:
    """The shipped policy has none."""
    stage = Rehearsal(sqlite_url, SmallFleet(deployment()))

    assert emergency(stage).state is State.REFUSED


def test_the_window_is_short(stage: Rehearsal) -> None:
    """An emergency that nobody runs within minutes is none."""
    asked = emergency(stage)

    assert asked.expires_at is not None
    assert asked.expires_at - asked.opened_at < timedelta(minutes=6)


def test_where_the_policy_asks_for_it_the_run_takes_a_fresh_second_factor(stage: Rehearsal) -> None:
    """A stolen session breaks no glass."""
    stage.with_glass(BreakGlass(groups=frozenset({"sre"}), second_factor=True))
    asked = emergency(stage)

    with pytest.raises(SecondFactorNeeded):
        stage.allowed(asked)

    assert stage.now(asked).yes == ()
    assert stage.store.reviews() == ()


def test_everybody_is_told_and_the_tracker_has_a_line(stage: Rehearsal) -> None:
    """Leaf, broadcast and ticket are committed with the Run, before anything is written."""
    asked = emergency(stage)
    cursor = stage.store.cursor()
    ready = stage.allowed(asked)

    told = [row.text for row in stage.store.progress_after(cursor) if row.kind == "broadcast"]
    tickets = stage.store.tickets()
    assert stage.fleet.writes == []
    assert told == [f"BREAK GLASS: Alice broke the glass for {asked.id}: {WORDS} (show {asked.id})"]
    assert [(ticket.kind, ticket.request_id) for ticket in tickets] == [("break-glass", asked.id)]
    assert ready.review is not None
    assert ready.review.is_open
    assert count(stage, AuditEvent.EMERGENCY_OPENED) == 1


def test_the_next_is_blocked_until_another_person_reviewed_the_last(stage: Rehearsal) -> None:
    """Anybody's next: with the name of the open one and who may review it."""
    first = stage.run(stage.allowed(emergency(stage)))

    blocked = emergency(stage, "scale api to 5 in prod-eu because it burns on", person="bob")
    closed = stage.reviewing.review(first.id, stage.actor("bob"), "it was right; INC-42 has the rest")
    free = emergency(stage, "scale api to 5 in prod-eu because it burns on", person="bob")

    assert blocked.state is State.REFUSED
    assert blocked.problem is not None
    assert blocked.problem.code == "unreviewed"
    assert first.id in blocked.problem.text
    assert f"review {first.id} because ..." in blocked.problem.then
    assert (closed.reviewed_by, closed.finding) == ("bob", "it was right; INC-42 has the rest")
    assert free.state is State.AWAITING_APPROVAL
    assert stage.now(first).review == closed
    assert count(stage, AuditEvent.EMERGENCY_REVIEWED) == 1


def test_of_two_planned_in_one_moment_only_one_runs(stage: Rehearsal) -> None:
    """The second Run finds the review that the first has opened; the database holds that, not the plan."""
    first, second = emergency(stage), emergency(stage, "scale api to 5 in prod-eu because it burns on", person="bob")
    stage.allowed(first)

    with pytest.raises(Unreviewed, match=first.id):
        stage.allowed(second)

    assert stage.now(second).state is State.AWAITING_APPROVAL
    assert [review.request_id for review in stage.store.reviews()] == [first.id]


def test_nobody_reviews_their_own_nor_outside_the_groups_nor_twice(stage: Rehearsal) -> None:
    """A review is another person's, of the policy's groups, with a finding, and once."""
    stage.service = type(stage.service)(
        store=stage.store,
        bus=stage.bus,
        people=People(people={PersonId("eve"): Person(name="Eve"), **stage.people.people}),
    )
    asked = emergency(stage)
    plain = stage.ask("scale api to 4 in dev")
    ready = stage.allowed(asked)
    alice, bob = stage.actor("alice"), stage.actor("bob")

    with pytest.raises(Mistake, match="has not ended yet"):
        stage.reviewing.review(ready.id, bob, "fine")
    done = stage.run(ready)
    with pytest.raises(OwnApproval):
        stage.reviewing.review(done.id, alice, "fine")
    with pytest.raises(NotAnApprover):
        stage.reviewing.review(done.id, stage.actor("eve"), "fine")
    with pytest.raises(Mistake, match="says what was found"):
        stage.reviewing.review(done.id, bob, " ")
    with pytest.raises(Mistake, match="no glass was broken"):
        stage.reviewing.review(plain.id, bob, "fine")
    stage.reviewing.review(done.id, bob, "fine")
    with pytest.raises(AlreadyDecided):
        stage.reviewing.review(done.id, bob, "fine")


def test_a_run_that_is_repeated_after_drift_opens_nothing_anew(stage: Rehearsal) -> None:
    """One emergency is one review, one ticket and one broadcast."""
    ready = stage.allowed(emergency(stage))
    stage.fleet.set("prod-eu", "/apis/apps/v1/namespaces/payments/deployments/api", {"spec": {"replicas": 3}})
    drifted = stage.run(ready)

    done = stage.run(stage.allowed(drifted))

    assert drifted.state is State.AWAITING_APPROVAL
    assert done.state is State.SUCCEEDED
    assert len(stage.store.tickets()) == 1
    assert count(stage, AuditEvent.EMERGENCY_OPENED) == 1


def test_a_policy_that_lets_nobody_any_more_stops_it_at_the_run(stage: Rehearsal) -> None:
    """Everything is asked again when it is about to run."""
    ready = stage.allowed(emergency(stage))
    stage.with_glass(BreakGlass(groups=frozenset({"directors"})))

    ended = stage.run(ready)

    assert ended.state is State.REFUSED
    assert stage.fleet.writes == []


def test_an_undo_under_a_freeze_takes_broken_glass(stage: Rehearsal) -> None:
    """Taking back is a change; in an emergency it goes the same way."""
    done = stage.run(stage.allowed(stage.ask("scale api to 4 in dev")))
    stage.freezing.freeze("everything", stage.actor("bob"), reason="game night")

    asked = stage.service.undo(done.id, stage.actor("alice"), PLACE, emergency="4 was wrong")
    undone = stage.run(stage.allowed(stage.planned(asked)))

    assert undone.state is State.SUCCEEDED
    assert undone.review is not None
    assert undone.review.reason == "4 was wrong"


def test_consoles_of_others_show_one_line(stage: Rehearsal, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever has a console open hears of it, without having touched the request."""
    instance: Any = SimpleNamespace(service=stage.service, store=stage.store, bus=stage.bus, router=stage.router())
    asked = emergency(stage)
    cursor = stage.store.cursor()
    ready = stage.allowed(asked)
    console = Console(cast("Any", instance), "bob")

    for row in stage.store.progress_after(cursor):
        asyncio.run(console._hear(Update(request=ready, row=row)))

    said = " ".join(capsys.readouterr().out.split())
    assert said.count("BREAK GLASS: Alice broke the glass") == 1


def test_the_card_is_loud_before_and_after_and_says_when_the_review_is_late(stage: Rehearsal) -> None:
    """First thing on the card: what the Run does, then who reviews it until when, then what they found."""
    asked = emergency(stage)
    done = stage.run(stage.allowed(asked))
    assert done.review is not None
    late = card(done, {}, now=done.review.due_at + timedelta(minutes=1))
    stage.reviewing.review(done.id, stage.actor("bob"), "it was right")

    assert card(asked, {}).alarm.startswith("BREAK GLASS: without anybody's approval and in spite of a freeze")
    assert card(done, {}).alarm.startswith("BREAK GLASS: to be reviewed until")
    assert late.alarm.startswith("BREAK GLASS: review OVERDUE since")
    assert card(stage.now(done), {}).alarm == "BREAK GLASS: reviewed by bob: it was right"
    assert card(stage.ask("scale api to 9 in dev"), {}).alarm == ""
