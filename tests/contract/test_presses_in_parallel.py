"""Many people press at one moment, again and again, on both databases; tests/benchmarks/presses.py has a thousand."""

from collections import Counter
from pathlib import Path

from tests.benchmarks.presses import NEEDED, THREADS, storm
from workers.domain.state import State

PRESSES = 2 * THREADS


def test_a_storm_of_presses_is_one_execution(database_url: str, data: Path) -> None:
    """Every press is answered, every human counts once, and what is written is written once."""
    seen = storm(database_url, data, PRESSES)

    humans = Counter(given.actor.person_id for given in seen.request.yes)
    assert (seen.started, seen.writes) == (1, 1)
    assert seen.request.state is State.SUCCEEDED
    assert set(humans.values()) == {1}
    assert len(humans) >= NEEDED + 1
    assert not {name for name in humans if name.startswith("dev")}
    assert sum(seen.answers.values()) == PRESSES
    assert set(seen.answers) <= {"taken", "already-decided", "plan-changed", "not-an-approver"}
    assert seen.failed == ()
