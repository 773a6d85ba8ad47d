"""How far a workload's rollout has come, in kubectl's terms, and whether its new pods are failing."""

from collections.abc import Generator, Mapping
from typing import Any

from workers.domain.action import Action
from workers.domain.call import Answer, Call, get, list_of
from workers.domain.kind import KINDS
from workers.verbs.spec import Live, Moment, Stage

FAILING = frozenset(
    {"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "CreateContainerConfigError"}
)
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


def observe(action: Action) -> Generator[Call, Answer, Live]:
    """The workload; a change of its template replaces all its pods."""
    answer = yield get(action.target.resource, action.target.namespace, action.target.name or "")
    return Live(object=answer.body, pods=desired(answer.body), facts=facts(answer.body))


def template(workload: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (workload.get("spec") or {}).get("template") or {}
    return found


def spelled(value: Any) -> Any:
    """The same JSON with numbers that have a fraction as text: digests know no floats."""
    if isinstance(value, Mapping):
        return {str(key): spelled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [spelled(item) for item in value]
    return repr(value) if isinstance(value, float) else value


def desired(workload: Mapping[str, Any]) -> int:
    """Pods that the workload wants: `spec.replicas`, or for a daemonset one per node it fits."""
    if workload.get("kind") == "DaemonSet":
        return int((workload.get("status") or {}).get("desiredNumberScheduled", 0))
    return int((workload.get("spec") or {}).get("replicas", 1))


def facts(workload: Mapping[str, Any]) -> dict[str, str]:
    status = workload.get("status") or {}
    ready = status.get("numberReady" if workload.get("kind") == "DaemonSet" else "readyReplicas", 0)
    images = [f"{c.get('name')}={c.get('image')}" for c in (template(workload).get("spec") or {}).get("containers", ())]
    found = {"replicas": str(desired(workload)), "ready": f"{ready} of {desired(workload)}", "images": " ".join(images)}
    annotations = (workload.get("metadata") or {}).get("annotations") or {}
    if revision := annotations.get("deployment.kubernetes.io/revision"):
        found["revision"] = str(revision)
    if (workload.get("spec") or {}).get("paused"):
        found["paused"] = "its rollout is paused: pods are not replaced until it is resumed"
    return found


def selector(workload: Mapping[str, Any]) -> str:
    labels = ((workload.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    return ",".join(f"{name}={value}" for name, value in sorted(labels.items()))


def watch(action: Action) -> Generator[Call, Answer, Moment]:
    """One look; STUCK when the controller gave up or a new pod cannot start."""
    target = action.target
    answer = yield get(target.resource, target.namespace, target.name or "")
    workload: Mapping[str, Any] = answer.body
    moment = progress(workload)
    if moment.stage is not Stage.MOVING:
        return moment
    pods = yield list_of(KINDS["pod"], target.namespace, query={"labelSelector": selector(workload), "limit": "500"})
    images = {c.get("name"): c.get("image") for c in (template(workload).get("spec") or {}).get("containers", ())}
    failing = [text for pod in pods.body.get("items", ()) if (text := _failing(pod, images))]
    if failing:
        return Moment(stage=Stage.STUCK, text=f"{moment.text}; {failing[0]}")
    return moment


def progress(workload: Mapping[str, Any]) -> Moment:
    """As `kubectl rollout status` decides (kubernetes/kubectl pkg/polymorphichelpers/rollout_status.go)."""
    match workload.get("kind"):
        case "DaemonSet":
            return _daemonset(workload)
        case "StatefulSet":
            return _statefulset(workload)
        case _:
            return _deployment(workload)


def _deployment(workload: Mapping[str, Any]) -> Moment:
    status, wanted = workload.get("status") or {}, desired(workload)
    if _behind(workload):
        return Moment(stage=Stage.MOVING, text="waiting for the controller to see the change")
    for condition in status.get("conditions", ()):
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return Moment(stage=Stage.STUCK, text=str(condition.get("message") or "the progress deadline is exceeded"))
    updated, total, available = (int(status.get(n, 0)) for n in ("updatedReplicas", "replicas", "availableReplicas"))
    text = f"{updated} of {wanted} updated, {available} available"
    if updated < wanted:
        return Moment(stage=Stage.MOVING, text=text)
    if total > updated:
        return Moment(stage=Stage.MOVING, text=f"{text}, {total - updated} old still to end")
    if available < updated:
        return Moment(stage=Stage.MOVING, text=text)
    return Moment(stage=Stage.DONE, text=text)


def _statefulset(workload: Mapping[str, Any]) -> Moment:
    status, wanted = workload.get("status") or {}, desired(workload)
    if _behind(workload):
        return Moment(stage=Stage.MOVING, text="waiting for the controller to see the change")
    total, ready, updated = (int(status.get(n, 0)) for n in ("replicas", "readyReplicas", "updatedReplicas"))
    changing = status.get("updateRevision") not in (None, "", status.get("currentRevision"))
    text = f"{updated if changing else wanted} of {wanted} updated, {ready} ready"
    if ready < wanted or total > wanted or (changing and updated < wanted):
        return Moment(stage=Stage.MOVING, text=text)
    return Moment(stage=Stage.DONE, text=text)


def _daemonset(workload: Mapping[str, Any]) -> Moment:
    status, wanted = workload.get("status") or {}, desired(workload)
    if _behind(workload):
        return Moment(stage=Stage.MOVING, text="waiting for the controller to see the change")
    updated, available = (int(status.get(n, 0)) for n in ("updatedNumberScheduled", "numberAvailable"))
    text = f"{updated} of {wanted} updated, {available} available"
    arrived = updated >= wanted and available >= wanted
    return Moment(stage=Stage.DONE if arrived else Stage.MOVING, text=text)


def _behind(workload: Mapping[str, Any]) -> bool:
    generation = int((workload.get("metadata") or {}).get("generation", 0))
    return int((workload.get("status") or {}).get("observedGeneration", 0)) < generation


def _failing(pod: Mapping[str, Any], images: Mapping[str, str]) -> str:
    """Why a pod of the wanted template does not start; empty for old pods and healthy ones."""
    spec = {c.get("name"): c.get("image") for c in (pod.get("spec") or {}).get("containers", ())}
    if spec != images:
        return ""
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        reason = ((status.get("state") or {}).get("waiting") or {}).get("reason")
        if reason in FAILING:
            name = (pod.get("metadata") or {}).get("name")
            return f"{name} is in {reason} ({status.get('restartCount', 0)} restarts)"
    return ""
