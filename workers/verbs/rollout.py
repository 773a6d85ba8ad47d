"""How far a rollout has come, in the words and by the rules of `kubectl rollout status`.

Source: kubectl/pkg/polymorphichelpers/rollout_status.go, Kubernetes 1.36.
"""

from workers.domain.errors import NotThere
from workers.verbs.fields import Json, containers, dig, name, number, rows, text
from workers.verbs.spec import Moment, Stage

DEADLINE = "ProgressDeadlineExceeded"


def desired(kind: str, workload: Json) -> int:
    """How many pods the workload wants."""
    if kind == "daemonset":
        return number(workload, "status", "desiredNumberScheduled")
    return number(workload, "spec", "replicas", default=1)


def ready(kind: str, workload: Json) -> int:
    return number(workload, "status", "numberReady" if kind == "daemonset" else "readyReplicas")


def updated(kind: str, workload: Json) -> int:
    return number(workload, "status", "updatedNumberScheduled" if kind == "daemonset" else "updatedReplicas")


def is_paused(workload: Json) -> bool:
    return bool(dig(workload, "spec", "paused"))


def is_observed(workload: Json) -> bool:
    """Whether the controller has seen the newest spec: until then its status tells nothing."""
    return number(workload, "status", "observedGeneration") >= number(workload, "metadata", "generation")


def images(template: Json) -> str:
    """`payments/api:1.4.2, envoy:1.31 (init: ...)` in short: image by image, the main one first."""
    return ", ".join(text(one, "image") for one in containers(template))


def facts(kind: str, workload: Json) -> dict[str, str]:
    """What people want to know about a workload before it changes."""
    wanted = desired(kind, workload)
    found = {"replicas": str(wanted), "ready": f"{ready(kind, workload)} of {wanted}"}
    found["image"] = images(dig(workload, "spec", "template", default={}))
    if is_paused(workload):
        found["paused"] = "yes: a new template waits until the rollout is resumed"
    return found


def counts(kind: str, workload: Json) -> str:
    """`3 of 4 updated, 2 ready`."""
    wanted = desired(kind, workload)
    return f"{updated(kind, workload)} of {wanted} updated, {ready(kind, workload)} ready"


def progress(kind: str, workload: Json) -> Moment:
    """DONE, MOVING, or STUCK when the deadline has passed; in kubectl's words."""
    match kind:
        case "deployment":
            return _deployment(workload)
        case "statefulset":
            return _statefulset(workload)
        case "daemonset":
            return _daemonset(workload)
    raise NotThere(f"a {kind} has no rollout")


def waits_for_deletion(workload: Json) -> bool:
    """A strategy by which new pods appear only where somebody deletes old ones."""
    return text(workload, "spec", "updateStrategy", "type") == "OnDelete"


def _moving(said: str) -> Moment:
    return Moment(stage=Stage.MOVING, text=said)


def _done(said: str) -> Moment:
    return Moment(stage=Stage.DONE, text=said)


def _deployment(workload: Json) -> Moment:
    called = f'deployment "{name(workload)}"'
    if not is_observed(workload):
        return _moving("Waiting for deployment spec update to be observed...")
    for condition in rows(workload, "status", "conditions"):
        if condition.get("type") == "Progressing" and condition.get("reason") == DEADLINE:
            return Moment(stage=Stage.STUCK, text=f"{called} exceeded its progress deadline")
    wanted, new = desired("deployment", workload), updated("deployment", workload)
    total, available = number(workload, "status", "replicas"), number(workload, "status", "availableReplicas")
    waiting = f"Waiting for {called} rollout to finish:"
    if new < wanted:
        return _moving(f"{waiting} {new} out of {wanted} new replicas have been updated...")
    if total > new:
        return _moving(f"{waiting} {total - new} old replicas are pending termination...")
    if available < new:
        return _moving(f"{waiting} {available} of {new} updated replicas are available...")
    return _done(f"{called} successfully rolled out")


def _daemonset(workload: Json) -> Moment:
    called = f'daemon set "{name(workload)}"'
    if not is_observed(workload):
        return _moving("Waiting for daemon set spec update to be observed...")
    if waits_for_deletion(workload):
        return _done(f"{called}: pods change only where somebody deletes them (OnDelete)")
    wanted, new = desired("daemonset", workload), updated("daemonset", workload)
    available = number(workload, "status", "numberAvailable")
    waiting = f"Waiting for {called} rollout to finish:"
    if new < wanted:
        return _moving(f"{waiting} {new} out of {wanted} new pods have been updated...")
    if available < wanted:
        return _moving(f"{waiting} {available} of {wanted} updated pods are available...")
    return _done(f"{called} successfully rolled out")


def _statefulset(workload: Json) -> Moment:
    if not is_observed(workload):
        return _moving("Waiting for statefulset spec update to be observed...")
    if waits_for_deletion(workload):
        return _done(f'statefulset "{name(workload)}": pods change only where somebody deletes them (OnDelete)')
    wanted, new = desired("statefulset", workload), updated("statefulset", workload)
    missing = wanted - ready("statefulset", workload)
    if missing > 0:
        return _moving(f"Waiting for {missing} pods to be ready...")
    if partition := number(workload, "spec", "updateStrategy", "rollingUpdate", "partition"):
        return _partitioned(wanted - partition, new)
    current, update = text(workload, "status", "currentRevision"), text(workload, "status", "updateRevision")
    if new < wanted and update != current:
        return _moving(f"waiting for statefulset rolling update to complete {new} pods at revision {update}...")
    return _done(f"statefulset rolling update complete {wanted} pods at revision {update}...")


def _partitioned(wanted: int, new: int) -> Moment:
    if new < wanted:
        return _moving(
            f"Waiting for partitioned roll out to finish: {new} out of {wanted} new pods have been updated..."
        )
    return _done(f"partitioned roll out complete: {new} new pods have been updated...")
