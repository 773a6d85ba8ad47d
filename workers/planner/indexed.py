"""A look that answers from the shared index where that is fresh, and asks the cluster for everything else."""

from collections.abc import Sequence

from workers.domain.value import ClusterName
from workers.planner.index import INDEXED
from workers.planner.live import LiveLook
from workers.planner.name_index import NameIndex
from workers.planner.names import Named


class IndexedLook:
    """Implements planner.names.Look, Prefetching and Knowing.

    Only names come from the index. States of pods, other kinds, and clusters that the index does not know are asked
    for live, as the requester.
    """

    def __init__(self, index: NameIndex, live: LiveLook) -> None:
        self._index = index
        self._live = live

    def prefetch(self, clusters: Sequence[ClusterName]) -> None:
        self._live.prefetch([cluster for cluster in clusters if not self._index.knows(cluster)])

    def workloads(self, cluster: ClusterName) -> tuple[Named, ...]:
        if not self._index.knows(cluster):
            return self._live.workloads(cluster)
        return tuple(named for kind in INDEXED for named in self._index.rows(cluster, kind))

    def namespaces(self, cluster: ClusterName) -> tuple[str, ...]:
        if not self._index.knows(cluster):
            return self._live.namespaces(cluster)
        return tuple(named.name for named in self._index.rows(cluster, "namespace"))

    def pods(self, cluster: ClusterName, namespace: str | None) -> tuple[Named, ...]:
        if namespace is not None or not self._index.knows(cluster):
            return self._live.pods(cluster, namespace)
        return self._index.rows(cluster, "pod")

    def nodes(self, cluster: ClusterName) -> tuple[Named, ...]:
        return self._index.rows(cluster, "node") if self._index.knows(cluster) else self._live.nodes(cluster)

    def objects(self, cluster: ClusterName, kind: str, namespace: str | None) -> tuple[Named, ...]:
        return self._live.objects(cluster, kind, namespace)

    def called(self, cluster: ClusterName, kind: str, name: str) -> tuple[Named, ...]:
        if self._index.knows(cluster):
            return self._index.called(cluster, kind, name)
        return self._live.called(cluster, kind, name)
