"""F27: clocks that are wrong: the database's decides, and while the others differ from it no yes is taken."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.faults import clocks
from tests.faults.rows import TEXT, a_stage
from tests.unit.walk.rehearsal import Rehearsal
from workers.clocks import agreed, local_now
from workers.domain.errors import ClocksApart, RequestExpired
from workers.domain.state import State
from workers.service import Service

pytestmark = pytest.mark.xdist_group("faults-3")


@pytest.fixture
def stage() -> Iterator[Rehearsal]:
    with a_stage() as made:
        yield made


def off(stage: Rehearsal, **by: float) -> Service:
    """The door of a process whose clock is wrong."""
    return Service(store=stage.store, bus=stage.bus, people=stage.people, clock=lambda: local_now() + timedelta(**by))


@pytest.mark.parametrize("minutes", [6, -6, 10, -10])
def test_no_yes_is_taken_while_clocks_differ(stage: Rehearsal, minutes: float) -> None:
    """Neither of the requester nor of another; both times are said, a no still counts, and nothing has expired."""
    good, asked = stage.service, stage.ask(TEXT)
    stage.service = off(stage, minutes=minutes)
    for person in ("alice", "bob"):
        with pytest.raises(ClocksApart, match=r"360 s apart|600 s apart") as caught:
            stage.yes(asked, person)
        assert caught.value.now.count("UTC") == 2
    assert stage.now(asked).state is State.AWAITING_APPROVAL
    assert stage.now(asked).approvals == ()
    stage.service = good
    assert stage.allowed(asked, "bob").state is State.READY

    other = stage.ask("scale api to 6 in prod-eu because INC-1")
    assert off(stage, minutes=minutes).reject(other.id, stage.actor("bob"), "no").state is State.REJECTED


def test_a_second_of_difference_is_none(stage: Rehearsal) -> None:
    """Clocks are never the same; up to two seconds are let pass."""
    asked = stage.ask(TEXT)
    stage.service = off(stage, seconds=1)

    assert stage.allowed(asked, "bob").state is State.READY


def test_what_has_expired_by_the_database_has_expired(stage: Rehearsal) -> None:
    """Whatever the other clock says: a press is too late when the database says so."""
    asked = stage.ask(TEXT)
    stage.late(asked)

    late = off(stage, minutes=-10)
    with pytest.raises(RequestExpired, match="the time to decide on"):
        late.cancel(asked.id, stage.actor("alice"))
    assert stage.now(asked).state is State.EXPIRED


def test_a_slow_answer_is_no_difference(stage: Rehearsal) -> None:
    """What passes while the database is asked is not taken for a wrong clock."""
    ticks = iter((timedelta(seconds=-3), timedelta()))
    with stage.store.change() as change:
        agreed(change, lambda: local_now() + next(ticks))
        began = time.monotonic()
        with pytest.raises(ClocksApart):
            agreed(change, lambda: local_now() + timedelta(seconds=-3))
    assert time.monotonic() - began < 1


@pytest.mark.slow
def test_workers_whose_clocks_are_wrong() -> None:
    """Done once, found out, or expired: by the database's clock, whatever theirs say."""
    outcome = clocks.run(27, [timedelta(minutes=10)], plans=1)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["expired"] == 1
