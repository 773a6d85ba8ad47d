"""Broken glass without need: it takes a group, a reason and an own Run, is seen by all, and blocks until reviewed."""

import pytest

from tests.unit.walk.rehearsal import PLACE, Rehearsal, SmallFleet, deployment
from workers.domain.break_glass import BreakGlass
from workers.domain.errors import OwnApproval, Unreviewed
from workers.domain.request import Request
from workers.domain.state import State

WORDS = "scale api to 4 in prod-eu because the queue burns"


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    stage = Rehearsal(sqlite_url, SmallFleet(deployment()))
    stage.with_glass(BreakGlass(groups=frozenset({"sre"}), window_minutes=5))
    return stage


def emergency(stage: Rehearsal, text: str = WORDS, person: str = "alice") -> Request:
    return stage.planned(stage.service.open_request(text, stage.actor(person), PLACE, break_glass=True))


@pytest.mark.parametrize(
    ("glass", "text"),
    [
        (None, WORDS),
        (BreakGlass(groups=frozenset({"directors"})), WORDS),
        (BreakGlass(groups=frozenset({"sre"}), tiers=frozenset({"staging"})), WORDS),
        (BreakGlass(groups=frozenset({"sre"})), "scale api to 4 in prod-eu"),
    ],
    ids=["no section in the policy", "another group", "another tier", "no reason"],
)
def test_t32_what_the_policy_does_not_name_is_no_emergency(
    sqlite_url: str, glass: BreakGlass | None, text: str
) -> None:
    """Saying so opens nothing: group, tier and reason are the policy's."""
    stage = Rehearsal(sqlite_url, SmallFleet(deployment()))
    if glass is not None:
        stage.with_glass(glass)

    assert emergency(stage, text).state is State.REFUSED
    assert stage.fleet.writes == []
    assert stage.store.reviews() == ()


def test_t32_an_emergency_is_recorded_told_and_open_before_anything_is_written(stage: Rehearsal) -> None:
    """Nobody breaks the glass unseen, and its time is short."""
    asked = emergency(stage)
    cursor = stage.store.cursor()
    ready = stage.allowed(asked)

    assert stage.fleet.writes == []
    assert ready.expires_at is not None
    assert (ready.expires_at - stage.store.now()).total_seconds() <= 5 * 60
    assert [row.kind for row in stage.store.progress_after(cursor)].count("broadcast") == 1
    assert [ticket.request_id for ticket in stage.store.tickets()] == [asked.id]
    assert [review.is_open for review in stage.store.reviews()] == [True]
    assert any(b'"emergency.opened"' in record.leaf for record in stage.store.records())


def test_t32_an_unreviewed_emergency_blocks_the_next_of_anybody(stage: Rehearsal) -> None:
    """Also one that was planned before; whoever broke the glass does not review it."""
    early = emergency(stage, "scale api to 5 in prod-eu because it burns on", person="bob")
    done = stage.run(stage.allowed(emergency(stage)))

    late = emergency(stage, "scale api to 6 in prod-eu because it burns on", person="bob")
    with pytest.raises(Unreviewed):
        stage.allowed(early)
    with pytest.raises(OwnApproval):
        stage.reviewing.review(done.id, stage.actor("alice"), "it was right")

    assert late.state is State.REFUSED
    assert len(stage.fleet.writes) == 1
