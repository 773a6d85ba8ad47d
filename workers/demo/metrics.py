"""What pods and nodes use: steady numbers for each container that drift a little with time."""

import math
from collections.abc import Callable, Iterable
from datetime import datetime

from workers.demo.identity import Json, fraction, stamp
from workers.demo.pods import node_of, phase
from workers.demo.profiles import profile

WINDOW_SECONDS = 15
SYSTEM_CPU, SYSTEM_MEMORY = 140, 1450 * 1024  # what a node uses besides its pods: millicores, KiB


class Metrics:
    """The metrics source of one cluster; the functions give its objects as they are now."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        pods: Callable[[], Iterable[Json]],
        nodes: Callable[[], Iterable[Json]],
    ) -> None:
        self._clock, self._pods, self._nodes = clock, pods, nodes

    def pods(self, namespace: str | None) -> list[Json]:
        """PodMetrics of the pods that have a running container, or crash-loop."""
        now = self._clock()
        return [
            {
                "metadata": _metadata(pod, now, namespace=pod["metadata"]["namespace"]),
                "timestamp": stamp(now),
                "window": f"{WINDOW_SECONDS}s",
                "containers": [
                    {"name": name, "usage": {"cpu": f"{cpu}m", "memory": f"{memory}Ki"}}
                    for name, cpu, memory in usage(pod, now)
                ],
            }
            for pod in self._pods()
            if phase(pod) == "Running" and namespace in (None, pod["metadata"]["namespace"])
        ]

    def nodes(self) -> list[Json]:
        """NodeMetrics: the sum over the node's pods and what the system itself needs."""
        now = self._clock()
        used: dict[str, tuple[int, int]] = {}
        for pod in self._pods():
            if phase(pod) == "Running":
                cpu, memory = used.get(node_of(pod), (0, 0))
                rows = usage(pod, now)
                used[node_of(pod)] = (cpu + sum(row[1] for row in rows), memory + sum(row[2] for row in rows))
        made = []
        for node in self._nodes():
            cpu, memory = used.get(node["metadata"]["name"], (0, 0))
            made.append(
                {
                    "metadata": _metadata(node, now),
                    "timestamp": stamp(now),
                    "window": f"{WINDOW_SECONDS}s",
                    "usage": {"cpu": f"{cpu + SYSTEM_CPU}m", "memory": f"{memory + SYSTEM_MEMORY}Ki"},
                }
            )
        return made


def usage(pod: Json, now: datetime) -> list[tuple[str, int, int]]:
    """Container, millicores, KiB: a quarter to three quarters of the request, next to nothing while it is down."""
    application = (pod["metadata"].get("labels") or {}).get("app", "")
    rows = []
    for status in pod["status"].get("containerStatuses") or ():
        name, seed = status["name"], (pod["metadata"]["uid"], status["name"])
        if not status["ready"]:
            rows.append((name, 1, 2048 + int(4096 * fraction(*seed))))
            continue
        needs = profile(application, name)
        wave = math.sin(now.timestamp() / 97 + 6.28 * fraction(*seed, "phase"))
        level = 0.25 + 0.5 * fraction(*seed)
        cpu = max(1, round(needs.cpu * level * (1 + 0.15 * wave)))
        memory = round(needs.memory * 1024 * (0.5 + 0.4 * fraction(*seed, "memory")) * (1 + 0.02 * wave))
        rows.append((name, cpu, memory))
    return rows


def utilization(pod: Json, now: datetime) -> tuple[int, int]:
    """CPU as a percentage of what the pod requests, and in millicores."""
    application = (pod["metadata"].get("labels") or {}).get("app", "")
    rows = usage(pod, now)
    used, asked = sum(cpu for _, cpu, _ in rows), sum(profile(application, name).cpu for name, _, _ in rows)
    return 100 * used // max(1, asked), used


def _metadata(obj: Json, now: datetime, **rest: str) -> Json:
    meta = obj["metadata"]
    return {"name": meta["name"], **rest, "creationTimestamp": stamp(now), "labels": meta.get("labels") or {}}
