"""What the suite needs to find in a cluster: made before the first case, removed after the last."""

import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from raw import Raw, Refused
from things import IMAGE, OTHER_IMAGE, config_map, deployment, metadata, node, replica_set, roles

from workers.demo.process import FleetProcess

CAPABILITIES = {
    "controllers": "deployments get ReplicaSets (a controller-manager)",
    "kubelet": "pods run and have logs (a kubelet)",
    "metrics": "metrics.k8s.io is served (a metrics-server)",
    "nodes": "Node objects may be created",
    "audit": "answers carry Audit-Id (auditing is on)",
    "rbac": "the authorizer refuses what no rule allows",
}


@dataclass
class World:
    """One cluster, ready for the cases."""

    cluster: str
    raw: Raw
    demo: bool
    namespace: str
    node: str
    found: set[str] = field(default_factory=set)

    def needs(self, capability: str) -> None:
        """Skips the case where the cluster cannot have it; the demo fleet has everything."""
        if capability not in self.found:
            assert not self.demo, f"the demo fleet lacks: {CAPABILITIES[capability]}"
            pytest.skip(f"this cluster lacks: {CAPABILITIES[capability]}")

    def apps(self, kind: str, name: str = "") -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/{kind}" + (f"/{name}" if name else "")

    def core(self, kind: str, name: str = "") -> str:
        return f"/api/v1/namespaces/{self.namespace}/{kind}" + (f"/{name}" if name else "")

    def deployment(self, name: str, replicas: int = 2) -> dict[str, Any]:
        """A new deployment with two revisions, the newer of which runs `OTHER_IMAGE`."""
        made = self.raw.call("POST", self.apps("deployments"), deployment(name, self.namespace, replicas))
        if "controllers" not in self.found:
            for revision, image in ((1, IMAGE), (2, OTHER_IMAGE)):
                self.raw.call("POST", self.apps("replicasets"), replica_set(made, revision, image))
        else:
            wait_for(lambda: self._revisions(name) >= 1)
        change = {
            "metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}},
            "spec": {"template": {"spec": {"containers": [{"name": "main", "image": OTHER_IMAGE}]}}},
        }
        if "controllers" in self.found:
            change.pop("metadata")
        path = self.apps("deployments", name)
        self.raw.call("PATCH", path, change, "application/strategic-merge-patch+json")
        if "controllers" in self.found:
            wait_for(lambda: self._revisions(name) >= 2)
        return self.quiet(path)

    def quiet(self, path: str) -> dict[str, Any]:
        """The object once nobody has changed it for a moment, so that its resourceVersion holds."""
        seen: dict[str, Any] = {}

        def settled() -> bool:
            nonlocal seen
            before, seen = seen, self.raw.call("GET", path)
            return bool(before) and before["metadata"]["resourceVersion"] == seen["metadata"]["resourceVersion"]

        wait_for(settled, every=0.4)
        return seen

    def version(self, path: str) -> str:
        return str(self.raw.call("GET", path)["metadata"]["resourceVersion"])

    def _revisions(self, name: str) -> int:
        items = self.raw.call("GET", self.apps("replicasets") + f"?labelSelector=app%3D{name}")["items"]
        return len(items)


def ours(fleet: FleetProcess, world: World, method: str) -> list[dict[str, Any]]:
    """The requests of that method that came from the port."""
    return [
        one
        for one in fleet.requests(world.cluster)
        if one["method"] == method and one["user_agent"].startswith("kubechat/")
    ]


