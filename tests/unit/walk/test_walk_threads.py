"""What was planned before in the same thread is given to the next words said there, and to no others."""

from datetime import timedelta

import pytest

from tests.unit.walk.rehearsal import Rehearsal, SmallFleet, deployment
from workers.domain.plan import Place
from workers.domain.value import RequestId

THREAD = Place(system="terminal", channel="alice", thread="t1")


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def test_the_newest_plan_of_the_thread_is_followed(stage: Rehearsal) -> None:
    """Words that came to no plan are passed over; the record says what was followed."""
    stage.ask("scale api to 4 in dev", place=THREAD)
    second = stage.ask("scale api to 5 in dev", place=THREAD)
    stage.ask("thanks", place=THREAD)

    third = stage.ask("list deployments in dev", place=THREAD)

    assert third.follows == second.id
    leaf = next(r.leaf for r in stage.store.records() if third.id.encode() in r.leaf and b"intent.received" in r.leaf)
    assert f'"follows":"{second.id}"'.encode() in leaf


@pytest.mark.parametrize(
    "place",
    [
        Place(system="terminal", channel="alice", thread="t2"),
        Place(system="terminal", channel="bob", thread="t1"),
        Place(system="chat", channel="alice", thread="t1"),
        Place(system="terminal", channel="alice"),
    ],
)
def test_nothing_is_followed_from_another_place(stage: Rehearsal, place: Place) -> None:
    """Not another thread, not somebody else's conversation, and nothing where there is no thread."""
    stage.ask("scale api to 4 in dev", place=THREAD)

    assert stage.ask("list deployments in dev", place=place).follows is None


def test_no_thread_is_not_a_thread_of_its_own(stage: Rehearsal) -> None:
    """Two commands on a command line have nothing to do with each other."""
    place = THREAD.model_copy(update={"thread": ""})
    stage.ask("scale api to 4 in dev", place=place)

    assert stage.ask("list deployments in dev", place=place).follows is None


def test_a_plan_of_yesterday_is_not_followed(stage: Rehearsal) -> None:
    """After a day nobody means it any more."""
    asked = stage.ask("scale api to 4 in dev", place=THREAD)

    with stage.store.change() as change:
        found: list[RequestId | None] = [
            change.newest_plan(THREAD, asked.opened_at + off) for off in (timedelta(), timedelta(seconds=1))
        ]

    assert found == [asked.id, None]
