"""What makes an object unacceptable: the checks the demo's verbs can run into, with the real messages.

Texts: pkg/apis/{core,apps,batch,autoscaling,policy}/validation/validation.go of Kubernetes v1.36. Fields that are
unknown to a kind are accepted (a real server drops or warns about them).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from workers.demo.apiserver import errors
from workers.demo.apiserver.errors import Cause, not_allowed, required, wrong
from workers.demo.apiserver.metadata import LABEL_TEXT
from workers.demo.apiserver.quantity import is_quantity, quantity
from workers.demo.apiserver.resources import Object, Resource
from workers.demo.apiserver.selectors import matches_selector

QUANTITY_TEXT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
NOT_NEGATIVE = "must be greater than or equal to 0"

# kind -> whole numbers that may not be negative
COUNTS: dict[str, tuple[str, ...]] = {
    "Deployment": ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"),
    "StatefulSet": ("replicas", "minReadySeconds", "revisionHistoryLimit"),
    "DaemonSet": ("minReadySeconds", "revisionHistoryLimit"),
    "ReplicaSet": ("replicas", "minReadySeconds"),
    "ReplicationController": ("replicas", "minReadySeconds"),
    "Job": ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"),
    "CronJob": ("successfulJobsHistoryLimit", "failedJobsHistoryLimit", "startingDeadlineSeconds"),
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas"),
}
# kind -> yes-or-no fields of its spec
FLAGS: dict[str, tuple[str, ...]] = {
    "Deployment": ("paused",),
    "Job": ("suspend",),
    "CronJob": ("suspend",),
    "Node": ("unschedulable",),
}
SELECTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})
POD_UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
STATEFULSET_MUTABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
STATEFULSET_UPDATE = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class WrongType(Exception):
    """JSON that does not fit the Go struct: 400 for a whole object, 422 for a patch (the wire decides).

    `briefly` is what a strategic merge patch gets to read.
    """

    def __init__(self, text: str, briefly: str = "") -> None:
        super().__init__(text)
        self.briefly = briefly


def check_types(of: Resource, obj: Object) -> None:
    """Raise WrongType, worded as Go's decoder does, for the typed fields that people and programs change."""
    spec = obj.get("spec")
    if spec is not None and not isinstance(spec, dict):
        raise WrongType(_misfit(spec, of.kind, "spec", f"{of.version}.{of.kind}Spec"))
    for name in COUNTS.get(of.kind, ()):
        value = (spec or {}).get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise WrongType(_misfit(value, f"{of.kind}Spec", f"spec.{name}", "int32"), "unrecognized type: int32")
    for name in FLAGS.get(of.kind, ()):
        value = (spec or {}).get(name)
        if value is not None and not isinstance(value, bool):
            raise WrongType(_misfit(value, f"{of.kind}Spec", f"spec.{name}", "bool"), "unrecognized type: bool")
    _check_texts(obj.get("metadata") or {})
    pod_spec, path = _pod_spec(of, obj)
    for group in ("initContainers", "containers"):
        _check_containers(pod_spec.get(group), f"{path}.{group}")


def _check_texts(meta: Object) -> None:
    for name in ("name", "namespace", "generateName"):
        if not isinstance(meta.get(name, ""), str | None):
            raise WrongType(_misfit(meta[name], "ObjectMeta", f"metadata.{name}", "string"))
    for name in ("labels", "annotations"):
        values = meta.get(name) or {}
        if not isinstance(values, dict):
            raise WrongType(_misfit(values, "ObjectMeta", f"metadata.{name}", "map[string]string"))
        for value in values.values():
            if not isinstance(value, str):
                raise WrongType(_misfit(value, "ObjectMeta", f"metadata.{name}", "string"))


def _check_containers(found: Any, path: str) -> None:
    if found is not None and not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
        raise WrongType(_misfit(found, "PodSpec", path, "[]v1.Container"))
    for container in found or ():
        sizes = container.get("resources") or {}
        amounts = [*(sizes.get("limits") or {}).values(), *(sizes.get("requests") or {}).values()]
        if not all(is_quantity(amount) for amount in amounts):
            raise WrongType(QUANTITY_TEXT)


