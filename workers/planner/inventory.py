"""A fleet written down in a file, as the planner's index: for trying the planner without any cluster."""

from collections.abc import Mapping
from functools import cached_property

from pydantic import ConfigDict

from workers.domain.cluster import Cluster
from workers.domain.kind import KINDS
from workers.domain.policy import ClusterNames
from workers.domain.value import ClusterName, Value
from workers.planner.names import Named


class _Entry(Value):
    """What the file says beyond these fields is not needed here."""

    model_config = ConfigDict(extra="ignore")

    name: str
    namespace: str | None = None
    labels: Mapping[str, str] = {}


class _Container(Value):
    model_config = ConfigDict(extra="ignore")

    name: str


class _Placed(_Entry):
    kind: str
    clusters: tuple[ClusterName, ...] | None = None  # None: in every one
    containers: tuple[_Container, ...] = ()


class _Pod(_Entry):
    node: str = ""
    status: str = "Running"


class Inventory(_Entry):
    """`clusters`, `namespaces`, `workloads`, `objects`, and `pods` and `nodes` by cluster; groups and aliases."""

    name: str = "inventory"
    clusters: tuple[ClusterName, ...]
    groups: Mapping[str, tuple[str, ...]] = {}
    cluster_aliases: Mapping[ClusterName, tuple[str, ...]] = {}
    group_aliases: Mapping[str, tuple[str, ...]] = {}
    namespaces: tuple[str, ...] = ()
    workloads: tuple[_Placed, ...] = ()
    objects: tuple[_Placed, ...] = ()
    pods: Mapping[ClusterName, tuple[_Pod, ...]] = {}
    nodes: Mapping[ClusterName, tuple[str, ...]] = {}

    @property
    def names(self) -> ClusterNames:
        return ClusterNames(aliases=self.cluster_aliases, groups=self.groups, group_aliases=self.group_aliases)

    def fleet(self, only: tuple[str, ...] = ()) -> tuple[Cluster, ...]:
        """In the file's order; tiers by the file's own group `prod`, everything else is staging."""
        production = self.groups.get("prod", self.clusters)
        return tuple(
            Cluster(name=name, tier="production" if name in production else "staging")
            for name in self.clusters
            if not only or name in only
        )


class InventoryLook:
    """Implements planner.names.Look."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory

    def workloads(self, cluster: ClusterName) -> tuple[Named, ...]:
        return self._workloads[cluster]

    def namespaces(self, cluster: ClusterName) -> tuple[str, ...]:  # noqa: ARG002  # the same in every cluster
        return self.inventory.namespaces

    def pods(self, cluster: ClusterName, namespace: str | None) -> tuple[Named, ...]:
        return tuple(pod for pod in self._pods[cluster] if namespace in (None, pod.namespace))

    def nodes(self, cluster: ClusterName) -> tuple[Named, ...]:
        return self._nodes[cluster]

    def objects(self, cluster: ClusterName, kind: str, namespace: str | None) -> tuple[Named, ...]:
        listed = "service" if kind == "endpoints" else kind  # Kubernetes keeps endpoints for every service
        return tuple(
            _named(cluster, one, kind)
            for one in self.inventory.objects
            if one.kind == listed and _is_in(one, cluster) and namespace in (None, one.namespace)
        )

    @cached_property
    def _workloads(self) -> Mapping[ClusterName, tuple[Named, ...]]:
        return {
            cluster: tuple(_named(cluster, one, one.kind) for one in self.inventory.workloads if _is_in(one, cluster))
            for cluster in self.inventory.clusters
        }

    @cached_property
    def _pods(self) -> Mapping[ClusterName, tuple[Named, ...]]:
        return {
            cluster: tuple(
                Named(
                    cluster=cluster,
                    namespace=pod.namespace,
                    kind="pod",
                    name=pod.name,
                    labels=pod.labels,
                    node=pod.node,
                    status=pod.status,
                )
                for pod in self.inventory.pods.get(cluster, ())
            )
            for cluster in self.inventory.clusters
        }

    @cached_property
    def _nodes(self) -> Mapping[ClusterName, tuple[Named, ...]]:
        return {
            cluster: tuple(
                Named(cluster=cluster, namespace=None, kind="node", name=name)
                for name in self.inventory.nodes.get(cluster, ())
            )
            for cluster in self.inventory.clusters
        }


def _is_in(one: _Placed, cluster: ClusterName) -> bool:
    return one.clusters is None or cluster in one.clusters


def _named(cluster: ClusterName, one: _Placed, kind: str) -> Named:
    return Named(
        cluster=cluster,
        namespace=one.namespace if KINDS[kind].namespaced else None,
        kind=kind,
        name=one.name,
        labels=one.labels,
        containers=tuple(container.name for container in one.containers),
    )
