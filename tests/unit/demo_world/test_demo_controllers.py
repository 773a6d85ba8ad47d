"""The simulated clusters behave like real ones when somebody changes something."""

from typing import Any

import pytest
from simulation import Simulation, condition, images, set_image

from workers.demo import inventory
from workers.demo.apiserver.resources import resource

REPOSITORY = "registry.example.com/payments/payment-worker"
GOOD, BAD = "payment-worker-4qhr2f9wtk", "v2.4.0"


@pytest.mark.parametrize("cluster", inventory.load().clusters)
def test_a_healthy_world_stands_still(cluster: str) -> None:
    """The world is made by the controllers' own rules, so they have nothing to correct in it."""
    simulation = Simulation(cluster)
    before = simulation.store.resource_version

    simulation.run(3600)

    assert before == simulation.store.resource_version


def test_the_incident_counts_restarts_and_stays_stuck() -> None:
    """The bad release crash-loops for ever and its rollout ends in ProgressDeadlineExceeded, three old pods serving."""
    simulation = Simulation(broken=True)
    before = [status(pod)["restartCount"] for pod in simulation.pods("payment-worker") if bad(pod)]

    simulation.run(600)

    after = [status(pod)["restartCount"] for pod in simulation.pods("payment-worker") if bad(pod)]
    deployment = simulation.get("deployments", "payment-worker")
    assert before == [7, 7]
    assert all(count > 14 for count in after)
    assert tuple(deployment["status"][k] for k in ("availableReplicas", "updatedReplicas", "replicas")) == (3, 2, 5)
    assert condition(deployment, "Progressing")["reason"] == "ProgressDeadlineExceeded"
    assert condition(deployment, "Available")["status"] == "True"


def test_rolling_back_reuses_the_old_replica_set_and_gives_it_the_next_revision() -> None:
    """A rollback is a rollout of a template that exists: no new ReplicaSet, revision 13, all four pods healthy."""
    simulation = Simulation(broken=True)
    sets = {obj["metadata"]["name"] for obj in simulation.store.list(resource("replicasets"), "payments")}

    simulation.change("deployments", "payment-worker", set_image(f"{REPOSITORY}:v2.3.1"))
    simulation.run(20)

    deployment = simulation.get("deployments", "payment-worker")
    assert sets == {obj["metadata"]["name"] for obj in simulation.store.list(resource("replicasets"), "payments")}
    assert "13" == revision(deployment) == revision(simulation.get("replicasets", GOOD))
    assert {"v2.3.1"} == images(simulation.pods("payment-worker"))
    assert 4 == deployment["status"]["availableReplicas"] == deployment["status"]["replicas"]
    assert condition(deployment, "Progressing")["reason"] == "NewReplicaSetAvailable"


def test_a_new_rollout_starts_the_progress_deadline_anew() -> None:
    """After ProgressDeadlineExceeded a new template is progressing again at once, so `rollout status` waits for it."""
    simulation = Simulation(broken=True)
    simulation.run(600)

    simulation.change("deployments", "payment-worker", set_image(f"{REPOSITORY}:v2.4.1"))
    simulation.run(0.1)
    during = condition(simulation.get("deployments", "payment-worker"), "Progressing")
    simulation.run(30)

    after = simulation.get("deployments", "payment-worker")
    assert during["status"] == "True"
    assert condition(after, "Progressing")["reason"] == "NewReplicaSetAvailable"
    assert after["status"]["updatedReplicas"] == 4


def test_a_new_image_never_takes_more_pods_away_than_the_strategy_allows() -> None:
    """During a rolling update at least three of four are available and at most five exist."""
    simulation = Simulation()
    simulation.change("deployments", "payment-worker", set_image(f"{REPOSITORY}:v2.3.2"))
    available, total = [], []

    for _ in range(60):
        simulation.run(0.5)
        status = simulation.get("deployments", "payment-worker")["status"]
        available.append(status["availableReplicas"])
        total.append(status["replicas"])

    assert min(available) == 3
    assert max(total) == 5
    assert {"v2.3.2"} == images(simulation.pods("payment-worker"))
    assert len(simulation.pods("payment-worker")) == 4


@pytest.mark.parametrize(("replicas", "expected"), [(0, 0), (2, 2), (9, 9)])
def test_scaling_a_deployment_ends_with_as_many_ready_pods(replicas: int, expected: int) -> None:
    """The number of replicas is the number of ready pods a few seconds later, without a new revision."""
    simulation = Simulation()

    simulation.change("deployments", "payment-worker", lambda obj: obj["spec"].update(replicas=replicas))
    simulation.run(10)

    deployment = simulation.get("deployments", "payment-worker")
    assert expected == deployment["status"].get("readyReplicas", 0) == len(simulation.pods("payment-worker"))
    assert revision(deployment) == "11"
    assert "ScalingReplicaSet" in simulation.reasons("payment-worker")


