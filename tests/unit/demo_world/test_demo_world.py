"""The world holds what the inventory says, is the same on every run, and tells the story."""

import base64
from collections import Counter
from typing import Any

import pytest
from simulation import START, Simulation, condition

from workers.demo import canaries, images, incident, inventory, rbac, world
from workers.demo.apiserver import rbac as access
from workers.demo.apiserver.authn import User
from workers.demo.apiserver.rbac import Attributes
from workers.demo.controllers.rollout import Limits, Size, grow, limits, shrink, spread

INVENTORY = inventory.load()
KINDS = {
    "service": "Service",
    "ingress": "Ingress",
    "horizontalpodautoscaler": "HorizontalPodAutoscaler",
    "poddisruptionbudget": "PodDisruptionBudget",
    "configmap": "ConfigMap",
    "secret": "Secret",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "job": "Job",
    "networkpolicy": "NetworkPolicy",
    "resourcequota": "ResourceQuota",
    "serviceaccount": "ServiceAccount",
    "storageclass": "StorageClass",
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "cronjob": "CronJob",
}


@pytest.mark.parametrize("cluster", INVENTORY.clusters)
def test_the_world_has_exactly_the_objects_of_the_inventory(cluster: str) -> None:
    """Every pod, node, workload and thing of the inventory exists, under its name, and no other of its kind."""
    wanted = {("Pod", pod.namespace, pod.name) for pod in INVENTORY.pods[cluster]}
    wanted |= {("Node", None, node) for node in INVENTORY.nodes[cluster]}
    wanted |= {(KINDS[one.kind], one.namespace, one.name) for one in INVENTORY.things(cluster)}
    wanted |= {(KINDS[one.kind], one.namespace, one.name) for one in INVENTORY.workloads}
    kinds = {kind for kind, _, _ in wanted}

    objects = world.build(INVENTORY, cluster, START)

    found = [
        (obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"])
        for obj in objects
        if obj["kind"] in kinds
    ]
    assert wanted == set(found)
    assert len(wanted) == len(found)


def test_pods_are_on_the_nodes_and_under_the_owners_of_the_inventory() -> None:
    """A pod's node and the ReplicaSet in its name are those that the inventory gives it."""
    objects = {(obj["kind"], obj["metadata"]["name"]): obj for obj in world.build(INVENTORY, "prod-eu", START)}

    for pod in INVENTORY.pods["prod-eu"]:
        made = objects["Pod", pod.name]
        assert pod.node == made["spec"]["nodeName"]
        assert pod.labels.items() <= made["metadata"]["labels"].items()
        owner = made["metadata"]["ownerReferences"][0]
        if pod.owner.startswith("deployment/"):
            assert pod.name.rpartition("-")[0] == owner["name"]
        else:
            assert pod.owner.partition("/")[2] == owner["name"]
        assert condition(made, "Ready")["status"] == "True"


def test_the_same_seed_and_clock_give_the_same_world() -> None:
    """Nothing in the world comes from chance or from the real clock, and a seed changes every uid."""
    first = world.build(INVENTORY, "prod-eu", START, broken=True)
    other = world.build(INVENTORY, "prod-eu", START, seed="other")

    assert first == world.build(INVENTORY, "prod-eu", START, broken=True)
    assert not uids(first) & uids(other)
    assert len(uids(first)) == len([obj for obj in first if "uid" in obj["metadata"]])


def test_uids_differ_between_clusters() -> None:
    """The uid of kube-system identifies a cluster."""
    found = {
        obj["metadata"]["uid"]
        for cluster in INVENTORY.clusters
        for obj in world.build(INVENTORY, cluster, START)
        if (obj["kind"], obj["metadata"]["name"]) == ("Namespace", "kube-system")
    }

    assert len(found) == 4


def test_every_deployment_has_a_history_of_older_images() -> None:
    """Behind the inventory's revision are older, empty ReplicaSets with older tags and earlier dates."""
    objects = world.build(INVENTORY, "prod-eu", START)
    sets = [obj for obj in objects if obj["kind"] == "ReplicaSet"]
    mine = [one for one in sets if one["metadata"]["ownerReferences"][0]["name"] == "payment-worker"]

    history = [
        (
            one["metadata"]["annotations"]["deployment.kubernetes.io/revision"],
            images.tag(one["spec"]["template"]["spec"]["containers"][0]["image"]),
            one["spec"]["replicas"],
        )
        for one in mine
    ]

    assert history == [("8", "v2.1.0", 0), ("9", "v2.2.0", 0), ("10", "v2.3.0", 0), ("11", "v2.3.1", 4)]
    assert [one["metadata"]["creationTimestamp"] for one in mine] == sorted(
        one["metadata"]["creationTimestamp"] for one in mine
    )


def test_the_incident_leaves_three_good_pods_and_two_that_crash_loop() -> None:
    """The story starts with revision 12 half rolled out: three of the inventory's pods, two new ones in back-off."""
    simulation = Simulation(broken=True)

    pods = simulation.pods("payment-worker")
    deployment = simulation.get("deployments", "payment-worker")
    waiting = [pod["status"]["containerStatuses"][0]["state"].get("waiting", {}).get("reason") for pod in pods]
    last = [pod["status"]["containerStatuses"][0]["lastState"] for pod in pods if pod["status"]["containerStatuses"]]
    assert Counter({None: 3, "CrashLoopBackOff": 2}) == Counter(waiting)
    assert sorted(item["terminated"]["exitCode"] for item in last if item) == [1, 1]
    assert deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "12"
    assert condition(deployment, "Progressing")["reason"] == "ReplicaSetUpdated"
    assert condition(deployment, "Available")["status"] == "True"
    assert {"ScalingReplicaSet"} == set(simulation.reasons("payment-worker"))


@pytest.mark.parametrize("cluster", ["prod-us", "staging", "dev"])
def test_the_incident_happens_in_one_cluster_only(cluster: str) -> None:
    """The other clusters are the same with and without the story."""
    assert world.build(INVENTORY, cluster, START) == world.build(INVENTORY, cluster, START, broken=True)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("registry.example.com/payments/payment-worker:v2.3.1", images.Fate.RUNS),
        ("registry.example.com/payments/payment-worker:v2.4.0", images.Fate.CRASHES),
        ("registry.example.com/payments/payment-api:v2.4.0", images.Fate.RUNS),
        ("registry.example.com/payments/payment-worker:missing", images.Fate.MISSING),
        ("nowhere.example.net/payment-worker:v1", images.Fate.MISSING),
        ("redis:7.4", images.Fate.RUNS),
        ("apache/kafka:3.8.0", images.Fate.RUNS),
    ],
)
def test_an_image_decides_what_becomes_of_its_container(image: str, expected: images.Fate) -> None:
    """The bad release crashes, unknown registries and missing tags cannot be pulled, everything else runs."""
    assert expected is images.fate(image)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"replicas": 4}, Limits(4, 1, 1)),
        ({"replicas": 1}, Limits(1, 1, 0)),
        ({"replicas": 6}, Limits(6, 2, 1)),
        ({"replicas": 3, "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}, Limits(3, 0, 1)),
        ({"replicas": 3, "strategy": {"type": "Recreate"}}, Limits(3, 0, 3)),
    ],
)
def test_limits_round_as_kubernetes_does(spec: dict[str, Any], expected: Limits) -> None:
    """Surge rounds up, unavailable rounds down, and both are never zero."""
    assert expected == limits(spec)


