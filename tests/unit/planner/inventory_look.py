"""The imaginary fleet of tests/data/intents as the planner's index, with clusters that can be told to be silent."""

from functools import cache
from pathlib import Path

from workers.domain.cluster import Cluster
from workers.domain.errors import AccessDenied, ClusterUnreachable
from workers.domain.policy import ClusterNames
from workers.domain.value import ClusterName
from workers.planner import inventory as file
from workers.planner.names import Named

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data" / "intents"


@cache
def inventory() -> file.Inventory:
    return file.Inventory.model_validate_json((DATA / "inventory.json").read_bytes())


@cache
def listed() -> file.InventoryLook:
    return file.InventoryLook(inventory())


def names() -> ClusterNames:
    return inventory().names


def fleet() -> tuple[Cluster, ...]:
    return inventory().fleet()


class InventoryLook:
    """Knows what the file knows; clusters can be told to be silent or closed, and pods to have a status."""

    def __init__(
        self,
        *,
        silent: frozenset[str] = frozenset(),
        denied: frozenset[str] = frozenset(),
        statuses: dict[str, str] | None = None,
    ) -> None:
        self._silent = silent
        self._denied = denied
        self._statuses = statuses or {}
        self.asked: list[tuple[str, str]] = []

    def _ask(self, cluster: str, what: str) -> None:
        self.asked.append((cluster, what))
        if cluster in self._silent:
            raise ClusterUnreachable(f"{cluster} does not answer")
        if what in self._denied:
            raise AccessDenied(f"listing {what} in {cluster}")

    def workloads(self, cluster: ClusterName) -> tuple[Named, ...]:
        self._ask(cluster, "workloads")
        return listed().workloads(cluster)

    def namespaces(self, cluster: ClusterName) -> tuple[str, ...]:
        self._ask(cluster, "namespaces")
        return listed().namespaces(cluster)

    def pods(self, cluster: ClusterName, namespace: str | None) -> tuple[Named, ...]:
        self._ask(cluster, "pods")
        return tuple(
            pod.model_copy(update={"status": self._statuses.get(pod.name, pod.status)})
            for pod in listed().pods(cluster, namespace)
        )

    def nodes(self, cluster: ClusterName) -> tuple[Named, ...]:
        self._ask(cluster, "nodes")
        return listed().nodes(cluster)

    def objects(self, cluster: ClusterName, kind: str, namespace: str | None) -> tuple[Named, ...]:
        self._ask(cluster, kind)
        return listed().objects(cluster, kind, namespace)
