"""What the simulated containers write and use."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from simulation import START, Simulation

from workers.demo.canaries import BEARER, PASSWORD
from workers.demo.incident import ERROR
from workers.demo.logs import Logs
from workers.demo.metrics import Metrics, usage


@pytest.fixture(scope="module")
def broken() -> Simulation:
    return Simulation(broken=True)


def logs(simulation: Simulation) -> Logs:
    return Logs(
        lambda: simulation.now, lambda namespace, name: simulation.controllers.mirror.get("Pod", (namespace, name))
    )


def crashing(simulation: Simulation) -> dict[str, Any]:
    return next(pod for pod in simulation.pods("payment-worker") if not pod["status"]["containerStatuses"][0]["ready"])


def healthy(simulation: Simulation) -> dict[str, Any]:
    return next(pod for pod in simulation.pods("payment-worker") if pod["status"]["containerStatuses"][0]["ready"])


@pytest.mark.parametrize("previous", [True, False])
def test_a_crash_looping_container_says_why(broken: Simulation, previous: bool) -> None:
    """Its log, previous or not, starts like any start and ends with the panic."""
    lines = logs(broken).lines(crashing(broken), "worker", previous)

    assert lines is not None
    assert lines[0][1].startswith('level=info msg="starting payment-worker" version=v2.4.0')
    assert ERROR in [text for _, text in lines]


def test_a_healthy_container_has_no_previous_log(broken: Simulation) -> None:
    """A container that never restarted has no earlier run."""
    assert logs(broken).lines(healthy(broken), "worker", previous=True) is None


def test_a_container_that_does_not_exist_has_no_log(broken: Simulation) -> None:
    """An unknown container name gives None, which the server turns into its error."""
    assert logs(broken).lines(healthy(broken), "nobody", previous=False) is None


def test_log_lines_never_move(broken: Simulation) -> None:
    """Reading later gives the same lines with the same times, and new ones after them, sorted."""
    pod, source = healthy(broken), logs(broken)
    now = broken.now
    before = source.lines(pod, "worker", previous=False) or []
    broken.now = now + timedelta(minutes=2)

    after = source.lines(pod, "worker", previous=False) or []

    broken.now = now
    assert [line for line in after if line[0] <= START and line[0] >= before[-500][0]] == before[-500:]
    assert len([line for line in after if line[0] > START]) > 10
    assert sorted(after) == after


@pytest.mark.parametrize(
    ("app", "container", "canary"), [("payment-worker", "worker", PASSWORD), ("payment-api", "api", BEARER)]
)
def test_logs_hold_canaries_now_and_then(broken: Simulation, app: str, container: str, canary: str) -> None:
    """Some lines look like secrets, few of all, so that redaction can be tested on ordinary output."""
    texts = [text for pod in broken.pods(app) for _, text in logs(broken).lines(pod, container, previous=False) or ()]

    leaks = [text for text in texts if canary in text]
    assert 0 < len(leaks) < len(texts) / 20


def test_following_ends_when_the_pod_is_gone() -> None:
    """A followed log stops by itself once its pod has been deleted."""
    simulation = Simulation("dev")
    pod = simulation.pods("payment-api")[0]
    simulation.store.pod_grace_seconds = 0.01
    simulation.delete("pods", pod["metadata"]["name"])
    simulation.run(1)

    async def follow() -> list[Any]:
        return [line async for line in logs(simulation).follow(pod, "api")]

    assert asyncio.run(asyncio.wait_for(follow(), 5)) == []


def test_metrics_follow_the_pods(broken: Simulation) -> None:
    """Every running pod has numbers below its limits; a crash-looping one uses next to nothing."""
    mirror = broken.controllers.mirror
    source = Metrics(lambda: broken.now, lambda: mirror.all("Pod"), lambda: mirror.all("Node"))

    pods = source.pods("payments")
    nodes = source.nodes()

    assert {pod["metadata"]["name"] for pod in broken.pods("payment-api")} <= {pod["metadata"]["name"] for pod in pods}
    assert [(name, cpu) for name, cpu, _ in usage(crashing(broken), broken.now)] == [("worker", 1)]
    assert len(nodes) == 7
    assert all(140 < int(node["usage"]["cpu"].removesuffix("m")) < 7910 for node in nodes)
    assert pods == source.pods("payments")
