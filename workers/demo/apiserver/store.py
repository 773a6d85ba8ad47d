"""The state of one simulated cluster: objects, one resourceVersion counter, changes as they are committed.

Everything is synchronous and belongs to one event loop. Objects go in and come out as copies. What a write must pass
(names, defaults, validation, preconditions) is here, so controllers and the wire obey the same rules; what only the
wire knows (patches, dry-run flags, rights) is not.
Order of checks: k8s.io/apiserver/pkg/registry/generic/registry/store.go, v1.36.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from workers.demo.apiserver import errors, lifecycle, managed, metadata, validation
from workers.demo.apiserver.defaults import set_defaults
from workers.demo.apiserver.resources import Object, Resource, resource
from workers.demo.apiserver.shelf import Shelf, Stored, WatchEvent, clone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

HISTORY = 20_000  # committed changes a watch can still be resumed from


def later(seconds: float, act: Callable[[], None]) -> None:
    """Run `act` after a while on the running loop; at once where there is no loop."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        act()
    else:
        loop.call_later(seconds, act)


class Store:
    def __init__(
        self,
        cluster: str,
        clock: Callable[[], datetime],
        *,
        ids: Callable[[], str] = lambda: str(uuid.uuid4()),
        schedule: Callable[[float, Callable[[], None]], None] = later,
        pod_grace_seconds: float = 1.0,  # how long a deleted pod stays Terminating, whatever its own grace period
        history: int = HISTORY,
    ) -> None:
        self.cluster = cluster
        self.clock = clock
        self.resource_version = 1
        self.schedule = schedule
        self.pod_grace_seconds = pod_grace_seconds
        self.history: deque[WatchEvent] = deque(maxlen=history)
        self.dependents: dict[str, set[tuple[str, str, str]]] = {}  # owner uid -> (storage, namespace, name)
        self._ids = ids
        self._shelves: dict[str, Shelf] = {}
        self._resources: dict[str, Resource] = {}  # storage -> the row objects are stored as
        self._subscribers: list[Callable[[WatchEvent], None]] = []

    # Reading

    def shelf(self, of: Resource) -> Shelf:
        shelf = self._shelves.get(of.storage)
        if shelf is None:
            shelf = self._shelves[of.storage] = Shelf()
            self._resources[of.storage] = resource(of.storage)
        return shelf

    def stored(self, of: Resource, namespace: str | None, name: str) -> Stored:
        """The shared value, for readers that promise not to change it."""
        found = self.shelf(of).get((namespace or "") if of.namespaced else "", name)
        if found is None:
            raise errors.not_found(of, name)
        return found

    def get(self, of: Resource, namespace: str | None, name: str) -> Object:
        return self.stored(of, namespace, name).copy()

    def rows(self, of: Resource, namespace: str | None = None) -> list[Stored]:
        """Shared values, sorted by namespace and name."""
        return self.shelf(of).rows(namespace if of.namespaced else None)

    def list(self, of: Resource, namespace: str | None = None) -> list[Object]:
        return [stored.copy() for stored in self.rows(of, namespace)]

    # Writing

    def create(
        self,
        of: Resource,
        obj: Object,
        *,
        dry_run: bool = False,
        manager: str = "",
        managed_fields: Sequence[Any] | None = None,
    ) -> Object:
        """The object as stored. A given uid, creationTimestamp and status are kept: the wire strips them, a world
        that is older than its process needs them. Raises 404 (namespace), 409 and 422.
        """
        of = self._row(of)
        new: Object = clone(obj)
        meta = metadata.on_create(of, new, now=self.timestamp(), uid=self._ids, suffix=self._suffix)
        self._require_namespace(of, meta)
        set_defaults(of.kind, new, self._allocate)
        validation.check_create(of, new)
        if self.shelf(of).get(meta.get("namespace", ""), meta["name"]) is not None:
            raise errors.already_exists(of, meta["name"])
        if managed_fields is not None:
            meta["managedFields"] = [*managed_fields]
        elif manager:
            meta["managedFields"] = managed.after_update(None, new, manager, of.api_version, "", self.timestamp())
        if dry_run:
            return new
        return self.commit("ADDED", of, new, None).copy()

    def update(
        self,
        of: Resource,
        obj: Object,
        *,
        subresource: str = "",
        dry_run: bool = False,
        manager: str = "",
        managed_fields: Sequence[Any] | None = None,
    ) -> Object:
        """The whole object replaced, or only its status with subresource="status" (which may also annotate, as real
        controllers do). uid and resourceVersion are preconditions when present. Raises 404, 409 and 422.
        """
        of = self._row(of)
        meta = obj.get("metadata", {})
        before = self.stored(of, meta.get("namespace"), meta.get("name", ""))
        metadata.check_preconditions(of, before.value["metadata"], meta.get("uid"), meta.get("resourceVersion"))
        new = metadata.on_update(of, before.value, clone(obj), subresource)
        if subresource != "status":
            set_defaults(of.kind, new, self._allocate)
            validation.check_update(of, before.value, new)
            metadata.bump_generation(of, before.value, new)
        if managed_fields is not None:
            new["metadata"]["managedFields"] = [*managed_fields]
        if new == before.value:
            return before.copy()
        if manager and managed_fields is None:
            stamp = self.timestamp()
            new["metadata"]["managedFields"] = managed.after_update(
                before.value, new, manager, of.api_version, subresource, stamp
            )
        if dry_run:
            return new
        committed = self.commit("MODIFIED", of, new, before)
        if new["metadata"].get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            lifecycle.finalizers_done(self, of, committed)
        return committed.copy()

    def delete(
        self,
        of: Resource,
        namespace: str | None,
        name: str,
        *,
        options: Object | None = None,
        dry_run: bool = False,
    ) -> Object:
        """The object as it was last: with a deletionTimestamp if it lingers (finalizers, a pod's grace period)."""
        return lifecycle.delete(self, of, self.stored(of, namespace, name), options or {}, dry_run=dry_run)

    # Changes

    def subscribe(self, callback: Callable[[WatchEvent], None]) -> Callable[[], None]:
        """Every committed change from now on, in order; call what is returned to stop."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback) if callback in self._subscribers else None

    def commit(self, change: str, of: Resource, value: Object, before: Stored | None) -> Stored:
        """Store `value` under the next resourceVersion (or drop it, for DELETED) and tell everybody."""
        shelf = self.shelf(of)
        row = self._resources[of.storage]
        self.resource_version += 1
        value["metadata"]["resourceVersion"] = str(self.resource_version)
        now = Stored(value)
        if change == "DELETED":
            shelf.remove(now.namespace, now.name)
        else:
            shelf.put(now)
        lifecycle.index_owners(self.dependents, row, before, None if change == "DELETED" else now)
        event = WatchEvent(change, row, self.resource_version, now, before)
        self.history.append(event)
        for tell in tuple(self._subscribers):
            tell(event)
        return now

    # Small things the pieces need

    def timestamp(self) -> str:
        return metadata.timestamp(self.clock())

    def _row(self, of: Resource) -> Resource:
        """The version objects are stored in, whatever version they are written through."""
        self.shelf(of)
        return self._resources[of.storage]

    def by_storage(self, storage: str) -> Resource:
        return self._resources[storage]

    def empty(self, namespace: str) -> bool:
        """No object lives in the namespace any more."""
        return not any(shelf.holds(namespace) for shelf in self._shelves.values())

    def contents(self, namespace: str) -> Sequence[tuple[Resource, Stored]]:
        shelves = tuple(self._shelves.items())
        return tuple(
            (self._resources[storage], stored) for storage, shelf in shelves for stored in shelf.rows(namespace)
        )

    def _require_namespace(self, of: Resource, meta: Object) -> None:
        if not of.namespaced:
            return
        space = self.shelf(_NAMESPACES).get("", meta["namespace"])
        if space is None:
            raise errors.not_found(_NAMESPACES, meta["namespace"])
        if space.value["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {space.name} because it is being terminated"
            raise errors.forbidden(of, meta["name"], why)

    def _suffix(self) -> str:
        """Five letters for generateName, from the alphabet of k8s.io/apimachinery/pkg/util/rand."""
        digest = hashlib.sha256(self._ids().encode()).digest()
        alphabet = "bcdfghjklmnpqrstvwxz2456789"
        return "".join(alphabet[byte % len(alphabet)] for byte in digest[:5])

    def _allocate(self, what: str) -> str | int:
        """A fresh cluster address or node port."""
        digest = hashlib.sha256((what + self._ids()).encode()).digest()
        if what == "nodePort":
            return 30000 + int.from_bytes(digest[:2], "big") % 2768
        return f"10.96.{digest[0]}.{1 + digest[1] % 254}"


_NAMESPACES = resource("namespaces")

__all__ = ["Store", "WatchEvent"]