@pytest.mark.parametrize(
    ("new", "old", "bigger", "smaller"),
    [
        # replicas 4, at most 5, at least 3 available
        (Size("new", 0, 0), [Size("old", 4, 4)], 1, {"old": 3}),
        (Size("new", 2, 0), [Size("old", 3, 3)], 2, {}),
        (Size("new", 2, 1), [Size("old", 3, 3)], 2, {"old": 2}),
        (Size("new", 4, 4), [Size("old", 1, 1)], 4, {"old": 0}),
        (Size("new", 3, 3), [Size("bad", 2, 0)], 3, {"bad": 0}),
        (Size("new", 0, 0), [Size("older", 1, 1), Size("old", 3, 3)], 1, {"older": 0}),
    ],
)
def test_a_rolling_update_moves_in_allowed_steps(
    new: Size, old: list[Size], bigger: int, smaller: dict[str, int]
) -> None:
    """The new set grows into the surge, old ones shrink by what is spare: broken pods first, oldest set first."""
    bounds = Limits(4, 1, 1)

    assert bigger == grow(new, old, bounds)
    assert smaller == shrink(new, old, bounds)


def test_scaling_in_the_middle_of_a_rollout_spreads_over_both_sets() -> None:
    """Each ReplicaSet grows by its share, up to replicas and surge together."""
    assert spread([Size("old", 3, 3), Size("new", 2, 0)], Limits(8, 2, 2)) == {"old": 6, "new": 4}


