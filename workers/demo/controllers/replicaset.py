"""Keeps as many pods as a ReplicaSet asks for."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from workers.demo import pods
from workers.demo.controllers.actions import Create, Delete, Emit, Plan, SetStatus
from workers.demo.identity import Json
from workers.demo.objects import terminating

SOURCE = "replicaset-controller"


def reconcile(replica_set: Json, owned: Sequence[Json], now: datetime, new_name: Callable[[], str]) -> Plan:
    """Creates missing pods, deletes surplus ones, counts. `new_name` gives the last part of a pod's name. Pure."""
    plan = Plan()
    if terminating(replica_set):
        return plan
    active = [pod for pod in owned if pods.is_active(pod)]
    wanted = replica_set["spec"].get("replicas", 1)
    for _ in range(wanted - len(active)):
        name = f"{replica_set['metadata']['name']}-{new_name()}"
        plan.add(
            Create(pods.from_template(replica_set["spec"]["template"], name, replica_set)),
            Emit(replica_set, "SuccessfulCreate", f"Created pod: {name}", source=SOURCE),
        )
    for pod in sorted(active, key=deletion_order)[: max(0, len(active) - wanted)]:
        name = pod["metadata"]["name"]
        plan.add(Delete(pod), Emit(replica_set, "SuccessfulDelete", f"Deleted pod: {name}", source=SOURCE))
    new, wake = status(replica_set, active, now)
    if new != replica_set.get("status"):
        plan.add(SetStatus({**replica_set, "status": new}))
    plan.wake_at(wake)
    return plan


def deletion_order(pod: Mapping[str, Any]) -> tuple[bool, int, bool, int, str]:
    """Sorts the pod that should go first to the front: no node, pending, not ready, more restarts, newer.

    As ActivePodsWithRanks in k8s.io/kubernetes/pkg/controller/controller_utils.go.
    """
    created = pod["metadata"].get("creationTimestamp", "")
    newest_first = "".join(chr(0x10FFFF - ord(letter)) for letter in created)
    phase = {"Pending": 0, "Unknown": 1}.get(pods.phase(pod), 2)
    restarts = sum(item["restartCount"] for item in pod["status"].get("containerStatuses") or ())
    return bool(pods.node_of(pod)), phase, pods.is_ready(pod), -restarts, newest_first


def status(replica_set: Mapping[str, Any], active: Sequence[Json], now: datetime) -> tuple[Json, datetime | None]:
    """The status for these active pods, and when it will change by mere passing of time."""
    wait = replica_set["spec"].get("minReadySeconds", 0)
    since = [at for pod in active if (at := pods.available_from(pod, wait)) is not None]
    available = sum(at <= now for at in since)
    counted: Json = {"replicas": len(active), "observedGeneration": replica_set["metadata"].get("generation", 1)}
    if active:
        counted["fullyLabeledReplicas"] = len(active)
    if since:
        counted["readyReplicas"] = len(since)
    if available:
        counted["availableReplicas"] = available
    return counted, min((at for at in since if at > now), default=None)
