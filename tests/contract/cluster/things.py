"""Manifests that a real API server accepts, none of which has to run."""

from typing import Any

IMAGE = "registry.k8s.io/pause:3.9"
OTHER_IMAGE = "registry.k8s.io/pause:3.10"
MARKER = "kubechat-contract"  # the label of everything made here


def metadata(name: str, namespace: str | None = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, **more}
    made["labels"] = {"app": name, MARKER: "yes"} | more.get("labels", {})
    if namespace:
        made["namespace"] = namespace
    return made


def pod_spec(image: str = IMAGE) -> dict[str, Any]:
    return {
        "containers": [
            {
                "name": "main",
                "image": image,
                "resources": {
                    "requests": {"cpu": "10m", "memory": "16Mi"},
                    "limits": {"cpu": "10m", "memory": "16Mi"},
                },
            }
        ]
    }


def deployment(name: str, namespace: str, replicas: int = 2, image: str = IMAGE) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name, namespace),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod_spec(image)},
        },
    }


def replica_set(owner: dict[str, Any], revision: int, image: str) -> dict[str, Any]:
    """What the deployment controller would make, for servers that have none."""
    name, namespace = owner["metadata"]["name"], owner["metadata"]["namespace"]
    label = f"contract{revision}"
    labels = {"app": name, "pod-template-hash": label}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{name}-{label}",
            "namespace": namespace,
            "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": str(revision)},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": name,
                    "uid": owner["metadata"]["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec(image)},
        },
    }


def pod(name: str, namespace: str, node: str = "") -> dict[str, Any]:
    spec = pod_spec() | {"terminationGracePeriodSeconds": 0} | ({"nodeName": node} if node else {})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata(name, namespace), "spec": spec}


def config_map(name: str, namespace: str, data: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name, namespace), "data": data}


def cronjob(name: str, namespace: str) -> dict[str, Any]:
    """Never due; its jobs end as soon as they can."""
    template = {"metadata": {"labels": {"app": name}}, "spec": pod_spec() | {"restartPolicy": "Never"}}
    job = {"metadata": {"labels": {"made-by": name}}, "spec": {"backoffLimit": 1, "template": template}}
    spec = {"schedule": "0 0 31 2 *", "jobTemplate": job}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata(name, namespace), "spec": spec}


def budget(name: str, namespace: str, app: str) -> dict[str, Any]:
    """Allows no disruption of the one pod it guards."""
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(name, namespace),
        "spec": spec,
    }


def node(name: str) -> dict[str, Any]:
    """A node without a machine; the taint keeps a real scheduler from counting on it."""
    taint = {"key": MARKER, "effect": "NoSchedule"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata(name), "spec": {"taints": [taint]}}


def roles(namespace: str, name: str, people: tuple[str, ...], node_name: str) -> list[tuple[str, dict[str, Any]]]:
    """Paths and bodies of what these people may do: all that the verbs need, in this namespace and on this node."""
    rbac, version = "/apis/rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io/v1"
    read = ["get", "list", "watch"]
    workloads = ["deployments", "statefulsets", "daemonsets", "deployments/scale", "statefulsets/scale"]
    subjects = [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": person} for person in people]

    def role(kind: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
        place = namespace if kind == "Role" else None
        return {"apiVersion": version, "kind": kind, "metadata": metadata(name, place), "rules": rules}

    def binding(kind: str, role_kind: str) -> dict[str, Any]:
        place = namespace if kind == "RoleBinding" else None
        return {
            "apiVersion": version,
            "kind": kind,
            "metadata": metadata(name, place),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": name},
            "subjects": subjects,
        }

    def rule(group: str, resources: list[str], verbs: list[str], *names: str) -> dict[str, Any]:
        made: dict[str, Any] = {"apiGroups": [group], "resources": resources, "verbs": verbs}
        return made | ({"resourceNames": list(names)} if names else {})

    core = ["pods", "pods/log", "services", "endpoints", "events", "configmaps", "resourcequotas", "serviceaccounts"]
    here = [
        rule("", core, read),
        rule("apps", [*workloads, "replicasets", "controllerrevisions"], read),
        rule("autoscaling", ["horizontalpodautoscalers"], read),
        rule("policy", ["poddisruptionbudgets"], read),
        rule("metrics.k8s.io", ["pods"], read),
        rule("apps", workloads, ["patch", "update"]),
        rule("", ["pods"], ["delete"]),
        rule("", ["configmaps"], ["create", "patch", "update", "delete"]),
        rule("", ["pods/eviction"], ["create"]),
        rule("", ["pods/exec"], ["create", "get"]),
        rule("apps", ["deployments"], ["create", "delete"]),
        rule("batch", ["jobs", "cronjobs"], [*read, "create", "delete", "patch"]),
        rule("", ["pods"], ["create", "patch"]),
        rule("autoscaling", ["horizontalpodautoscalers"], ["create", "delete", "patch"]),
        rule("networking.k8s.io", ["networkpolicies"], read),
        rule("networking.k8s.io", ["ingresses"], read),
    ]
    everywhere = [
        rule("", ["nodes", "pods"], read),
        rule("", ["nodes"], ["patch", "update"], node_name),
        rule("", ["namespaces"], ["get"], "kube-system"),
    ]
    return [
        (f"{rbac}/namespaces/{namespace}/roles", role("Role", here)),
        (f"{rbac}/namespaces/{namespace}/rolebindings", binding("RoleBinding", "Role")),
        (f"{rbac}/clusterroles", role("ClusterRole", everywhere)),
        (f"{rbac}/clusterrolebindings", binding("ClusterRoleBinding", "ClusterRole")),
    ]
