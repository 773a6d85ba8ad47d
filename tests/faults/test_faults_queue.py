"""F9 to F12 and the monkey in the short profile: the queue is no authority, and kills come when they like."""

import pytest

from tests.faults import doorbell, monkey
from tests.faults.bench import Bench

pytestmark = [pytest.mark.xdist_group("faults-2"), pytest.mark.slow]


def test_fifty_jobs_for_one_execution(bench: Bench) -> None:
    """It is executed once (F9)."""
    outcome = doorbell.duplicates(bench, seed=3)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["executions"] == outcome.counts["plans"]


def test_forged_jobs_among_those_of_people(bench: Bench) -> None:
    """Nothing of them runs, nobody is called, it is recorded, and people's work goes on (F10)."""
    outcome = doorbell.forged(bench, seed=4)
    print(outcome.row)

    assert outcome.violations == []
    assert (outcome.counts["run"], outcome.counts["connections"]) == (0, 0)


def test_a_queue_that_lost_everything(bench: Bench) -> None:
    """Everything that was approved is done, once (F11)."""
    outcome = doorbell.emptied(bench, seed=5)
    print(outcome.row)

    assert outcome.violations == []
    assert max(outcome.recovery) < 60


def test_a_queue_that_does_not_answer(bench: Bench) -> None:
    """People read, decide and are told that it waits; then it is done, once (F12)."""
    outcome = doorbell.unreachable(bench, seed=6)
    print(outcome.row)

    assert outcome.violations == []


def test_kill_9_at_random(bench: Bench) -> None:
    """Every plan ends in a true state, and no write is done twice (F35 in small)."""
    outcome = monkey.run(bench, seed=7)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["duplicated"] == 0
    assert outcome.counts["kills"] > 0
