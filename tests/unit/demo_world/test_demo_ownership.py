"""The simulated controllers know whose pods are whose, keep autoscalers' bounds, and stop suspended jobs."""

from typing import Any

import pytest
from simulation import Simulation

from workers.demo.apiserver.resources import resource

APP = "payment-worker"


def relabelled(app: str) -> Any:
    return lambda pod: pod["metadata"]["labels"].update(app=app)


def test_a_pod_labelled_out_is_let_go_and_replaced_and_taken_back_later() -> None:
    """As the real controllers: the label decides, and one of the surplus goes when it comes back."""
    simulation = Simulation()
    first = simulation.pods(APP)[0]["metadata"]["name"]
    before = len(simulation.pods(APP))

    simulation.change("pods", first, relabelled("quarantine"))
    simulation.run(30)
    assert "ownerReferences" not in simulation.get("pods", first)["metadata"]
    assert len(simulation.pods(APP)) == before
    assert first not in {pod["metadata"]["name"] for pod in simulation.pods(APP)}

    simulation.change("pods", first, relabelled(APP))
    simulation.run(60)
    assert len(simulation.pods(APP)) == before


@pytest.mark.parametrize(
    ("bounds", "expected", "reason"),
    [({"minReplicas": 8, "maxReplicas": 9}, 8, "below"), ({"minReplicas": 1, "maxReplicas": 2}, 2, "above")],
)
def test_an_autoscaler_keeps_its_workload_within_its_bounds(bounds: Any, expected: int, reason: str) -> None:
    """New bounds have their effect at once, and the event says why."""
    simulation = Simulation()
    simulation.change("horizontalpodautoscalers", "payment-api", lambda obj: obj["spec"].update(bounds))
    simulation.run(60)

    assert simulation.get("deployments", "payment-api")["spec"]["replicas"] == expected
    status = simulation.get("horizontalpodautoscalers", "payment-api")["status"]
    assert (status["currentReplicas"], status["desiredReplicas"]) == (expected, expected)
    events = simulation.store.list(resource("events"), "payments")
    assert any(one["reason"] == "SuccessfulRescale" and reason in one["message"] for one in events)


@pytest.mark.parametrize(("name", "active"), [(APP, "True"), ("nobody", None)])
def test_a_new_autoscaler_measures_or_says_that_it_has_no_target(name: str, active: str | None) -> None:
    """Its conditions are what people look at first."""
    simulation = Simulation()
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": 1,
        "maxReplicas": 9,
    }
    metadata = {"name": "new", "namespace": "payments"}
    scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}
    simulation.store.create(resource("horizontalpodautoscalers"), scaler)
    simulation.run(5)

    status = simulation.get("horizontalpodautoscalers", "new")["status"]
    said = {one["type"]: one for one in status["conditions"]}
    assert said.get("ScalingActive", {}).get("status") == active
    assert said["AbleToScale"]["reason"] == ("ReadyForNewScale" if active else "FailedGetScale")
    assert bool(status.get("currentMetrics")) is bool(active)


def test_a_suspended_job_has_no_pods_until_it_is_resumed() -> None:
    """A switch of the job that pause and patch set."""
    simulation = Simulation()
    template = simulation.get("cronjobs", "nightly-report")["spec"]["jobTemplate"]["spec"]["template"]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "held", "namespace": "payments"}}
    simulation.store.create(resource("jobs"), {**job, "spec": {"template": template, "suspend": True}})
    simulation.run(15)
    assert simulation.get("jobs", "held")["status"]["conditions"][0]["type"] == "Suspended"
    assert simulation.pods("nightly-report") == []

    simulation.change("jobs", "held", lambda obj: obj["spec"].update(suspend=False))
    simulation.run(30)

    assert simulation.get("jobs", "held")["status"]["succeeded"] == 1
