"""The columns of each kind's table: data. Priority 1 is shown by `-o wide` only.

Source: AddHandlers in pkg/printers/internalversion/printers.go, v1.36.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workers.demo.apiserver import cells
from workers.demo.apiserver.cells import containers, number, of
from workers.demo.apiserver.resources import Object

Cell = Callable[[Object, datetime], Any]


@dataclass(frozen=True)
class Column:
    name: str
    cell: Cell
    type: str = "string"
    priority: int = 0


def _wide(name: str, cell: Cell) -> Column:
    return Column(name, cell, priority=1)


def _count(name: str, cell: Cell) -> Column:
    return Column(name, cell, "integer")


NAME = Column("Name", of("metadata.name"))
AGE = Column("Age", cells.age)
PLAIN: tuple[Column, ...] = (NAME, Column("Created At", of("metadata.creationTimestamp")))
TEMPLATE = "spec.template.spec.containers"
TEMPLATE_COLUMNS = (_wide("Containers", containers(TEMPLATE, "name")), _wide("Images", containers(TEMPLATE, "image")))
SELECTOR = _wide("Selector", cells.selector)
JOB_TEMPLATE = "spec.jobTemplate.spec.template.spec.containers"
CRON_COLUMNS = (
    _wide("Containers", containers(JOB_TEMPLATE, "name")),
    _wide("Images", containers(JOB_TEMPLATE, "image")),
    _wide("Selector", cells.job_selector),
)


def _ready(have: str, want: str) -> Cell:
    def cell(obj: Object, _: datetime) -> str:
        return f"{cells.dig(obj, have, 0)}/{cells.dig(obj, want, 0)}"

    return cell


COLUMNS: dict[str, tuple[Column, ...]] = {
    "Pod": (
        NAME,
        Column("Ready", cells.pod_ready),
        Column("Status", cells.pod_status),
        Column("Restarts", cells.pod_restarts),
        AGE,
        _wide("IP", of("status.podIP")),
        _wide("Node", of("spec.nodeName")),
        _wide("Nominated Node", of("status.nominatedNodeName")),
        _wide("Readiness Gates", of("status.readinessGates")),
    ),
    "Deployment": (
        NAME,
        Column("Ready", _ready("status.readyReplicas", "spec.replicas")),
        _count("Up-to-date", number("status.updatedReplicas")),
        _count("Available", number("status.availableReplicas")),
        AGE,
        *TEMPLATE_COLUMNS,
        SELECTOR,
    ),
    "ReplicaSet": (
        NAME,
        _count("Desired", number("spec.replicas")),
        _count("Current", number("status.replicas")),
        _count("Ready", number("status.readyReplicas")),
        AGE,
        *TEMPLATE_COLUMNS,
        SELECTOR,
    ),
    "ReplicationController": (
        NAME,
        _count("Desired", number("spec.replicas")),
        _count("Current", number("status.replicas")),
        _count("Ready", number("status.readyReplicas")),
        AGE,
        *TEMPLATE_COLUMNS,
        SELECTOR,
    ),
    "StatefulSet": (NAME, Column("Ready", _ready("status.readyReplicas", "spec.replicas")), AGE, *TEMPLATE_COLUMNS),
    "DaemonSet": (
        NAME,
        _count("Desired", number("status.desiredNumberScheduled")),
        _count("Current", number("status.currentNumberScheduled")),
        _count("Ready", number("status.numberReady")),
        _count("Up-to-date", number("status.updatedNumberScheduled")),
        _count("Available", number("status.numberAvailable")),
        Column("Node Selector", lambda obj, _: cells.labels(cells.dig(obj, "spec.template.spec.nodeSelector"))),
        AGE,
        *TEMPLATE_COLUMNS,
        SELECTOR,
    ),
    "Job": (
        NAME,
        Column("Status", cells.job_status),
        Column("Completions", cells.job_completions),
        Column("Duration", cells.job_duration),
        AGE,
        *TEMPLATE_COLUMNS,
        SELECTOR,
    ),
    "CronJob": (
        NAME,
        Column("Schedule", of("spec.schedule")),
        Column("Timezone", of("spec.timeZone")),
        Column("Suspend", cells.yes_no("spec.suspend")),
        _count("Active", cells.count("status.active")),
        Column("Last Schedule", cells.last_schedule),
        AGE,
        *CRON_COLUMNS,
    ),
    "Node": (
        NAME,
        Column("Status", cells.node_status),
        Column("Roles", cells.node_roles),
        AGE,
        Column("Version", of("status.nodeInfo.kubeletVersion", "")),
        _wide("Internal-IP", cells.node_address("InternalIP")),
        _wide("External-IP", cells.node_address("ExternalIP")),
        _wide("OS-Image", of("status.nodeInfo.osImage", cells.UNKNOWN)),
        _wide("Kernel-Version", of("status.nodeInfo.kernelVersion", cells.UNKNOWN)),
        _wide("Container-Runtime", of("status.nodeInfo.containerRuntimeVersion", cells.UNKNOWN)),
    ),
    "Namespace": (NAME, Column("Status", of("status.phase")), AGE),
    "Service": (
        NAME,
        Column("Type", of("spec.type")),
        Column("Cluster-IP", of("spec.clusterIP")),
        Column("External-IP", cells.service_external),
        Column("Port(s)", cells.service_ports),
        AGE,
        SELECTOR,
    ),
    "Endpoints": (NAME, Column("Endpoints", cells.endpoint_addresses), AGE),
    "Event": (
        Column("Last Seen", cells.event_last_seen),
        Column("Type", of("type", "")),
        Column("Reason", of("reason", "")),
        Column("Object", cells.event_object),
        _wide("Subobject", of("involvedObject.fieldPath", "")),
        _wide("Source", cells.event_source),
        Column("Message", lambda obj, _: str(obj.get("message") or obj.get("note") or "").strip()),
        _wide("First Seen", lambda obj, now: cells.since(obj.get("firstTimestamp") or obj.get("eventTime"), now)),
        _wide("Count", of("count", 1)),
        _wide("Name", of("metadata.name")),
    ),
    "ConfigMap": (NAME, _count("Data", lambda o, _: len(o.get("data") or ()) + len(o.get("binaryData") or ())), AGE),
    "Secret": (NAME, Column("Type", of("type")), _count("Data", cells.count("data")), AGE),
    "ServiceAccount": (NAME, _count("Secrets", cells.count("secrets")), AGE),
    "PersistentVolumeClaim": (
        NAME,
        Column("Status", of("status.phase", "")),
        Column("Volume", of("spec.volumeName", "")),
        Column("Capacity", of("status.capacity.storage", "")),
        Column("Access Modes", lambda obj, _: ",".join(_modes(cells.dig(obj, "spec.accessModes", [])))),
        Column("StorageClass", of("spec.storageClassName", "")),
        Column("VolumeAttributesClass", of("spec.volumeAttributesClassName", "<unset>")),
        AGE,
        _wide("VolumeMode", of("spec.volumeMode", "<unset>")),
    ),
    "PersistentVolume": (
        NAME,
        Column("Capacity", of("spec.capacity.storage", "")),
        Column("Access Modes", lambda obj, _: ",".join(_modes(cells.dig(obj, "spec.accessModes", [])))),
        Column("Reclaim Policy", of("spec.persistentVolumeReclaimPolicy", "")),
        Column("Status", of("status.phase", "")),
        Column("Claim", lambda obj, _: _claim(obj)),
        Column("StorageClass", of("spec.storageClassName", "")),
        Column("VolumeAttributesClass", of("spec.volumeAttributesClassName", "<unset>")),
        Column("Reason", of("status.reason", "")),
        AGE,
        _wide("VolumeMode", of("spec.volumeMode", "<unset>")),
    ),
    "HorizontalPodAutoscaler": (
        NAME,
        Column("Reference", cells.scaler_reference),
        Column("Targets", cells.scaler_targets),
        Column("MinPods", of("spec.minReplicas", "<unset>")),
        _count("MaxPods", number("spec.maxReplicas")),
        _count("Replicas", number("status.currentReplicas")),
        AGE,
    ),
    "PodDisruptionBudget": (
        NAME,
        Column("Min Available", of("spec.minAvailable", "N/A")),
        Column("Max Unavailable", of("spec.maxUnavailable", "N/A")),
        _count("Allowed Disruptions", number("status.disruptionsAllowed")),
        AGE,
    ),
    "Ingress": (
        NAME,
        Column("Class", of("spec.ingressClassName")),
        Column("Hosts", cells.ingress_hosts),
        Column("Address", lambda obj, _: ",".join(_addresses(obj))),
        Column("Ports", cells.ingress_ports),
        AGE,
    ),
    "IngressClass": (
        NAME,
        Column("Controller", of("spec.controller")),
        Column("Parameters", of("spec.parameters.name")),
        AGE,
    ),
    "NetworkPolicy": (
        NAME,
        Column("Pod-Selector", lambda obj, _: cells.labels(cells.dig(obj, "spec.podSelector.matchLabels"))),
        AGE,
    ),
    "StorageClass": (
        NAME,
        Column("Provisioner", of("provisioner")),
        Column("ReclaimPolicy", of("reclaimPolicy")),
        Column("VolumeBindingMode", of("volumeBindingMode")),
        Column("AllowVolumeExpansion", lambda obj, _: bool(obj.get("allowVolumeExpansion"))),
        AGE,
    ),
    "ControllerRevision": (
        NAME,
        Column("Controller", lambda obj, _: _controller(obj)),
        _count("Revision", number("revision")),
        AGE,
    ),
    "RoleBinding": (
        NAME,
        Column("Role", cells.role_reference),
        AGE,
        _wide("Users", cells.subjects("User")),
        _wide("Groups", cells.subjects("Group")),
        _wide("ServiceAccounts", cells.subjects("ServiceAccount")),
    ),
    "ClusterRoleBinding": (
        NAME,
        Column("Role", cells.role_reference),
        AGE,
        _wide("Users", cells.subjects("User")),
        _wide("Groups", cells.subjects("Group")),
        _wide("ServiceAccounts", cells.subjects("ServiceAccount")),
    ),
    "Lease": (NAME, Column("Holder", of("spec.holderIdentity", "")), AGE),
}


def _modes(modes: list[str]) -> list[str]:
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    return [short.get(mode, mode) for mode in modes]


def _claim(volume: Object) -> str:
    claim = cells.dig(volume, "spec.claimRef", {})
    return f"{claim['namespace']}/{claim['name']}" if claim.get("name") else ""


def _addresses(ingress: Object) -> list[str]:
    found = cells.dig(ingress, "status.loadBalancer.ingress", [])
    return [str(one.get("ip") or one.get("hostname", "")) for one in found]


def _controller(obj: Object) -> str:
    for one in obj["metadata"].get("ownerReferences") or ():
        if one.get("controller"):
            return f"{one['kind'].lower()}.{one['apiVersion'].partition('/')[0]}/{one['name']}"
    return cells.NONE
