"""Gathers the evidence about a target: bounded in calls and in size, and it says what it could not see.

What is not there or may not be read is part of the evidence, except the named object itself.
"""

from collections.abc import Generator, Mapping

from workers.diagnosis import suspects
from workers.diagnosis.desk import Desk, maybe
from workers.diagnosis.evidence import Evidence, Rollout, kind_of
from workers.diagnosis.happened import tell
from workers.diagnosis.listening import has_ended_well, listen
from workers.domain.call import Answer, Call, Shape, get, list_of
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import ALL, KINDS, WORKLOADS
from workers.domain.target import EVERYWHERE, NO_KIND, Target
from workers.verbs import revisions, selected
from workers.verbs.fields import Json, body, dig, name, rows, text
from workers.verbs.pods import is_ready, restarts, status

MOST_PODS = 12  # looked at in full
MOST_OTHERS = 6  # of each other kind
MOST_ROLLOUTS = 4
MOST_NODES = 3
RECENT = 3600  # seconds; a cluster forgets its events after about as long
# Kinds that a place is searched for; nodes only where the whole cluster is meant.
SEARCHED = ("pod", *WORKLOADS, "job", "persistentvolumeclaim", "horizontalpodautoscaler")
WITH_PODS = (*WORKLOADS, "replicaset", "job", "cronjob", "service")

Talk = Generator[Call, Answer, None]


def gather(target: Target, *, status: str = "", since: int = RECENT) -> Generator[Call, Answer, Evidence]:
    """Raises NotThere or AccessDenied about the named object itself. `since` in seconds."""
    desk = Desk()
    if target.name and target.kind != "namespace":
        yield from _one(desk, target)
    else:
        yield from _place(desk, target)
    desk.pods = [pod for pod in desk.pods if not status or _is(pod, status)]
    yield from tell(desk, target, since)
    yield from _nodes(desk)
    yield from _rollouts(desk, target.cluster)
    yield from listen(desk)
    return desk.evidence()


def _one(desk: Desk, target: Target) -> Talk:
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


def _place(desk: Desk, target: Target) -> Talk:
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


def _search(desk: Desk, kind: str, namespace: str | None, query: Mapping[str, str]) -> Talk:
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


def _pods_of(desk: Desk, target: Target) -> Talk:
    try:
        pods = yield from selected.pods(target)
    except (AccessDenied, NotThere) as error:
        desk.missing.append(f"its pods: {error.message}")
        return
    desk.looked_at.append(("pod", len(pods)))
    wrong = [pod for pod in pods if (not is_ready(pod) and not has_ended_well(pod)) or restarts(pod)]
    desk.pods += wrong[:MOST_PODS] or pods[:1]
    if len(wrong) > MOST_PODS:
        desk.missing.append(f"{len(wrong) - MOST_PODS} more of its pods")


def _is(pod: Json, wanted: str) -> bool:
    """By its status as people know it, its phase, or how its last run ended."""
    ends = [text(one, "lastState", "terminated", "reason") for one in rows(pod, "status", "containerStatuses")]
    words = {status(pod), text(pod, "status", "phase"), *ends, "" if is_ready(pod) else "NotReady"}
    return wanted.lower() in {word.lower() for word in words if word}


def _owner_of(desk: Desk, pod: Json) -> Talk:
    """The workload of a pod, over its ReplicaSet."""
    space = text(pod, "metadata", "namespace")
    reference: Json | None = _controller(pod)
    for _ in range(2):
        kind = text(reference, "kind").lower() if reference else ""
        if kind not in (*WORKLOADS, "replicaset", "job"):
            return
        found = yield from maybe(desk, get(KINDS[kind], space, text(reference, "name")), f"its {kind}")
        if not found:
            return
        if kind != "replicaset":
            desk.add({**found, "kind": KINDS[kind].title})
            return
        reference = _controller(found)


def _controller(obj: Json) -> Json | None:
    return next((one for one in rows(obj, "metadata", "ownerReferences") if one.get("controller")), None)


def _beside(desk: Desk, target: Target) -> Talk:
    """The autoscalers of a workload."""
    found = yield from maybe(desk, list_of(KINDS["horizontalpodautoscaler"], target.namespace), "autoscalers")
    for one in rows(found, "items"):
        reference = dig(one, "spec", "scaleTargetRef", default={})
        if (text(reference, "kind"), text(reference, "name")) == (target.resource.title, target.name):
            desk.add({**one, "kind": KINDS["horizontalpodautoscaler"].title})


def _scaled(desk: Desk, target: Target, scaler: Json) -> Talk:
    reference = dig(scaler, "spec", "scaleTargetRef", default={})
    kind, named = text(reference, "kind").lower(), text(reference, "name")
    if kind not in WORKLOADS:
        return
    found = yield from maybe(desk, get(KINDS[kind], target.namespace, named), f"{kind}/{named}")
    if found:
        desk.add({**found, "kind": KINDS[kind].title})
        yield from _pods_of(desk, target.model_copy(update={"kind": kind, "name": named}))


def _endpoints(desk: Desk, target: Target, service: Json) -> Talk:
    found = yield from maybe(desk, get(KINDS["endpoints"], target.namespace, str(target.name)), "its endpoints")
    desk.services.append((service, found))


def _nodes(desk: Desk) -> Talk:
    """Where what is unhealthy runs, when the nodes are not known already."""
    if desk.objects.get("node") or any(kind == "node" for kind, _ in desk.looked_at):
        return
    wrong = [text(pod, "spec", "nodeName") for pod in desk.pods if not is_ready(pod)]
    for one in list(dict.fromkeys(node for node in wrong if node))[:MOST_NODES]:
        found = yield from maybe(desk, get(KINDS["node"], None, one), f"node {one}")
        if found:
            desk.add({**found, "kind": "Node"})


def _rollouts(desk: Desk, cluster: str) -> Talk:
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
