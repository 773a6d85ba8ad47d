"""get and list: bytes made once per object version are put together; shapes are made on demand.

Behaviour: k8s.io/apiserver/pkg/endpoints/handlers/get.go and .../registry/generic/registry/store.go, v1.36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workers.demo.apiserver import errors, negotiation, paging, selectors, tables, views
from workers.demo.apiserver.shelf import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aiohttp import web

    from workers.demo.apiserver.call import Call
    from workers.demo.apiserver.resources import Object, Resource

MATCHES = ("Exact", "NotOlderThan")


async def get(call: Call) -> web.Response:
    of = call.row
    if of.group == "metrics.k8s.io":
        return _shaped(call, of, Stored(_metrics_of(call, of)))
    return _shaped(call, of, call.store.stored(of, call.namespace, call.target.name))


async def listed(call: Call) -> web.Response:
    of = call.row
    check_list_options(call)
    rows, version, more = select(call, of)
    metadata: Object = {"resourceVersion": str(version), **more}
    wanted = shape_of(call)
    if wanted.name == "Table":
        values = [views.shown(of, row.value) for row in rows]
        return call.answer(tables.table(of, values, wanted.include, call.store.clock(), metadata))
    if wanted.name:
        items = [_partial(views.shown(of, row.value)) for row in rows]
        kind = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
        return call.answer({**kind, "metadata": metadata, "items": items})
    head = msgspec.json.encode({"kind": f"{of.kind}List", "apiVersion": of.api_version, "metadata": metadata})
    items_json = b",".join([views.encoded_item(of, row) for row in rows])
    return call.answer(head[:-1] + b',"items":[' + items_json + b"]}")


def select(call: Call, of: Resource) -> tuple[Sequence[Stored], int, Object]:
    """The rows of the page asked for, the list's resourceVersion, and what else its metadata says."""
    if of.group == "metrics.k8s.io":
        objects = call.world.metrics.nodes() if of.plural == "nodes" else call.world.metrics.pods(call.namespace)
        stored = [Stored(one) for one in objects]
        return [row for row in stored if test_of(call, of)(row.value)], call.store.resource_version, {}
    token, limit = call.query.get("continue", ""), number(call, "limit")
    version, start = paging.decode_token(token) if token else (call.store.resource_version, None)
    key = (of.storage, call.target.namespace, version)
    rows = call.world.snapshots.find(key) if token else call.store.rows(of, call.namespace)
    everything = rows
    if start is not None:
        rows = [row for row in rows if (row.namespace, row.name) > start]
    selected = bool(call.query.get("labelSelector") or call.query.get("fieldSelector"))
    if selected:
        passes = test_of(call, of)
        rows = [row for row in rows if passes(row.value)]
    if not limit or len(rows) <= limit:
        return rows, version, {}
    call.world.snapshots.keep(key, everything)
    more: Object = {"continue": paging.encode_token(version, rows[limit - 1])}
    if not selected:
        more["remainingItemCount"] = len(rows) - limit
    return rows[:limit], version, more


def test_of(call: Call, of: Resource) -> Callable[[Object], bool]:
    """Both selectors of the query as one question."""
    labels, fields = call.query.get("labelSelector", ""), call.query.get("fieldSelector", "")
    tests = []
    if labels:
        tests.append(selectors.label_test(labels))
    if fields:
        tests.append(selectors.field_test(of, fields))
    return lambda obj: all(test(obj) for test in tests)


def shape_of(call: Call) -> negotiation.Shape:
    return negotiation.shape(call.request.headers.get("Accept", "*/*"), call.query.get("includeObject", ""))


def answer_object(call: Call, of: Resource, value: Object, code: int = 200) -> web.Response:
    """An object that was just written, in the shape the client wants."""
    wanted = shape_of(call)
    value = views.shown(of, value)
    if wanted.name == "Table":
        return call.answer(tables.table(of, [value], wanted.include, call.store.clock(), {}), code)
    return call.answer(_partial(value) if wanted.name else value, code)


def render(call: Call, of: Resource, shape: negotiation.Shape, value: Object, *, first: bool = True) -> Any:
    """An object as an event of a watch carries it."""
    value = views.shown(of, value)
    if shape.name == "Table":
        return tables.table(of, [value], shape.include, call.store.clock(), {}, columns=first)
    return _partial(value) if shape.name else value


def check_list_options(call: Call) -> None:
    """422 for combinations a real server refuses; 504 for a version from the future."""
    match = call.query.get("resourceVersionMatch", "")
    version = call.query.get("resourceVersion", "")
    causes = []
    if match and match not in MATCHES:
        causes.append(errors.unsupported("resourceVersionMatch", match, list(MATCHES)))
    if match and not version and "sendInitialEvents" not in call.query:
        text = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        causes.append(errors.not_allowed("resourceVersionMatch", text))
    if match == "Exact" and version == "0":
        text = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        causes.append(errors.not_allowed("resourceVersionMatch", text))
    if causes:
        raise errors.invalid("meta.k8s.io", "ListOptions", "", causes)
    if not version:
        return
    if not version.isdigit():
        cause = errors.wrong("resourceVersion", version, 'strconv.ParseUint: parsing "' + version + '": invalid syntax')
        raise errors.bad_request(f"invalid resource version: resourceVersion: {cause.message}")
    check_not_ahead(call, int(version))


def check_not_ahead(call: Call, version: int) -> None:
    current = call.store.resource_version
    if version > current:
        text = f"Too large resource version: {version}, current: {current}"
        cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
        details = {"causes": [cause], "retryAfterSeconds": 1}
        raise errors.StatusError(504, "Timeout", f"Timeout: {text}", details, {"Retry-After": "1"})


def _shaped(call: Call, of: Resource, stored: Stored) -> web.Response:
    if shape_of(call).name:
        return answer_object(call, of, stored.value)
    return call.answer(views.encoded(of, stored))


def _partial(value: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": value["metadata"]}


def _metrics_of(call: Call, of: Resource) -> Object:
    objects = call.world.metrics.nodes() if of.plural == "nodes" else call.world.metrics.pods(call.namespace)
    for one in objects:
        if one["metadata"]["name"] == call.target.name:
            return {"kind": of.kind, "apiVersion": of.api_version, **one}
    raise errors.not_found(of, call.target.name)


def number(call: Call, name: str) -> int:
    text = call.query.get(name, "0")
    if not text.isdigit():
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)
