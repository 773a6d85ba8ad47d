"""Pods as objects: made from a template, and read for what the controllers need to know."""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from workers.demo import profiles
from workers.demo.identity import Json, moment, stamp
from workers.demo.inventory import Workload
from workers.demo.objects import find_condition, is_true, reference, terminating

TOLERATIONS = [
    {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for state in ("not-ready", "unreachable")
]


def template(workload: Workload, *, restart: str = "Always") -> Json:
    """The pod template of a workload of the inventory."""
    application = workload.name
    labels = {"app": application, "tier": workload.labels["tier"]}
    spec: Json = {
        "containers": [
            profiles.container(application, item.name, item.image, probes=restart == "Always")
            for item in workload.containers
        ],
        "restartPolicy": restart,
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": application if application == "payment-api" else "default",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    }
    if volumes := profiles.volumes(application):
        spec["volumes"] = volumes
    return {"metadata": {"labels": labels}, "spec": spec}


def from_template(
    template: Mapping[str, Any], name: str, owner: Mapping[str, Any], *, labels: Mapping[str, str] | None = None
) -> Json:
    """The pod that a controller creates for `owner`: pending, on no node, without uid and creation time."""
    metadata = template.get("metadata") or {}
    made: Json = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": {**(metadata.get("labels") or {}), **(labels or {})},
            "ownerReferences": [reference(owner)],
        },
        "spec": copy.deepcopy(template["spec"]),
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    }
    stem = name.rpartition("-")[0]
    if owner["kind"] != "StatefulSet":
        made["metadata"]["generateName"] = f"{stem}-"
    if metadata.get("annotations"):
        made["metadata"]["annotations"] = dict(metadata["annotations"])
    made["spec"].setdefault("tolerations", []).extend(copy.deepcopy(TOLERATIONS))
    return made


def is_active(pod: Mapping[str, Any]) -> bool:
    """Whether the pod counts towards its owner's replicas: not finished, not being deleted."""
    return phase(pod) not in ("Succeeded", "Failed") and not terminating(pod)


def phase(pod: Mapping[str, Any]) -> str:
    return str(pod.get("status", {}).get("phase", "Pending"))


def is_ready(pod: Mapping[str, Any]) -> bool:
    return is_true(pod, "Ready") and not terminating(pod)


def available_from(pod: Mapping[str, Any], min_ready_seconds: int) -> datetime | None:
    """When the pod counts as available; None while it is not ready."""
    if not is_ready(pod):
        return None
    ready = find_condition(pod["status"]["conditions"], "Ready")
    return moment(ready["lastTransitionTime"]) + timedelta(seconds=min_ready_seconds) if ready else None


def node_of(pod: Mapping[str, Any]) -> str:
    return str(pod["spec"].get("nodeName") or "")


def bind(pod: Json, node: str, at: datetime) -> Json:
    """The pod on a node, as the scheduler leaves it."""
    pod["spec"]["nodeName"] = node
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": stamp(at)}
    others = [item for item in pod["status"].get("conditions") or [] if item["type"] != "PodScheduled"]
    pod["status"]["conditions"] = [*others, scheduled]
    return pod
