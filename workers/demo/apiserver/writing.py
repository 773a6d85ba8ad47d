"""create, update, patch and delete on the wire: what a request may say, before the store decides.

Behaviour: k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch,delete}.go, v1.36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workers.demo.apiserver import errors, go_json, reading, server_side_apply, validation, views
from workers.demo.apiserver.errors import StatusError
from workers.demo.apiserver.json_patch import apply_json_patch, apply_merge_patch
from workers.demo.apiserver.shelf import clone
from workers.demo.apiserver.strategic import apply_strategic

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from workers.demo.apiserver.call import Call
    from workers.demo.apiserver.resources import Object, Resource

ELSEWHERE = "the namespace of the provided object does not match the namespace sent on the request"
APPLY = "application/apply-patch+yaml"
STRATEGIC = "application/strategic-merge-patch+json"
PATCHES: dict[str, Callable[[Any, Any], Any]] = {
    "application/json-patch+json": apply_json_patch,
    "application/merge-patch+json": apply_merge_patch,
    STRATEGIC: apply_strategic,
}
# Set by the server on create, whatever a client sends.
SERVER_SET = ("uid", "creationTimestamp", "generation", "selfLink", "deletionTimestamp", "managedFields")


async def create(call: Call) -> web.Response:
    of = call.row
    obj = received(call, of)
    meta = obj["metadata"]
    if meta.get("resourceVersion"):
        raise StatusError(500, "", "resourceVersion should not be set on objects to be created")
    for name in SERVER_SET:
        meta.pop(name, None)
    if "status" in of.subresources:
        obj.pop("status", None)
    made = call.store.create(of, views.as_stored(of, obj), dry_run=call.dry_run(), manager=call.manager)
    return reading.answer_object(call, of, made, 201)


async def update(call: Call) -> web.Response:
    of = call.row
    obj = received(call, of)
    name = obj["metadata"].get("name")
    if not name:
        text = f"the name of the object ({call.target.name} based on URL) was undeterminable: name must be provided"
        raise errors.bad_request(text)
    if name != call.target.name:
        text = f"the name of the object ({name}) does not match the name on the URL ({call.target.name})"
        raise errors.bad_request(text)
    saved = call.store.update(
        of,
        views.as_stored(of, obj),
        subresource=call.target.subresource,
        dry_run=call.dry_run(),
        manager=call.manager,
    )
    return reading.answer_object(call, of, saved)


async def patch(call: Call) -> web.Response:
    of = call.row
    if call.request.content_type == APPLY:
        return _apply(call, of)
    stored = call.store.stored(of, call.namespace, call.target.name)
    obj = patched(call, views.shown(of, stored.value), of.kind)
    check_identity(call, of, stored.value["metadata"], obj)
    try:
        validation.check_types(of, obj)
    except validation.WrongType as misfit:
        raise misfitting(call, misfit) from misfit
    saved = call.store.update(
        of,
        views.as_stored(of, obj),
        subresource=call.target.subresource,
        dry_run=call.dry_run(),
        manager=call.manager,
    )
    return reading.answer_object(call, of, saved)


def patched(call: Call, current: Object, kind: str) -> Object:
    """`current` after the body's patch; 415 for a type of patch nobody knows."""
    change = PATCHES.get(call.request.content_type)
    if change is None:
        raise errors.StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    if "force" in call.query:
        cause = errors.not_allowed("force", "may not be specified for non-apply patch")
        raise errors.invalid("meta.k8s.io", "PatchOptions", "", [cause])
    result = change(clone(current), _patch_body(call, list if change is apply_json_patch else dict))
    if not isinstance(result, dict) or not isinstance(result.get("metadata"), dict):
        raise errors.bad_request(f"cannot patch a {kind} into something else")
    return result


def _patch_body(call: Call, wanted: type) -> Any:
    """The patch; 400 in Go's words when it is no JSON, or JSON of another kind."""
    why = go_json.problem_of(call.body)
    if not why and not isinstance(call.json, wanted):
        into = "map[string]interface {}" if wanted is dict else "[]handlers.jsonPatchOp"
        why = f"json: cannot unmarshal {go_json.kind_of(call.json)} into Go value of type {into}"
    if why:
        strategic = call.request.content_type == STRATEGIC
        raise errors.bad_request(why if strategic else f"error decoding patch: {why}")
    return call.json


def misfitting(call: Call, misfit: validation.WrongType) -> StatusError:
    """422 for a patch that makes a field another type. Real servers quote the whole object; here it is the patch."""
    if call.request.content_type == STRATEGIC:
        cause = errors.wrong("patch", go_json.as_map(call.json), misfit.briefly or str(misfit))
    else:
        cause = errors.wrong("patch", call.body.decode(errors="replace"), str(misfit))
    return errors.invalid("", "", "", [cause])


def check_identity(call: Call, of: Resource, current: Object, obj: Object) -> None:
    """A patch may not turn the object into another one: 400 and 422, as real servers answer."""
    meta = obj["metadata"]
    if obj.get("kind") != of.kind or obj.get("apiVersion") != of.api_version:
        text = f"the API version or kind in the data does not match the expected {of.api_version}, Kind={of.kind}"
        raise errors.bad_request(text)
    if meta.get("name") not in {None, "", current["name"]}:
        text = f"the name of the object ({meta['name']}) does not match the name on the URL ({call.target.name})"
        raise errors.bad_request(text)
    if meta.get("namespace") not in {None, "", current.get("namespace")}:
        raise errors.bad_request(ELSEWHERE)
    causes = [
        errors.wrong(f"metadata.{name}", meta[name], "field is immutable")
        for name in ("uid",)
        if meta.get(name) not in {None, "", current.get(name)}
    ]
    if causes:
        raise errors.invalid(of.group, of.kind, call.target.name, causes)
    meta["name"] = current["name"]


