"""F19 and F20 in the short profile: repeated messages and buttons pressed at one moment."""

from pathlib import Path

import pytest

from tests.faults import clicks
from tests.servers.postgres import TEMPLATE, Postgres
from workers.store.upgrade import upgrade

pytestmark = pytest.mark.xdist_group("faults-3")


def test_a_delivery_that_comes_four_times(postgres: Postgres, data: Path) -> None:
    """One request, whether they come one after the other or at one moment (F19)."""
    urls = [f"sqlite:///{data / 'kubechat.sqlite3'}", postgres.database(TEMPLATE)]
    upgrade(urls[0])
    outcome = clicks.repeated(urls, seed=19)
    print(outcome.row)
    postgres.drop(urls[1])

    assert outcome.violations == []
    assert outcome.counts["times"] == 4 * outcome.counts["requests"] == 80


def test_clicks_at_one_moment() -> None:
    """One approval for each human, an answer for each click, nothing for accounts from elsewhere (F20)."""
    outcome = clicks.pressed(seed=20)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["answers"] == outcome.counts["clicks"] > 40
