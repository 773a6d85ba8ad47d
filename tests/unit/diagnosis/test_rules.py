"""Each rule of a diagnosis fires on the evidence that it is for, and quotes it."""

from typing import Any

import pytest

from workers.diagnosis.evidence import Evidence, Happening, Output, Rollout
from workers.diagnosis.finding import Finding, Sure
from workers.diagnosis.judge import judge
from workers.verbs import revisions
from workers.verbs.revisions import REVISION

Json = dict[str, Any]
SINCE = "2026-11-22T21:40:07Z"


def pod(name: str = "web-a", *, status: Json | None = None, spec: Json | None = None, **metadata: Any) -> Json:
    container = {
        "name": "web",
        "image": "web:2",
        "ports": [{"name": "http", "containerPort": 80}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 80}, "periodSeconds": 5},
        "resources": {"limits": {"memory": "256Mi"}},
    }
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": {"app": "web", "pod-template-hash": "new"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-new", "uid": "rs-new", "controller": True}],
            **metadata,
        },
        "spec": {"containers": [container], "nodeName": "worker-3", **(spec or {})},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}], **(status or {})},
    }


def container(name: str = "web", *, ended: Json | None = None, restarts: int = 0, **state: Any) -> Json:
    made = {"name": name, "image": "web:2", "ready": False, "restartCount": restarts, "state": state}
    return {**made, "lastState": {"terminated": ended}} if ended else made


def crashing(code: int, reason: str = "Error", **ended: Any) -> Json:
    last = {"exitCode": code, "reason": reason, **ended}
    state = container(ended=last, restarts=7, waiting={"reason": "CrashLoopBackOff"})
    return pod(status={"containerStatuses": [state]})


def waiting(reason: str, message: str = "") -> Json:
    return pod(status={"containerStatuses": [container(waiting={"reason": reason, "message": message})]})


def pending(message: str, reason: str = "Unschedulable") -> Json:
    condition = {"type": "PodScheduled", "status": "False", "reason": reason, "message": message}
    return pod(status={"phase": "Pending", "conditions": [condition]})


def running() -> Json:
    return pod(status={"containerStatuses": [container(running={})]})


def event(reason: str, message: str, kind: str = "pod", name: str = "web-a", **more: Any) -> Happening:
    space = more.pop("namespace", "shop")
    return Happening(
        kind=kind, namespace=space, name=name, warning=True, reason=reason, message=message, ago="31s", **more
    )


def deployment(**more: Any) -> Json:
    status = {"replicas": 4, "readyReplicas": 3, "updatedReplicas": 2, "conditions": more.pop("conditions", [])}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:2"}]}}
    return {
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "d", "annotations": {REVISION: "2"}},
        "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "web"}}, "template": template, **more},
        "status": status,
    }


def node(**conditions: str) -> Json:
    rows = [
        {"type": kind, "status": value, "message": f"{kind} says so", "lastTransitionTime": SINCE}
        for kind, value in conditions.items()
    ]
    return {"kind": "Node", "metadata": {"name": "worker-3"}, "spec": {}, "status": {"conditions": rows}}


def claim(phase: str = "Pending", **status: Any) -> Json:
    metadata = {"name": "data", "namespace": "shop"}
    return {
        "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": {"storageClassName": "fast"},
        "status": {"phase": phase, **status},
    }


def scaler(current: int, *conditions: tuple[str, str, str, str]) -> Json:
    rows = [{"type": a, "status": b, "reason": c, "message": d} for a, b, c, d in conditions]
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"maxReplicas": 6},
        "status": {"currentReplicas": current, "conditions": rows},
    }


def job(**more: Any) -> Json:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}
    status = {"failed": 7, "conditions": [failed]}
    return {"kind": "Job", "metadata": {"name": "once", "namespace": "shop"}, "spec": {}, "status": status, **more}


