"""Label and field selectors: parsed once, then asked of every object.

Grammar: k8s.io/apimachinery/pkg/labels/selector.go and .../fields/selector.go. Which fields a kind can be selected by:
pkg/apis/*/v1/conversion.go and the strategies' SelectableFields, v1.36.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from workers.demo.apiserver import errors, label_selector
from workers.demo.apiserver.resources import Object, Resource

Test = Callable[[Object], bool]  # asked of a whole object

# What may be asked about beside metadata.name and metadata.namespace.
SELECTABLE: dict[str, tuple[str, ...]] = {
    "Pod": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "Node": ("spec.unschedulable",),
    "Namespace": ("status.phase",),
    "Secret": ("type",),
    "Service": ("spec.clusterIP", "spec.type"),
    "Job": ("status.successful",),
    "ReplicaSet": ("status.replicas",),
    "ReplicationController": ("status.replicas",),
    "Event": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
}


def label_test(text: str) -> Test:
    """What `labelSelector=` asks; 400 if it cannot be parsed."""
    requirements = label_selector.parse(text)

    def passes(obj: Object) -> bool:
        labels = obj["metadata"].get("labels") or {}
        return all(one.holds(labels) for one in requirements)

    return passes


def field_test(of: Resource, text: str) -> Test:
    """What `fieldSelector=` asks; 400 for a field the kind cannot be selected by."""
    wanted: list[tuple[str, str, bool]] = []
    for part in (one.strip() for one in text.split(",")):
        if not part:
            continue
        match = re.fullmatch(r"([^=!]+?)\s*(==|=|!=)\s*(.*)", part)
        if match is None:
            raise errors.bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        name, operator, value = match.groups()
        allowed = {"metadata.name", "metadata.namespace", *SELECTABLE.get(of.kind, ())}
        if name not in allowed:
            raise errors.bad_request(_unknown_field(of, name))
        wanted.append((name, value, operator != "!="))

    def passes(obj: Object) -> bool:
        return all((_field(obj, name) == value) is equal for name, value, equal in wanted)

    return passes


def _unknown_field(of: Resource, name: str) -> str:
    if of.kind == "Job":
        return f'field label "{name}" not supported for Job'
    if of.group == "" and of.kind in SELECTABLE:
        return f"field label not supported: {name}"
    return f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def matches_selector(selector: Object, labels: dict[str, str]) -> bool:
    """A metav1.LabelSelector as workloads and budgets carry it; an empty one selects everything."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_matches_expression(one, labels) for one in selector.get("matchExpressions") or ())


def _matches_expression(one: Object, labels: dict[str, str]) -> bool:
    key, values = one["key"], one.get("values") or ()
    match one.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


def _field(obj: Object, name: str) -> str:
    if name == "source":
        return str((obj.get("source") or {}).get("component", ""))
    node: Any = obj
    for step in name.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    if name in {"spec.unschedulable", "spec.hostNetwork"}:
        return "true" if node else "false"
    return "" if node is None else str(node)
