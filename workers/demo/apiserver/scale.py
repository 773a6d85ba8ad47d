"""The scale subresource: a workload's replica count as an autoscaling/v1 Scale.

Behaviour: ScaleREST in pkg/registry/apps/{deployment,statefulset,replicaset}/storage/storage.go, v1.36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workers.demo.apiserver import errors, go_json, server_side_apply, validation, writing
from workers.demo.apiserver.validation import NOT_NEGATIVE

if TYPE_CHECKING:
    from aiohttp import web

    from workers.demo.apiserver.call import Call
    from workers.demo.apiserver.resources import Object, Resource

KIND = {"kind": "Scale", "apiVersion": "autoscaling/v1"}
COPIED = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


async def scale(call: Call) -> web.Response:
    of = call.row
    stored = call.store.stored(of, call.namespace, call.target.name)
    current = stored.value
    if call.target.verb == "get":
        return call.answer(of_workload(current))
    entries: list[Object] | None = None
    if call.target.verb == "update":
        wanted = call.object
    elif call.request.content_type == writing.APPLY:
        wanted, entries = _applied(call, of, current)
    else:
        wanted = writing.patched(call, of_workload(current), "Scale")
    try:
        replicas = _replicas(call, wanted)
    except validation.WrongType as misfit:
        if call.target.verb == "patch" and entries is None:
            raise writing.misfitting(call, misfit) from misfit
        raise errors.bad_request(f'Scale in version "v1" cannot be handled as a Scale: {misfit}') from misfit
    meta = wanted.get("metadata") or {}
    if meta.get("name") not in {None, "", call.target.name}:
        text = f"the name of the object ({meta['name']}) does not match the name on the URL ({call.target.name})"
        raise errors.bad_request(text)
    if meta.get("uid") and meta["uid"] != current["metadata"]["uid"]:
        why = (
            f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {current['metadata']['uid']}"
        )
        raise errors.conflict(of, call.target.name, why, kind=f"{of.plural}/scale")
    changed = stored.copy()
    changed["spec"]["replicas"] = replicas
    changed["metadata"]["resourceVersion"] = meta.get("resourceVersion") or ""
    saved = call.store.update(
        of,
        changed,
        subresource="scale",
        dry_run=call.dry_run(),
        manager=call.manager,
        managed_fields=entries,
    )
    return call.answer(of_workload(saved))


def of_workload(workload: Object) -> Object:
    meta, spec = workload["metadata"], workload.get("spec") or {}
    status: Object = {"replicas": (workload.get("status") or {}).get("replicas", 0)}
    text = _selector_text(spec.get("selector") or {})
    if text:
        status["selector"] = text
    return {
        **KIND,
        "metadata": {name: meta[name] for name in COPIED if name in meta},
        "spec": {"replicas": spec["replicas"]} if spec.get("replicas") else {},
        "status": status,
    }


def _applied(call: Call, of: Resource, current: Object) -> tuple[Object, list[Object]]:
    """A declared Scale, as the one field of the workload it owns; conflicts are 409 unless forced."""
    if not call.query.get("fieldManager"):
        cause = errors.required("fieldManager", "is required for apply patch")
        raise errors.invalid("meta.k8s.io", "PatchOptions", "", [cause])
    wanted = call.object
    _, entries = server_side_apply.apply(
        current,
        {"metadata": {}, "spec": {"replicas": _replicas(call, wanted)}},
        manager=call.manager,
        api_version=of.api_version,
        subresource="scale",
        force=call.flag("force"),
        now=call.store.timestamp(),
    )
    return wanted, entries


def _replicas(call: Call, wanted: Object) -> int:
    spec: Any = wanted.get("spec") or {}
    replicas = spec.get("replicas") if isinstance(spec, dict) else spec
    if replicas is None:
        return 0
    if isinstance(replicas, bool) or not isinstance(replicas, int):
        found = go_json.kind_of(replicas)
        text = f"json: cannot unmarshal {found} into Go struct field ScaleSpec.spec.replicas of type int32"
        raise validation.WrongType(text, "unrecognized type: int32")
    if replicas < 0:
        cause = errors.wrong("spec.replicas", replicas, NOT_NEGATIVE)
        raise errors.invalid("autoscaling", "Scale", call.target.name, [cause])
    return replicas


def _selector_text(selector: Object) -> str:
    labels = selector.get("matchLabels", selector if "matchExpressions" not in selector else {})
    parts = [f"{key}={value}" for key, value in sorted(labels.items())]
    for one in selector.get("matchExpressions") or ():
        values = ",".join(one.get("values") or ())
        match one["operator"]:
            case "In":
                parts.append(f"{one['key']} in ({values})")
            case "NotIn":
                parts.append(f"{one['key']} notin ({values})")
            case "Exists":
                parts.append(one["key"])
            case _:
                parts.append(f"!{one['key']}")
    return ",".join(parts)
