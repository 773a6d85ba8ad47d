"""Which controller looks after which kind, and what it needs to see for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from workers.demo import pods
from workers.demo.controllers import (
    adoption,
    autoscaler,
    cordon,
    daemonset,
    deployment,
    disruption,
    endpoints,
    job,
    kubelet,
    replicaset,
    resizer,
    scheduler,
    statefulset,
)
from workers.demo.controllers.actions import Plan
from workers.demo.controllers.mirror import Mirror
from workers.demo.identity import Json, suffix
from workers.demo.objects import selects
from workers.demo.timing import Timing

Task = Callable[[Json, datetime], Plan]


@dataclass
class Tasks:
    """Reads the mirror for the pure rules. `seed` makes the names of new pods the same on every run."""

    mirror: Mirror
    timing: Timing
    seed: str

    def __post_init__(self) -> None:
        self._count = count()

    def by_kind(self) -> Mapping[str, Task]:
        return {
            "Deployment": self._deployment,
            "ReplicaSet": self._replica_set,
            "StatefulSet": self._stateful_set,
            "DaemonSet": self._daemon_set,
            "Job": self._job,
            "Pod": self._pod,
            "Node": self._node,
            "PodDisruptionBudget": self._budget,
            "Service": self._service,
            "PersistentVolumeClaim": self._claim,
            "HorizontalPodAutoscaler": self._autoscaler,
        }

    def _new_name(self) -> str:
        return suffix(5, self.seed, next(self._count))

    def _deployment(self, obj: Json, now: datetime) -> Plan:
        return deployment.reconcile(obj, self.mirror.owned(obj, "ReplicaSet"), now, self.timing)

    def _replica_set(self, obj: Json, now: datetime) -> Plan:
        plan = Plan()
        mine = adoption.settle(
            obj, self.mirror.owned(obj, "Pod"), self.mirror.alone(obj["metadata"]["namespace"]), plan
        )
        then = replicaset.reconcile(obj, mine, now, self._new_name)
        plan.add(*then.actions)
        plan.wake_at(then.wake)
        return plan

    def _stateful_set(self, obj: Json, _now: datetime) -> Plan:
        history = self.mirror.owned(obj, "ControllerRevision")
        return statefulset.reconcile(obj, self.mirror.owned(obj, "Pod"), history)

    def _daemon_set(self, obj: Json, _now: datetime) -> Plan:
        nodes = [node["metadata"]["name"] for node in self.mirror.all("Node")]
        history = self.mirror.owned(obj, "ControllerRevision")
        return daemonset.reconcile(obj, self.mirror.owned(obj, "Pod"), history, nodes, self._new_name)

    def _job(self, obj: Json, now: datetime) -> Plan:
        return job.reconcile(obj, self.mirror.owned(obj, "Pod"), now, self._new_name)

    def _pod(self, obj: Json, now: datetime) -> Plan:
        where = pods.node_of(obj)
        if not where and "deletionTimestamp" not in obj["metadata"]:
            return scheduler.reconcile(obj, list(self.mirror.all("Node")), list(self.mirror.all("Pod")), now)
        node = self.mirror.get("Node", ("", where))
        addresses = (node.get("status") or {}).get("addresses") or [] if node else []
        return kubelet.reconcile(obj, addresses[0]["address"] if addresses else "", now, self.timing)

    def _node(self, obj: Json, now: datetime) -> Plan:
        return cordon.reconcile(obj, now)

    def _budget(self, obj: Json, now: datetime) -> Plan:
        return disruption.reconcile(obj, list(self.mirror.all("Pod", obj["metadata"]["namespace"])), now)

    def _service(self, obj: Json, _now: datetime) -> Plan:
        everybody = list(self.mirror.all("Pod", obj["metadata"]["namespace"]))
        return endpoints.reconcile(obj, everybody, self.mirror.owned(obj, "EndpointSlice"))

    def _autoscaler(self, obj: Json, now: datetime) -> Plan:
        reference, namespace = obj["spec"]["scaleTargetRef"], obj["metadata"]["namespace"]
        target = self.mirror.get(reference["kind"], (namespace, reference["name"]))
        chosen = (target["spec"].get("selector") or {}) if target else {}
        mine = [p for p in self.mirror.all("Pod", namespace) if selects(chosen, p["metadata"].get("labels") or {})]
        return autoscaler.reconcile(obj, target, mine if target else [], now)

    def _claim(self, obj: Json, _now: datetime) -> Plan:
        return resizer.reconcile(obj)
