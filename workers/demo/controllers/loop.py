"""Runs the controllers of one cluster: woken by changes in the store and by their own alarms, idle otherwise."""

import asyncio
import heapq
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from workers.demo.apiserver.errors import StatusError
from workers.demo.apiserver.resources import Resource, by_kind, resource
from workers.demo.apiserver.shelf import clone
from workers.demo.apiserver.store import Store, WatchEvent
from workers.demo.controllers import kubelet, recorder
from workers.demo.controllers.actions import Action, Bind, Create, Delete, Emit, SetStatus, Update
from workers.demo.controllers.mirror import Key, Mirror
from workers.demo.controllers.tasks import Tasks
from workers.demo.identity import Json
from workers.demo.objects import controller_of, key_of, selects, terminating
from workers.demo.timing import Timing

log = logging.getLogger(__name__)
Item = tuple[str, Key]
GONE_OR_THERE_ALREADY = (404, 409)


class Controllers:
    """Call `step` by hand with a clock of your own, or let `run` do it in real time.

    Make it before the store is filled: it learns about objects from the store's changes.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime], timing: Timing, seed: str) -> None:
        self.mirror = Mirror()
        self._store, self._clock, self._timing = store, clock, timing
        self._tasks = Tasks(self.mirror, timing, seed).by_kind()
        self._queue: dict[Item, None] = {}
        self._alarms: list[tuple[datetime, Item]] = []
        self._said: list[Emit] = []  # to be recorded when the change that is being told has reached everybody
        self._bell = asyncio.Event()
        self._unsubscribe = store.subscribe(self._changed)

    def close(self) -> None:
        self._unsubscribe()

    async def run(self, batch: int = 40) -> None:
        """Works for ever; cancel it to stop."""
        while True:
            due = self.step(batch)
            if due is None:
                await self._bell.wait()
            else:
                seconds = max(0.0, (due - self._clock()).total_seconds())
                try:
                    await asyncio.wait_for(self._bell.wait(), seconds) if seconds else await asyncio.sleep(0)
                except TimeoutError:
                    continue
            self._bell.clear()

    def step(self, batch: int = 10_000) -> datetime | None:
        """Does what is due, at most `batch` reconciliations; says when there is more to do, None if never."""
        now = self._clock()
        while self._alarms and self._alarms[0][0] <= now:
            self._queue.setdefault(heapq.heappop(self._alarms)[1])
        while self._said:
            self._do(self._said.pop(0), now)
        for _ in range(batch):
            if not self._queue:
                break
            item = next(iter(self._queue))
            del self._queue[item]
            self._reconcile(item, now)
        if self._queue or self._said:
            return now
        return self._alarms[0][0] if self._alarms else None

    def _reconcile(self, item: Item, now: datetime) -> None:
        kind, key = item
        obj = self.mirror.get(kind, key)
        if obj is None:
            return
        try:
            plan = self._tasks[kind](obj, now)
        except (KeyError, TypeError, ValueError, AttributeError):
            log.exception("demo.controller.stumbled: %s %s", kind, key)  # over one odd object; the others go on
            return
        for action in plan.actions:
            self._do(action, now)
        if plan.wake is not None:
            # Stored times have whole seconds, so a moment that has just passed may be asked for once more.
            alarm = (max(plan.wake, now + timedelta(milliseconds=20)), item)
            if alarm not in self._alarms:
                heapq.heappush(self._alarms, alarm)

    def _do(self, action: Action, now: datetime) -> None:
        try:
            match action:
                case Create(obj):
                    self._store.create(_resource(obj), obj, manager="kube-controller-manager")
                case Update(obj):
                    self._store.update(_resource(obj), _unversioned(obj), manager="kube-controller-manager")
                case SetStatus(obj, manager):
                    self._store.update(_resource(obj), _unversioned(obj), subresource="status", manager=manager)
                case Bind(obj):
                    before = self._store.stored(_resource(obj), *key_of(obj))
                    self._store.commit("MODIFIED", _resource(obj), clone(obj), before)
                case Delete(obj):
                    self._delete(obj)
                case Emit():
                    self._record(action, now)
        except StatusError as refused:
            # 404 and 409: a person was quicker, and the change that was made has queued the object again.
            level = logging.DEBUG if refused.code in GONE_OR_THERE_ALREADY else logging.WARNING
            log.log(level, "demo.controller.refused: %s", refused)

    def _delete(self, obj: Any) -> None:
        namespace, name = key_of(obj)
        options = {"preconditions": {"uid": obj["metadata"]["uid"]}}
        self._store.delete(_resource(obj), namespace or None, name, options=options)

    def _record(self, said: Emit, now: datetime) -> None:
        new = recorder.event(said, now)
        old = self.mirror.get("Event", key_of(new))
        if old is None:
            self._store.create(resource("events"), new, manager="kube-controller-manager")
        else:
            self._store.update(resource("events"), _unversioned(recorder.again(old, said, now)))

    def _changed(self, event: WatchEvent) -> None:
        obj = event.now.value
        if event.type == "DELETED":
            self.mirror.drop(obj)
        else:
            self.mirror.put(obj)
            self._enqueue(obj["kind"], key_of(obj))
        owner = controller_of(obj)
        if owner:
            self._enqueue(owner["kind"], (key_of(obj)[0], owner["name"]))
        if obj["kind"] == "Pod":
            self._pod_changed(obj, event.before.value if event.before else None)
            if not owner:
                self._lone_pod_changed(obj)
        elif obj["kind"] in ("Deployment", "StatefulSet"):
            self._workload_changed(obj)
        elif obj["kind"] == "Node":
            self._node_changed()
        if self._queue or self._said:
            self._bell.set()

    def _enqueue(self, kind: str, key: Key) -> None:
        if kind in self._tasks:
            self._queue.setdefault((kind, key))

    def _pod_changed(self, pod: Json, previous: Json | None) -> None:
        """A pod's Services and disruption budgets count it; its node is told when it is to stop."""
        namespace, labels = pod["metadata"]["namespace"], pod["metadata"].get("labels") or {}
        for service in self.mirror.all("Service", namespace):
            selector = service["spec"].get("selector")
            if selector and selects({"matchLabels": selector}, labels):
                self._enqueue("Service", key_of(service))
        for budget in self.mirror.all("PodDisruptionBudget", namespace):
            if selects(budget["spec"].get("selector") or {}, labels):
                self._enqueue("PodDisruptionBudget", key_of(budget))
        if terminating(pod) and previous is not None and not terminating(previous):
            self._said += kubelet.stopping(pod)

    def _lone_pod_changed(self, pod: Json) -> None:
        """Whoever selects it takes it."""
        namespace, labels = pod["metadata"]["namespace"], pod["metadata"].get("labels") or {}
        for one in self.mirror.all("ReplicaSet", namespace):
            if selects(one["spec"].get("selector") or {}, labels):
                self._enqueue("ReplicaSet", key_of(one))

    def _workload_changed(self, workload: Json) -> None:
        for scaler in self.mirror.all("HorizontalPodAutoscaler", workload["metadata"]["namespace"]):
            reference = scaler["spec"]["scaleTargetRef"]
            if (reference["kind"], reference["name"]) == (workload["kind"], workload["metadata"]["name"]):
                self._enqueue("HorizontalPodAutoscaler", key_of(scaler))

    def _node_changed(self) -> None:
        for daemon in self.mirror.all("DaemonSet"):
            self._enqueue("DaemonSet", key_of(daemon))
        for pod in self.mirror.all("Pod"):
            if not pod["spec"].get("nodeName"):
                self._enqueue("Pod", key_of(pod))


def _resource(obj: Any) -> Resource:
    found = by_kind(obj["apiVersion"], obj["kind"])
    if found is None:
        raise KeyError(f"no resource for {obj['apiVersion']} {obj['kind']}")
    return found


def _unversioned(obj: Json) -> Json:
    """The object without its version, so that a write is not refused because of another part of it."""
    metadata = {key: value for key, value in obj["metadata"].items() if key != "resourceVersion"}
    return {**obj, "metadata": metadata}
