"""Counts how many pods of a PodDisruptionBudget may be evicted now."""

import math
from collections.abc import Sequence
from datetime import datetime

from workers.demo import pods
from workers.demo.controllers.actions import Plan, SetStatus
from workers.demo.identity import Json
from workers.demo.objects import condition, selects


def reconcile(budget: Json, everybody: Sequence[Json], now: datetime) -> Plan:
    """Brings the budget's status up to date; `everybody` are the pods of its namespace. Pure."""
    plan = Plan()
    new = status(budget, everybody, now)
    if new != budget.get("status"):
        plan.add(SetStatus({**budget, "status": new}))
    return plan


def status(budget: Json, everybody: Sequence[Json], now: datetime) -> Json:
    spec = budget["spec"]
    matched = [
        pod
        for pod in everybody
        if pods.phase(pod) not in ("Succeeded", "Failed")
        and selects(spec.get("selector") or {}, pod["metadata"].get("labels") or {})
    ]
    expected = len(matched)
    healthy = sum(pods.is_ready(pod) for pod in matched)
    if "maxUnavailable" in spec:
        desired = max(0, expected - _pods(spec["maxUnavailable"], expected))
    else:
        desired = _pods(spec.get("minAvailable", 1), expected)
    allowed = max(0, healthy - desired)
    reason, state = ("SufficientPods", "True") if allowed else ("InsufficientPods", "False")
    before = budget.get("status") or {}
    return {
        **{key: value for key, value in before.items() if key == "disruptedPods"},
        "observedGeneration": budget["metadata"].get("generation", 1),
        "expectedPods": expected,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "conditions": condition(list(before.get("conditions") or []), "DisruptionAllowed", state, now, reason),
    }


def _pods(value: int | str, expected: int) -> int:
    if isinstance(value, str):
        return math.ceil(expected * int(value.rstrip("%")) / 100)
    return value
