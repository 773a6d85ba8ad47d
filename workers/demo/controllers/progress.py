"""What a Deployment's status says about its rollout: counts, and the conditions Available and Progressing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from workers.demo.controllers.rollout import limits
from workers.demo.identity import Json, moment, stamp
from workers.demo.objects import condition, find_condition
from workers.demo.timing import Timing

COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")


def status(
    deployment: Json, new: Json | None, sets: Sequence[Json], now: datetime, timing: Timing
) -> tuple[Json, datetime | None]:
    """The Deployment's next status, and when its progress deadline passes. Pure."""
    before = deployment.get("status") or {}
    after = _counts(deployment, new, sets)
    conditions = _available(list(before.get("conditions") or []), deployment, after, now)
    conditions, wake = _progressing(conditions, deployment, new, before, after, now, timing)
    made: Json = {"observedGeneration": deployment["metadata"].get("generation", 1)}
    made |= {key: value for key, value in after.items() if value}
    made["conditions"] = conditions
    return made, wake


def begun(deployment: Json, new: Json, now: datetime) -> Json:
    """The status at the moment when a ReplicaSet has been made: the progress deadline starts anew."""
    before = deployment.get("status") or {}
    message = f'Created new replica set "{new["metadata"]["name"]}"'
    conditions = list(before.get("conditions") or [])
    made = condition(conditions, "Progressing", "True", now, "NewReplicaSetCreated", message, updates=True)
    return {**before, "conditions": made}


def is_complete(deployment: Mapping[str, Any]) -> bool:
    """Whether the status that is stored says that every pod is of the present template and available."""
    now = deployment.get("status") or {}
    wanted = deployment["spec"].get("replicas", 1)
    counts = [now.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")]
    return counts == [wanted] * 3 and now.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)


def _counts(deployment: Json, new: Json | None, sets: Sequence[Json]) -> dict[str, int]:
    def total(field: str) -> int:
        return sum(one.get("status", {}).get(field, 0) for one in sets)

    return {
        "replicas": total("replicas"),
        "updatedReplicas": new.get("status", {}).get("replicas", 0) if new else 0,
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": total("availableReplicas"),
        "unavailableReplicas": max(
            0,
            max(sum(one["spec"]["replicas"] for one in sets), deployment["spec"].get("replicas", 1))
            - total("availableReplicas"),
        ),
    }


def _available(conditions: list[Json], deployment: Json, after: Mapping[str, int], now: datetime) -> list[Json]:
    if after["availableReplicas"] >= limits(deployment["spec"]).least_available:
        reason, message = "MinimumReplicasAvailable", "Deployment has minimum availability."
        return condition(conditions, "Available", "True", now, reason, message, updates=True)
    reason, message = "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
    return condition(conditions, "Available", "False", now, reason, message, updates=True)


def _progressing(
    conditions: list[Json],
    deployment: Json,
    new: Json | None,
    before: Mapping[str, Any],
    after: Mapping[str, int],
    now: datetime,
    timing: Timing,
) -> tuple[list[Json], datetime | None]:
    def say(status: str, reason: str, message: str) -> list[Json]:
        return condition(conditions, "Progressing", status, now, reason, message, updates=True)

    old = find_condition(conditions, "Progressing")
    if deployment["spec"].get("paused"):
        return say("Unknown", "DeploymentPaused", "Deployment is paused"), None
    if old and old["reason"] == "DeploymentPaused":
        return say("Unknown", "DeploymentResumed", "Deployment is resumed"), now
    name = new["metadata"]["name"] if new else deployment["metadata"]["name"]
    wanted = deployment["spec"].get("replicas", 1)
    if [after[key] for key in ("replicas", "updatedReplicas", "availableReplicas")] == [wanted] * 3:
        message = f'ReplicaSet "{name}" has successfully progressed.'
        return say("True", "NewReplicaSetAvailable", message), None
    return _rolling(conditions, deployment, name, _moved(before, after), now, timing)


def _rolling(
    conditions: list[Json], deployment: Json, name: str, moved: bool, now: datetime, timing: Timing
) -> tuple[list[Json], datetime | None]:
    """The conditions of a rollout that is not complete."""

    def say(status: str, reason: str, message: str) -> list[Json]:
        return condition(conditions, "Progressing", status, now, reason, message, updates=True)

    old = find_condition(conditions, "Progressing")
    if old is None or old["reason"] == "DeploymentResumed":
        message = f'Created new replica set "{name}"'
        return say("True", "NewReplicaSetCreated", message), now
    if moved:
        conditions = [item for item in conditions if item["type"] != "Progressing"]
        message = f'ReplicaSet "{name}" is progressing.'
        made = {"type": "Progressing", "status": "True", "lastUpdateTime": stamp(now)}
        since = old["lastTransitionTime"] if old["status"] == "True" else stamp(now)
        made |= {"lastTransitionTime": since, "reason": "ReplicaSetUpdated", "message": message}
        conditions.append(made)
        return conditions, _deadline(deployment, made, timing)
    if old["reason"] == "NewReplicaSetAvailable":  # complete once; pods that fail later are no rollout
        return conditions, None
    deadline = _deadline(deployment, old, timing)
    if old["status"] == "True" and deadline <= now:
        return say("False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.'), None
    return conditions, deadline if old["status"] == "True" else None


def _moved(before: Mapping[str, Any], after: Mapping[str, int]) -> bool:
    """Whether the rollout got further: more new, fewer old, more ready or more available pods."""

    def old_pods(counts: Mapping[str, Any]) -> int:
        return int(counts.get("replicas", 0)) - int(counts.get("updatedReplicas", 0))

    grew = any(after[key] > before.get(key, 0) for key in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    return grew or old_pods(after) < old_pods(before)


def _deadline(deployment: Json, condition: Mapping[str, Any], timing: Timing) -> datetime:
    seconds: int = deployment["spec"].get("progressDeadlineSeconds", 600)
    return moment(condition["lastUpdateTime"]) + timedelta(seconds=seconds) / timing.speed
