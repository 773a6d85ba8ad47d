"""The real kubectl works against the demo's API server."""

import json
import re

import pytest
from fleet_fixtures import Cluster, deployment, eventually

READS = [
    (("get", "pods"), r"web-2\s+1/2\s+CrashLoopBackOff\s+5 \(\d+s ago\)\s+11m"),
    (("get", "pods", "-o", "wide"), r"NOMINATED NODE.*\n.*10\.1\.0\.4\s+node-1\s+<none>"),
    (("get", "pods", "-A"), r"payments\s+web-1\s+2/2\s+Running\s+0"),
    (
        ("get", "pods", "-l", "app in (web)", "--field-selector", "status.phase=Running", "-o", "name"),
        r"pod/web-1\npod/web-2",
    ),
    (("get", "pods", "-l", "app=other"), r"No resources found in payments namespace"),
    (("get", "deploy,rs,svc,cm"), r"deployment\.apps/web\s+1/2\s+2\s+1"),
    (("get", "nodes", "-o", "wide"), r"node-1\s+Ready\s+<none>\s+\S+\s+v1\.36\.0\s+10\.0\.0\.1"),
    (("get", "all"), r"service/web\s+ClusterIP\s+10\.96\.\d+\.\d+\s+<none>\s+80/TCP"),
    (("get", "events"), r"Warning\s+BackOff\s+pod/web-2\s+Back-off restarting"),
    (("get", "events.events.k8s.io", "-o", "jsonpath={.items[0].note}"), r"Back-off restarting"),
    (("get", "deploy", "web", "-o", "yaml"), r"maxSurge: 25%"),
    (("get", "roles,rolebindings,clusterroles"), r"rolebinding.rbac.authorization.k8s.io/devs\s+Role/viewer"),
    (("get", "--raw", "/readyz"), r"^ok$"),
    (("version",), r"Server Version: v1\.36\.0"),
    (("api-resources", "-o", "wide"), r"deployments\s+deploy\s+apps/v1\s+true\s+Deployment"),
    (("describe", "pod", "web-2"), r"Last State:\s+Terminated(.|\n)*BackOff\s+\d+s \(x5 over 5m\S*\)\s+kubelet"),
    (("describe", "deploy", "web"), r"25% max unavailable, 25% max surge(.|\n)*NewReplicaSet:\s+web-h2"),
    (("describe", "node", "node-1"), r"cpu\s+200m \(5%\)"),
    (("logs", "web-1", "-c", "app", "--tail=2"), r"^app now 1\napp now 2\n$"),
    (("logs", "web-1"), r"Defaulted container \"app\" out of: app, proxy"),
    (("logs", "web-2", "-c", "app", "--previous"), r"app before 2"),
    (("logs", "web-1", "-c", "app", "--since=1s"), r"^$"),
    (("logs", "web-1", "-c", "app", "--timestamps", "--tail=1"), r"^2026-11-22T12:02:00\.000000000Z app now 2"),
    (("logs", "web-1", "-c", "app", "-f", "--tail=1"), r"^app now 2\napp now 3\n$"),
    (("top", "nodes"), r"node-1\s+500m\s+12%"),
    (("top", "pods", "--containers"), r"web-1\s+app\s+25m\s+64Mi"),
    (("auth", "can-i", "delete", "pods"), r"^yes"),
    (("auth", "can-i", "get", "pods", "--as=bob", "--as-group=devs"), r"^yes"),
    (
        ("auth", "can-i", "--list", "--as=bob", "--as-group=devs"),
        r"deployments\.apps/scale\s+\[\]\s+\[web\]\s+\[patch update\]",
    ),
    (("auth", "whoami", "--as=bob", "--as-group=devs"), r"Username\s+bob\nGroups\s+\[devs system:authenticated\]"),
    (("rollout", "history", "deploy/web"), r"REVISION(.|\n)*1(.|\n)*2"),
    (("wait", "--for=condition=Available", "deploy/web", "--timeout=3s"), r"condition met"),
    (("get", "pods", "web-1", "--watch", "--request-timeout=1s"), r"web-1\s+2/2"),
    (("get", "pods", "--chunk-size=1", "-o", "name"), r"pod/web-1\npod/web-2"),
]


