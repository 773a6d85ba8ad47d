"""What the server fills in when a manifest does not say: data, applied in order.

Values: pkg/apis/{core,apps,batch,autoscaling,...}/v1/defaults.go of Kubernetes v1.36. A path walks fields; `[]` visits
every item of a list; a row whose parent is absent does nothing, so a row for the parent itself comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from workers.demo.apiserver.resources import Object

Allocate = Callable[[str], str | int]
Row = tuple[str, Any]  # path, value; a function gets the parent object


def _pull_policy(container: Object) -> str:
    image = str(container.get("image", ""))
    if "@" in image:
        return "IfNotPresent"
    tag = image.rpartition("/")[2].partition(":")[2]
    return "Always" if tag in {"", "latest"} else "IfNotPresent"


def _strategy(spec: Object) -> Object | None:
    if spec.get("type") != "RollingUpdate":
        return None
    return {"maxUnavailable": "25%", "maxSurge": "25%"}


def _subject_group(subject: Object) -> str | None:
    return None if subject.get("kind") == "ServiceAccount" else "rbac.authorization.k8s.io"


def _requests(resources: Object) -> Object | None:
    """Limits without requests are requests too."""
    return dict(resources["limits"]) if resources.get("limits") else None


def _probe(path: str) -> list[Row]:
    return [
        (f"{path}.timeoutSeconds", 1),
        (f"{path}.periodSeconds", 10),
        (f"{path}.successThreshold", 1),
        (f"{path}.failureThreshold", 3),
        (f"{path}.httpGet.scheme", "HTTP"),
        (f"{path}.httpGet.path", "/"),
    ]


def _container(path: str) -> list[Row]:
    return [
        (f"{path}.ports[].protocol", "TCP"),
        (f"{path}.resources", {}),
        (f"{path}.resources.requests", _requests),
        (f"{path}.env[].valueFrom.fieldRef.apiVersion", "v1"),
        (f"{path}.terminationMessagePath", "/dev/termination-log"),
        (f"{path}.terminationMessagePolicy", "File"),
        (f"{path}.imagePullPolicy", _pull_policy),
        *_probe(f"{path}.livenessProbe"),
        *_probe(f"{path}.readinessProbe"),
        *_probe(f"{path}.startupProbe"),
    ]


def _pod_spec(path: str, *, restart: str | None = "Always") -> list[Row]:
    rows: list[Row] = [
        *_container(f"{path}.containers[]"),
        *_container(f"{path}.initContainers[]"),
        (f"{path}.volumes[].configMap.defaultMode", 420),
        (f"{path}.volumes[].secret.defaultMode", 420),
        (f"{path}.volumes[].projected.defaultMode", 420),
        (f"{path}.volumes[].downwardAPI.defaultMode", 420),
        (f"{path}.terminationGracePeriodSeconds", 30),
        (f"{path}.dnsPolicy", "ClusterFirst"),
        (f"{path}.securityContext", {}),
        (f"{path}.schedulerName", "default-scheduler"),
    ]
    return [(f"{path}.restartPolicy", restart), *rows] if restart else rows


_JOB: list[Row] = [
    ("parallelism", 1),
    ("completions", 1),
    ("backoffLimit", 6),
    ("completionMode", "NonIndexed"),
    ("suspend", False),
    ("podReplacementPolicy", "TerminatingOrFailed"),
]

_SOURCE: dict[str, list[Row]] = {
    "Pod": [
        *_pod_spec("spec"),
        ("spec.enableServiceLinks", True),
        ("spec.serviceAccountName", "default"),
        ("spec.serviceAccount", lambda spec: spec["serviceAccountName"]),
        ("spec.priority", 0),
        ("spec.preemptionPolicy", "PreemptLowerPriority"),
        ("spec.tolerations", lambda _: [_evicted_after("not-ready"), _evicted_after("unreachable")]),
        ("status", {}),
        ("status.phase", "Pending"),
    ],
    "Deployment": [
        ("spec.replicas", 1),
        ("spec.strategy", {}),
        ("spec.strategy.type", "RollingUpdate"),
        ("spec.strategy.rollingUpdate", _strategy),
        ("spec.strategy.rollingUpdate.maxUnavailable", "25%"),
        ("spec.strategy.rollingUpdate.maxSurge", "25%"),
        ("spec.revisionHistoryLimit", 10),
        ("spec.progressDeadlineSeconds", 600),
        *_pod_spec("spec.template.spec"),
    ],
    "ReplicaSet": [("spec.replicas", 1), *_pod_spec("spec.template.spec")],
    "ReplicationController": [("spec.replicas", 1), *_pod_spec("spec.template.spec")],
    "StatefulSet": [
        ("spec.replicas", 1),
        ("spec.podManagementPolicy", "OrderedReady"),
        ("spec.updateStrategy", {}),
        ("spec.updateStrategy.type", "RollingUpdate"),
        (
            "spec.updateStrategy.rollingUpdate",
            lambda spec: {"partition": 0} if spec["type"] == "RollingUpdate" else None,
        ),
        ("spec.persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"}),
        ("spec.revisionHistoryLimit", 10),
        *_pod_spec("spec.template.spec"),
    ],
    "DaemonSet": [
        ("spec.updateStrategy", {}),
        ("spec.updateStrategy.type", "RollingUpdate"),
        (
            "spec.updateStrategy.rollingUpdate",
            lambda spec: {"maxUnavailable": 1, "maxSurge": 0} if spec["type"] == "RollingUpdate" else None,
        ),
        ("spec.revisionHistoryLimit", 10),
        *_pod_spec("spec.template.spec"),
    ],
    "Job": [*((f"spec.{path}", value) for path, value in _JOB), *_pod_spec("spec.template.spec", restart=None)],
    "CronJob": [
        ("spec.concurrencyPolicy", "Allow"),
        ("spec.suspend", False),
        ("spec.successfulJobsHistoryLimit", 3),
        ("spec.failedJobsHistoryLimit", 1),
        *_pod_spec("spec.jobTemplate.spec.template.spec", restart=None),
    ],
    "Service": [
        ("spec.type", "ClusterIP"),
        ("spec.sessionAffinity", "None"),
        ("spec.internalTrafficPolicy", "Cluster"),
        ("spec.ipFamilies", ["IPv4"]),
        ("spec.ipFamilyPolicy", "SingleStack"),
        ("spec.ports[].protocol", "TCP"),
        ("spec.ports[].targetPort", lambda port: port.get("port")),
        ("status", {"loadBalancer": {}}),
    ],
    "Namespace": [("spec", {}), ("spec.finalizers", ["kubernetes"]), ("status", {"phase": "Active"})],
    "Node": [("spec", {}), ("status", {})],
    "Secret": [("type", "Opaque")],
    "PersistentVolumeClaim": [("spec.volumeMode", "Filesystem"), ("status", {"phase": "Pending"})],
    "PersistentVolume": [
        ("spec.volumeMode", "Filesystem"),
        ("spec.persistentVolumeReclaimPolicy", "Retain"),
        ("status", {"phase": "Available"}),
    ],
    "StorageClass": [("reclaimPolicy", "Delete"), ("volumeBindingMode", "Immediate")],
    "HorizontalPodAutoscaler": [("spec.minReplicas", 1)],
    "Ingress": [("status", {"loadBalancer": {}})],
    "RoleBinding": [("subjects[].apiGroup", _subject_group)],
    "ClusterRoleBinding": [("subjects[].apiGroup", _subject_group)],
}

DEFAULTS: dict[str, list[tuple[tuple[str, ...], Any]]] = {
    kind: [(tuple(path.replace("[]", ".[]").split(".")), value) for path, value in rows]
    for kind, rows in _SOURCE.items()
}


def set_defaults(kind: str, obj: Object, allocate: Allocate) -> None:
    """Fill in what is absent, in place."""
    for path, value in DEFAULTS.get(kind, ()):
        name = path[-1]
        for parent in _parents(obj, path[:-1]):
            if parent.get(name) is None:
                chosen = value(parent) if callable(value) else value
                if chosen is not None:
                    parent[name] = _fresh(chosen)
    computed = _COMPUTED.get(kind)
    if computed is not None:
        computed(obj, allocate)


def _parents(node: Any, path: tuple[str, ...]) -> Iterator[Object]:
    if not path:
        if isinstance(node, dict):
            yield node
    elif path[0] == "[]":
        for item in node if isinstance(node, list) else ():
            yield from _parents(item, path[1:])
    elif isinstance(node, dict) and path[0] in node:
        yield from _parents(node[path[0]], path[1:])


def _fresh(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | list) else value


def _evicted_after(condition: str) -> Object:
    key = f"node.kubernetes.io/{condition}"
    return {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}


def _pod(obj: Object, _: Allocate) -> None:
    obj["status"].setdefault("qosClass", qos_class(obj.get("spec", {})))


def qos_class(spec: Object) -> str:
    """Guaranteed, Burstable or BestEffort from the containers' requests and limits."""
    containers = [*spec.get("containers", ()), *spec.get("initContainers", ())]
    sizes = [one.get("resources") or {} for one in containers]
    if not any(size.get("requests") or size.get("limits") for size in sizes):
        return "BestEffort"
    exact = all(
        size.get("limits") and {"cpu", "memory"} <= set(size["limits"]) and size.get("requests") == size["limits"]
        for size in sizes
    )
    return "Guaranteed" if exact else "Burstable"


def _service(obj: Object, allocate: Allocate) -> None:
    spec = obj.get("spec", {})
    if spec.get("type") == "ExternalName":
        return
    address = spec.setdefault("clusterIP", allocate("clusterIP"))
    spec.setdefault("clusterIPs", [address])
    if spec.get("type") in {"NodePort", "LoadBalancer"}:
        for port in spec.get("ports", ()):
            if not port.get("nodePort"):
                port["nodePort"] = allocate("nodePort")


def _namespace(obj: Object, _: Allocate) -> None:
    labels = obj["metadata"].setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = obj["metadata"]["name"]


def _job(obj: Object, _: Allocate) -> None:
    spec, uid = obj.get("spec", {}), obj["metadata"]["uid"]
    if spec.get("selector") is not None or not isinstance(spec.get("template"), dict):
        return
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    labels["batch.kubernetes.io/controller-uid"] = uid
    labels["batch.kubernetes.io/job-name"] = obj["metadata"]["name"]


_COMPUTED: dict[str, Callable[[Object, Allocate], None]] = {
    "Pod": _pod,
    "Service": _service,
    "Namespace": _namespace,
    "Job": _job,
}
