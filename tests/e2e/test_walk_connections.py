"""Servers that are silent, die or cut off their answer around a write: one request each, and nothing is made up."""

import time

import pytest

from tests.e2e.stack import Stack, World, until
from workers.domain.observed import StepOutcome
from workers.domain.request import Request
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-2")


def test_a_silent_server_during_a_write_is_unknown_until_it_speaks(hasty: Stack, world: World) -> None:
    """Accepted and never answered (F23): one request on the wire, nothing claimed, and found out when it is back."""
    name = world.deployment("staging")
    asked = hasty.done("alice", "skip checks", hasty.waiting(f"set {name} to v1.1.0 in staging"))
    world.harm("staging", delay_seconds=0.5)
    hasty.press("alice", "run", asked)
    hasty.begun(asked)
    time.sleep(0.2)  # the look before the write is on its way and will be answered; what comes after it is not
    world.harm("staging", hang=True)

    doubtful = hasty.reaches(asked, State.INTERRUPTED)
    until(lambda: hasty.leaves(asked, "exec.verified"))
    told = hasty.card(hasty.now(asked))
    world.heal()
    ended = hasty.verified(asked)

    assert doubtful.summary is not None
    assert "outcome unknown" in doubtful.summary.headline
    assert "unknown whether it was applied: it could not be looked at" in told
    assert "succeeded" not in told
    assert ended.state is State.FAILED
    assert [leaf["facts"]["applied"] for leaf in hasty.leaves(asked, "exec.verified")] == ["unknown", False]
    (write,) = world.writes("staging", asked.id)
    assert not write["applied"]


def test_a_person_can_settle_what_nobody_can_see(hasty: Stack, world: World) -> None:
    """The cluster stays silent: alice looks another way, and her word is recorded as hers."""
    name = world.deployment("dev")
    asked = hasty.waiting(f"scale {name} to 3 in dev")
    world.harm("dev", cut_after=["PATCH"], delay_seconds=0.3)
    hasty.press("alice", "run", asked)
    hasty.intended(asked)
    time.sleep(0.1)
    world.harm("dev", hang=True)
    hasty.reaches(asked, State.INTERRUPTED)
    until(lambda: hasty.leaves(asked, "exec.verified"))

    settled = hasty.done("alice", "applied", asked)

    assert settled.state.is_final
    assert "says alice" in hasty.card(settled)
    assert hasty.leaves(asked, "exec.verified")[-1]["actor"] == "alice"
    assert len(world.writes("dev", asked.id)) == 1


def test_a_connection_cut_before_the_server_did_it_is_found_not_applied(hasty: Stack, world: World) -> None:
    """Sent and cut: unknown at first, then looked at; one request."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"scale {name} to 3 in staging")
    world.harm("staging", cut_before=["PATCH"])

    hasty.press("alice", "run", asked)
    ended = hasty.verified(asked)

    assert ended.state is State.FAILED
    assert "exec.interrupted" in hasty.events(asked)
    assert hasty.evidence(asked)["applied"] is False
    assert [one["applied"] for one in world.writes("staging", asked.id)] == [False]


def test_a_cluster_that_dies_before_the_write_is_known_not_written(hasty: Stack, world: World) -> None:
    """Nothing was sent, so nothing is in doubt."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"set {name} to v1.1.0 in staging")
    world.harm("staging", delay_seconds=0.4)
    hasty.press("alice", "run", asked)
    hasty.begun(asked)

    world.harm("staging", dead=True)
    ended = hasty.settled(asked)
    world.heal()

    assert ended.state is State.FAILED
    assert "nothing was written" in hasty.card(ended)
    assert [r.outcome for r in ended.results] == [StepOutcome.FAILED]
    assert world.writes("staging", asked.id) == []


def test_a_cluster_that_is_down_at_the_claim_starts_nothing_until_it_is_back(hasty: Stack, world: World) -> None:
    """The checks before the write cannot be made, so it is not begun; it waits with its approvals, and then runs."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"scale {name} to 3 in staging")
    world.harm("staging", dead=True)

    hasty.press("alice", "run", asked)
    until(lambda: hasty.now(asked).notice, what="a notice")
    waits, before = hasty.now(asked), world.writes("staging", asked.id)
    world.heal()
    done = hasty.settled(asked)

    assert (waits.state, len(waits.yes), before) == (State.READY, 1, [])
    assert "staging" in waits.notice
    assert (done.state, world.replicas("staging", name)) == (State.SUCCEEDED, 3)


CUT = {
    "scale": "scale {name} to 3 in staging",
    "set_image": "set {name} to v1.1.0 in staging",
    "restart": "restart {name} in staging",
    "rollback": "roll back {name} in staging",
    "delete_pod": "delete pod {pod} in staging",
    "cordon": "cordon worker-3 in staging",
}


@pytest.mark.parametrize("verb", CUT)
def test_a_write_whose_answer_is_cut_off_is_sent_once_and_found_applied(hasty: Stack, world: World, verb: str) -> None:
    """The server did it and the answer was lost (F24), whatever the verb; the evidence is in the trail."""
    name = world.deployment("staging")
    if verb == "rollback":
        second = {
            "template": {"spec": {"containers": [{"name": "main", "image": "registry.example.com/walk/main:v2"}]}}
        }
        world.change("staging", name, second)
        until(lambda: world.live("staging", name)["status"].get("observedGeneration") == 2)
    pods = world.admin("staging", "GET", f"/api/v1/namespaces/payments/pods?labelSelector=app%3D{name}")["items"]
    asked = hasty.waiting(CUT[verb].format(name=name, pod=pods[0]["metadata"]["name"]))
    world.harm("staging", cut_after=["PATCH", "DELETE"])

    hasty.press("alice", "run", asked)
    ended = hasty.verified(asked)

    assert ended.state is State.SUCCEEDED, hasty.said(asked)
    assert hasty.evidence(asked)["applied"] is True
    assert [one["applied"] for one in world.writes("staging", asked.id)] == [True]
    assert hasty.events(asked).count("exec.intended") == 1
    if verb == "cordon":
        world.heal()
        hasty.done("alice", "run", hasty.done("alice", "undo", ended))


def test_a_cluster_that_vanishes_during_a_rollout_is_waited_for(hasty: Stack, world: World) -> None:
    """The write was answered (F22): neither success nor failure is said until it is seen again."""
    name = world.deployment("staging")
    asked = hasty.waiting(f"set {name} to v1.1.0 in staging")
    world.harm("staging", delay_seconds=0.2)
    hasty.press("alice", "run", asked)
    until(lambda: world.writes("staging", asked.id, applied=True), every=0.01)
    world.harm("staging", dead=True)

    until(lambda: "cannot see it now" in progress(hasty, asked))
    during = hasty.now(asked)
    elsewhere = hasty.ask("alice", "pods of payment-api in dev")
    world.heal()
    done = hasty.settled(asked)

    assert during.state is State.RUNNING
    assert elsewhere.state is State.SUCCEEDED
    assert done.state is State.SUCCEEDED
    assert len(world.writes("staging", asked.id)) == 1


def progress(stack: Stack, request: Request) -> str:
    return "\n".join(row.text for row in stack.instance.store.progress_after(0, request.id))
