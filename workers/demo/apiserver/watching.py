"""watch: what happened since a resourceVersion, then what happens, one JSON event a line.

Behaviour: k8s.io/apiserver/pkg/storage/cacher and .../endpoints/handlers/watch.go, v1.36.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from workers.demo.apiserver import errors, reading, views
from workers.demo.apiserver.errors import StatusError

if TYPE_CHECKING:
    from collections.abc import Callable

    from workers.demo.apiserver.call import Call
    from workers.demo.apiserver.negotiation import Shape
    from workers.demo.apiserver.resources import Object, Resource
    from workers.demo.apiserver.shelf import WatchEvent

DEFAULT_SECONDS = 1800.0
BOOKMARK_SECONDS = 60.0
INITIAL_END = "k8s.io/initial-events-end"


@dataclass
class Watch:
    """One client's view of the changes to one resource."""

    call: Call
    of: Resource
    passes: Callable[[Object], bool]
    shape: Shape
    response: web.StreamResponse
    sent: int = 0

    def concerns(self, event: WatchEvent) -> bool:
        if event.resource.storage != self.of.storage:
            return False
        namespace, name = self.call.namespace, self.call.target.name
        return namespace in {None, event.now.namespace} and name in {"", event.now.name}

    def translate(self, event: WatchEvent) -> tuple[str, Object] | None:
        """As this client sees it: an object that leaves the selector is deleted, one that enters is added."""
        before = event.before is not None and self.passes(event.before.value)
        now = event.type != "DELETED" and self.passes(event.now.value)
        if now:
            return ("MODIFIED" if before else "ADDED"), event.now.value
        if not before or event.before is None:
            return None
        last = event.now.value if event.type == "DELETED" else event.before.value
        version = {**last["metadata"], "resourceVersion": str(event.resource_version)}
        return "DELETED", {**last, "metadata": version}

    async def send(self, kind: str, value: Object) -> None:
        if not self.shape.name and kind in {"ADDED", "MODIFIED", "DELETED"}:
            body: Any = views.shown(self.of, value)
        elif kind in {"ADDED", "MODIFIED", "DELETED"}:
            body = reading.render(self.call, self.of, self.shape, value, first=self.sent == 0)
        else:
            body = value
        self.sent += 1
        await self.response.write(msgspec.json.encode({"type": kind, "object": body}) + b"\n")

    async def bookmark(self, version: int, annotations: dict[str, str] | None = None) -> None:
        metadata: Object = {"resourceVersion": str(version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        await self.send("BOOKMARK", {"kind": self.of.kind, "apiVersion": self.of.api_version, "metadata": metadata})


async def watch(call: Call) -> web.StreamResponse:
    of = call.row
    if "watch" not in of.verbs:
        raise errors.method_not_allowed()
    reading.check_list_options(call)
    initial = _wants_initial(call)
    response = web.StreamResponse(headers={**call.headers, "Content-Type": "application/json"})
    viewer = Watch(call, of, reading.test_of(call, of), reading.shape_of(call), response)
    queue: asyncio.Queue[WatchEvent] = asyncio.Queue()
    start = call.query.get("resourceVersion", "")
    # No await between reading the past and subscribing to the future: nothing is missed, nothing comes twice.
    problem, past, rows = None, [], []
    current = call.store.resource_version
    if initial or start in {"", "0"}:
        rows = [row for row in call.store.rows(of, call.namespace) if viewer.passes(row.value)]
        if call.target.name:
            rows = [row for row in rows if row.name == call.target.name]
        if call.query.get("sendInitialEvents") in {"false", "0"}:
            rows = []
    else:
        try:
            past = _since(call, int(start))
        except StatusError as too_old:
            problem = too_old
    unsubscribe = call.store.subscribe(lambda event: queue.put_nowait(event) if viewer.concerns(event) else None)
    try:
        await response.prepare(call.request)
        if problem is not None:
            await viewer.send("ERROR", problem.to_status())
            return response
        for row in rows:
            await viewer.send("ADDED", row.value)
        if initial and call.flag("allowWatchBookmarks"):
            await viewer.bookmark(current, {INITIAL_END: "true"})
        for event in past:
            await _forward(viewer, event)
        await _stream(viewer, queue)
        await response.write_eof()
    except ConnectionError:
        pass  # the client has gone: the usual end of a watch
    finally:
        unsubscribe()
    return response


async def _stream(viewer: Watch, queue: asyncio.Queue[WatchEvent]) -> None:
    """Events until timeoutSeconds are over; bookmarks now and then and at the end for who asked."""
    call, loop = viewer.call, asyncio.get_running_loop()
    seconds = float(call.query.get("timeoutSeconds") or DEFAULT_SECONDS)
    end = loop.time() + seconds
    bookmarks = call.flag("allowWatchBookmarks")
    while (left := end - loop.time()) > 0:
        try:
            event = await asyncio.wait_for(queue.get(), min(left, BOOKMARK_SECONDS))
        except TimeoutError:
            if bookmarks:
                await viewer.bookmark(call.store.resource_version)
            continue
        await _forward(viewer, event)


async def _forward(viewer: Watch, event: WatchEvent) -> None:
    if viewer.concerns(event) and (seen := viewer.translate(event)) is not None:
        await viewer.send(*seen)


def _since(call: Call, version: int) -> list[WatchEvent]:
    """Remembered changes after `version`; 410 if some of them are forgotten."""
    history = call.store.history
    oldest = history[0].resource_version if history else call.store.resource_version + 1
    if version < oldest - 1:
        raise errors.expired(f"too old resource version: {version} ({oldest})")
    # resourceVersions are consecutive, so the place is known.
    return [history[index] for index in range(version - oldest + 1, len(history))]


def _wants_initial(call: Call) -> bool:
    wanted = call.query.get("sendInitialEvents")
    if wanted is None:
        return False
    if call.query.get("resourceVersionMatch") != "NotOlderThan":
        text = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        raise errors.invalid("meta.k8s.io", "ListOptions", "", [errors.not_allowed("resourceVersionMatch", text)])
    return wanted in {"true", "1"}