def wait_for(done: Callable[[], bool], seconds: float = 20.0, every: float = 0.05) -> None:
    """Polls a real server, which has no event for us, with a bound."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited too long"
        time.sleep(every)


def build(cluster: str, raw: Raw, *, demo: bool, people: tuple[str, ...]) -> World:
    tag = secrets.token_hex(4)
    world = World(cluster, raw, demo, f"kubechat-contract-{tag}", f"kubechat-contract-{tag}")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(world.namespace)}
    raw.call("POST", "/api/v1/namespaces", namespace)
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    _tolerant(raw, 409, "POST", world.core("serviceaccounts"), account)  # nobody makes it without controllers
    for path, body in roles(world.namespace, world.namespace, people, world.node):
        raw.call("POST", path, body)
    _find_capabilities(world)
    # The server's authorizer follows new roles within moments, not at once.
    for person in people:
        wait_for(lambda person=person: _review(raw, person, world.namespace, "", "configmaps", "", "patch"))  # type: ignore[misc]
    raw.call("POST", world.core("configmaps"), config_map("words", world.namespace, {"greeting": "grüße 東京 🚀"}))
    return world


def _find_capabilities(world: World) -> None:
    raw = world.raw
    _, headers, _ = raw.exchange("GET", "/version")
    if headers.get("Audit-Id"):
        world.found.add("audit")
    with contextlib.suppress(Refused):
        raw.call("POST", "/api/v1/nodes", node(world.node))
        world.found.add("nodes")
    if raw.exchange("GET", "/apis/metrics.k8s.io/v1beta1")[0] == 200:
        world.found.add("metrics")
    if not _may(raw, "carol", world.namespace):
        world.found.add("rbac")
    raw.call("POST", world.apps("deployments"), deployment("probe", world.namespace, replicas=1))
    with contextlib.suppress(AssertionError):
        wait_for(lambda: world._revisions("probe") > 0, seconds=5.0)
        world.found.add("controllers")
        wait_for(lambda: _running(world), seconds=15.0)
        world.found.add("kubelet")


def _running(world: World) -> bool:
    pods = world.raw.call("GET", world.core("pods") + "?labelSelector=app%3Dprobe")["items"]
    return any(one.get("status", {}).get("phase") == "Running" for one in pods)


def _may(raw: Raw, person: str, namespace: str) -> bool:
    """Whether a person may do anything that only the prelude's roles are to allow."""
    wanted = [
        *(("apps", "deployments", "", verb) for verb in ("patch", "update")),
        ("apps", "deployments", "scale", "patch"),
        ("", "pods", "", "delete"),
        ("", "configmaps", "", "patch"),
        ("", "secrets", "", "list"),
        ("", "nodes", "", "patch"),
    ]
    return any(_review(raw, person, namespace, *right) for right in wanted)


def _review(raw: Raw, person: str, namespace: str, group: str, resource: str, subresource: str, verb: str) -> bool:
    attributes = {"verb": verb, "group": group, "resource": resource, "subresource": subresource}
    if resource != "nodes":
        attributes["namespace"] = namespace
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": person, "groups": ["developers", "system:authenticated"], "resourceAttributes": attributes},
    }
    return bool(raw.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"])


def remove(world: World) -> None:
    """Everything made here, also where no controller would follow a deleted namespace."""
    raw, rbac = world.raw, "/apis/rbac.authorization.k8s.io/v1"
    for path in (
        world.apps("deployments"),
        world.apps("replicasets"),
        world.core("pods"),
        world.core("configmaps"),
        f"/apis/batch/v1/namespaces/{world.namespace}/cronjobs",
        f"/apis/batch/v1/namespaces/{world.namespace}/jobs",
        f"/apis/policy/v1/namespaces/{world.namespace}/poddisruptionbudgets",
        f"{rbac}/namespaces/{world.namespace}/rolebindings",
        f"{rbac}/namespaces/{world.namespace}/roles",
    ):
        _tolerant(raw, 404, "DELETE", path, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
    for path in (
        f"{rbac}/clusterrolebindings/{world.namespace}",
        f"{rbac}/clusterroles/{world.namespace}",
        f"/api/v1/nodes/{world.node}",
        f"/api/v1/namespaces/{world.namespace}",
    ):
        _tolerant(raw, 404, "DELETE", path)
    place = f"/api/v1/namespaces/{world.namespace}"
    if "controllers" not in world.found and (left := raw.find(place)):
        left["spec"]["finalizers"] = []
        _tolerant(raw, 404, "PUT", f"{place}/finalize", left)
    raw.close()


def _tolerant(raw: Raw, status: int, method: str, path: str, body: Any = None) -> None:
    try:
        raw.call(method, path, body)
    except Refused as refused:
        if refused.status not in (status, 405):
            raise
