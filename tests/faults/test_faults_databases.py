"""F13 and F14 in the short profile: a database that dies among approvals, or whose acknowledgement is lost."""

import pytest

from tests.faults import databases
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.xdist_group("faults-3")


def test_a_database_killed_among_approvals(postgres: Postgres) -> None:
    """Acknowledged, audited and durable, or told plainly; pressing again is safe (F13)."""
    outcome = databases.killed(postgres, seed=13)
    print(outcome.row)

    assert outcome.violations == []
    assert 0 < outcome.counts["acknowledged"] < outcome.counts["presses"] == 100


def test_a_commit_whose_answer_is_lost(postgres: Postgres) -> None:
    """One row and one leaf for each, and the person is told that it is unknown (F14)."""
    outcome = databases.unanswered(postgres, seed=14)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["rows"] == outcome.counts["leaves"] == outcome.counts["commits whose answer was lost"] == 4
