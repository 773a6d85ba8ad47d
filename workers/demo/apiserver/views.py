"""Objects stored in one version and shown in another: events of both groups, autoscalers v1 and v2.

Field pairs: pkg/apis/core/v1 and events/v1 conversions; autoscaling/v1 conversions, v1.36.
"""

from __future__ import annotations

import msgspec

from workers.demo.apiserver.resources import Object, Resource
from workers.demo.apiserver.shelf import Stored

# core/v1 Event field -> events.k8s.io/v1 Event field
EVENT_FIELDS = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}


def is_plain(of: Resource) -> bool:
    """Shown exactly as stored."""
    return not of.stored_as and not (of.kind == "HorizontalPodAutoscaler" and of.version == "v1")


def shown(of: Resource, value: Object) -> Object:
    """The stored object in the version asked for; may share parts with it."""
    if is_plain(of):
        return value
    if of.kind == "Event":
        return {**_renamed(value, EVENT_FIELDS), "apiVersion": of.api_version}
    return {**value, "apiVersion": of.api_version, "spec": _older_spec(value.get("spec") or {})}


def as_stored(of: Resource, value: Object) -> Object:
    """What a caller sent, in the version it is stored in."""
    if is_plain(of):
        return value
    if of.kind == "Event":
        back = {new: old for old, new in EVENT_FIELDS.items()}
        return {**_renamed(value, back), "apiVersion": "v1"}
    return {**value, "apiVersion": "autoscaling/v2", "spec": _newer_spec(value.get("spec") or {})}


def encoded(of: Resource, stored: Stored) -> bytes:
    return stored.encoded if is_plain(of) else msgspec.json.encode(shown(of, stored.value))


def encoded_item(of: Resource, stored: Stored) -> bytes:
    if is_plain(of):
        return stored.encoded_item
    value = shown(of, stored.value)
    return msgspec.json.encode({key: part for key, part in value.items() if key not in {"kind", "apiVersion"}})


def _renamed(value: Object, names: dict[str, str]) -> Object:
    return {names.get(key, key): part for key, part in value.items()}


def _older_spec(spec: Object) -> Object:
    older = {key: part for key, part in spec.items() if key in {"scaleTargetRef", "minReplicas", "maxReplicas"}}
    for metric in spec.get("metrics") or ():
        resource = metric.get("resource") or {}
        if resource.get("name") == "cpu" and "averageUtilization" in (resource.get("target") or {}):
            older["targetCPUUtilizationPercentage"] = resource["target"]["averageUtilization"]
    return older


def _newer_spec(spec: Object) -> Object:
    newer = dict(spec)
    percentage = newer.pop("targetCPUUtilizationPercentage", None)
    if percentage is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        newer["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return newer