def service(selector: Json, port: Any = "http") -> Json:
    spec = {"selector": selector, "ports": [{"port": 80, "targetPort": port}]}
    return {"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def of(*pods: Json, **more: Any) -> Evidence:
    return Evidence(pods=pods, **more)


QUOTA = (
    'pods "web-x" is forbidden: exceeded quota: compute, requested: requests.cpu=2, used: requests.cpu=9, '
    "limited: requests.cpu=10"
)
PROBE = "Readiness probe failed: HTTP probe failed with statuscode: {}"
ENDPOINTS: Json = {"subsets": [{"notReadyAddresses": [{"ip": "10.0.0.1"}]}]}
CASES: list[tuple[str, Evidence, str, Sure]] = [
    ("C2", of(crashing(137, "OOMKilled")), "memory limit of 256Mi", Sure.STATED),
    ("C2", of({**crashing(137, "OOMKilled"), "spec": {"containers": []}}), "has no limit", Sure.LIKELY),
    (
        "C3",
        of(crashing(137), happenings=(event("Killing", "Container web failed liveness probe, will be restarted"),)),
        "its liveness probe failed",
        Sure.STATED,
    ),
    ("C4", of(crashing(137)), "killed from outside", Sure.LIKELY),
    ("C5", of(crashing(143)), "asked to stop", Sure.HINT),
    ("C6", of(crashing(2)), "error of its own (exit code 2)", Sure.LIKELY),
    ("C7", of(crashing(127)), "could not run its command", Sure.STATED),
    (
        "C7",
        of(crashing(128, "StartError", message='exec: "srv": executable file not found in $PATH')),
        "could not run",
        Sure.STATED,
    ),
    ("C8", of(crashing(139)), "SIGSEGV", Sure.LIKELY),
    ("C9", of(crashing(0, "Completed")), "ends by itself with success", Sure.STATED),
    ("C10", of(crashing(255, "Unknown")), "in an unknown way", Sure.HINT),
    (
        "C13",
        of(waiting("CreateContainerConfigError", 'secret "db" not found')),
        "secret 'db' does not exist",
        Sure.STATED,
    ),
    (
        "C13",
        of(waiting("CreateContainerConfigError", "couldn't find key url in ConfigMap shop/web")),
        "configmap 'shop/web' has no key 'url'",
        Sure.STATED,
    ),
    (
        "C13",
        of(waiting("ContainerCreating"), happenings=(event("FailedMount", 'configmap "web" not found'),)),
        "configmap 'web', which it mounts",
        Sure.STATED,
    ),
    (
        "V2",
        of(waiting("ContainerCreating"), happenings=(event("FailedAttachVolume", "Multi-Attach error for x"),)),
        "still attached to another node",
        Sure.STATED,
    ),
    (
        "C18",
        of(waiting("ContainerCreating"), happenings=(event("FailedCreatePodSandBox", "no IP left"),)),
        "cannot set up its network",
        Sure.STATED,
    ),
    ("C14", of(running(), happenings=(event("Unhealthy", PROBE.format(404)),)), "answers 404", Sure.LIKELY),
    ("C14", of(running(), happenings=(event("Unhealthy", PROBE.format(503)),)), "answers 503", Sure.LIKELY),
    (
        "C15",
        of(running(), happenings=(event("Unhealthy", "Liveness probe failed: connect: connection refused"),)),
        "nothing listens",
        Sure.LIKELY,
    ),
    (
        "I1",
        of(waiting("ImagePullBackOff"), happenings=(event("Failed", "Failed to pull image: manifest unknown"),)),
        "no such image or tag",
        Sure.STATED,
    ),
    ("I2", of(waiting("ErrImagePull", "pull access denied for web")), "does not let the node", Sure.STATED),
    ("I3", of(waiting("ErrImagePull", "dial tcp: lookup registry: no such host")), "be resolved", Sure.STATED),
    ("I4", of(waiting("ErrImagePull", "net/http: i/o timeout")), "does not answer", Sure.LIKELY),
    ("I5", of(waiting("ErrImagePull", "toomanyrequests: rate limit")), "limits how often", Sure.STATED),
    ("I6", of(waiting("ErrImagePull", "x509: unknown authority")), "not trusted", Sure.STATED),
    ("I7", of(waiting("ErrImagePull", "no match for platform in manifest")), "CPU architecture", Sure.STATED),
    ("I8", of(waiting("InvalidImageName")), "malformed", Sure.STATED),
    ("I", of(waiting("ImagePullBackOff")), "cannot be pulled", Sure.HINT),
    ("S1", of(pending("0/6 nodes are available: 6 Insufficient cpu.")), "too little cpu is free", Sure.STATED),
    (
        "S3",
        of(pending("0/6 nodes are available: 6 node(s) had untolerated taint {dedicated: gpu}.")),
        "taint dedicated: gpu",
        Sure.STATED,
    ),
    (
        "S4",
        of(
            {
                **pending("0/6: 6 node(s) didn't match Pod's node affinity/selector."),
                "spec": {"nodeSelector": {"d": "s"}},
            }
        ),
        "labels that it wants: d=s",
        Sure.STATED,
    ),
    ("S5", of(pending("0/6 nodes are available: 6 node(s) were unschedulable.")), "cordoned", Sure.STATED),
    ("S11", of(pending('persistentvolumeclaim "data" not found')), "'data' does not exist", Sure.STATED),
    ("S13", of(pending("", "SchedulingGated")), "waits for the gate", Sure.STATED),
    ("S15", of(pending("")), "the scheduler has said nothing", Sure.STATED),
    ("S16", of(pod(status={"phase": "Failed", "reason": "OutOfcpu"})), "rejected it", Sure.STATED),
    (
        "D1",
        of(pod(status={"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."})),
        "its node ran short",
        Sure.STATED,
    ),
    (
        "D2",
        of(pod(status={"phase": "Failed", "reason": "Evicted", "message": "Usage of EmptyDir volume exceeds"})),
        "its own limit",
        Sure.STATED,
    ),
    ("D3", of(nodes=(node(Ready="True", DiskPressure="True"),)), "runs out of disk", Sure.STATED),
    ("D4", of(nodes=(node(Ready="Unknown"),)), "kubelet is silent", Sure.STATED),
    ("D4", of(nodes=(node(Ready="False"),)), "is not ready", Sure.STATED),
    ("D5", of(nodes=(node(Ready="True", NetworkUnavailable="True"),)), "no network", Sure.STATED),
    (
        "D7",
        of(
            nodes=(node(Ready="True"),),
            happenings=(event("SystemOOM", "OOM", "node", "worker-3", namespace="default"),),
        ),
        "had SystemOOM",
        Sure.LIKELY,
    ),
    (
        "W1",
        of(workloads=(deployment(conditions=[{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]),)),
        "its rollout is stuck: 2 of 4 updated",
        Sure.HINT,
    ),
    (
        "W2",
        of(workloads=(deployment(),), happenings=(event("FailedCreate", QUOTA, "replicaset", "web-new"),)),
        "quota compute allows no more: asked requests.cpu=2, used requests.cpu=9, limit requests.cpu=10",
        Sure.STATED,
    ),
    (
        "W3",
        of(workloads=(deployment(conditions=[{"type": "ReplicaFailure", "message": "violates PodSecurity"}]),)),
        "not admitted",
        Sure.STATED,
    ),
    (
        "W4",
        of(
            workloads=(deployment(),),
            happenings=(
                event("FailedCreate", 'failed calling webhook "p.example.com": no endpoints', "replicaset", "web-1"),
            ),
        ),
        "webhook p.example.com does not answer",
        Sure.STATED,
    ),
    ("W5", of(workloads=(deployment(replicas=0),)), "scaled to zero", Sure.INFORMATION),
    ("W5", of(workloads=(deployment(paused=True),)), "is paused", Sure.INFORMATION),
    ("W6", of(workloads=(deployment(),)), "3 of 4 pods are ready", Sure.HINT),
    ("W9", of(workloads=(job(),)), "failed after 7 tries", Sure.STATED),
    (
        "W11",
        of(scalers=(scaler(2, ("ScalingActive", "False", "FailedGetResourceMetric", "missing request for cpu")),)),
        "request no CPU",
        Sure.STATED,
    ),
    (
        "W12",
        of(scalers=(scaler(6, ("ScalingLimited", "True", "TooManyReplicas", "more than the maximum")),)),
        "at its maximum of 6",
        Sure.LIKELY,
    ),
    ("W13", of(scalers=(scaler(0, ("AbleToScale", "False", "FailedGetScale", "no")),)), "target does not", Sure.STATED),
    (
        "V1",
        of(
            claims=(claim(),),
            happenings=(
                event(
                    "ProvisioningFailed",
                    'storageclass.storage.k8s.io "fast" not found',
                    "persistentvolumeclaim",
                    "data",
                ),
            ),
        ),
        "storage class 'fast' does not exist",
        Sure.STATED,
    ),
    ("V3", of(claims=(claim("Lost"),)), "lost its volume", Sure.STATED),
    ("N1", of(services=((service({"app": "wbe"}), {}),)), "selects no pod: none has app=wbe", Sure.STATED),
    (
        "N2",
        of(running(), services=((service({"app": "web"}), ENDPOINTS),)),
        "no ready pod behind it, of 1",
        Sure.STATED,
    ),
    ("N3", of(running(), services=((service({"app": "web"}, "grpc"), {}),)), "port 'grpc', which no", Sure.STATED),
]


def ids() -> list[str]:
    return [f"{rule}-{at}" for at, (rule, *_) in enumerate(CASES)]


@pytest.mark.parametrize(("rule", "seen", "says", "sure"), CASES, ids=ids())
def test_a_rule_fires_on_its_evidence(rule: str, seen: Evidence, says: str, sure: Sure):
    """The finding names the object, says the cause in one sentence, and where it was read."""
    found = [one for one in judge(seen) if one.rule == rule]
    assert [one.sure for one in found] == [sure]
    assert says in found[0].says
    assert found[0].about.split(" ")[0] in (
        "pod", "node", "deployment", "job", "horizontalpodautoscaler", "persistentvolumeclaim", "service",
    )  # fmt: skip
    assert found[0].sources


QUIET: list[Evidence] = [
    of(),
    of(pod(status={"phase": "Succeeded", "containerStatuses": [container(ended={"exitCode": 1}, restarts=9)]})),
    of(pod(status={"containerStatuses": [container(ended={"exitCode": 137}, restarts=9)]}, deletionTimestamp=SINCE)),
    of(scalers=(scaler(1, ("ScalingLimited", "True", "TooFewReplicas", "less than the minimum")),)),
    of(scalers=(scaler(0, ("ScalingActive", "False", "ScalingDisabled", "zero")),)),
    of(claims=(claim(),), happenings=(event("WaitForFirstConsumer", "waits", "persistentvolumeclaim", "data"),)),
    of(nodes=(node(Ready="True", DiskPressure="False"),)),
    of(services=((service({}), {}),)),
    of(workloads=(job(status={"conditions": [{"type": "Complete", "status": "True"}], "failed": 2}),)),
]


@pytest.mark.parametrize("seen", QUIET)
def test_what_is_as_it_should_be_is_no_finding(seen: Evidence):
    """Ended pods, resting autoscalers, claims that wait for their first pod."""
    assert judge(seen) == ()


def test_the_last_words_of_a_container_are_quoted():
    """The line that names an error, not the trace below it."""
    lines = ("starting", 'panic: config key "queue.url" is missing', "goroutine 1 [running]:", "main.go:41 +0x1d4")
    said = Output(namespace="shop", pod="web-a", container="web", previous=True, lines=lines)
    (found,) = judge(of(crashing(1), outputs=(said,)))
    assert 'its last words: panic: config key "queue.url" is missing' in found.sources


def test_pods_of_one_owner_are_told_once():
    """The first speaks for the others."""
    three = [{**crashing(1), "metadata": {**crashing(1)["metadata"], "name": f"web-{n}"}} for n in "abc"]
    (found,) = judge(of(*three))
    assert (found.about, found.alike) == ("pod shop/web-a", 2)


def test_a_cause_hides_its_symptoms():
    """Three of four ready is no news beside the reason."""
    found = judge(of(crashing(137, "OOMKilled"), workloads=(deployment(),)))
    assert [one.rule for one in found] == ["C2"]


def test_stated_causes_come_before_likely_ones_and_information_last():
    """Most telling first."""
    seen = of(crashing(1), nodes=({**node(DiskPressure="True"), "spec": {"unschedulable": True}},))
    assert [one.rule for one in judge(seen)] == ["D3", "C6", "D6"]


def rolled(*, failing: bool) -> Evidence:
    """Revision 2 with one pod, of a deployment whose other three are of revision 1."""

    def replicaset(number: int, mark: str, image: str) -> Json:
        template = {"metadata": {"labels": {"app": "web", "pod-template-hash": mark}}}
        spec = {"template": {**template, "spec": {"containers": [{"name": "web", "image": image}]}}}
        owner = {"kind": "Deployment", "name": "web", "uid": "d", "controller": True}
        metadata = {"name": f"web-{mark}", "labels": {"pod-template-hash": mark}, "ownerReferences": [owner]}
        metadata |= {"annotations": {REVISION: str(number)}, "creationTimestamp": SINCE}
        return {"metadata": metadata, "spec": spec}

    made = deployment()
    known = revisions.read("deployment", made, [replicaset(1, "old", "web:1"), replicaset(2, "new", "web:2")])
    ready = {"conditions": [{"type": "Ready", "status": "False" if failing else "True"}]}
    pods = (crashing(1),) if failing else (pod(status=ready),)
    return of(*pods, workloads=(made,), rollouts=(Rollout(workload=made, revisions=known),))


def changed(found: tuple[Finding, ...]) -> list[Finding]:
    return [one for one in found if one.rule == "X1"]


def test_a_rollout_whose_new_pods_fail_is_what_changed():
    """The difference is quoted, and the way back named."""
    (found,) = changed(judge(rolled(failing=True)))
    assert found.about == "deployment shop/web"
    assert "came with revision 2, of 2026-11-22 21:40: 1 of its pods fail; the 3 pods of other" in found.says
    assert "spec.containers[web].image web:1 -> web:2" in found.sources[0]
    assert "roll back to revision 1" in found.then


def test_a_rollout_whose_pods_are_well_is_no_cause():
    """Not everything that is new is bad."""
    assert changed(judge(rolled(failing=False))) == []