def test_a_rollout_that_cannot_finish_stops_at_three_and_two() -> None:
    """25% of four is one: three old pods stay, two new ones are tried."""
    assert incident.stuck(Limits(4, 1, 1)) == (3, 2)


SRE, DEVELOPER = User("alice", ("sre",)), User("carol", ("developers",))
BOT = User(rbac.BOT, ("system:serviceaccounts",))
SCALE = Attributes("patch", "apps", "v1", "deployments", "scale", "payments", "payment-api")


@pytest.mark.parametrize(
    ("cluster", "user", "what", "expected"),
    [
        ("prod-eu", SRE, SCALE, True),
        ("prod-eu", DEVELOPER, SCALE, False),
        ("staging", DEVELOPER, SCALE, True),
        ("staging", DEVELOPER, Attributes("patch", "apps", "v1", "deployments", "", "kube-system", "coredns"), False),
        ("staging", DEVELOPER, Attributes("patch", "apps", "v1", "deployments", "", "default", "web"), False),
        ("prod-eu", DEVELOPER, Attributes("get", "", "v1", "pods", "log", "payments", "x"), True),
        ("prod-eu", DEVELOPER, Attributes("list", "metrics.k8s.io", "v1beta1", "pods", "", "payments"), True),
        ("prod-eu", SRE, Attributes("get", "", "v1", "secrets", "", "payments", "stripe-api-key"), False),
        ("prod-eu", SRE, Attributes("list", "", "v1", "secrets"), False),
        ("prod-eu", SRE, Attributes("patch", "", "v1", "nodes", "", "", "worker-1"), True),
        ("prod-eu", SRE, Attributes("create", "", "v1", "pods", "eviction", "payments", "x"), True),
        ("prod-eu", SRE, Attributes("delete", "apps", "v1", "deployments", "", "payments", "payment-api"), True),
        ("dev", DEVELOPER, Attributes("patch", "", "v1", "nodes", "", "", "worker-1"), False),
        ("prod-eu", BOT, Attributes("impersonate", "", "v1", "users", "", "", "alice"), True),
        ("prod-eu", BOT, Attributes("impersonate", "", "v1", "groups", "", "", "sre"), True),
        ("prod-eu", BOT, Attributes("impersonate", "", "v1", "groups", "", "", "system:masters"), False),
        ("prod-eu", BOT, Attributes("impersonate", "", "v1", "users", "", "", "admin"), False),
        ("prod-eu", BOT, Attributes("get", "", "v1", "namespaces", "", "kube-system", "kube-system"), True),
        ("prod-eu", BOT, Attributes("list", "", "v1", "pods", "", "payments"), False),
        ("prod-eu", BOT, Attributes("get", path="/version"), True),
        (
            "prod-eu",
            User("admin", ("system:masters",)),
            Attributes("get", "", "v1", "secrets", "", "default", "x"),
            True,
        ),
    ],
)
def test_rights_are_the_storys(cluster: str, user: User, what: Attributes, expected: bool) -> None:
    """Operators change, developers change outside production, nobody reads secrets, the bot only impersonates."""
    assert expected == access.decide(store(cluster), user, what).allowed


def test_secrets_hold_canaries() -> None:
    """Every secret carries the canary, so that a test can look for it in any output."""

    secrets = [obj for obj in world.build(INVENTORY, "dev", START) if obj["kind"] == "Secret"]

    assert len(secrets) == 4
    for secret in secrets:
        assert base64.b64decode(secret["data"]["canary"]).decode() == canaries.SECRET


def uids(objects: list[dict[str, Any]]) -> set[str]:
    return {obj["metadata"]["uid"] for obj in objects if "uid" in obj["metadata"]}


STORES: dict[str, Any] = {}


def store(cluster: str) -> Any:
    """One world a cluster is enough for questions that change nothing."""
    if cluster not in STORES:
        STORES[cluster] = Simulation(cluster).store
    return STORES[cluster]