def check_create(of: Resource, new: Object) -> None:
    """422 with every cause."""
    _refuse(of, new, _causes(of, new))


def check_update(of: Resource, before: Object, new: Object) -> None:
    """422 with every cause, immutable fields among them."""
    _refuse(of, new, [*_causes(of, new), *_frozen(of, before, new)])


def _refuse(of: Resource, new: Object, causes: list[Cause]) -> None:
    if causes:
        raise errors.invalid(of.group, of.kind, new["metadata"]["name"], causes)


def _causes(of: Resource, new: Object) -> list[Cause]:
    spec = new.get("spec") or {}
    causes: list[Cause] = []
    for name in COUNTS.get(of.kind, ()):
        value = spec.get(name)
        if isinstance(value, int) and value < 0:
            causes.append(wrong(f"spec.{name}", value, NOT_NEGATIVE))
    if of.kind in SELECTING:
        causes += _selector_causes(spec)
    strategy = spec.get("strategy") or {}
    if of.kind == "Deployment" and strategy.get("type") == "Recreate" and strategy.get("rollingUpdate"):
        text = "may not be specified when strategy `type` is 'Recreate'"
        causes.append(not_allowed("spec.strategy.rollingUpdate", text))
    if of.kind == "HorizontalPodAutoscaler":
        causes += _autoscaler_causes(spec)
    pod_spec, path = _pod_spec(of, new)
    if path:
        causes += _pod_causes(pod_spec, path)
    return causes


def _selector_causes(spec: Object) -> list[Cause]:
    selector = spec.get("selector")
    if not selector:
        return [required("spec.selector")]
    labels = (spec.get("template") or {}).get("metadata", {}).get("labels") or {}
    if not matches_selector(selector, labels):
        text = "`selector` does not match template `labels`"
        return [wrong("spec.template.metadata.labels", labels, text)]
    return []


def _autoscaler_causes(spec: Object) -> list[Cause]:
    causes = []
    low, high = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if low < 1:
        causes.append(wrong("spec.minReplicas", low, "must be greater than or equal to 1"))
    if high < 1:
        causes.append(wrong("spec.maxReplicas", high, "must be greater than 0"))
    elif high < low:
        causes.append(wrong("spec.maxReplicas", high, "must be greater than or equal to `minReplicas`"))
    return causes


def _pod_causes(pod_spec: Object, path: str) -> list[Cause]:
    if not pod_spec.get("containers"):
        return [required(f"{path}.containers")]
    causes: list[Cause] = []
    seen: set[str] = set()
    for group in ("initContainers", "containers"):
        for index, container in enumerate(pod_spec.get(group) or ()):
            causes += _container_causes(container, f"{path}.{group}[{index}]", seen)
    return causes


def _container_causes(container: Object, path: str, seen: set[str]) -> list[Cause]:
    causes: list[Cause] = []
    name = container.get("name") or ""
    if not name:
        causes.append(required(f"{path}.name"))
    elif not DNS_LABEL.fullmatch(name):
        causes.append(wrong(f"{path}.name", name, LABEL_TEXT))
    elif name in seen:
        causes.append(Cause("FieldValueDuplicate", f"{path}.name", f"Duplicate value: {errors.shown(name)}"))
    seen.add(name)
    image = container.get("image")
    if not image:
        causes.append(required(f"{path}.image"))
    elif image != image.strip():
        causes.append(wrong(f"{path}.image", image, "must not have leading or trailing whitespace"))
    sizes = container.get("resources") or {}
    limits = sizes.get("limits") or {}
    for what, amount in (sizes.get("requests") or {}).items():
        if what in limits and quantity(amount) > quantity(limits[what]):
            text = f"must be less than or equal to {what} limit of {limits[what]}"
            causes.append(wrong(f"{path}.resources.requests", str(amount), text))
    return causes


