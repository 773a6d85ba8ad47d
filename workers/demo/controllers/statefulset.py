"""Keeps a StatefulSet's numbered pods, one change at a time; updates go from the highest number down."""

from collections.abc import Sequence

from workers.demo import pods
from workers.demo.controllers import revisions
from workers.demo.controllers.actions import Create, Delete, Emit, Plan, SetStatus
from workers.demo.identity import Json
from workers.demo.objects import terminating

SOURCE = "statefulset-controller"


def reconcile(stateful: Json, owned: Sequence[Json], history: Sequence[Json]) -> Plan:
    """One step; `owned` are its pods, terminating ones included, `history` its ControllerRevisions. Pure."""
    plan = Plan()
    if terminating(stateful):
        return plan
    target = revisions.keep(stateful, history, plan)
    if target is None:
        return plan
    update = target["metadata"]["labels"][revisions.HASH]
    by_number = {number_of(pod): pod for pod in owned}
    wanted = stateful["spec"].get("replicas", 1)
    _step(stateful, by_number, wanted, update, plan)
    new = status(stateful, owned, update)
    if new != stateful.get("status"):
        plan.add(SetStatus({**stateful, "status": new}))
    return plan


def number_of(pod: Json) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _step(stateful: Json, by_number: dict[int, Json], wanted: int, update: str, plan: Plan) -> None:
    parallel = stateful["spec"].get("podManagementPolicy") == "Parallel"
    name = stateful["metadata"]["name"]
    for number in range(wanted):
        pod = by_number.get(number)
        if pod is None:
            made = make_pod(stateful, number, update)
            plan.add(*(Create(claim) for claim in make_claims(stateful, number)))
            message = f"create Pod {name}-{number} in StatefulSet {name} successful"
            plan.add(Create(made), Emit(stateful, "SuccessfulCreate", message, source=SOURCE))
        if not parallel and (pod is None or not pods.is_ready(pod)):
            # A pod that is broken and outdated is replaced, or a rollback could never repair it.
            if pod is not None and not terminating(pod) and _mark(pod) != update:
                _delete(stateful, pod, plan)
            return
    surplus = sorted((number for number in by_number if number >= wanted), reverse=True)
    outdated = [
        number for number in range(wanted - 1, -1, -1) if number in by_number and _mark(by_number[number]) != update
    ]
    for number in (*surplus, *outdated)[:1]:
        if not terminating(by_number[number]):
            _delete(stateful, by_number[number], plan)


def make_pod(stateful: Json, number: int, update: str) -> Json:
    """The numbered pod with its own claims as volumes."""
    name = f"{stateful['metadata']['name']}-{number}"
    labels = {
        revisions.HASH: update,
        "apps.kubernetes.io/pod-index": str(number),
        "statefulset.kubernetes.io/pod-name": name,
    }
    made = pods.from_template(stateful["spec"]["template"], name, stateful, labels=labels)
    for claim in make_claims(stateful, number):
        stem = claim["metadata"]["name"].removesuffix(f"-{name}")
        volume = {"name": stem, "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}}
        made["spec"].setdefault("volumes", []).append(volume)
    return made


def make_claims(stateful: Json, number: int) -> list[Json]:
    """The claims that the pod needs, bound at once; making one that exists changes nothing."""
    meta = stateful["metadata"]
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": f"{template['metadata']['name']}-{meta['name']}-{number}",
                "namespace": meta["namespace"],
                "labels": dict(stateful["spec"]["selector"]["matchLabels"]),
            },
            "spec": template["spec"],
            "status": {
                "phase": "Bound",
                "accessModes": template["spec"]["accessModes"],
                "capacity": template["spec"]["resources"]["requests"],
            },
        }
        for template in stateful["spec"].get("volumeClaimTemplates") or ()
    ]


def _mark(pod: Json) -> str:
    return str((pod["metadata"].get("labels") or {}).get(revisions.HASH, ""))


def _delete(stateful: Json, pod: Json, plan: Plan) -> None:
    names = f"{pod['metadata']['name']} in StatefulSet {stateful['metadata']['name']}"
    plan.add(Delete(pod), Emit(stateful, "SuccessfulDelete", f"delete Pod {names} successful", source=SOURCE))


def status(stateful: Json, owned: Sequence[Json], update: str) -> Json:
    """The status for these pods, with `update` as the revision that is being rolled out."""
    live = [pod for pod in owned if pods.is_active(pod)]
    ready = sum(pods.is_ready(pod) for pod in live)
    updated = sum(_mark(pod) == update for pod in live)
    wanted = stateful["spec"].get("replicas", 1)
    before = stateful.get("status") or {}
    done = updated == wanted == ready and len(live) == wanted
    current = update if done else before.get("currentRevision", update)
    made: Json = {
        "observedGeneration": stateful["metadata"].get("generation", 1),
        "replicas": len(live),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "currentReplicas": sum(_mark(pod) == current for pod in live),
        "updatedReplicas": updated,
        "currentRevision": current,
        "updateRevision": update,
        "collisionCount": 0,
    }
    return {
        key: value
        for key, value in made.items()
        if value or key not in ("readyReplicas", "currentReplicas", "updatedReplicas")
    }
