"""The live index over the imaginary fleet of tests/data/intents: another adapter of planner.names.Look."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from workers.domain.cluster import Cluster
from workers.domain.errors import AccessDenied, ClusterUnreachable
from workers.domain.policy import ClusterNames, Policy, tier
from workers.domain.value import ClusterName
from workers.planner.names import Named

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data" / "intents"


@cache
def inventory() -> dict[str, Any]:
    return json.loads((DATA / "inventory.json").read_text())


@cache
def policy() -> Policy:
    raw = yaml.safe_load((ROOT / "workers" / "defaults" / "policy.yaml").read_text())
    raw["rules"] = []
    return Policy.model_validate({**raw, "names": raw["names"]})


def names() -> ClusterNames:
    return policy().names


def fleet() -> tuple[Cluster, ...]:
    return tuple(
        Cluster(name=ClusterName(name), tier=tier(policy(), ClusterName(name))) for name in inventory()["clusters"]
    )


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

    def _there(self, cluster: str, item: dict[str, Any]) -> bool:
        return cluster in item.get("clusters", inventory()["clusters"])

    def _ask(self, cluster: str, what: str) -> None:
        self.asked.append((cluster, what))
        if cluster in self._silent:
            raise ClusterUnreachable(f"{cluster} does not answer")
        if what in self._denied:
            raise AccessDenied(f"listing {what} in {cluster}")

    def workloads(self, cluster: ClusterName) -> tuple[Named, ...]:
        self._ask(cluster, "workloads")
        return tuple(
            Named(
                cluster=cluster,
                namespace=item["namespace"],
                kind=item["kind"],
                name=item["name"],
                labels=item["labels"],
                containers=tuple(c["name"] for c in item["containers"]),
            )
            for item in inventory()["workloads"]
            if self._there(cluster, item)
        )

    def namespaces(self, cluster: ClusterName) -> tuple[str, ...]:
        self._ask(cluster, "namespaces")
        return tuple(inventory()["namespaces"])

    def pods(self, cluster: ClusterName, namespace: str | None) -> tuple[Named, ...]:
        self._ask(cluster, "pods")
        return tuple(
            Named(
                cluster=cluster,
                namespace=item["namespace"],
                kind="pod",
                name=item["name"],
                labels=item["labels"],
                node=item["node"],
                status=self._statuses.get(item["name"], "Running"),
            )
            for item in inventory()["pods"][cluster]
            if namespace in (None, item["namespace"])
        )

    def nodes(self, cluster: ClusterName) -> tuple[Named, ...]:
        self._ask(cluster, "nodes")
        return tuple(
            Named(cluster=cluster, namespace=None, kind="node", name=name) for name in inventory()["nodes"][cluster]
        )

    def objects(self, cluster: ClusterName, kind: str, namespace: str | None) -> tuple[Named, ...]:
        self._ask(cluster, kind)
        listed = "service" if kind == "endpoints" else kind  # Kubernetes keeps endpoints for every service
        return tuple(
            Named(cluster=cluster, namespace=item["namespace"], kind=kind, name=item["name"])
            for item in inventory()["objects"]
            if item["kind"] == listed and self._there(cluster, item) and namespace in (None, item["namespace"])
        )