def _frozen(of: Resource, before: Object, new: Object) -> list[Cause]:
    check = FROZEN.get(of.kind)
    return check(before, new) if check else []


def _frozen_selector(before: Object, new: Object) -> list[Cause]:
    return _immutable("spec.selector", _spec(before).get("selector"), _spec(new).get("selector"))


def _frozen_statefulset(before: Object, new: Object) -> list[Cause]:
    old, now = _spec(before), _spec(new)
    others = (old.keys() | now.keys()) - set(STATEFULSET_MUTABLE)
    changed = any(old.get(key) != now.get(key) for key in others)
    return [not_allowed("spec", STATEFULSET_UPDATE)] if changed else []


def _frozen_job(before: Object, new: Object) -> list[Cause]:
    old, now = _spec(before), _spec(new)
    template = [] if old.get("suspend") else _immutable("spec.template", old.get("template"), now.get("template"))
    return [*_frozen_selector(before, new), *template]


def _frozen_pod(before: Object, new: Object) -> list[Cause]:
    return [not_allowed("spec", POD_UPDATE)] if _fixed_pod(_spec(before)) != _fixed_pod(_spec(new)) else []


def _frozen_service(before: Object, new: Object) -> list[Cause]:
    old, now = _spec(before), _spec(new)
    if old.get("type") == "ExternalName" or old.get("clusterIP") == now.get("clusterIP"):
        return []
    return [wrong("spec.clusterIPs[0]", [now.get("clusterIP")], "may not change once set")]


def _frozen_binding(before: Object, new: Object) -> list[Cause]:
    same = before.get("roleRef") == new.get("roleRef")
    return [] if same else [wrong("roleRef", new.get("roleRef"), "cannot change roleRef")]


def _frozen_data(before: Object, new: Object) -> list[Cause]:
    if not before.get("immutable"):
        return []
    same = all(before.get(key) == new.get(key) for key in ("data", "binaryData", "immutable"))
    return [] if same else [not_allowed("data", "field is immutable when `immutable` is set")]


FROZEN: dict[str, Callable[[Object, Object], list[Cause]]] = {
    "Deployment": _frozen_selector,
    "DaemonSet": _frozen_selector,
    "ReplicaSet": _frozen_selector,
    "StatefulSet": _frozen_statefulset,
    "Job": _frozen_job,
    "Pod": _frozen_pod,
    "Service": _frozen_service,
    "RoleBinding": _frozen_binding,
    "ClusterRoleBinding": _frozen_binding,
    "ConfigMap": _frozen_data,
    "Secret": _frozen_data,
}


def _spec(obj: Object) -> Object:
    return obj.get("spec") or {}


def _immutable(field: str, old: Any, new: Any) -> list[Cause]:
    return [] if old == new else [wrong(field, new, "field is immutable")]


def _fixed_pod(spec: Object) -> Object:
    """The part of a pod's spec nobody may change."""
    free = {"containers", "initContainers", "activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"}
    fixed = {key: value for key, value in spec.items() if key not in free | {"ephemeralContainers"}}
    for group in ("containers", "initContainers"):
        fixed[group] = [{k: v for k, v in one.items() if k != "image"} for one in spec.get(group) or ()]
    return fixed


# kind -> where its pod spec is
POD_SPECS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    **dict.fromkeys((*sorted(SELECTING), "Job", "ReplicationController"), ("spec", "template", "spec")),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}


def _pod_spec(of: Resource, obj: Object) -> tuple[Object, str]:
    path = POD_SPECS.get(of.kind, ())
    node: Any = obj
    for step in path:
        node = node.get(step) if isinstance(node, dict) else None
    return (node if isinstance(node, dict) else {}), ".".join(path)


def _misfit(value: object, struct: str, field: str, wanted: str) -> str:
    kinds = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    found = kinds.get(type(value), "null")
    if wanted == "int32" and isinstance(value, float):
        found = f"number {value}"
    return f"json: cannot unmarshal {found} into Go struct field {struct}.{field} of type {wanted}"