@pytest.mark.parametrize(("arguments", "printed"), READS, ids=[" ".join(one[0]) for one in READS])
def test_a_reading_command_prints_what_a_real_cluster_would(steady: Cluster, arguments: tuple[str, ...], printed: str):
    """kubectl's reading commands find everything they ask the server for."""
    assert re.search(printed, steady.kubectl(*arguments)) is not None


REFUSALS = [
    (("get", "deploy", "nothing"), 'Error from server (NotFound): deployments.apps "nothing" not found'),
    (("get", "pods", "-n", "nowhere", "x"), 'namespaces "nowhere" not found'),
    (("logs", "web-1", "-c", "proxy", "--previous"), 'previous terminated container "proxy" in pod "web-1" not found'),
    (("auth", "can-i", "delete", "pods", "--as=bob"), "no"),
    (("create", "namespace", "orders"), 'namespaces "orders" already exists'),
    (
        ("patch", "deploy", "web", "-p", '{"spec":{"replicas":-1}}'),
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
    ),
    (
        ("patch", "deploy", "web", "--type=json", "-p", '[{"op":"test","path":"/spec/replicas","value":9}]'),
        "is invalid",
    ),
    (
        ("get", "secrets", "--as=bob"),
        'secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" in the namespace "payments"',
    ),
]


@pytest.mark.parametrize(("arguments", "printed"), REFUSALS, ids=[" ".join(one[0]) for one in REFUSALS])
def test_a_refused_command_prints_the_real_reason(steady: Cluster, arguments: tuple[str, ...], printed: str):
    """What kubectl prints on a refusal is the text of a real server."""
    assert printed in steady.kubectl(*arguments, ok=False)


def test_a_deployment_is_scaled_updated_restarted_and_rolled_back(cluster: Cluster):
    """The commands of a rollout each change what they say, and only that."""
    before = cluster.kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.template}")

    cluster.kubectl("scale", "deploy/web", "--replicas=4", "--current-replicas=2")
    cluster.kubectl("set", "image", "deploy/web", "app=registry.example/web:1.1")
    cluster.kubectl("rollout", "restart", "deploy/web")
    web = json.loads(cluster.kubectl("get", "deploy", "web", "-o", "json"))
    assert web["spec"]["replicas"] == 4
    containers = web["spec"]["template"]["spec"]["containers"]
    assert [one["image"] for one in containers] == ["registry.example/web:1.1", "registry.example/proxy:2.1"]
    assert "kubectl.kubernetes.io/restartedAt" in web["spec"]["template"]["metadata"]["annotations"]

    cluster.kubectl("rollout", "undo", "deploy/web", "--to-revision=2")
    assert before == cluster.kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.template}")


def test_a_rollout_status_ends_when_the_status_says_so(cluster: Cluster):
    """`kubectl rollout status` succeeds once all replicas are updated and available."""
    good = {
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "unavailableReplicas": None,
        "observedGeneration": 9,
    }
    cluster.kubectl(
        "patch", "deploy", "web", "--subresource=status", "--type=merge", "-p", json.dumps({"status": good})
    )

    assert "successfully rolled out" in cluster.kubectl("rollout", "status", "deploy/web", "--timeout=3s")


