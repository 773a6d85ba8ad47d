"""Gives pending pods a node."""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workers.demo import pods
from workers.demo.controllers.actions import Bind, Emit, Plan, SetStatus
from workers.demo.identity import Json
from workers.demo.objects import condition, find_condition, is_true, terminating

SOURCE = "default-scheduler"


def reconcile(pod: Json, nodes: Sequence[Json], others: Sequence[Json], now: datetime) -> Plan:
    """Binds the pod to the fitting node with the fewest pods, or says why none fits. Pure.

    `others` are all pods of the cluster; pods of the same application are spread first.
    """
    plan = Plan()
    if pods.node_of(pod) or terminating(pod) or pods.phase(pod) != "Pending":
        return plan
    whom = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    refusals = {node["metadata"]["name"]: refusal(pod, node) for node in nodes}
    fitting = [node for node in nodes if not refusals[node["metadata"]["name"]]]
    if fitting:
        chosen = _best(pod, fitting, others)["metadata"]["name"]
        bound = pods.bind({**pod, "spec": {**pod["spec"]}, "status": copy.deepcopy(pod["status"])}, chosen, now)
        plan.add(Bind(bound), Emit(pod, "Scheduled", f"Successfully assigned {whom} to {chosen}", source=SOURCE))
        return plan
    counts = Counter(reason for reason in refusals.values() if reason)
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))
    message = f"0/{len(nodes)} nodes are available: {reasons}."
    old = find_condition(pod["status"].get("conditions") or [], "PodScheduled")
    if old is None or old.get("message") != message:
        made = condition(
            list(pod["status"].get("conditions") or []), "PodScheduled", "False", now, "Unschedulable", message
        )
        plan.add(SetStatus({**pod, "status": {**pod["status"], "conditions": made}}, "kube-scheduler"))
        plan.add(Emit(pod, "FailedScheduling", message, warning=True, source=SOURCE))
    return plan


def refusal(pod: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    """Why the pod cannot go to the node, "" if it can."""
    spec = node.get("spec") or {}
    if spec.get("unschedulable"):
        return "node(s) were unschedulable"
    if not is_true(node, "Ready"):
        return "node(s) were not ready"
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (pod["spec"].get("nodeSelector") or {}).items()):
        return "node(s) didn't match Pod's node affinity/selector"
    for taint in spec.get("taints") or ():
        if taint["effect"] in ("NoSchedule", "NoExecute") and not _tolerated(pod, taint):
            return f"node(s) had untolerated taint(s) {{{taint['key']}: {taint.get('value', '')}}}"
    return ""


def _best(pod: Json, fitting: Sequence[Json], others: Sequence[Json]) -> Json:
    application = (pod["metadata"].get("labels") or {}).get("app")
    every = Counter(pods.node_of(other) for other in others)
    same = Counter(
        pods.node_of(other) for other in others if (other["metadata"].get("labels") or {}).get("app") == application
    )

    def rank(node: Json) -> tuple[bool, int, int, str]:
        name = node["metadata"]["name"]
        avoided = any(not _tolerated(pod, taint) for taint in node.get("spec", {}).get("taints") or ())
        return avoided, same[name], every[name], name

    return min(fitting, key=rank)


def _tolerated(pod: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    for toleration in pod["spec"].get("tolerations") or ():
        if toleration.get("effect") not in (None, "", taint["effect"]):
            continue
        if toleration.get("operator") == "Exists" and toleration.get("key") in (None, "", taint["key"]):
            return True
        if toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""):
            return True
    return False
