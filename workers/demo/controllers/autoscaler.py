"""Keeps a workload within the bounds of its HorizontalPodAutoscaler; within them the simulated load asks for no change.

Conditions and messages: pkg/controller/podautoscaler/horizontal.go, Kubernetes 1.36.
"""

from collections.abc import Sequence
from datetime import datetime

from workers.demo import metrics
from workers.demo.controllers.actions import Emit, Plan, SetStatus, Update
from workers.demo.identity import Json, stamp
from workers.demo.objects import condition, terminating

SOURCE = "horizontal-pod-autoscaler"
READY = ("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
ACTIVE = ("ScalingActive", "True", "ValidMetricFound", "the HPA was able to successfully calculate a replica count")
WITHIN = ("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range")
TOO_MANY = (
    "ScalingLimited",
    "True",
    "TooManyReplicas",
    "the desired replica count is more than the maximum replica count",
)
TOO_FEW = (
    "ScalingLimited",
    "True",
    "TooFewReplicas",
    "the desired replica count is less than the minimum replica count",
)
OFF = ("ScalingActive", "False", "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")


def reconcile(scaler: Json, target: Json | None, pods: Sequence[Json], now: datetime) -> Plan:
    """One look; `target` is the workload it scales, `pods` are that workload's. Pure."""
    plan = Plan()
    if terminating(scaler):
        return plan
    spec, before = scaler["spec"], scaler.get("status") or {}
    status: Json = {**before, "conditions": list(before.get("conditions") or [])}
    if target is None:
        reference = spec["scaleTargetRef"]
        said = f"the HPA controller was unable to get the target's current scale: {reference['name']} not found"
        _say(status, ("AbleToScale", "False", "FailedGetScale", said), now)
    else:
        current = target["spec"].get("replicas", 1)
        low, high = spec.get("minReplicas", 1), spec["maxReplicas"]
        wanted = min(max(current, low), high) if current else 0
        if wanted != current:
            plan.add(Update({**target, "spec": {**target["spec"], "replicas": wanted}}))
            bound = "above Spec.MaxReplicas" if wanted < current else "below Spec.MinReplicas"
            message = f"New size: {wanted}; reason: Current number of replicas {bound}"
            plan.add(Emit(scaler, "SuccessfulRescale", message, source=SOURCE))
            status["lastScaleTime"] = stamp(now)
        _say(status, READY, now)
        _say(status, OFF if not current else _measured(status, pods, now), now)
        if current:
            _say(status, TOO_MANY if wanted < current else TOO_FEW if wanted > current else WITHIN, now)
        status |= {"currentReplicas": current, "desiredReplicas": wanted}
    if status != before:
        plan.add(SetStatus({**scaler, "status": status}))
    return plan


def _say(status: Json, said: tuple[str, str, str, str], now: datetime) -> None:
    kind, value, reason, message = said
    status["conditions"] = condition(status["conditions"], kind, value, now, reason, message)


def _measured(status: Json, pods: Sequence[Json], now: datetime) -> tuple[str, str, str, str]:
    """A new autoscaler measures once; the simulated load is steady."""
    if status.get("currentMetrics"):
        return ACTIVE
    for pod in pods:
        for container in pod["spec"]["containers"]:
            if "cpu" not in ((container.get("resources") or {}).get("requests") or {}):
                where = f"missing request for cpu in container {container['name']} of Pod {pod['metadata']['name']}"
                said = f"the HPA was unable to compute the replica count: failed to get cpu utilization: {where}"
                return ("ScalingActive", "False", "FailedGetResourceMetric", said)
    used = [metrics.utilization(pod, now) for pod in pods if (pod.get("status") or {}).get("containerStatuses")]
    if not used:
        said = "the HPA was unable to compute the replica count: no metrics returned from resource metrics API"
        return ("ScalingActive", "False", "FailedGetResourceMetric", said)
    share = sum(percent for percent, _ in used) // len(used)
    average = sum(cpu for _, cpu in used) // len(used)
    current = {"averageUtilization": share, "averageValue": f"{average}m"}
    status["currentMetrics"] = [{"type": "Resource", "resource": {"name": "cpu", "current": current}}]
    return ACTIVE
