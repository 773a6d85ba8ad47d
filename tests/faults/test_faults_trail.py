"""F17 and F18 in the short profile: the trail stays one chain, whoever dies writing it, and however many write."""

from pathlib import Path

import pytest

from tests.faults import trail
from tests.servers.postgres import TEMPLATE, Postgres
from workers.store.upgrade import upgrade

pytestmark = pytest.mark.xdist_group("faults-3")


def test_writers_that_die(data: Path) -> None:
    """No sequence twice, none missing, and every end that was noted outside stays true (F17, SQLite)."""
    url = f"sqlite:///{data / 'kubechat.sqlite3'}"
    upgrade(url)
    outcome = trail.killed(url, seed=17)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["kills"] == 40


def test_writers_that_die_on_postgresql(postgres: Postgres) -> None:
    """The same where the lock is the server's (F17, PostgreSQL)."""
    url = postgres.database(TEMPLATE)
    outcome = trail.killed(url, seed=18, rounds=20)
    print(outcome.row)
    postgres.drop(url)

    assert outcome.violations == []
    assert outcome.counts["acknowledged"] > 0


def test_two_writers_that_do_not_wait_for_each_other(postgres: Postgres) -> None:
    """One of them wins each time, and the other is told so: no fork, nothing lost that was acknowledged (F18)."""
    url = postgres.database(TEMPLATE)
    outcome = trail.doubled(url, seed=19)
    print(outcome.row)
    postgres.drop(url)

    assert outcome.violations == []
    assert outcome.counts["refused"] > 0
