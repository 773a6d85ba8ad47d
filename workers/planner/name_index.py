"""The names of a whole fleet in memory: filled by lists, kept fresh by watch events, read by every planning.

One writer a cluster and kind, any number of readers; each change is one dict operation, so that a fork at any moment
leaves the child a whole index.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from sys import intern
from time import monotonic

from workers.domain.value import ClusterName
from workers.planner.index import INDEXED
from workers.planner.names import Named

KEPT = (*INDEXED, "namespace", "pod", "node")
FRESH_SECONDS = 60.0  # without a word from the cluster, an index of it is not believed any more

Rows = tuple[Named, ...]


@dataclass(slots=True)
class _Shelf:
    """One kind of one cluster, by name; most names are there once."""

    by_name: dict[str, Rows] = field(default_factory=dict)
    rows: Rows | None = None  # all of them, until the next change
    heard_at: float = 0.0


class NameIndex:
    def __init__(self) -> None:
        self._shelves: dict[tuple[ClusterName, str], _Shelf] = {}

    def replace(self, cluster: ClusterName, kind: str, rows: Iterable[Named]) -> None:
        """What a list has brought; what is not in it is gone."""
        shelf = _Shelf(heard_at=monotonic())
        for named in rows:
            _put(shelf, compact(named))
        self._shelves[cluster, kind] = shelf

    def put(self, named: Named) -> None:
        """One object that was added or changed."""
        if shelf := self._shelves.get((named.cluster, named.kind)):
            _put(shelf, compact(named))

    def drop(self, cluster: ClusterName, kind: str, namespace: str | None, name: str) -> None:
        if not (shelf := self._shelves.get((cluster, kind))):
            return
        left = tuple(one for one in shelf.by_name.get(name, ()) if one.namespace != namespace)
        if left:
            shelf.by_name[name] = left
        else:
            shelf.by_name.pop(name, None)
        shelf.rows = None

    def forget(self, cluster: ClusterName, kind: str) -> None:
        """Until the next list: the watch was lost."""
        self._shelves.pop((cluster, kind), None)

    def heard(self, cluster: ClusterName, kind: str) -> None:
        """The cluster has answered just now, with or without news."""
        if shelf := self._shelves.get((cluster, kind)):
            shelf.heard_at = monotonic()

    def knows(self, cluster: ClusterName) -> bool:
        """Whether every kind of the cluster is there, and was heard of lately."""
        oldest = monotonic() - FRESH_SECONDS
        shelves = [self._shelves.get((cluster, kind)) for kind in KEPT]
        return all(shelf is not None and shelf.heard_at > oldest for shelf in shelves)

    def rows(self, cluster: ClusterName, kind: str) -> Rows:
        shelf = self._shelves.get((cluster, kind))
        if shelf is None:
            return ()
        if shelf.rows is None:
            shelf.rows = tuple(one for rows in list(shelf.by_name.values()) for one in rows)
        return shelf.rows

    def called(self, cluster: ClusterName, kind: str, name: str) -> Rows:
        """Those of exactly this name, in whatever namespaces."""
        shelf = self._shelves.get((cluster, kind))
        return shelf.by_name.get(name, ()) if shelf else ()

    def __len__(self) -> int:
        return sum(len(shelf.by_name) for shelf in self._shelves.values())


def _put(shelf: _Shelf, named: Named) -> None:
    others = tuple(one for one in shelf.by_name.get(named.name, ()) if one.namespace != named.namespace)
    shelf.by_name[named.name] = (*others, named)
    shelf.rows = None


_LABELS: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}
MOST_LABELS = 50_000


def compact(named: Named) -> Named:
    """The same, sharing its texts and labels with whoever has them too: the pods of one workload have one mapping."""
    key = tuple(sorted(named.labels.items()))
    labels = _LABELS.get(key)
    if labels is None:
        if len(_LABELS) >= MOST_LABELS:
            _LABELS.clear()
        labels = _LABELS[key] = {intern(name): intern(value) for name, value in key}
    space = intern(named.namespace) if named.namespace is not None else None
    return Named.model_construct(
        cluster=ClusterName(intern(named.cluster)),
        namespace=space,
        kind=intern(named.kind),
        name=named.name,
        labels=labels,
        uid=named.uid,
        containers=named.containers,
        status=named.status,
        node=named.node,
    )
