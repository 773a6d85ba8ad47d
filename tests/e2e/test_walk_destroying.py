"""What goes and what comes back: a node drained and opened again, a deployment deleted and made again."""

import urllib.error

import pytest

from tests.e2e.stack import Json, Stack, World, until
from workers.domain.action import Verb
from workers.domain.observed import Proof
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-2")

PODS = "/api/v1/namespaces/payments/pods"
BUDGETS = "/apis/policy/v1/namespaces/payments/poddisruptionbudgets"


def pods_on(world: World, node: str) -> list[Json]:
    found = world.admin("staging", "GET", f"/api/v1/pods?fieldSelector=spec.nodeName%3D{node}")["items"]
    return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]


def owner(pod: Json) -> str:
    return str(pod["metadata"]["ownerReferences"][0]["kind"])


def pods_of(world: World, name: str) -> list[str]:
    found = world.admin("staging", "GET", f"{PODS}?labelSelector=app%3D{name}")["items"]
    return [str(pod["metadata"]["name"]) for pod in found if not pod["metadata"].get("deletionTimestamp")]


def test_a_node_is_drained_and_opened_again(stack: Stack, world: World) -> None:
    """One step a pod; daemonsets stay; what came later is shown; the undo is the uncordon."""
    planned = stack.waiting("drain worker-2 in staging")
    assert planned.plan is not None
    evicted = [step.action.target.name for step in planned.plan.steps if step.action.verb is Verb.EVICT]
    assert planned.plan.steps[0].action.verb is Verb.CORDON
    assert sorted(str(name) for name in evicted) == sorted(
        pod["metadata"]["name"] for pod in pods_on(world, "worker-2") if owner(pod) != "DaemonSet"
    )

    done = stack.done("alice", "run", planned, seconds=90)

    assert done.state is State.SUCCEEDED, stack.said(done)
    assert {owner(pod) for pod in pods_on(world, "worker-2")} == {"DaemonSet"}
    assert "belong to a daemonset and stay" in stack.card(done)
    assert [one["path"].rpartition("/")[2] for one in world.writes("staging", done.id)] == [
        "worker-2",
        *["eviction"] * len(evicted),
    ]
    undone = stack.done("alice", "run", stack.done("alice", "undo", done))
    node = world.admin("staging", "GET", "/api/v1/nodes/worker-2")
    assert (undone.state, node["spec"].get("unschedulable")) == (State.SUCCEEDED, None)


def test_a_deployment_is_deleted_and_made_again(stack: Stack, world: World) -> None:
    """The card shows what goes with it; the undo gives it back with all its pods."""
    name = world.deployment("staging", replicas=3)
    before = world.live("staging", name)
    planned = stack.waiting(f"delete deployment {name} in staging")
    assert "3 pods: " in stack.card(planned)
    assert planned.preview is not None
    assert planned.preview.steps[0].undo is not None
    assert planned.preview.steps[0].undo.proof is Proof.PARTIAL

    done = stack.done("alice", "run", planned)
    assert done.state is State.SUCCEEDED
    assert not world.exists("staging", name)
    until(lambda: not pods_of(world, name))
    undone = stack.done("alice", "run", stack.done("alice", "undo", done))

    assert undone.state is State.SUCCEEDED
    after = world.live("staging", name)
    assert after["spec"] == before["spec"]
    assert after["status"]["availableReplicas"] == 3
    world.delete("staging", name)


def test_what_was_changed_after_the_preview_is_not_deleted(stack: Stack, world: World) -> None:
    """The manifest that an undo would write is part of what was shown; a change drops the approval."""
    name = world.deployment("staging")
    planned = stack.waiting(f"delete deployment {name} in staging")
    world.change("staging", name, {"replicas": 3})

    again = stack.done("alice", "run", planned)

    assert again.state is State.AWAITING_APPROVAL
    assert f"{name} changed" in again.notice
    assert world.exists("staging", name)
    stack.done("alice", "cancel", again)


def test_a_budget_that_allows_none_refuses_an_eviction_by_name(stack: Stack, world: World) -> None:
    """With its numbers, and how to wait for it; nothing goes."""
    name = world.deployment("staging")
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": name}}}
    body = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}
    world.admin("staging", "POST", BUDGETS, body)
    until(lambda: world.admin("staging", "GET", f"{BUDGETS}/{name}").get("status", {}).get("currentHealthy") == 2)
    pod = pods_of(world, name)[0]

    refused = stack.ask("alice", f"evict {pod} in staging")

    assert (refused.state, refused.problem and refused.problem.code) == (State.REFUSED, "mistake")
    assert f"{name} wants 2 healthy pods and has 2: 0 may go now" in stack.card(refused)
    assert pod in pods_of(world, name)
    world.admin("staging", "DELETE", f"{BUDGETS}/{name}")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("delete namespace checkout in prod-eu because INC-1", "namespace"),
        ("kubectl delete pvc data-postgres-0 -n payments --context prod-eu", "data"),
    ],
)
def test_what_production_lives_on_is_not_deleted(stack: Stack, world: World, text: str, rule: str) -> None:
    """By the words or by the policy: refused, and nothing is sent."""
    refused = stack.ask("alice", text)

    assert refused.state is State.REFUSED
    assert rule in stack.card(refused)
    assert world.writes("prod-eu", refused.id) == []


def test_a_manifest_in_a_file_is_for_a_terminal(stack: Stack) -> None:
    """Refused with the command to run oneself."""
    refused = stack.ask("alice", "kubectl apply -f manifests/web.yaml --context staging")

    assert refused.problem is not None
    assert refused.problem.code == "run-it-yourself"
    assert "apply -f manifests/web.yaml" in refused.problem.then


def test_a_job_is_made_of_a_cronjob_now(stack: Stack, world: World) -> None:
    """Named by the plan, recognised by its mark, taken away by its undo."""
    done = stack.done("alice", "run", stack.waiting("run nightly-report now in staging"))
    assert done.state is State.SUCCEEDED
    assert done.plan is not None
    job = done.plan.steps[0].action.target.name
    path = f"/apis/batch/v1/namespaces/payments/jobs/{job}"
    assert world.admin("staging", "GET", path)["metadata"]["ownerReferences"][0]["name"] == "nightly-report"

    stack.done("alice", "run", stack.done("alice", "undo", done))

    with pytest.raises(urllib.error.HTTPError):
        world.admin("staging", "GET", path)
