"""An approval is for one run, within its time, by the database's clock."""

import sqlite3
from datetime import timedelta

import pytest

from tests.servers.samples import stored
from tests.unit.walk.rehearsal import Rehearsal, SmallFleet, deployment
from workers.domain.errors import KubechatError
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import Digest
from workers.store.store import SqlStore

LEASE = timedelta(seconds=30)


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def shown(request: Request) -> dict[str, Digest]:
    """What a press on its card is bound to."""
    assert request.plan is not None
    assert request.preview is not None
    return {"plan_digest": request.plan.digest, "preview_digest": request.preview.digest}


def ready(stage: Rehearsal) -> Request:
    asked = stage.allowed(stage.ask("scale api to 5 in prod-eu because INC-10"), "bob")
    assert asked.state is State.READY
    return asked


def test_t10_a_consumed_approval_does_not_run_again(stage: Rehearsal) -> None:
    """However often the bell rings, whoever presses again: one approval, one execution."""
    done = stage.run(ready(stage))
    assert done.state is State.SUCCEEDED
    assert len(stage.fleet.writes) == 1

    stage.fleet.set("prod-eu", "/apis/apps/v1/namespaces/payments/deployments/api", {"spec": {"replicas": 2}})
    for _ in range(3):
        stage.walk.run(done.id, "worker")
    for press in (stage.service.run, stage.service.approve):
        for person in ("alice", "bob"):
            with pytest.raises(KubechatError):
                press(done.id, stage.actor(person), **shown(done))

    assert stage.now(done) == done
    assert len(stage.fleet.writes) == 1


def test_t10_an_approval_lost_to_drift_does_not_count_for_the_new_plan(stage: Rehearsal) -> None:
    """What was approved was another plan: both people are asked again."""
    asked = ready(stage)
    stage.fleet.set("prod-eu", "/apis/apps/v1/namespaces/payments/deployments/api", {"spec": {"replicas": 3}})
    back = stage.run(asked)
    assert back.state is State.AWAITING_APPROVAL

    stage.walk.run(back.id, "worker")

    assert stage.fleet.writes == []
    assert len(stage.now(back).missing) == 2


def test_t10_a_late_claim_is_no_claim(store: SqlStore) -> None:
    """The statement that claims looks at the database's clock: a moment too late is too late, on both databases."""
    with store.change() as change:
        now = change.now()
    late = stored(store, state=State.READY, expires_at=now - timedelta(milliseconds=1))
    early = stored(store, state=State.READY, expires_at=now + timedelta(minutes=5))

    with store.change() as change:
        assert change.claim(late.id, "worker", LEASE) is None
        assert change.claim(early.id, "worker", LEASE) is not None
        assert change.claim(early.id, "another", LEASE) is None


def test_t10_a_run_whose_time_is_over_writes_nothing(stage: Rehearsal, sqlite_url: str) -> None:
    """Approved in time, and then nobody was there to run it: it ends expired, and is asked for again."""
    asked = ready(stage)
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=10) as database:
        past = "2026-01-01T00:00:00.000000Z"
        database.execute("UPDATE requests SET expires_at = ? WHERE id = ?", (past, asked.id))
    database.close()

    stage.walk.run(asked.id, "worker")

    assert stage.fleet.writes == []
    assert stage.now(asked).results == ()


def test_t10_a_press_after_the_time_counts_for_nothing(stage: Rehearsal) -> None:
    """The clock of whoever presses does not matter; the press is refused, recorded, and ends the request."""
    asked = stage.ask("scale api to 5 in prod-eu because INC-10")
    with stage.store.change() as change:
        past = change.now() - timedelta(seconds=1)
        change.save(change.request(asked.id).model_copy(update={"expires_at": past}))

    with pytest.raises(KubechatError) as caught:
        stage.service.approve(asked.id, stage.actor("bob"), **shown(asked))

    assert caught.value.code == "request-expired"
    assert stage.now(asked).state is State.EXPIRED
    assert stage.fleet.writes == []
