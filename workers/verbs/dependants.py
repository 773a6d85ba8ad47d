"""What hangs on an object: the pods that go with it, and what points at it."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any

from workers.domain.call import Answer, Call, Shape, list_of
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import KINDS
from workers.domain.target import Target
from workers.domain.value import Value
from workers.verbs.budgets import selects
from workers.verbs.fields import Json, dig, items, name, number, owned, rows, text
from workers.verbs.pods import is_over

MOST_NAMED = 5
OWNING = (
    "deployment",
    "statefulset",
    "daemonset",
    "replicaset",
    "replicationcontroller",
    "job",
)  # their pods go with them


class Dependants(Value):
    pods: int | None  # that go with it; None is unknown
    facts: Mapping[str, str] = {}


Talk = Generator[Call, Answer, Dependants]
Listed = Generator[Call, Answer, list[Json] | None]


def of(target: Target, obj: Json) -> Talk:
    """What a person should know before the object goes; what may not be listed is said to be unknown."""
    look = _LOOKS.get(target.kind, _nothing)
    return (yield from look(target, obj))


def _nothing(target: Target, obj: Json) -> Talk:  # noqa: ARG001  # nothing is known to hang on it
    yield from ()
    return Dependants(pods=0)


def _of_workload(target: Target, obj: Json) -> Talk:
    pods = yield from _list("pod", target.namespace)
    chosen = dig(obj, "spec", "selector")
    if target.kind == "replicationcontroller" and chosen:  # the older form: labels alone
        chosen = {"matchLabels": chosen}
    mine = None if pods is None else [pod for pod in pods if selects(chosen, _labels(pod))]
    facts = {"goes with it": _counted(mine, "pod")}
    scalers = yield from _list("horizontalpodautoscaler", target.namespace)
    here = (target.resource.title, target.name)
    facts |= _pointing("left without a workload", "horizontalpodautoscaler", scalers, lambda one: _scaled(one) == here)
    services = yield from _list("service", target.namespace)
    labels = dig(obj, "spec", "template", "metadata", "labels", default={})
    facts |= _pointing("left without these pods", "service", services, lambda one: _serves(one, labels))
    return Dependants(pods=None if mine is None else len(mine), facts=facts)


def _of_service(target: Target, obj: Json) -> Talk:
    pods = yield from _list("pod", target.namespace)
    behind = None if pods is None else [pod for pod in pods if _serves(obj, _labels(pod)) and not is_over(pod)]
    facts = {"serves": _counted(behind, "pod") + ", which stay"}
    ingresses = yield from _list("ingress", target.namespace)
    facts |= _pointing("left without a backend", "ingress", ingresses, lambda one: target.name in _backends(one))
    return Dependants(pods=0, facts=facts)


def _of_settings(target: Target, obj: Json) -> Talk:  # noqa: ARG001  # its name is what pods refer to
    """Of a configmap, a secret, a claim or an account: the pods that use it by name."""
    pods = yield from _list("pod", target.namespace)
    using = None if pods is None else [pod for pod in pods if _uses(pod, target) and not is_over(pod)]
    return Dependants(
        pods=0 if using is not None else None,
        facts={"used by": _counted(using, "pod") + ("; a new one could not start without it" if using else "")},
    )


def _of_cronjob(target: Target, obj: Json) -> Talk:
    jobs = yield from _list("job", target.namespace)
    mine = None if jobs is None else owned(jobs, obj)
    active = len(rows(obj, "status", "active"))
    facts = {"goes with it": _counted(mine, "job"), "running now": _count(active, "job")}
    return Dependants(pods=None if mine is None else active, facts=facts)


def _of_namespace(target: Target, obj: Json) -> Talk:  # noqa: ARG001  # its name is what is in it
    facts, pods = {}, None
    for kind in ("pod", "deployment", "statefulset", "persistentvolumeclaim", "secret", "configmap"):
        found = yield from _list(kind, target.name)
        facts[KINDS[kind].plural] = "unknown: they may not be listed" if found is None else str(len(found))
        if kind == "pod":
            pods = None if found is None else len(found)
    return Dependants(pods=pods, facts=facts)


def _of_scaler(target: Target, obj: Json) -> Talk:
    yield from ()
    kind, scaled = _scaled(obj)
    now = number(obj, "status", "currentReplicas")
    kept = f"{kind.lower()}/{scaled} keeps its {now} replicas, whatever the load"
    return Dependants(pods=0, facts={"scales": kept, "namespace": str(target.namespace)})


def _of_selector(target: Target, obj: Json) -> Talk:
    """Of a disruption budget or a network policy: the pods that it speaks of."""
    pods = yield from _list("pod", target.namespace)
    field = "selector" if target.kind == "poddisruptionbudget" else "podSelector"
    chosen = None if pods is None else [p for p in pods if selects(dig(obj, "spec", field), _labels(p))]
    return Dependants(pods=0, facts={"no longer holds for": _counted(chosen, "pod")})


def _of_node(target: Target, obj: Json) -> Talk:  # noqa: ARG001  # its name is where pods are
    try:
        answer = yield list_of(KINDS["pod"], None, query={"fieldSelector": f"spec.nodeName={target.name}"})
    except (AccessDenied, NotThere):
        return Dependants(pods=None, facts={"goes with it": _counted(None, "pod")})
    found = items(answer.body)
    return Dependants(pods=len(found), facts={"goes with it": _counted(found, "pod")})


def _of_volume(target: Target, obj: Json) -> Talk:
    yield from ()
    claim = dig(obj, "spec", "claimRef", default={})
    used = f"{text(claim, 'namespace')}/{text(claim, 'name')}" if claim else "no claim"
    facts = {"used by": used, "then": text(obj, "spec", "persistentVolumeReclaimPolicy") or "Retain"}
    return Dependants(pods=0, facts={**facts, "volume": str(target.name)})


_LOOKS: dict[str, Callable[[Target, Json], Talk]] = {
    **dict.fromkeys(OWNING, _of_workload),
    **dict.fromkeys(("configmap", "secret", "persistentvolumeclaim", "serviceaccount"), _of_settings),
    **dict.fromkeys(("poddisruptionbudget", "networkpolicy"), _of_selector),
    "service": _of_service,
    "cronjob": _of_cronjob,
    "namespace": _of_namespace,
    "horizontalpodautoscaler": _of_scaler,
    "node": _of_node,
    "persistentvolume": _of_volume,
}


def _list(kind: str, namespace: str | None) -> Listed:
    """None when they may not be listed; of secrets only how many there are."""
    more: dict[str, Any] = {"shape": Shape.METADATA} if kind == "secret" else {}
    try:
        answer = yield list_of(KINDS[kind], namespace, **more)
    except (AccessDenied, NotThere):
        return None
    return items(answer.body)


def _pointing(what: str, kind: str, found: Sequence[Json] | None, points: Callable[[Json], bool]) -> dict[str, str]:
    """Nothing when none points at it; what may not be listed is unknown."""
    if found is None:
        return {what: f"unknown: {KINDS[kind].plural} may not be listed"}
    named = [f"{kind}/{name(one)}" for one in found if points(one)]
    return {what: _shown(named)} if named else {}


def _scaled(scaler: Json) -> tuple[str, str]:
    reference = dig(scaler, "spec", "scaleTargetRef", default={})
    return text(reference, "kind"), text(reference, "name")


def _serves(service: Json, labels: Json) -> bool:
    selector = dig(service, "spec", "selector", default={})
    return bool(selector) and selects({"matchLabels": selector}, labels)


def _backends(ingress: Json) -> set[str]:
    paths = [path for rule in rows(ingress, "spec", "rules") for path in rows(rule, "http", "paths")]
    backends = [dig(path, "backend", default={}) for path in paths]
    backends.append(dig(ingress, "spec", "defaultBackend", default={}))
    return {text(one, "service", "name") for one in backends}


def _uses(pod: Json, target: Target) -> bool:
    return (target.kind, target.name) in set(_references(pod))


def _references(pod: Json) -> Iterable[tuple[str, str]]:
    """What a pod refers to by name, as (kind, name)."""
    yield "serviceaccount", text(pod, "spec", "serviceAccountName")
    for secret in rows(pod, "spec", "imagePullSecrets"):
        yield "secret", text(secret, "name")
    for volume in rows(pod, "spec", "volumes"):
        yield "configmap", text(volume, "configMap", "name")
        yield "secret", text(volume, "secret", "secretName")
        yield "persistentvolumeclaim", text(volume, "persistentVolumeClaim", "claimName")
        for source in rows(volume, "projected", "sources"):
            yield "configmap", text(source, "configMap", "name")
            yield "secret", text(source, "secret", "name")
    for container in (*rows(pod, "spec", "containers"), *rows(pod, "spec", "initContainers")):
        for source in rows(container, "envFrom"):
            yield "configmap", text(source, "configMapRef", "name")
            yield "secret", text(source, "secretRef", "name")
        for variable in rows(container, "env"):
            yield "configmap", text(variable, "valueFrom", "configMapKeyRef", "name")
            yield "secret", text(variable, "valueFrom", "secretKeyRef", "name")


def _labels(obj: Json) -> Json:
    found: Json = dig(obj, "metadata", "labels", default={})
    return found


def _counted(found: Sequence[Json] | None, noun: str) -> str:
    if found is None:
        return f"an unknown number of {noun}s: they may not be listed"
    return _count(len(found), noun) + (f": {_shown([name(one) for one in found])}" if found else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shown(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
