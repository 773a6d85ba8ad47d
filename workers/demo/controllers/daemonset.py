"""Keeps one pod of a DaemonSet on every node; updates one node at a time."""

from collections.abc import Callable, Sequence

from workers.demo import pods
from workers.demo.controllers import revisions
from workers.demo.controllers.actions import Create, Delete, Emit, Plan, SetStatus
from workers.demo.identity import Json
from workers.demo.objects import terminating

SOURCE = "daemonset-controller"


def reconcile(
    daemon: Json, owned: Sequence[Json], history: Sequence[Json], nodes: Sequence[str], new_name: Callable[[], str]
) -> Plan:
    """One step; `nodes` are the names of all nodes, cordoned ones included. Pure."""
    plan = Plan()
    if terminating(daemon):
        return plan
    target = revisions.keep(daemon, history, plan)
    if target is None:
        return plan
    update = target["metadata"]["labels"][revisions.HASH]
    by_node = {pods.node_of(pod): pod for pod in owned}
    for node in nodes:
        if node not in by_node:
            name = f"{daemon['metadata']['name']}-{new_name()}"
            made = pods.from_template(daemon["spec"]["template"], name, daemon, labels={revisions.HASH: update})
            made["spec"]["nodeName"] = node
            message = f"Created pod: {name}"
            plan.add(Create(made), Emit(daemon, "SuccessfulCreate", message, source=SOURCE))
    for pod in _to_replace(daemon, owned, nodes, update):
        message = f"Deleted pod: {pod['metadata']['name']}"
        plan.add(Delete(pod), Emit(daemon, "SuccessfulDelete", message, source=SOURCE))
    new = status(daemon, owned, nodes, update)
    if new != daemon.get("status"):
        plan.add(SetStatus({**daemon, "status": new}))
    return plan


def _to_replace(daemon: Json, owned: Sequence[Json], nodes: Sequence[str], update: str) -> list[Json]:
    """Pods of nodes that are gone, broken outdated pods, and one healthy outdated pod while all others are ready."""
    lost = [pod for pod in owned if pods.node_of(pod) not in nodes and not terminating(pod)]
    if (daemon["spec"].get("updateStrategy") or {}).get("type") == "OnDelete":
        return lost
    live = [pod for pod in owned if not terminating(pod) and pod not in lost]
    outdated = [pod for pod in live if pod["metadata"].get("labels", {}).get(revisions.HASH) != update]
    broken = [pod for pod in outdated if not pods.is_ready(pod)]
    if broken:
        return lost + broken
    steady = len(live) == len(nodes) and all(pods.is_ready(pod) for pod in live)
    return lost + (outdated[:1] if steady else [])


def status(daemon: Json, owned: Sequence[Json], nodes: Sequence[str], update: str) -> Json:
    live = [pod for pod in owned if pods.is_active(pod) and pods.node_of(pod) in nodes]
    ready = sum(pods.is_ready(pod) for pod in live)
    made: Json = {
        "observedGeneration": daemon["metadata"].get("generation", 1),
        "currentNumberScheduled": len(live),
        "desiredNumberScheduled": len(nodes),
        "numberMisscheduled": 0,
        "numberReady": ready,
        "numberAvailable": ready,
        "updatedNumberScheduled": sum(pod["metadata"].get("labels", {}).get(revisions.HASH) == update for pod in live),
    }
    if len(nodes) > ready:
        made["numberUnavailable"] = len(nodes) - ready
    return made
