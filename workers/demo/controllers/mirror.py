"""A read-only picture of the store's objects, kept up to date by its changes and indexed by owner."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from workers.demo.identity import Json
from workers.demo.objects import controller_of, key_of

Key = tuple[str, str]  # namespace ("" for cluster-wide objects), name


class Mirror:
    """The objects by kind; callers must not change what they get."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[Key, Json]] = defaultdict(dict)
        self._owned: dict[str, dict[tuple[str, Key], Json]] = defaultdict(dict)
        self._alone: dict[Key, Json] = {}  # pods without a controller

    def put(self, obj: Json) -> None:
        kind, key = obj["kind"], key_of(obj)
        old = self._objects[kind].get(key)
        if old is not None:
            self._disown(old)
        self._objects[kind][key] = obj
        owner = controller_of(obj)
        if owner:
            self._owned[owner["uid"]][kind, key] = obj
        elif kind == "Pod":
            self._alone[key] = obj

    def drop(self, obj: Json) -> None:
        old = self._objects[obj["kind"]].pop(key_of(obj), None)
        if old is not None:
            self._disown(old)

    def _disown(self, obj: Json) -> None:
        if obj["kind"] == "Pod":
            self._alone.pop(key_of(obj), None)
        owner = controller_of(obj)
        if owner and owner["uid"] in self._owned:
            self._owned[owner["uid"]].pop((obj["kind"], key_of(obj)), None)
            if not self._owned[owner["uid"]]:
                del self._owned[owner["uid"]]

    def get(self, kind: str, key: Key) -> Json | None:
        return self._objects[kind].get(key)

    def all(self, kind: str, namespace: str | None = None) -> Iterator[Json]:
        """The objects of a kind, of one namespace or of all."""
        for (where, _), obj in list(self._objects[kind].items()):
            if namespace is None or namespace == where:
                yield obj

    def alone(self, namespace: str) -> list[Json]:
        """The pods of a namespace that have no controller."""
        return [pod for (where, _), pod in self._alone.items() if where == namespace]

    def owned(self, owner: dict[str, Any], kind: str) -> list[Json]:
        """The objects of a kind whose controller is `owner`, oldest first."""
        found = [obj for (is_kind, _), obj in self._owned.get(owner["metadata"]["uid"], {}).items() if is_kind == kind]
        return sorted(found, key=lambda obj: (obj["metadata"]["creationTimestamp"], obj["metadata"]["name"]))
