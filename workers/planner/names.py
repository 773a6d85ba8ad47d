"""The live index of names, as the planner asks for it: lazily, cluster by cluster, as the requester."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from workers.domain.value import ClusterName, Value


class Named(Value):
    """One object that exists now; nothing of its spec."""

    cluster: ClusterName
    namespace: str | None  # None for kinds without a namespace
    kind: str  # a key of KINDS
    name: str
    labels: Mapping[str, str] = {}
    uid: str = ""
    containers: tuple[str, ...] = ()  # empty if unknown
    status: str = ""  # of pods, as kubectl prints it: "Running", "CrashLoopBackOff"; "" if unknown
    node: str = ""  # of pods; "" if unknown

    @property
    def text(self) -> str:
        """`payments/payment-api (deployment)`."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{place}{self.name} ({self.kind})"


class Look(Protocol):
    """Each method raises ClusterUnreachable or AccessDenied; what is not asked is not listed."""

    def workloads(self, cluster: ClusterName) -> tuple[Named, ...]:
        """Deployments, statefulsets, daemonsets and cronjobs of all namespaces that the requester may list."""

    def namespaces(self, cluster: ClusterName) -> tuple[str, ...]: ...

    def pods(self, cluster: ClusterName, namespace: str | None) -> tuple[Named, ...]:
        """With status and node when a namespace is given; None is all namespaces."""

    def nodes(self, cluster: ClusterName) -> tuple[Named, ...]: ...

    def objects(self, cluster: ClusterName, kind: str, namespace: str | None) -> tuple[Named, ...]:
        """Any other kind, by name; None is all namespaces."""


@runtime_checkable
class Prefetching(Protocol):
    """A look that can ask several clusters at once before the planner reads them one by one."""

    def prefetch(self, clusters: Sequence[ClusterName]) -> None:
        """Lists workloads and namespaces of these clusters concurrently; never raises for a cluster."""


@runtime_checkable
class Knowing(Protocol):
    """A look that finds one name without listing all of its kind."""

    def called(self, cluster: ClusterName, kind: str, name: str) -> tuple[Named, ...]:
        """Pods or nodes of exactly this name, in whatever namespaces."""
