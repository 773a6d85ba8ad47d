"""Where the store keeps the objects of one kind: immutable values with their JSON made once, sorted when listed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workers.demo.apiserver.resources import Object, Resource


def clone(value: Any) -> Any:
    """A deep copy of JSON; also turns YAML's dates into text, as the wire would."""
    return msgspec.json.decode(msgspec.json.encode(value))


class Stored:
    """One version of one object. `value` is shared by all readers and never changed; `copy` is the caller's own."""

    def __init__(self, value: Object) -> None:
        self.value = value
        metadata = value["metadata"]
        self.name: str = metadata["name"]
        self.namespace: str = metadata.get("namespace", "")
        self.resource_version = int(metadata.get("resourceVersion") or 0)

    @cached_property
    def encoded(self) -> bytes:
        return msgspec.json.encode(self.value)

    @cached_property
    def encoded_item(self) -> bytes:
        """As an item of a list: the real server leaves out kind and apiVersion there."""
        bare = {key: value for key, value in self.value.items() if key not in {"kind", "apiVersion"}}
        return msgspec.json.encode(bare)

    def copy(self) -> Object:
        copied: Object = msgspec.json.decode(self.encoded)
        return copied


class Shelf:
    """All objects of one resource, by namespace and name ("" is the namespace of cluster-scoped ones)."""

    def __init__(self) -> None:
        self._spaces: dict[str, dict[str, Stored]] = {}
        self._sorted: dict[str, list[Stored]] = {}
        self._everything: list[Stored] | None = None

    def get(self, namespace: str, name: str) -> Stored | None:
        return self._spaces.get(namespace, {}).get(name)

    def put(self, stored: Stored) -> None:
        self._spaces.setdefault(stored.namespace, {})[stored.name] = stored
        self._forget(stored.namespace)

    def remove(self, namespace: str, name: str) -> None:
        space = self._spaces[namespace]
        del space[name]
        if not space:
            del self._spaces[namespace]
        self._forget(namespace)

    def holds(self, namespace: str) -> bool:
        return namespace in self._spaces

    def rows(self, namespace: str | None) -> list[Stored]:
        """Sorted by namespace and name; None is every namespace. The list is shared: do not change it."""
        if namespace is None:
            if self._everything is None:
                self._everything = list(self._all())
            return self._everything
        if namespace not in self._sorted:
            space = self._spaces.get(namespace, {})
            self._sorted[namespace] = [space[name] for name in sorted(space)]
        return self._sorted[namespace]

    def _all(self) -> Iterator[Stored]:
        for namespace in sorted(self._spaces):
            yield from self.rows(namespace)

    def _forget(self, namespace: str) -> None:
        self._everything = None
        self._sorted.pop(namespace, None)


@dataclass(frozen=True)
class WatchEvent:
    """One committed change. `object` and `previous` are fresh copies at each reading."""

    type: str  # "ADDED", "MODIFIED", "DELETED"
    resource: Resource
    resource_version: int
    now: Stored
    before: Stored | None

    @property
    def object(self) -> Object:
        return self.now.copy()

    @property
    def previous(self) -> Object | None:
        return self.before.copy() if self.before else None
