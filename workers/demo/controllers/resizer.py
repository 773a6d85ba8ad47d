"""Grows a bound volume claim to what it asks for, as an external resizer does; file systems grow with it.

Behaviour: kubernetes-csi/external-resizer, ControllerExpandVolume without a node stage, Kubernetes 1.36.
"""

from workers.demo.apiserver.quantity import is_quantity, quantity
from workers.demo.controllers.actions import Emit, Plan, SetStatus
from workers.demo.identity import Json


def reconcile(claim: Json) -> Plan:
    plan = Plan()
    status = claim.get("status") or {}
    wanted = ((claim["spec"].get("resources") or {}).get("requests") or {}).get("storage")
    has = (status.get("capacity") or {}).get("storage")
    if status.get("phase") != "Bound" or not is_quantity(wanted) or not is_quantity(has):
        return plan
    if quantity(str(wanted)) <= quantity(str(has)):
        return plan
    plan.add(
        SetStatus({**claim, "status": {**status, "capacity": {**status["capacity"], "storage": wanted}}}, "csi-resizer")
    )
    plan.add(Emit(claim, "VolumeResizeSuccessful", "Resize volume succeeded", source="external-resizer"))
    return plan
