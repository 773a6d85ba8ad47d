"""The imaginary fleet as typed data: what `inventory.json` says exists in which cluster."""

from functools import cache
from importlib.resources import files

import msgspec


class Container(msgspec.Struct, frozen=True):
    name: str
    image: str


class Workload(msgspec.Struct, frozen=True):
    """A deployment, statefulset, daemonset or cronjob; its first container is the main one."""

    kind: str
    name: str
    namespace: str
    labels: dict[str, str]
    containers: tuple[Container, ...]
    replicas: dict[str, int] = {}
    revision: int = 1
    schedule: str = ""

    @property
    def reference(self) -> str:
        """The name that pods of the inventory use for their owner, e.g. `deployment/web`."""
        return f"{self.kind}/{self.name}"


class Pod(msgspec.Struct, frozen=True):
    name: str
    namespace: str
    owner: str
    node: str
    labels: dict[str, str]


class Thing(msgspec.Struct, frozen=True):
    """Any other object; only the fields that its kind needs are set. No `clusters` means every cluster."""

    kind: str
    name: str
    namespace: str | None
    clusters: tuple[str, ...] = ()
    selector: dict[str, str] = {}
    backend: str = ""
    target: str = ""
    min: int = 1
    max: int = 1
    size: str = ""
    storageclass: str = ""


class Inventory(msgspec.Struct, frozen=True):
    clusters: tuple[str, ...]
    namespaces: tuple[str, ...]
    workloads: tuple[Workload, ...]
    nodes: dict[str, tuple[str, ...]]
    pods: dict[str, tuple[Pod, ...]]
    objects: tuple[Thing, ...]

    def pods_of(self, cluster: str, owner: str) -> tuple[Pod, ...]:
        """The pods of one workload in one cluster, in the inventory's order."""
        return tuple(pod for pod in self.pods[cluster] if pod.owner == owner)

    def things(self, cluster: str) -> tuple[Thing, ...]:
        return tuple(thing for thing in self.objects if not thing.clusters or cluster in thing.clusters)


@cache
def load() -> Inventory:
    """The inventory shipped with the package."""
    return msgspec.json.decode(files("workers.demo").joinpath("inventory.json").read_bytes(), type=Inventory)
