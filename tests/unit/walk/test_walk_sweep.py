"""The sweep and the job of a plan: one bad row stops nobody, and a long execution is not killed with a plan's limit."""

from pathlib import Path

import pytest
import yaml

from tests.unit.walk.rehearsal import PLACE, Rehearsal, SmallFleet, deployment
from workers.domain.errors import Broken
from workers.domain.request import Request
from workers.domain.state import State
from workers.settings import DEFAULTS
from workers.store.engine import Database


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def damaged(url: str, request: Request) -> None:
    """Its stored form is not readable, and its time is over."""
    with Database(url).transaction("damaging", writes=True) as connection:
        connection.exec_driver_sql(
            "UPDATE requests SET body='{}', expires_at='2020-01-01T00:00:00.000000Z' WHERE id=?", (request.id,)
        )


def test_a_request_that_cannot_be_read_keeps_nobody_waiting(stage: Rehearsal, sqlite_url: str) -> None:
    """Whoever comes after it is still rung for, and the defect is still told."""
    damaged(sqlite_url, stage.ask("scale api to 5 in dev"))
    waiting = stage.service.open_request("scale api to 5 in dev", stage.actor("alice"), PLACE)
    stage.bus.rung.clear()

    with pytest.raises(Broken):
        stage.walk.sweep()

    assert ("plan", waiting.id) in stage.bus.rung


def test_only_reads_run_in_the_job_that_planned_them(sqlite_url: str, data: Path) -> None:
    """A policy may let a change run at once; its rollout takes longer than any plan may."""
    raw = yaml.safe_load((DEFAULTS / "policy.yaml").read_text())
    raw["rules"] = [{"name": "all", "then": "allow", "text": "everything"}]
    (data / "policy.yaml").write_text(yaml.safe_dump(raw))
    stage = Rehearsal(sqlite_url, SmallFleet(deployment()), data / "policy.yaml")

    read = stage.ask("rollout status of api in dev")
    change = stage.ask("scale api to 5 in dev")

    assert (read.state, change.state) == (State.SUCCEEDED, State.READY)
    assert stage.bus.rung[-1] == ("run", change.id)
    assert stage.run(change).state is State.SUCCEEDED
