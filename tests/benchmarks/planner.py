"""The planner with the names of 50 clusters and 30,000 pods: how long a text takes, and what the index costs."""

import gc
import random
import string
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import Figure
from workers.domain.cluster import Cluster
from workers.domain.errors import NotThere
from workers.domain.plan import Scope
from workers.domain.policy import ClusterNames
from workers.domain.value import ClusterName
from workers.planner.name_index import KEPT, NameIndex
from workers.planner.names import Named
from workers.planner.understand import understand

CLUSTERS, WORKLOADS, PODS_EACH, NODES = 50, 60, 10, 20
SPACES = tuple(f"team-{letter}" for letter in "abcdefghij")
WORDS = ("payment", "search", "cart", "ledger", "mail", "auth", "report", "stock", "price", "route")
PARTS = ("api", "worker", "web", "cache", "sync", "index")
ROUNDS = 5
TEXTS = (
    "restart {name} in {cluster}",
    "scale {name} to 7 in {cluster}",
    "can you please bounce {name} and {other} in {cluster}, they are stuck",
    "why is {name} crashing in {cluster}",
    "logs of {name} in {cluster} for the last 15 minutes",
    "list pods in {space} on {cluster}",
    "delete pod {pod} in {cluster}",
    "kubectl -n {space} rollout restart deployment/{name} --context {cluster}",
    "roll back {name} to revision 3 in {cluster}",
    "set {name} to v2.3.4 in {cluster}",
    "restart {typo} in {cluster}",
    "describe pod {pod}",
    "logs of {name} everywhere",
    "top pods in {space} in {cluster}",
    "drain {node} in {cluster}",
    "how many pods run in {space}?",
)


class _Listed:
    """The index as a look; what it does not hold is not there."""

    def __init__(self, index: NameIndex) -> None:
        self._index = index

    def workloads(self, cluster: ClusterName) -> tuple[Named, ...]:
        return tuple(named for kind in KEPT[:4] for named in self._index.rows(cluster, kind))

    def namespaces(self, cluster: ClusterName) -> tuple[str, ...]:
        return tuple(named.name for named in self._index.rows(cluster, "namespace"))

    def pods(self, cluster: ClusterName, namespace: str | None) -> tuple[Named, ...]:
        return tuple(n for n in self._index.rows(cluster, "pod") if namespace in (None, n.namespace))

    def nodes(self, cluster: ClusterName) -> tuple[Named, ...]:
        return self._index.rows(cluster, "node")

    def objects(self, cluster: ClusterName, kind: str, namespace: str | None) -> tuple[Named, ...]:
        raise NotThere(f"no {kind} in {cluster}/{namespace}")

    def called(self, cluster: ClusterName, kind: str, name: str) -> tuple[Named, ...]:
        return self._index.called(cluster, kind, name)


def fleet() -> dict[ClusterName, dict[str, list[Named]]]:
    """50 clusters with 60 workloads and 600 pods each; names repeat over the clusters, as they do."""
    chance = random.Random(7)
    names = [f"{word}-{part}" for word in WORDS for part in PARTS]
    found: dict[ClusterName, dict[str, list[Named]]] = {}
    for number in range(CLUSTERS):
        cluster = ClusterName(f"prod-{number:02}" if number < 20 else f"dev-{number:02}")
        rows: dict[str, list[Named]] = {kind: [] for kind in KEPT}
        rows["namespace"] = [Named(cluster=cluster, namespace=None, kind="namespace", name=s) for s in SPACES]
        rows["node"] = [
            Named(cluster=cluster, namespace=None, kind="node", name=f"worker-{n}") for n in range(1, NODES + 1)
        ]
        for at, name in enumerate(names[:WORKLOADS]):
            space, kind = SPACES[at % len(SPACES)], "statefulset" if at % 7 == 0 else "deployment"
            labels = {"app": name, "team": space, "app.kubernetes.io/managed-by": "helm"}
            rows[kind].append(
                Named(cluster=cluster, namespace=space, kind=kind, name=name, labels=labels, uid=_uid(chance))
            )
            for _ in range(PODS_EACH):
                pod = f"{name}-{_letters(chance, 9)}-{_letters(chance, 5)}"
                rows["pod"].append(
                    Named(cluster=cluster, namespace=space, kind="pod", name=pod, labels=dict(labels), uid=_uid(chance))
                )
        found[cluster] = rows
    return found


def figures(_folder: Path) -> Iterator[Figure]:
    rows = fleet()
    gc.collect()
    before = _resident()
    began = time.perf_counter()
    index = NameIndex()
    for cluster, kinds in rows.items():
        for kind, named in kinds.items():
            index.replace(cluster, kind, named)
    built = time.perf_counter() - began
    pods = [pod for kinds in rows.values() for pod in kinds["pod"]]
    yield Figure(f"index of {len(pods):,} pods in {CLUSTERS} clusters, built", "s", 3, (built,))

    began = time.perf_counter()
    for pod in pods[:10_000]:
        index.drop(pod.cluster, "pod", pod.namespace, pod.name)
        index.put(pod)
    each = (time.perf_counter() - began) / 20_000 * 1000
    yield Figure("one watch event into the index", "ms", 0.1, (each,))

    texts = list(_texts(rows, pods))
    del rows
    gc.collect()
    yield Figure("memory of the index", "MB", 150, (max(0.0, _resident() - before),))
    clusters = tuple(Cluster(name=name, tier=name.split("-")[0]) for name in dict.fromkeys(p.cluster for p in pods))
    took = [_timed(text, index, clusters) for _ in range(ROUNDS) for text in texts]
    yield Figure(f"a text read and resolved, {CLUSTERS} clusters", "ms", 10, tuple(took))
    chance = random.Random(11)
    noise = ["".join(chance.choices(string.printable, k=4000)) for _ in range(200)]
    noise += ["a-" * 2000, "restart " * 500, "(" * 4000, "'" * 3999, "a=b," * 1000, "not " * 1000, "1" * 4000]
    yield Figure("4 kB of anything", "ms", 50, tuple(_timed(text, index, clusters) for text in noise))
    yield Figure("1 MB of anything", "ms", 50, (_timed("restart web in dev-21 " * 50_000, index, clusters),))


def _timed(text: str, index: NameIndex, clusters: tuple[Cluster, ...]) -> float:
    began = time.perf_counter()
    understand(
        text,
        choices=(),
        scope=Scope(),
        clusters=clusters,
        names=ClusterNames(groups={"prod": ("prod-*",), "nonprod": ("dev-*",)}),
        look=_Listed(index),
    )
    return (time.perf_counter() - began) * 1000


def _texts(rows: dict[ClusterName, dict[str, list[Named]]], pods: list[Named]) -> Iterator[str]:
    chance = random.Random(3)
    for text in TEXTS * 4:
        pod = chance.choice(pods)
        one, other = chance.sample(rows[pod.cluster]["deployment"], 2)
        middle = len(one.name) // 2
        yield text.format(
            name=one.name,
            other=other.name,
            typo=one.name[:middle] + one.name[middle + 1 :],
            cluster=pod.cluster,
            space=one.namespace,
            pod=pod.name,
            node=f"worker-{chance.randint(1, NODES)}",
        )


def _letters(chance: random.Random, size: int) -> str:
    return "".join(chance.choices("bcdfghjklmnpqrstvwxz2456789", k=size))


def _uid(chance: random.Random) -> str:
    return f"{chance.getrandbits(128):032x}"


def _resident() -> float:
    """MB of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