def test_a_paused_deployment_keeps_its_template_back() -> None:
    """While a rollout is paused a new image changes no pod; resuming rolls it out."""
    simulation = Simulation()
    simulation.change("deployments", "payment-worker", lambda obj: obj["spec"].update(paused=True))
    simulation.change("deployments", "payment-worker", set_image(f"{REPOSITORY}:v2.3.2"))
    simulation.run(20)
    before = images(simulation.pods("payment-worker"))

    simulation.change("deployments", "payment-worker", lambda obj: obj["spec"].update(paused=False))
    simulation.run(30)

    assert {"v2.3.1"} == before
    assert {"v2.3.2"} == images(simulation.pods("payment-worker"))


def test_an_image_that_does_not_exist_backs_off_with_its_events() -> None:
    """A tag that cannot be pulled leaves ImagePullBackOff, Failed events and an unfinished rollout."""
    simulation = Simulation()

    simulation.change("deployments", "payment-worker", set_image(f"{REPOSITORY}:missing"))
    simulation.run(20)

    broken = [pod for pod in simulation.pods("payment-worker") if images([pod]) == {"missing"}]
    assert len(broken) == 2
    assert {"ImagePullBackOff"} == {status(pod)["state"]["waiting"]["reason"] for pod in broken}
    assert {"Failed", "BackOff"} <= set(simulation.reasons(broken[0]["metadata"]["name"]))
    assert {"Pending"} == {pod["status"]["phase"] for pod in broken}


def test_a_deleted_pod_is_replaced_by_another_one() -> None:
    """Deleting a pod of a Deployment gives a new name, a terminating pod first, and Killing among the events."""
    simulation = Simulation()
    victim = simulation.pods("payment-api")[0]["metadata"]["name"]

    simulation.delete("pods", victim)
    simulation.run(0.1)
    during = simulation.get("pods", victim)
    simulation.run(10)

    names = {pod["metadata"]["name"] for pod in simulation.pods("payment-api")}
    assert "deletionTimestamp" in during["metadata"]
    assert victim not in names
    assert len(names) == 6
    assert "Killing" in simulation.reasons(victim)


def test_a_cordoned_cluster_leaves_new_pods_pending_until_a_node_is_free() -> None:
    """With every node cordoned a new pod is Pending with FailedScheduling; uncordoning one places it."""
    simulation = Simulation("dev")
    for node in ("worker-1", "worker-2"):
        cordon(simulation, node, True)
    simulation.change("deployments", "payment-worker", lambda obj: obj["spec"].update(replicas=2))
    simulation.run(10)
    stranded = [pod for pod in simulation.pods("payment-worker") if not pod["spec"].get("nodeName")]

    cordon(simulation, "worker-2", False)
    simulation.run(10)

    assert len(stranded) == 1
    assert [r for r in simulation.reasons(stranded[0]["metadata"]["name"]) if "Failed" in r] == ["FailedScheduling"]
    assert simulation.get("pods", stranded[0]["metadata"]["name"])["spec"]["nodeName"] == "worker-2"


def test_a_stateful_set_restarts_one_pod_at_a_time_from_the_highest() -> None:
    """A changed template replaces kafka-2, kafka-1, kafka-0 in this order, never two at once."""
    simulation = Simulation()
    gone: list[str] = []
    simulation.store.subscribe(
        lambda event: gone.append(event.now.name) if event.type == "DELETED" and "kafka-" in event.now.name else None
    )
    simulation.change("statefulsets", "kafka", restart, "platform")
    ready = []

    for _ in range(80):
        simulation.run(0.5)
        ready.append(simulation.get("statefulsets", "kafka", "platform")["status"].get("readyReplicas", 0))

    status = simulation.get("statefulsets", "kafka", "platform")["status"]
    assert gone == ["kafka-2", "kafka-1", "kafka-0"]
    assert min(ready) == 2
    assert (status["updatedReplicas"], status["readyReplicas"]) == (3, 3)
    assert status["currentRevision"] == status["updateRevision"]


def test_a_scaled_stateful_set_gets_a_pod_with_a_claim_of_its_own() -> None:
    """The fourth kafka pod comes with a fourth claim, bound and mounted."""
    simulation = Simulation()

    simulation.change("statefulsets", "kafka", lambda obj: obj["spec"].update(replicas=4), "platform")
    simulation.run(10)

    pod = simulation.get("pods", "kafka-3", "platform")
    claims = [one["persistentVolumeClaim"]["claimName"] for one in pod["spec"]["volumes"]]
    assert claims == ["data-kafka-3"]
    assert simulation.get("persistentvolumeclaims", "data-kafka-3", "platform")["status"]["phase"] == "Bound"


