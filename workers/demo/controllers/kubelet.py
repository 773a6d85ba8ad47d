"""The life of a pod on its node: creating, running, ready, crashing, backing off, completed.

The whole state is in the pod's status, so `advance` can be asked about any moment: the controllers ask about
now, and the world is made by asking what became of a pod that was created days ago.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workers.demo import images
from workers.demo.controllers.actions import Emit, Plan, SetStatus
from workers.demo.controllers.containers import Change, next_change, waiting
from workers.demo.identity import Json, between, moment, stamp
from workers.demo.objects import condition, find_condition, terminating
from workers.demo.pods import node_of, phase
from workers.demo.timing import Timing

CREATING = "ContainerCreating"


def reconcile(pod: Mapping[str, Any], host_ip: str, now: datetime, timing: Timing) -> Plan:
    """Brings a pod that is on a node up to the present."""
    plan = Plan()
    if terminating(pod) or not node_of(pod) or phase(pod) in ("Succeeded", "Failed"):
        return plan
    life = advance(pod, host_ip, now, timing)
    if life.pod is not pod:
        plan.add(SetStatus(dict(life.pod), "kubelet"))
    plan.add(*life.events)
    plan.wake_at(life.wake)
    return plan


@dataclass(frozen=True)
class Life:
    """What became of a pod: itself (the same object if nothing changed), what was said, when it changes next."""

    pod: Mapping[str, Any]
    events: tuple[Emit, ...]
    wake: datetime | None


def advance(pod: Mapping[str, Any], host_ip: str, now: datetime, timing: Timing) -> Life:
    """Takes every step that is due at `now`, each at the time when it was due. Pure."""
    events: list[Emit] = []
    current = pod
    if not pod["status"].get("containerStatuses"):
        current = _admit(pod, host_ip)
    while True:
        change = _next(current, timing)
        if change is None or change.at > now:
            return Life(current, tuple(events), change.at if change else None)
        if current is pod:
            current = {**pod, "status": copy.deepcopy(pod["status"])}
        _apply(current, change)
        source = f"kubelet, {node_of(pod)}"
        events += [Emit(pod, said[0], said[1], said[2], source, change.at) for said in change.events]


def _admit(pod: Mapping[str, Any], host_ip: str) -> Json:
    """The pod as its kubelet first reports it: every container waiting."""
    scheduled = find_condition(pod["status"].get("conditions") or [], "PodScheduled")
    at = moment((scheduled or {}).get("lastTransitionTime") or pod["metadata"]["creationTimestamp"])
    status = copy.deepcopy(pod["status"])
    statuses = [
        {
            "name": item["name"],
            "image": item["image"],
            "imageID": "",
            "ready": False,
            "started": False,
            "restartCount": 0,
            "state": waiting(CREATING),
            "lastState": {},
        }
        for item in pod["spec"]["containers"]
    ]
    conditions = condition(status.get("conditions") or [], "PodReadyToStartContainers", "True", at)
    conditions = condition(conditions, "Initialized", "True", at)
    uid = pod["metadata"]["uid"]
    address = f"10.{between(200, 239, uid)}.{between(0, 255, uid, 1)}.{between(2, 254, uid, 2)}"
    status |= {
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": stamp(at),
        "conditions": conditions,
        "containerStatuses": statuses,
    }
    made = {**pod, "status": status}
    _conclude(made, at)
    return made


def _next(pod: Mapping[str, Any], timing: Timing) -> Change | None:
    changes = [
        change
        for index in range(len(pod["spec"]["containers"]))
        if (change := next_change(pod, index, timing)) is not None
    ]
    return min(changes, key=lambda change: change.at, default=None)


def _apply(pod: Mapping[str, Any], change: Change) -> None:
    pod["status"]["containerStatuses"][change.index] = change.status
    _conclude(pod, change.at)


def _conclude(pod: Mapping[str, Any], at: datetime) -> None:
    """Sets phase and conditions from the containers."""
    status = pod["status"]
    statuses = status["containerStatuses"]
    unready = [item["name"] for item in statuses if not item["ready"]]
    ended = [item["state"].get("terminated") for item in statuses]
    again = pod["spec"].get("restartPolicy", "Always")
    if all(ended) and again != "Always" and (again == "Never" or not any(end["exitCode"] for end in ended)):
        status["phase"] = "Failed" if any(end["exitCode"] for end in ended) else "Succeeded"
    elif all("waiting" in item["state"] and not item["lastState"] for item in statuses):
        status["phase"] = "Pending"
    else:
        status["phase"] = "Running"
    reason = message = ""
    if status["phase"] == "Succeeded":
        reason = "PodCompleted"
    elif unready:
        reason, message = "ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]"
    for kind in ("Ready", "ContainersReady"):
        value = "False" if unready else "True"
        status["conditions"] = condition(status["conditions"], kind, value, at, reason, message)


def stopping(pod: Mapping[str, Any]) -> list[Emit]:
    """What a kubelet says when it learns that the pod is to be deleted."""
    return [
        Emit(pod, "Killing", f"Stopping container {item['name']}", source=f"kubelet, {node_of(pod)}")
        for item in pod["status"].get("containerStatuses") or ()
        if "running" in item["state"] and images.fate(item["image"]) is images.Fate.RUNS
    ]
