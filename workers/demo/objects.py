"""The parts that every Kubernetes object has: metadata, owner references, conditions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workers.demo.identity import Json, moment, stamp, uid


def make(
    origin: str,
    api_version: str,
    kind: str,
    name: str,
    namespace: str | None,
    created: datetime,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    owner: Mapping[str, Any] | None = None,
    **rest: Any,
) -> Json:
    """An object with a uid that depends only on where it is from, its kind, namespace and name."""
    metadata: Json = {
        "name": name,
        "uid": uid(origin, kind, namespace, name),
        "creationTimestamp": stamp(created),
    }
    if namespace:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    if annotations:
        metadata["annotations"] = dict(annotations)
    if owner:
        metadata["ownerReferences"] = [reference(owner)]
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def reference(owner: Mapping[str, Any]) -> Json:
    """The owner reference that marks `owner` as the controller of an object."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Mapping[str, Any]) -> Json | None:
    """The owner reference of the object's controller."""
    for owner in obj["metadata"].get("ownerReferences", ()):
        if owner.get("controller"):
            return dict(owner)
    return None


def condition(
    conditions: list[Json],
    kind: str,
    status: str,
    at: datetime,
    reason: str = "",
    message: str = "",
    *,
    updates: bool = False,
) -> list[Json]:
    """The conditions with one of them set; its transition time moves only when its status does.

    With `updates` the condition carries `lastUpdateTime` as well, which moves when anything in it does.
    """
    old = find_condition(conditions, kind)
    new: Json = {"type": kind, "status": status}
    if reason:
        new["reason"] = reason
    if message:
        new["message"] = message
    same = old is not None and all(old.get(key) == new.get(key) for key in ("status", "reason", "message"))
    if old is not None and same:
        return conditions
    if updates:
        new["lastUpdateTime"] = stamp(at)
    keeps = old is not None and old["status"] == status
    new["lastTransitionTime"] = old["lastTransitionTime"] if old is not None and keeps else stamp(at)
    if old is None:
        return [*conditions, new]
    return [new if item["type"] == kind else item for item in conditions]


def find_condition(conditions: list[Json], kind: str) -> Json | None:
    return next((item for item in conditions if item["type"] == kind), None)


def is_true(obj: Mapping[str, Any], kind: str) -> bool:
    """Whether the object's status has this condition with status True."""
    found = find_condition(obj.get("status", {}).get("conditions") or [], kind)
    return found is not None and found["status"] == "True"


def terminating(obj: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def created_at(obj: Mapping[str, Any]) -> datetime:
    return moment(obj["metadata"]["creationTimestamp"])


def key_of(obj: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace ("" for cluster-wide objects) and name."""
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches; `matchExpressions` are understood, an empty selector matches all."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_holds(rule, labels) for rule in selector.get("matchExpressions") or ())


def _holds(rule: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(rule["key"])
    match rule["operator"]:
        case "In":
            return value in rule.get("values", ())
        case "NotIn":
            return value not in rule.get("values", ())
        case "Exists":
            return value is not None
        case _:
            return value is None
