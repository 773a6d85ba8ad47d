"""Eviction of a pod: a delete that asks the PodDisruptionBudgets first.

Behaviour and texts: pkg/registry/core/pod/storage/eviction.go, v1.36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workers.demo.apiserver import errors, lifecycle
from workers.demo.apiserver.resources import resource
from workers.demo.apiserver.selectors import matches_selector

if TYPE_CHECKING:
    from aiohttp import web

    from workers.demo.apiserver.call import Call
    from workers.demo.apiserver.resources import Object
    from workers.demo.apiserver.store import Store

BUDGETS = resource("poddisruptionbudgets")
PODS = resource("pods")
REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."


async def evict(call: Call) -> web.Response:
    wanted = call.object
    name = (wanted.get("metadata") or {}).get("name")
    if name != call.target.name:
        raise errors.bad_request("name in URL does not match name in Eviction object")
    options: Object = wanted.get("deleteOptions") or {}
    dry_run = call.dry_run(options, "DeleteOptions") or call.dry_run()
    pod = call.store.stored(PODS, call.namespace, name).value
    expected = options.get("preconditions") or {}
    lifecycle.check_delete_preconditions(PODS, pod["metadata"], expected.get("uid"), expected.get("resourceVersion"))
    finished = pod.get("status", {}).get("phase") in {"Succeeded", "Failed", "Pending"}
    if not finished and not pod["metadata"].get("deletionTimestamp"):
        _spend(call.store, pod, dry_run=dry_run)
    call.store.delete(PODS, call.namespace, name, options=options, dry_run=dry_run)
    return call.answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def _spend(store: Store, pod: Object, *, dry_run: bool) -> None:
    """Take one disruption from the pod's budget; 429 when none is left."""
    namespace, labels = pod["metadata"]["namespace"], pod["metadata"].get("labels") or {}
    budgets = [
        one.value
        for one in store.rows(BUDGETS, namespace)
        if matches_selector((one.value.get("spec") or {}).get("selector") or {}, labels)
    ]
    if len(budgets) > 1:
        raise errors.broken(SEVERAL)
    if not budgets:
        return
    budget = budgets[0]
    status = budget.get("status") or {}
    name = budget["metadata"]["name"]
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
        raise _refusal(f"The disruption budget {name} is still being processed by the server.")
    healthy, desired = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
    if not _ready(pod) and (healthy >= desired > 0 or _always(budget)):
        return
    allowed = status.get("disruptionsAllowed", 0)
    if allowed <= 0:
        raise _refusal(f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently")
    if not dry_run:
        disrupted = {**(status.get("disruptedPods") or {}), pod["metadata"]["name"]: store.timestamp()}
        spent = {**status, "disruptionsAllowed": allowed - 1, "disruptedPods": disrupted}
        store.update(BUDGETS, {**budget, "status": spent}, subresource="status")


def _ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _always(budget: Object) -> bool:
    return bool((budget.get("spec") or {}).get("unhealthyPodEvictionPolicy") == "AlwaysAllow")


def _refusal(why: str) -> errors.StatusError:
    details = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    return errors.StatusError(429, "TooManyRequests", REFUSED, details)
