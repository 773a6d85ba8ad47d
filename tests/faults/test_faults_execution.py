"""F1 to F6 in the short profile: processes that do the work are killed or fall asleep."""

import pytest

from tests.faults import kills, sleepers
from tests.faults.bench import Bench

pytestmark = [pytest.mark.xdist_group("faults-1"), pytest.mark.slow]


def test_kills_at_each_moment_of_an_execution(bench: Bench) -> None:
    """At most one write for a step, and the truth about it afterwards, whoever is killed when (F1-F5)."""
    for outcome in kills.run(bench, seed=1):
        print(outcome.row)
        assert outcome.violations == []
        assert outcome.counts["kills"] > 0 and outcome.recovery


def test_a_worker_that_sleeps_past_its_lease(bench: Bench) -> None:
    """Whoever wakes up changes neither the cluster nor what people were told (F6)."""
    outcome = sleepers.run(bench, seed=2)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["fenced"] == outcome.counts["sleepers"] == len(sleepers.SHORT)
