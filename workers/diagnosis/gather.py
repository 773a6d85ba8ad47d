"""Gathers the evidence about a target: bounded in calls and in size, and it says what it could not see.

What is not there or may not be read is part of the evidence, except the named object itself.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from workers.diagnosis import suspects
from workers.diagnosis.evidence import Evidence, Happening, Output, Rollout, family, kind_of
from workers.domain.call import Answer, Call, Shape, get, list_of
from workers.domain.errors import AccessDenied, NotThere, Rejected
from workers.domain.kind import ALL, KINDS, WORKLOADS
from workers.domain.target import EVERYWHERE, NO_KIND, Target
from workers.verbs import happenings, revisions, selected
from workers.verbs.fields import Json, body, dig, name, number, rows, text
from workers.verbs.pods import is_leaving, is_over, is_ready, restarts, status
from workers.verbs.tables import Printed, age

MOST_PODS = 12  # looked at in full
MOST_OTHERS = 6  # of each other kind
MOST_ROLLOUTS = 4
MOST_LOGS = 4
MOST_NODES = 3
MOST_EVENTS = 200
LINES, LONGEST_LINE, MOST_BYTES = 15, 500, 64 * 1024
RECENT = 3600  # seconds; a cluster forgets its events after about as long
# Kinds that a place is searched for; nodes only where the whole cluster is meant.
SEARCHED = ("pod", *WORKLOADS, "job", "persistentvolumeclaim", "horizontalpodautoscaler")
WITH_PODS = (*WORKLOADS, "replicaset", "job", "cronjob", "service")

Talk = Generator[Call, Answer, None]


class _Desk:
    """What has been found so far; lives for one conversation."""

    def __init__(self) -> None:
        self.pods: list[Json] = []
        self.objects: dict[str, list[Json]] = {}  # by kind
        self.looked_at: list[tuple[str, int]] = []
        self.missing: list[str] = []
        self.happenings: list[Happening] = []
        self.outputs: list[Output] = []
        self.rollouts: list[Rollout] = []
        self.services: list[tuple[Json, Json]] = []

    def add(self, obj: Json) -> None:
        self.objects.setdefault(kind_of(obj), []).append(obj)

    def of(self, *kinds: str) -> tuple[Json, ...]:
        return tuple(obj for kind in kinds for obj in self.objects.get(kind, ()))

    def evidence(self) -> Evidence:
        return Evidence(
            pods=tuple(self.pods),
            workloads=self.of(*WORKLOADS, "job", "cronjob"),
            rollouts=tuple(self.rollouts),
            nodes=self.of("node"),
            claims=self.of("persistentvolumeclaim"),
            scalers=self.of("horizontalpodautoscaler"),
            services=tuple(self.services),
            happenings=tuple(self.happenings),
            outputs=tuple(self.outputs),
            looked_at=tuple(self.looked_at),
            missing=tuple(dict.fromkeys(self.missing)),
        )


def gather(target: Target, *, status: str = "", since: int = RECENT) -> Generator[Call, Answer, Evidence]:
    """Raises NotThere or AccessDenied about the named object itself. `since` in seconds."""
    desk = _Desk()
    if target.name and target.kind != "namespace":
        yield from _one(desk, target)
    else:
        yield from _place(desk, target)
    desk.pods = [pod for pod in desk.pods if not status or _is(pod, status)]
    yield from _events(desk, target, since)
    yield from _nodes(desk)
    yield from _rollouts(desk, target.cluster)
    yield from _logs(desk)
    return desk.evidence()


def _one(desk: _Desk, target: Target) -> Talk:
    shape = Shape.METADATA if target.kind == "secret" else Shape.OBJECT
    answer = yield get(target.resource, target.namespace, str(target.name), shape=shape)
    found = {**body(answer.body, target.text), "kind": target.resource.title}
    desk.looked_at.append((target.kind, 1))
    if target.kind == "pod":
        desk.pods.append(found)
        yield from _owner_of(desk, found)
        return
    desk.add(found)
    if target.kind in WITH_PODS:
        yield from _pods_of(desk, target)
    if target.kind == "service":
        yield from _endpoints(desk, target, found)
    elif target.kind == "horizontalpodautoscaler":
        yield from _scaled(desk, target, found)
    elif target.kind == "node":
        query = {"fieldSelector": f"spec.nodeName={target.name}"}
        yield from _search(desk, "pod", None, query)
    elif target.kind in WORKLOADS:
        yield from _beside(desk, target)


def _place(desk: _Desk, target: Target) -> Talk:
    """A namespace or a cluster; or the pods with a label, or of a kind, in it."""
    space = target.name if target.kind == "namespace" else target.namespace
    namespace = None if space == EVERYWHERE else space
    if target.kind not in (ALL, NO_KIND, "namespace"):
        kinds = [target.kind] if target.kind in (*SEARCHED, "node") else list(SEARCHED)
    else:
        kinds = [*SEARCHED, *(["node"] if namespace is None else [])]
    query = {"labelSelector": target.selector} if target.selector else {}
    for kind in kinds:
        yield from _search(desk, kind, namespace, query)


def _search(desk: _Desk, kind: str, namespace: str | None, query: Mapping[str, str]) -> Talk:
    most = MOST_PODS if kind == "pod" else MOST_OTHERS
    try:
        found = yield from suspects.of(kind, namespace, most, query)
    except (AccessDenied, NotThere) as error:
        desk.missing.append(f"{KINDS[kind].plural}: {error.message}")
        return
    desk.looked_at.append((kind, found.there))
    for obj in found.objects:
        if kind == "pod":
            desk.pods.append(obj)
        else:
            desk.add(obj)
    if found.left_out:
        desk.missing.append(f"{found.left_out} more {KINDS[kind].plural} that look unhealthy")


def _pods_of(desk: _Desk, target: Target) -> Talk:
    try:
        pods = yield from selected.pods(target)
    except (AccessDenied, NotThere) as error:
        desk.missing.append(f"its pods: {error.message}")
        return
    desk.looked_at.append(("pod", len(pods)))
    wrong = [pod for pod in pods if (not is_ready(pod) and not _has_ended_well(pod)) or restarts(pod)]
    desk.pods += wrong[:MOST_PODS] or pods[:1]
    if len(wrong) > MOST_PODS:
        desk.missing.append(f"{len(wrong) - MOST_PODS} more of its pods")


def _has_ended_well(pod: Json) -> bool:
    return is_over(pod) and text(pod, "status", "phase") == "Succeeded"


def _is(pod: Json, wanted: str) -> bool:
    """By its status as people know it, its phase, or how its last run ended."""
    ends = [text(one, "lastState", "terminated", "reason") for one in rows(pod, "status", "containerStatuses")]
    words = {status(pod), text(pod, "status", "phase"), *ends, "" if is_ready(pod) else "NotReady"}
    return wanted.lower() in {word.lower() for word in words if word}


def _owner_of(desk: _Desk, pod: Json) -> Talk:
    """The workload of a pod, over its ReplicaSet."""
    space = text(pod, "metadata", "namespace")
    reference: Json | None = _controller(pod)
    for _ in range(2):
        kind = text(reference, "kind").lower() if reference else ""
        if kind not in (*WORKLOADS, "replicaset", "job"):
            return
        found = yield from _maybe(desk, get(KINDS[kind], space, text(reference, "name")), f"its {kind}")
        if not found:
            return
        if kind != "replicaset":
            desk.add({**found, "kind": KINDS[kind].title})
            return
        reference = _controller(found)


def _controller(obj: Json) -> Json | None:
    return next((one for one in rows(obj, "metadata", "ownerReferences") if one.get("controller")), None)


def _beside(desk: _Desk, target: Target) -> Talk:
    """The autoscalers of a workload."""
    found = yield from _maybe(desk, list_of(KINDS["horizontalpodautoscaler"], target.namespace), "autoscalers")
    for one in rows(found, "items"):
        reference = dig(one, "spec", "scaleTargetRef", default={})
        if (text(reference, "kind"), text(reference, "name")) == (target.resource.title, target.name):
            desk.add({**one, "kind": KINDS["horizontalpodautoscaler"].title})


def _scaled(desk: _Desk, target: Target, scaler: Json) -> Talk:
    reference = dig(scaler, "spec", "scaleTargetRef", default={})
    kind, named = text(reference, "kind").lower(), text(reference, "name")
    if kind not in WORKLOADS:
        return
    found = yield from _maybe(desk, get(KINDS[kind], target.namespace, named), f"{kind}/{named}")
    if found:
        desk.add({**found, "kind": KINDS[kind].title})
        yield from _pods_of(desk, target.model_copy(update={"kind": kind, "name": named}))


def _endpoints(desk: _Desk, target: Target, service: Json) -> Talk:
    found = yield from _maybe(desk, get(KINDS["endpoints"], target.namespace, str(target.name)), "its endpoints")
    desk.services.append((service, found))


def _events(desk: _Desk, target: Target, since: int) -> Talk:
    """Newest first; of a whole cluster only warnings."""
    namespace = target.name if target.kind == "namespace" else target.namespace
    query = {"includeObject": "Object", "limit": "500"}
    if namespace in (None, EVERYWHERE):
        namespace = None
        query["fieldSelector"] = "type=Warning"
    answer: Answer
    try:
        answer = yield list_of(KINDS["event"], namespace, query=query, shape=Shape.TABLE)
    except (AccessDenied, NotThere) as error:
        desk.missing.append(f"events: {error.message}")
        return
    printed = happenings.newest_first(Printed(answer.body))
    if printed.goes_on:
        desk.missing.append("some events: there are more than 500")
    about = _is_about(desk, target)
    for at, event in enumerate(printed.objects):
        if age(printed.cells("last seen")[at]) <= since and about(event):
            desk.happenings.append(_happening(event, printed.cells("last seen")[at]))
    del desk.happenings[MOST_EVENTS:]


def _is_about(desk: _Desk, target: Target) -> Any:
    """Of a named workload those of what it made, too; of a place all."""
    if not target.name or target.kind == "namespace":
        return lambda _: True
    known = {(kind_of(obj), name(obj)) for obj in (*desk.pods, *(o for some in desk.objects.values() for o in some))}
    families = [happenings.owned_by(kind, named) for kind, named in known if kind in (*WORKLOADS, "job", "cronjob")]

    def about(event: Json) -> bool:
        kind, named = text(event, "involvedObject", "kind").lower(), text(event, "involvedObject", "name")
        return (kind, named) in known or any(one(f"{kind}/{named}") for one in families)

    return about


def _happening(event: Json, seen: str) -> Happening:
    about = dig(event, "involvedObject", default={})
    return Happening(
        kind=text(about, "kind").lower(),
        namespace=text(about, "namespace") or text(event, "metadata", "namespace"),
        name=text(about, "name"),
        warning=event.get("type") == "Warning",
        reason=text(event, "reason"),
        message=text(event, "message"),
        count=number(event, "series", "count") or number(event, "count", default=1),
        ago=seen.partition(" ")[0],
    )


def _nodes(desk: _Desk) -> Talk:
    """Where what is unhealthy runs, when the nodes are not known already."""
    if desk.objects.get("node") or any(kind == "node" for kind, _ in desk.looked_at):
        return
    wrong = [text(pod, "spec", "nodeName") for pod in desk.pods if not is_ready(pod)]
    for one in list(dict.fromkeys(node for node in wrong if node))[:MOST_NODES]:
        found = yield from _maybe(desk, get(KINDS["node"], None, one), f"node {one}")
        if found:
            desk.add({**found, "kind": "Node"})


def _rollouts(desk: _Desk, cluster: str) -> Talk:
    """What changed last in workloads that are in trouble."""
    for one in desk.of(*WORKLOADS)[:MOST_ROLLOUTS]:
        kind, space = kind_of(one), text(one, "metadata", "namespace")
        where = Target(cluster=cluster, namespace=space, kind=kind, name=name(one))
        try:
            found = yield from revisions.of_workload(where, one)
        except (AccessDenied, NotThere) as error:
            desk.missing.append(f"revisions of {name(one)}: {error.message}")
            continue
        desk.rollouts.append(Rollout(workload=one, revisions=found))


def _logs(desk: _Desk) -> Talk:
    """Of one pod of each owner: of the run before where a container was started again."""
    told: set[str] = set()
    for pod in desk.pods:
        if len(told) >= MOST_LOGS:
            return
        status = _worst(pod)
        key = f"{family(pod)}/{text(status, 'name')}"
        if status is None or key in told:
            continue
        told.add(key)
        yield from _log(desk, pod, text(status, "name"), previous=number(status, "restartCount") > 0)


def _worst(pod: Json) -> Json | None:
    """The container to listen to; None when all is well or none has run yet."""
    if is_leaving(pod) or _has_ended_well(pod):
        return None
    for one in (*rows(pod, "status", "initContainerStatuses"), *rows(pod, "status", "containerStatuses")):
        ran = bool(number(one, "restartCount") or dig(one, "state", "running") or dig(one, "state", "terminated"))
        done = dig(one, "state", "terminated", "reason") == "Completed"
        if ran and not done and (not dig(one, "ready") or number(one, "restartCount")):
            return one
    return None


def _log(desk: _Desk, pod: Json, container: str, *, previous: bool) -> Talk:
    query = {"container": container, "tailLines": str(LINES), "limitBytes": str(MOST_BYTES)}
    space = text(pod, "metadata", "namespace")
    call = Call(
        method="GET",
        group="",
        version=KINDS["pod"].version,
        resource=KINDS["pod"].plural,
        namespace=space,
        name=name(pod),
        subresource="log",
        query={**query, **({"previous": "true"} if previous else {})},
        shape=Shape.TEXT,
    )
    try:
        answer = yield call
    except (AccessDenied, NotThere, Rejected) as error:
        desk.missing.append(f"log of {name(pod)} ({container}): {error.message}")
        return
    lines = _cut(answer.text.splitlines()[-LINES:])
    if lines:
        desk.outputs.append(Output(namespace=space, pod=name(pod), container=container, previous=previous, lines=lines))


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(one if len(one) <= LONGEST_LINE else f"{one[:LONGEST_LINE]}..." for one in lines)


def _maybe(desk: _Desk, call: Call, what: str) -> Generator[Call, Answer, Json]:
    """The body; nothing when it may not be read or is not there, which is noted."""
    try:
        answer = yield call
    except (AccessDenied, NotThere) as error:
        desk.missing.append(f"{what}: {error.message}")
        return {}
    return answer.body if isinstance(answer.body, Mapping) else {}
