"""F16 in the short profile: nothing is done that cannot be recorded."""

import pytest

from tests.faults import disks
from tests.faults.bench import Bench

pytestmark = [pytest.mark.xdist_group("faults-1"), pytest.mark.slow]


def test_a_full_disk(bench: Bench) -> None:
    """No write is sent without its record, people can read, and with room again everything comes to its end (F16)."""
    outcome = disks.full(bench, seed=16)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["presses refused"] == 1