def test_a_daemon_set_restarts_node_by_node() -> None:
    """A changed template replaces the pod on every node with at most one unavailable at a time."""
    simulation = Simulation("staging")
    before = {pod["metadata"]["name"] for pod in simulation.pods("node-agent", "kube-system")}
    simulation.change("daemonsets", "node-agent", restart, "kube-system")
    ready = []

    for _ in range(80):
        simulation.run(0.5)
        ready.append(simulation.get("daemonsets", "node-agent", "kube-system")["status"]["numberReady"])

    after = {pod["metadata"]["name"] for pod in simulation.pods("node-agent", "kube-system")}
    assert min(ready) == 2
    assert not before & after
    assert 3 == len(after) == ready[-1]


def test_a_disruption_budget_counts_the_ready_pods() -> None:
    """Kafka may lose one pod while all are ready, and none while one is down."""
    simulation = Simulation()
    before = simulation.get("poddisruptionbudgets", "kafka-pdb", "platform")["status"]["disruptionsAllowed"]

    simulation.delete("pods", "kafka-1", "platform")
    simulation.run(0.1)

    assert before == 1
    assert simulation.get("poddisruptionbudgets", "kafka-pdb", "platform")["status"]["disruptionsAllowed"] == 0


def test_a_job_runs_once_and_completes() -> None:
    """A Job made from a CronJob runs one pod that succeeds."""
    simulation = Simulation()
    template = simulation.get("cronjobs", "nightly-report")["spec"]["jobTemplate"]["spec"]["template"]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "now", "namespace": "payments"}}

    simulation.store.create(resource("jobs"), {**job, "spec": {"template": template}})
    simulation.run(15)

    assert simulation.get("jobs", "now")["status"]["succeeded"] == 1
    assert [pod["status"]["phase"] for pod in simulation.pods("nightly-report")] == ["Succeeded"]


def test_the_same_changes_give_the_same_names() -> None:
    """Pod names depend on the seed and the order of changes only."""
    runs = []
    for _ in range(2):
        simulation = Simulation("dev")
        simulation.change("deployments", "payment-worker", lambda obj: obj["spec"].update(replicas=3))
        simulation.run(5)
        runs.append([pod["metadata"]["name"] for pod in simulation.pods("payment-worker")])

    assert runs[0] == runs[1]


def status(pod: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = pod["status"]["containerStatuses"][0]
    return found


def bad(pod: dict[str, Any]) -> bool:
    return images([pod]) == {BAD}


def revision(obj: dict[str, Any]) -> str:
    return str(obj["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def restart(obj: dict[str, Any]) -> None:
    annotations = obj["spec"]["template"].setdefault("metadata", {}).setdefault("annotations", {})
    annotations["kubectl.kubernetes.io/restartedAt"] = "2026-11-22T22:00:00Z"


def cordon(simulation: Simulation, node: str, cordoned: bool) -> None:
    def edit(obj: dict[str, Any]) -> None:
        obj["spec"]["unschedulable"] = cordoned

    simulation.change("nodes", node, edit, "")


def test_a_status_belongs_to_who_writes_it() -> None:
    """The controller manager writes a workload's, the kubelet a pod's, as Kubernetes 1.36.2 answers."""
    simulation = Simulation()
    deployment = next(iter(simulation.store.list(resource("deployments"), "payments")))
    name = deployment["metadata"]["name"]
    simulation.change("deployments", name, set_image("registry.example/other:9.9"))
    simulation.run(60)

    def writers(obj: dict[str, Any]) -> set[str]:
        entries = obj["metadata"].get("managedFields") or ()
        return {one["manager"] for one in entries if one.get("subresource") == "status"}

    assert writers(simulation.get("deployments", name)) == {"kube-controller-manager"}
    assert {"kubelet"} in [writers(pod) for pod in simulation.store.list(resource("pods"), "payments")]


def test_a_claim_that_asks_for_more_grows() -> None:
    """The capacity follows the request, with the resizer's event; nothing shrinks."""
    simulation = Simulation()

    simulation.change(
        "persistentvolumeclaims",
        "data-postgres-0",
        lambda claim: claim["spec"]["resources"]["requests"].update(storage="900Gi"),
    )
    simulation.run(5)

    claim = simulation.get("persistentvolumeclaims", "data-postgres-0")
    assert claim["status"]["capacity"]["storage"] == "900Gi"
