"""What the server itself writes in `metadata`, and what it refuses there.

Rules: k8s.io/apiserver/pkg/registry/rest/{create,update,delete}.go and apimachinery validation of ObjectMeta, v1.36.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workers.demo.apiserver import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from workers.demo.apiserver.resources import Object, Resource

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
LABEL_NAMED = frozenset({"Namespace", "Service"})  # kinds whose name must fit in one DNS label
FREELY_NAMED = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})  # "system:node" is a fine name

# Kinds that count the versions of their spec. The others (nodes, services, config maps ...) have no generation.
COUNTED = frozenset(
    {
        "CronJob",
        "CustomResourceDefinition",
        "DaemonSet",
        "Deployment",
        "Ingress",
        "IngressClass",
        "Job",
        "NetworkPolicy",
        "Pod",
        "PodDisruptionBudget",
        "ReplicaSet",
        "ReplicationController",
        "StatefulSet",
    }
)
OURS = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion")


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def ordered(of: Resource, obj: Object) -> Object:
    """The object with kind and apiVersion filled in and the keys in the order a real server sends them."""
    rest = {key: value for key, value in obj.items() if key not in {"kind", "apiVersion", "metadata"}}
    return {"kind": of.kind, "apiVersion": of.api_version, "metadata": obj.setdefault("metadata", {}), **rest}


def on_create(of: Resource, obj: Object, *, now: str, uid: Callable[[], str], suffix: Callable[[], str]) -> Object:
    """Fill in the metadata of a new object in place and give it back; 422 for a bad name."""
    for key, value in ordered(of, obj).items():
        obj.pop(key, None)
        obj[key] = value
    meta: Object = obj["metadata"]
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = str(meta["generateName"])[:58] + suffix()
    if of.namespaced:
        meta.setdefault("namespace", "default")
    else:
        meta.pop("namespace", None)
    causes = [*_name_causes(of, meta), *_text_map_causes(meta), *_owner_causes(meta)]
    if causes:
        raise errors.invalid(of.group, of.kind, str(meta.get("name") or ""), causes)
    meta.setdefault("uid", uid())
    meta.setdefault("creationTimestamp", now)
    for key in ("resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink"):
        meta.pop(key, None)
    meta.pop("generation", None)
    if of.kind in COUNTED:
        meta["generation"] = 1
    return meta


def _name_causes(of: Resource, meta: Object) -> list[errors.Cause]:
    name = meta.get("name")
    if not name:
        return [errors.required("metadata.name", "name or generateName is required")]
    if not isinstance(name, str) or of.kind in FREELY_NAMED:
        return []
    if of.kind in LABEL_NAMED:
        if len(name) > 63:
            return [errors.wrong("metadata.name", name, "must be no more than 63 characters")]
        return [] if LABEL.fullmatch(name) else [errors.wrong("metadata.name", name, LABEL_TEXT)]
    if len(name) > 253:
        return [errors.wrong("metadata.name", name, "must be no more than 253 characters")]
    return [] if SUBDOMAIN.fullmatch(name) else [errors.wrong("metadata.name", name, SUBDOMAIN_TEXT)]


_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation "
    "is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def _text_map_causes(meta: Object) -> list[errors.Cause]:
    labels = meta.get("labels") or {}
    bad = [value for value in labels.values() if not isinstance(value, str) or not _VALUE.fullmatch(value)]
    return [errors.wrong("metadata.labels", value, _VALUE_TEXT) for value in bad]


def _owner_causes(meta: Object) -> list[errors.Cause]:
    owners = meta.get("ownerReferences") or ()
    return [
        errors.wrong("metadata.ownerReferences.uid", "", "must not be empty") for one in owners if not one.get("uid")
    ]


def check_preconditions(of: Resource, current: Object, uid: str | None, resource_version: str | None) -> None:
    """Raise 409 unless the object still is the one, and the version, the caller has seen."""
    if uid and uid != current["uid"]:
        keys = {"services": "services/specs", "nodes": "minions"}
        place = "/".join(filter(None, (keys.get(of.plural, of.plural), current.get("namespace"), current["name"])))
        why = (
            f"StorageError: invalid object, Code: 4, Key: /registry/{place}, ResourceVersion: 0, AdditionalErrorMsg: "
            f"Precondition failed: UID in precondition: {uid}, UID in object meta: {current['uid']}"
        )
        raise errors.conflict(of, current["name"], why)
    if resource_version and resource_version != current["resourceVersion"]:
        raise errors.stale(of, current["name"])


def on_update(of: Resource, before: Object, obj: Object, subresource: str) -> Object:
    """`obj` with everything a writer of `subresource` may not touch taken from `before`."""
    new = ordered(of, obj)
    if subresource == "status":
        return _status_only(before, new)
    old_meta, meta = before["metadata"], new["metadata"]
    for key in (*OURS, "namespace", "generateName"):
        meta.pop(key, None)
        if key in old_meta:
            meta[key] = old_meta[key]
    if meta.get("managedFields") in ([], [{}]):  # the documented way to forget all managers
        meta.pop("managedFields")
    elif "managedFields" in old_meta:
        meta.setdefault("managedFields", old_meta["managedFields"])
    if "status" in of.subresources:
        new.pop("status", None)
        if "status" in before:
            new["status"] = before["status"]
    causes = [*_text_map_causes(meta), *_late_finalizer_causes(old_meta, meta)]
    if causes:
        raise errors.invalid(of.group, of.kind, old_meta["name"], causes)
    return {**new, "metadata": {"name": old_meta["name"], **meta}}


def _status_only(before: Object, new: Object) -> Object:
    """The real status strategies keep the spec; most let controllers annotate through status (revision numbers)."""
    kept: Object = {**before, "metadata": dict(before["metadata"])}
    if new.get("status") is not None:
        kept["status"] = new["status"]
    if new["metadata"].get("annotations") is not None:
        kept["metadata"]["annotations"] = new["metadata"]["annotations"]
    return kept


def _late_finalizer_causes(old_meta: Object, meta: Object) -> list[errors.Cause]:
    if not old_meta.get("deletionTimestamp"):
        return []
    extra = sorted(set(meta.get("finalizers") or ()) - set(old_meta.get("finalizers") or ()))
    if not extra:
        return []
    text = "no new finalizers can be added if the object is being deleted, found new finalizers "
    return [errors.not_allowed("metadata.finalizers", text + f"[]string{{{', '.join(map(errors.shown, extra))}}}")]


def bump_generation(of: Resource, before: Object, new: Object) -> None:
    """One more when anything but metadata and status changed; for a Deployment also when its annotations did, as
    pkg/registry/apps/deployment/strategy.go does.
    """
    if of.kind not in COUNTED:
        return
    old_meta, meta = before["metadata"], new["metadata"]
    changed = _counted_part(before) != _counted_part(new)
    if of.kind == "Deployment" and (old_meta.get("annotations") or {}) != (meta.get("annotations") or {}):
        changed = True
    if changed:
        meta["generation"] = old_meta.get("generation", 0) + 1


def _counted_part(obj: Object) -> Object:
    return {key: value for key, value in obj.items() if key not in {"metadata", "status"}}