def _apply(call: Call, of: Resource) -> web.Response:
    config = received(call, of, whole=False)
    if not call.query.get("fieldManager"):
        cause = errors.required("fieldManager", "is required for apply patch")
        raise errors.invalid("meta.k8s.io", "PatchOptions", "", [cause])
    meta = config["metadata"]
    if meta.get("managedFields"):
        raise errors.bad_request("metadata.managedFields must be nil")
    if meta.setdefault("name", call.target.name) != call.target.name:
        text = f"the name of the object ({meta['name']}) does not match the name on the URL ({call.target.name})"
        raise errors.bad_request(text)
    stored = call.store.shelf(of).get(call.target.namespace, call.target.name)
    if stored is None and meta.get("uid"):
        why = f"uid mismatch: the provided object specified uid {meta['uid']}, and no existing object was found"
        raise errors.conflict(of, call.target.name, why)
    if stored is None and call.target.subresource:
        raise errors.not_found(of, call.target.name)
    if stored is not None:
        check_identity(call, of, stored.value["metadata"], config)
    live = stored.value if stored else {"metadata": {}}
    merged, entries = server_side_apply.apply(
        live,
        views.as_stored(of, config),
        manager=call.manager,
        api_version=of.api_version,
        subresource=call.target.subresource,
        force=call.flag("force"),
        now=call.store.timestamp(),
    )
    if stored is None:
        made = call.store.create(of, merged, dry_run=call.dry_run(), managed_fields=entries)
        return reading.answer_object(call, of, made, 201)
    saved = call.store.update(
        of, merged, subresource=call.target.subresource, dry_run=call.dry_run(), managed_fields=entries
    )
    return reading.answer_object(call, of, saved)


async def delete(call: Call) -> web.Response:
    of = call.row
    options = delete_options(call)
    dry_run = call.dry_run(options, "DeleteOptions")
    last = call.store.delete(of, call.namespace, call.target.name, options=options, dry_run=dry_run)
    if of.kind == "Pod" or last["metadata"].get("deletionTimestamp"):
        return reading.answer_object(call, of, last)
    details = {"name": call.target.name, "group": of.group, "kind": of.plural, "uid": last["metadata"]["uid"]}
    details = {key: value for key, value in details.items() if value}
    return call.answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})


async def delete_collection(call: Call) -> web.Response:
    of = call.row
    options = delete_options(call)
    dry_run = call.dry_run(options, "DeleteOptions")
    rows, version, _ = reading.select(call, of)
    gone = [
        call.store.delete(of, row.namespace or None, row.name, options=options, dry_run=dry_run)
        for row in rows
        if call.store.shelf(of).get(row.namespace, row.name) is not None
    ]
    items = [views.shown(of, one) for one in gone]
    metadata = {"resourceVersion": str(version)}
    return call.answer({"kind": f"{of.kind}List", "apiVersion": of.api_version, "metadata": metadata, "items": items})


def delete_options(call: Call) -> Object:
    """From the body, else from the query; 422 for a policy that is none."""
    options: Object = dict(call.object) if call.body else {}
    if not call.body:
        if "propagationPolicy" in call.query:
            options["propagationPolicy"] = call.query["propagationPolicy"]
        if "gracePeriodSeconds" in call.query:
            options["gracePeriodSeconds"] = reading.number(call, "gracePeriodSeconds")
    policy = options.get("propagationPolicy")
    if policy not in {None, "Background", "Foreground", "Orphan"}:
        cause = errors.unsupported("propagationPolicy", policy, ["Foreground", "Background", "Orphan", "nil"])
        raise errors.invalid("meta.k8s.io", "DeleteOptions", "", [cause])
    return options


def received(call: Call, of: Resource, *, whole: bool = True) -> Object:
    """The body as an object of the kind and namespace the URL says; 400 if it is not."""
    obj = dict(call.object)
    kind, version = obj.setdefault("kind", of.kind), obj.setdefault("apiVersion", of.api_version)
    if kind != of.kind or version != of.api_version:
        text = (
            f'{kind} in version "{version.rpartition("/")[2]}" cannot be handled as a {of.kind}: no kind "{kind}" is '
            f'registered for version "{version}" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'
        )
        raise errors.bad_request(text)
    meta = obj.get("metadata")
    meta = obj["metadata"] = dict(meta) if isinstance(meta, dict) else {}
    namespace = call.target.namespace
    if of.namespaced and meta.setdefault("namespace", namespace) != namespace:
        raise errors.bad_request(ELSEWHERE)
    try:
        validation.check_types(of, obj)
    except validation.WrongType as misfit:
        if whole:
            text = f'{of.kind} in version "{of.version}" cannot be handled as a {of.kind}: {misfit}'
            raise errors.bad_request(text) from misfit
        place = f"{meta['namespace']}/{call.target.name}" if of.namespaced else call.target.name
        text = f"failed to create typed patch object ({place}; {of.api_version}, Kind={of.kind}): {misfit}"
        raise StatusError(500, "", text) from misfit
    return obj
