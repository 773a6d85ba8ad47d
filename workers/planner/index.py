"""What one planning has seen of the fleet: the look's answers, and which clusters or kinds did not answer."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from workers.domain.errors import AccessDenied, ClusterUnreachable
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName
from workers.planner.names import Knowing, Look, Named, Prefetching

INDEXED = ("deployment", "statefulset", "daemonset", "cronjob")  # what Look.workloads lists
Item = TypeVar("Item")


class Index:
    """Memoised, and never raises: silence is remembered in `unreachable` and `hidden`."""

    def __init__(self, look: Look, clusters: Sequence[ClusterName]) -> None:
        self._look = look
        self.clusters = tuple(clusters)
        self.unreachable: dict[ClusterName, str] = {}
        self.hidden: dict[tuple[ClusterName, str], str] = {}
        self._seen: dict[tuple[ClusterName, str, str | None], tuple[Named, ...]] = {}
        self._spaces: dict[ClusterName, tuple[str, ...]] = {}
        self._workloads: dict[tuple[ClusterName, ...], list[Named]] = {}

    def prefetch(self, clusters: Sequence[ClusterName]) -> None:
        if isinstance(self._look, Prefetching):
            self._look.prefetch(clusters)

    def workloads(self, clusters: Iterable[ClusterName]) -> list[Named]:
        """In cluster order."""
        key = tuple(clusters)
        if key not in self._workloads:
            self._workloads[key] = self._listed(key)
        return list(self._workloads[key])

    def _listed(self, clusters: Iterable[ClusterName]) -> list[Named]:
        return [
            named
            for cluster in clusters
            for named in self._ask(cluster, "workloads", None, partial(self._look.workloads, cluster))
        ]

    def namespaces(self, clusters: Iterable[ClusterName]) -> tuple[str, ...]:
        """Sorted, of all these clusters together."""
        return tuple(sorted({space for cluster in clusters for space in self.namespaces_of(cluster)}))

    def namespaces_of(self, cluster: ClusterName) -> tuple[str, ...]:
        """Namespaces the requester may list, and those in which they see a workload."""
        if cluster not in self._spaces:
            listed = self._guard(cluster, "namespaces", lambda: self._look.namespaces(cluster))
            if not listed:
                listed = tuple(n.namespace for n in self.workloads([cluster]) if n.namespace)
            self._spaces[cluster] = tuple(sorted(set(listed)))
        return self._spaces[cluster]

    def pods(self, clusters: Iterable[ClusterName], namespace: str | None = None) -> list[Named]:
        return [
            named
            for cluster in clusters
            for named in self._ask(cluster, "pod", namespace, partial(self._look.pods, cluster, namespace))
        ]

    def nodes(self, clusters: Iterable[ClusterName]) -> list[Named]:
        return [
            named
            for cluster in clusters
            for named in self._ask(cluster, "node", None, partial(self._look.nodes, cluster))
        ]

    def called(self, kind: str, name: str, clusters: Sequence[ClusterName]) -> list[Named]:
        """Objects of exactly this name; pods and nodes are found without listing the others where the look can."""
        look = self._look
        if kind not in ("pod", "node") or not isinstance(look, Knowing):
            return [named for named in self.of_kind(kind, clusters) if named.name == name]
        return [
            named
            for cluster in clusters
            for named in self._ask(cluster, f"{kind}/{name}", None, partial(look.called, cluster, kind, name))
        ]

    def of_kind(self, kind: str, clusters: Sequence[ClusterName], namespace: str | None = None) -> list[Named]:
        """All objects of a kind; a namespace narrows the list where the kind has one."""
        if kind in INDEXED:
            found = [n for n in self.workloads(clusters) if n.kind == kind]
        elif kind == "pod":
            found = self.pods(clusters, namespace)
        elif kind == "node":
            found = self.nodes(clusters)
        elif kind == "namespace":
            return [
                Named(cluster=c, namespace=None, kind=kind, name=space)
                for c in clusters
                for space in self.namespaces_of(c)
            ]
        else:
            found = [
                named
                for cluster in clusters
                for named in self._ask(cluster, kind, namespace, partial(self._look.objects, cluster, kind, namespace))
            ]
        return [n for n in found if namespace is None or not KINDS[kind].namespaced or n.namespace == namespace]

    def notes(self) -> tuple[str, ...]:
        """One sentence for each thing that could not be seen."""
        return (
            *(f"{cluster} does not answer and was left out" for cluster in self.unreachable),
            *(f"{what} of {cluster} are not visible to you" for cluster, what in self.hidden),
        )

    def _ask(
        self, cluster: ClusterName, what: str, namespace: str | None, ask: Callable[[], tuple[Named, ...]]
    ) -> tuple[Named, ...]:
        key = (cluster, what, namespace)
        if key not in self._seen:
            self._seen[key] = self._guard(cluster, what, ask)
        return self._seen[key]

    def _guard(self, cluster: ClusterName, what: str, ask: Callable[[], tuple[Item, ...]]) -> tuple[Item, ...]:
        if cluster in self.unreachable:
            return ()
        try:
            return ask()
        except ClusterUnreachable as error:
            self.unreachable[cluster] = error.text
        except AccessDenied as error:
            kind = what.partition("/")[0]
            plural = KINDS[kind].plural if kind in KINDS else what
            self.hidden[cluster, plural] = error.text
        return ()