def test_a_manifest_is_applied_on_the_client_and_on_the_server(cluster: Cluster):
    """Client-side apply, dry run, server-side apply, conflict and force follow one another as on a real cluster."""
    api = deployment("api", replicas=2)
    first = json.dumps(api)
    api["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/web:2.0"
    second = json.dumps(api)

    assert "created (server dry run)" in cluster.kubectl("apply", "--dry-run=server", "-f", "-", stdin=first)
    assert "created" in cluster.kubectl("apply", "-f", "-", stdin=first)
    assert "unchanged" in cluster.kubectl("apply", "-f", "-", stdin=first)
    assert "configured" in cluster.kubectl("apply", "-f", "-", stdin=second)
    refused = cluster.kubectl("apply", "--server-side", "-f", "-", stdin=first, ok=False)
    assert (
        'conflict with "kubectl-client-side-apply" using apps/v1: .spec.template.spec.containers[name="app"].image'
        in refused
    )
    assert "serverside-applied" in cluster.kubectl(
        "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=first
    )
    cluster.kubectl("scale", "deploy/api", "--replicas=6")
    refused = cluster.kubectl("apply", "--server-side", "-f", "-", stdin=first, ok=False)
    assert 'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas' in refused


def test_nodes_are_cordoned_drained_and_uncordoned(cluster: Cluster):
    """Drain evicts the pods of the node; cordon and uncordon show in the node's status."""
    cluster.kubectl("drain", "node-1", "--force", "--timeout=5s")
    assert "SchedulingDisabled" in cluster.kubectl("get", "node", "node-1")
    assert "No resources found" in cluster.kubectl("get", "pods")

    cluster.kubectl("uncordon", "node-1")
    assert "SchedulingDisabled" not in cluster.kubectl("get", "node", "node-1")


def test_a_drain_waits_for_the_disruption_budget(cluster: Cluster):
    """A budget without disruptions left keeps the pod where it is."""
    cluster.on_loop(lambda: None)
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}},
    }
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(budget))

    printed = cluster.kubectl("drain", "node-1", "--force", "--timeout=1s", ok=False)

    assert "Cannot evict pod as it would violate the pod's disruption budget." in printed
    assert "web-1" in cluster.kubectl("get", "pods")


def test_objects_are_labelled_annotated_patched_created_and_deleted(cluster: Cluster):
    """The everyday changing commands are stored, and `delete` waits until the object is gone."""
    cluster.kubectl("label", "deploy", "web", "tier=gold")
    cluster.kubectl("annotate", "deploy", "web", "note=hello")
    cluster.kubectl(
        "patch", "deploy", "web", "-p", '{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"x:2"}]}}}}'
    )
    cluster.kubectl("patch", "deploy", "web", "--type=merge", "-p", '{"spec":{"paused":true}}')
    cluster.kubectl(
        "patch", "deploy", "web", "--type=json", "-p", '[{"op":"replace","path":"/spec/replicas","value":7}]'
    )
    for made in (
        ("configmap", "c", "--from-literal=a=b"),
        ("deployment", "d", "--image=nginx"),
        ("namespace", "n"),
        ("job", "j", "--image=x"),
    ):
        assert "created" in cluster.kubectl("create", *made)
    assert "deleted" in cluster.kubectl("delete", "pod", "web-1", "--timeout=5s")
    assert "deleted" in cluster.kubectl("delete", "namespace", "n", "--timeout=5s")

    web = json.loads(cluster.kubectl("get", "deploy", "web", "-o", "json"))
    assert (
        web["metadata"]["labels"]["tier"],
        web["metadata"]["annotations"]["note"],
        web["spec"]["paused"],
        web["spec"]["replicas"],
    ) == ("gold", "hello", True, 7)
    assert "web-1" not in cluster.kubectl("get", "pods")


def test_a_server_dry_run_changes_nothing(cluster: Cluster):
    """--dry-run=server answers with the result and leaves the cluster and its resourceVersion alone."""
    before = cluster.store.resource_version

    cluster.kubectl("scale", "deploy/web", "--replicas=9", "--dry-run=server")
    cluster.kubectl("set", "image", "deploy/web", "app=x:9", "--dry-run=server")
    cluster.kubectl("delete", "pod", "web-1", "--dry-run=server")
    cluster.kubectl("create", "deployment", "x", "--image=nginx", "--dry-run=server")
    cluster.kubectl("drain", "node-1", "--force", "--dry-run=server")

    assert before == cluster.store.resource_version
    assert cluster.server.requests.writes() == []


def test_a_foreground_delete_takes_the_dependents_first(cluster: Cluster):
    """Replica sets go before their deployment, and the deployment does go."""
    cluster.kubectl("delete", "deploy", "web", "--cascade=foreground", "--timeout=5s")

    eventually(lambda: "No resources found" in cluster.kubectl("get", "rs"))


def test_orphaned_dependents_stay(cluster: Cluster):
    """--cascade=orphan leaves the replica sets, without their owner."""
    cluster.kubectl("delete", "deploy", "web", "--cascade=orphan", "--timeout=5s")

    left = json.loads(cluster.kubectl("get", "rs", "-o", "json"))["items"]
    assert [one["metadata"].get("ownerReferences") for one in left] == [None, None]
