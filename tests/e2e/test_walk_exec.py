"""Commands in containers: of the list, approved, bounded, told by a redacted transcript, and never run twice."""

import pytest

from tests.e2e.stack import Json, Stack, World, until
from workers.demo.canaries import PASSWORD
from workers.domain.observed import DryRun, Proof
from workers.domain.request import Request
from workers.domain.risk import RiskLevel
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("walk-2")

PODS = "/api/v1/namespaces/payments/pods"


def pod_of(world: World, cluster: str, name: str) -> str:
    found = world.admin(cluster, "GET", f"{PODS}?labelSelector=app%3D{name}")["items"]
    return str(next(one["metadata"]["name"] for one in found if not one["metadata"].get("deletionTimestamp")))


def sent(world: World, cluster: str, request: Request) -> list[Json]:
    """The commands that reached the cluster for a request."""
    return [
        one
        for one in world.fleet.requests(cluster)
        if one["path"].endswith("/exec") and request.id in one["user_agent"]
    ]


def output(request: Request) -> str:
    return "\n".join(
        line for result in request.results for section in result.output for line in getattr(section, "lines", ())
    )


def test_a_command_in_production_needs_a_reason_and_another_person(stack: Stack, world: World) -> None:
    """Previewed without a try, at the highest risk; approved; run once as the person; its secrets stay out."""
    name = world.deployment("prod-eu", replicas=1)
    args = {"template": {"spec": {"containers": [{"name": "main", "args": [f"--db-password={PASSWORD}"]}]}}}
    path = f"/apis/apps/v1/namespaces/payments/deployments/{name}"
    world.admin("prod-eu", "PATCH", path, {"spec": args}, "application/strategic-merge-patch+json")
    until(lambda: PASSWORD in str(world.admin("prod-eu", "GET", f"{PODS}/{pod_of(world, 'prod-eu', name)}")))
    until(lambda: world.live("prod-eu", name)["status"].get("updatedReplicas") == 1)
    assert stack.ask("alice", f"run ps aux in {name} in prod-eu").state is State.REFUSED

    planned = stack.waiting(f"run ps aux in {name} in prod-eu because the pods are slow")
    assert planned.plan is not None
    assert planned.preview is not None
    assert planned.risk is not None
    (step,), (seen,) = planned.plan.steps, planned.preview.steps
    assert step.action.target.kind == "pod"
    assert (step.action.params["container"], seen.dry_run) == ("main", DryRun.UNSUPPORTED)
    assert seen.undo is not None
    assert seen.undo.proof is Proof.IMPOSSIBLE
    assert planned.risk.level is RiskLevel.CRITICAL
    assert sent(world, "prod-eu", planned) == []

    stack.done("alice", "run", planned)
    done = stack.done("bob", "approve", planned)

    assert done.state is State.SUCCEEDED, stack.said(done)
    assert "the command ran and ended with 0" in stack.card(done)
    assert "--db-password=" in output(done)
    assert PASSWORD not in output(done)
    (one,) = sent(world, "prod-eu", done)
    assert (one["impersonated"], one["status"]) == ("alice", 101)
    (leaf,) = stack.leaves(done, "exec.stepped")
    assert len(leaf["facts"]["output_digest"]) >= 32


@pytest.mark.parametrize("command", ["env", "tar -cf /tmp/x /data", "df -h --output"])
def test_a_command_that_is_not_on_the_list_is_refused(stack: Stack, world: World, command: str) -> None:
    """With the line for one's own terminal; nothing is sent."""
    name = world.deployment("dev", replicas=1)

    refused = stack.ask("alice", f"run {command} in {pod_of(world, 'dev', name)} in dev")

    assert refused.state is State.REFUSED
    assert refused.problem is not None
    assert "kubectl --context dev -n payments exec" in refused.problem.now
    assert sent(world, "dev", refused) == []


def test_a_shell_is_for_a_terminal(stack: Stack, world: World) -> None:
    """The line to run oneself, and nothing else."""
    name = world.deployment("dev", replicas=1)

    refused = stack.ask("alice", f"open a shell in {pod_of(world, 'dev', name)} in dev")

    assert refused.problem is not None
    assert refused.problem.code == "run-it-yourself"
    assert "exec -it" in refused.problem.then


def test_a_pod_that_was_replaced_is_not_entered(stack: Stack, world: World) -> None:
    """What was planned for one pod runs in no other."""
    name = world.deployment("dev", replicas=1)
    planned = stack.waiting(f"run df -h in {name} in dev")
    assert planned.plan is not None
    pod = str(planned.plan.steps[0].action.target.name)
    world.admin("dev", "DELETE", f"{PODS}/{pod}", {"gracePeriodSeconds": 0})
    until(lambda: pod_of(world, "dev", name) != pod)

    done = stack.done("alice", "run", planned)

    assert done.state is State.REFUSED
    assert sent(world, "dev", done) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("false", "the command ran and ended with 1"),
        ("sleep 60", "it wrote nothing for 1 s"),
        ("yes", "it wrote more than 1024 KiB"),
    ],
)
def test_a_command_that_does_not_end_well_says_how(commanding: Stack, world: World, command: str, said: str) -> None:
    """It ran: that is never called 'not done'."""
    name = world.deployment("dev", replicas=1)
    planned = commanding.waiting(f"kubectl --context dev -n payments exec {pod_of(world, 'dev', name)} -- {command}")

    done = commanding.done("alice", "run", planned)

    assert done.state is State.FAILED
    assert f"ran, and did not succeed: {said}" in commanding.card(done)
    assert len(sent(world, "dev", done)) == 1


def test_a_command_whose_connection_broke_is_not_run_again(commanding: Stack, world: World) -> None:
    """What became of it cannot be known; people are told so."""
    name = world.deployment("dev", replicas=1)
    planned = commanding.waiting(f"kubectl --context dev -n payments exec {pod_of(world, 'dev', name)} -- sleep 60")
    world.harm("dev", cut_after=["EXEC"])
    commanding.done("alice", "run", planned)

    done = commanding.reaches(planned, State.INTERRUPTED)

    until(lambda: commanding.leaves(planned, "exec.verified"))
    assert commanding.evidence(done)["applied"] == "unknown"
    assert len(sent(world, "dev", done)) == 1
