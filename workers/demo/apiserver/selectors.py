"""Label and field selectors: parsed once, then asked of every object.

Grammar: k8s.io/apimachinery/pkg/labels/selector.go and .../fields/selector.go. Which fields a kind can be selected by:
pkg/apis/*/v1/conversion.go and the strategies' SelectableFields, v1.36.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from workers.demo.apiserver import errors
from workers.demo.apiserver.resources import Object, Resource

Test = Callable[[Object], bool]  # asked of a whole object

_KEY = r"[A-Za-z0-9_./-]+"
_SET = re.compile(rf"({_KEY})\s+(in|notin)\s*\(\s*([^()]*?)\s*\)")
_EQUAL = re.compile(rf"({_KEY})\s*(==|=|!=)\s*([A-Za-z0-9_.-]*)")
_COMPARE = re.compile(rf"({_KEY})\s*([<>])\s*(-?\d+)")
_EXISTS = re.compile(rf"(!?)\s*({_KEY})")

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
    tests = [_label_requirement(part, text) for part in _split(text)]

    def passes(obj: Object) -> bool:
        labels = obj["metadata"].get("labels") or {}
        return all(test(labels) for test in tests)

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
            gvk = f"{of.api_version}, Kind={of.kind}"
            label = f"field label not supported: {name}"
            core = of.group == "" and of.kind in SELECTABLE
            why = (
                label if core else f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"'
            )
            raise errors.bad_request(
                f'Unable to find "{gvk}" that match label selector "", field selector "{text}": {why}'
            )
        wanted.append((name, value, operator != "!="))

    def passes(obj: Object) -> bool:
        return all((_field(obj, name) == value) is equal for name, value, equal in wanted)

    return passes


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


def _split(text: str) -> list[str]:
    """At commas that are not inside parentheses."""
    return [part.strip() for part in re.split(r",(?![^()]*\))", text) if part.strip()]


def _label_requirement(part: str, whole: str) -> Callable[[dict[str, str]], bool]:
    if match := _SET.fullmatch(part):
        key, operator, inside = match.groups()
        values = {one.strip() for one in inside.split(",")}
        if operator == "in":
            return lambda labels: key in labels and labels[key] in values
        return lambda labels: labels.get(key) not in values
    if match := _EQUAL.fullmatch(part):
        key, operator, value = match.groups()
        if operator == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if match := _COMPARE.fullmatch(part):
        key, operator, number = match.groups()
        return lambda labels: _compares(labels.get(key), operator, int(number))
    if match := _EXISTS.fullmatch(part):
        absent, key = match.groups()
        return lambda labels: (key in labels) is not bool(absent)
    raise errors.bad_request(f"unable to parse requirement: found '{part}', in selector '{whole}'")


def _compares(value: str | None, operator: str, number: int) -> bool:
    if value is None or not re.fullmatch(r"-?\d+", value):
        return False
    return int(value) > number if operator == ">" else int(value) < number


def _field(obj: Object, name: str) -> str:
    if name == "source":
        return str((obj.get("source") or {}).get("component", ""))
    node: Any = obj
    for step in name.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    if name in {"spec.unschedulable", "spec.hostNetwork"}:
        return "true" if node else "false"
    return "" if node is None else str(node)
