"""Which function answers a request: by verb, resource and subresource."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from workers.demo.apiserver import errors, reading, reviews, watching, writing
from workers.demo.apiserver.container_log import log
from workers.demo.apiserver.eviction import evict
from workers.demo.apiserver.remote_command import execute
from workers.demo.apiserver.resources import groups
from workers.demo.apiserver.scale import scale

if TYPE_CHECKING:
    from workers.demo.apiserver.call import Call

Handler = Callable[["Call"], Awaitable[web.StreamResponse]]

VERBS: dict[str, Handler] = {
    "get": reading.get,
    "list": reading.listed,
    "watch": watching.watch,
    "create": writing.create,
    "update": writing.update,
    "patch": writing.patch,
    "delete": writing.delete,
    "deletecollection": writing.delete_collection,
}
# (subresource, verb) -> who answers
SUBRESOURCES: dict[tuple[str, str], Handler] = {
    ("status", "get"): reading.get,
    ("status", "update"): writing.update,
    ("status", "patch"): writing.patch,
    ("scale", "get"): scale,
    ("scale", "update"): scale,
    ("scale", "patch"): scale,
    ("log", "get"): log,
    ("eviction", "create"): evict,
    ("exec", "get"): execute,
    ("exec", "create"): execute,
}
REVIEWS = frozenset({"authorization.k8s.io", "authentication.k8s.io"})


def handler(call: Call) -> Handler:
    """404 for what the server does not serve, 405 for what it serves otherwise."""
    target = call.target
    if target.group not in groups():
        raise errors.NothingThere
    row = call.row
    if not target.name and target.verb in {"update", "patch"}:
        raise errors.method_not_allowed()
    if target.verb == "deletecollection" and row.kind == "Namespace":
        raise errors.method_not_allowed()
    if row.namespaced and target.namespace == "" and (target.name or target.verb == "create"):
        raise errors.no_such_path() if target.name else errors.method_not_allowed()
    if not row.namespaced and target.namespace:
        raise errors.no_such_path()
    if target.verb == "create" and target.name and not target.subresource:
        raise errors.method_not_allowed()
    if target.subresource:
        if target.subresource not in row.subresources:
            raise errors.no_such_path()
        found = SUBRESOURCES.get((target.subresource, target.verb))
    elif row.group in REVIEWS:
        found = reviews.review if target.verb == "create" else None
    else:
        found = VERBS.get(target.verb) if target.verb in row.verbs else None
    if found is None:
        raise errors.method_not_allowed()
    return found
