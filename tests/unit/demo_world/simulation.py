"""One simulated cluster with a clock that a test turns by hand: real store, real controllers, no waiting."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from workers.demo import inventory, world
from workers.demo.apiserver.resources import by_kind, resource
from workers.demo.apiserver.store import Store
from workers.demo.controllers.loop import Controllers
from workers.demo.timing import Timing

START = datetime(2026, 11, 22, 22, 0, 0, tzinfo=UTC)


class Simulation:
    def __init__(self, cluster: str = "prod-eu", *, broken: bool = False) -> None:
        self.now = START
        self._order = count()
        self._later: list[tuple[datetime, int, Callable[[], None]]] = []
        ids = (f"00000000-0000-4000-8000-{number:012d}" for number in count())
        self.store = Store(cluster, lambda: self.now, ids=lambda: next(ids), schedule=self._schedule)
        self.controllers = Controllers(self.store, lambda: self.now, Timing(), cluster)
        for obj in world.build(inventory.load(), cluster, START, broken=broken):
            row = by_kind(obj["apiVersion"], obj["kind"])
            assert row is not None
            self.store.create(row, obj)

    def run(self, seconds: float) -> None:
        """Lets the time pass, from one thing that happens to the next."""
        end = self.now + timedelta(seconds=seconds)
        while True:
            due = self.controllers.step()
            moments = [moment for moment in (due, self._later[0][0] if self._later else None) if moment]
            if not moments or min(moments) > end:
                self.now = end
                return
            self.now = max(self.now, min(moments))
            while self._later and self._later[0][0] <= self.now:
                heapq.heappop(self._later)[2]()

    def get(self, plural: str, name: str, namespace: str | None = "payments") -> dict[str, Any]:
        return self.store.get(resource(plural), namespace, name)

    def pods(self, app: str, namespace: str = "payments") -> list[dict[str, Any]]:
        every = self.store.list(resource("pods"), namespace)
        return [pod for pod in every if pod["metadata"]["labels"].get("app") == app]

    def change(
        self, plural: str, name: str, edit: Callable[[dict[str, Any]], Any], namespace: str = "payments"
    ) -> None:
        """Writes an object after `edit` has changed it."""
        obj = self.get(plural, name, namespace)
        edit(obj)
        self.store.update(resource(plural), obj)

    def delete(self, plural: str, name: str, namespace: str = "payments") -> None:
        self.store.delete(resource(plural), namespace, name)

    def reasons(self, about: str, namespace: str = "payments") -> list[str]:
        """The reasons of the events about one object."""
        events = self.store.list(resource("events"), namespace)
        return [event["reason"] for event in events if event["involvedObject"]["name"] == about]

    def _schedule(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._later, (self.now + timedelta(seconds=seconds), next(self._order), act))


def condition(obj: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(item for item in obj["status"]["conditions"] if item["type"] == kind)


def set_image(image: str) -> Callable[[dict[str, Any]], None]:
    """An edit: another image for the main container of a workload."""

    def edit(obj: dict[str, Any]) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

    return edit


def images(pods: list[dict[str, Any]]) -> set[str]:
    """The tags of the main containers."""
    return {pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods}
