"""Rows altered behind our backs, an emptied queue, a flooded queue: what is stored and approved decides, or nothing."""

from collections.abc import Callable

import pytest

from tests.e2e.stack import Json, Stack, World, until
from workers.bus import RedisBus, connect
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-1")


def test_an_emptied_queue_between_approval_and_run_loses_nothing(stack: Stack, world: World) -> None:
    """Redis held only the bell (F11): the sweeper rings again, and it runs once."""
    name = world.deployment("prod-us")
    asked = stack.waiting(f"scale {name} to 3 in prod-us because INC-7")
    with stack.stopped():
        stack.press("alice", "run", asked)
        stack.press("bob", "approve", asked)
        stack.flush()

    done = stack.settled(asked)

    assert done.state is State.SUCCEEDED
    assert len(world.writes("prod-us", asked.id)) == 1


def test_twenty_jobs_for_one_execution_execute_once(stack: Stack, world: World) -> None:
    """Whoever rings however often: the claim in the database decides (F9)."""
    name = world.deployment("staging")
    asked = stack.waiting(f"scale {name} to 3 in staging")
    bus, client = RedisBus(stack.instance.settings.redis_url), connect(stack.instance.settings.redis_url)
    with stack.stopped():
        stack.press("alice", "run", asked)
        for _ in range(20):
            for key in client.keys("kubechat:bell:*"):  # or the bus would keep duplicates away
                client.delete(key)
            assert bus.ring("run", asked.id)
        waiting = client.llen("rq:queue:run")
    bus.close()

    done = stack.settled(asked)
    until(lambda: not client.llen("rq:queue:run"))
    client.close()

    assert waiting >= 18  # a stopped worker was waiting at the queue and has taken one
    assert done.state is State.SUCCEEDED
    assert len(stack.leaves(asked, "exec.claimed")) == 1
    assert len(world.writes("staging", asked.id)) == 1


def step_of(row: Json) -> Json:
    step: Json = row["plan"]["steps"][0]
    return step


FORGERIES: dict[str, Callable[[Json], object]] = {
    "the number": lambda row: step_of(row)["action"]["params"].update(replicas=9),
    "the object": lambda row: step_of(row)["action"]["target"].update(name="payment-api"),
    "the namespace": lambda row: step_of(row)["action"]["target"].update(namespace="checkout"),
    "the cluster": lambda row: step_of(row)["action"]["target"].update(cluster="prod-eu"),
    "the verb": lambda row: step_of(row)["action"].update(verb="restart", params={"at": "2026-11-22T10:00:00Z"}),
    "the undo": lambda row: step_of(row)["undo"]["action"]["params"].update(replicas=0),
    "another step": lambda row: row["plan"]["steps"].append({**step_of(row), "number": 2}),
    "no step": lambda row: row["plan"].update(steps=[]),
    "the diff": lambda row: row["preview"]["steps"][0].update(diff=[]),
    "what was seen": lambda row: row["preview"]["observed"][0].update(touched_digest="0" * 64),
    "which object was seen": lambda row: row["preview"]["observed"][0].update(uid="another"),
    "which cluster was seen": lambda row: row["preview"]["identities"]["prod-us"].update(uid="another"),
    "the plan of the preview": lambda row: row["preview"].update(plan_digest="0" * 64),
    "the people asked for": lambda row: row.update(approvals=row["approvals"][:1]),
    "the decision": lambda row: (row["decision"].update(outcome=1, needed=[]), row.update(approvals=[])),
    "the approver": lambda row: row["approvals"][1]["actor"].update(person_id="alice"),
    "the requester": lambda row: row["intent"]["actor"].update(person_id="carol"),
    "the requester's groups": lambda row: row["intent"]["actor"].update(groups=["auditors"]),
}


@pytest.mark.parametrize("forged", FORGERIES)
def test_a_row_that_was_altered_after_approval_does_not_run(stack: Stack, world: World, forged: str) -> None:
    """Approvals are of a content, not of a row (F29): refused, recorded, nothing written anywhere."""
    name = forgery_target(world)
    asked = stack.waiting(f"scale {name} to {3 + list(FORGERIES).index(forged)} in prod-us because INC-7")
    with stack.stopped():
        stack.press("alice", "run", asked)
        stack.press("bob", "approve", asked)
        assert stack.now(asked).state is State.READY
        stack.alter(asked, FORGERIES[forged])

    ended = stack.settled(asked)

    assert ended.state is State.REFUSED, stack.said(asked)
    assert ended.problem is not None
    assert ended.problem.code in ("policy-refused", "broken", "cluster-changed")
    assert stack.events(asked)[-1] == "plan.refused"
    assert [one for cluster in world.fleet.urls for one in world.writes(cluster, asked.id)] == []


def forgery_target(world: World) -> str:
    if not world.exists("prod-us", "forged-target"):
        world.deployment("prod-us", "forged-target")
    return "forged-target"
