"""Keeps a cordoned node's taint in step with its `unschedulable` field."""

from datetime import datetime

from workers.demo.controllers.actions import Plan, Update
from workers.demo.identity import Json, stamp

TAINT = "node.kubernetes.io/unschedulable"


def reconcile(node: Json, now: datetime) -> Plan:
    plan = Plan()
    spec = node.get("spec") or {}
    taints = spec.get("taints") or []
    others = [taint for taint in taints if taint["key"] != TAINT]
    cordoned = bool(spec.get("unschedulable"))
    if cordoned == (len(others) != len(taints)):
        return plan
    after = [*others, {"key": TAINT, "effect": "NoSchedule", "timeAdded": stamp(now)}] if cordoned else others
    changed = {key: value for key, value in spec.items() if key != "taints"}
    if after:
        changed["taints"] = after
    plan.add(Update({**node, "spec": changed}))
    return plan
