"""Drives a verb's conversation with recorded answers, and builds the Kubernetes objects that they hold."""

from collections.abc import Generator, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any, TypeVar

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, Shape
from workers.domain.errors import KubechatError, NotThere
from workers.domain.target import Target
from workers.verbs.registry import change_spec
from workers.verbs.spec import Live, Marks

T = TypeVar("T")
Json = dict[str, Any]
Said = Json | str | KubechatError

MARKS = Marks(request="req-7f3k2m9q", at=datetime(2026, 11, 22, 21, 40, 7, tzinfo=UTC))
MARK = "req-7f3k2m9q/1/1"
APPS = "/apis/apps/v1/namespaces/payments"
CORE = "/api/v1/namespaces/payments"
DEPLOYMENT = f"{APPS}/deployments/payment-api"


def drive(talk: Generator[Call, Answer, T], said: Mapping[str, Said], calls: list[Call] | None = None) -> T:
    """What the conversation returns; a path without an answer is not there. Only reads may be asked for."""
    try:
        call = next(talk)
        while True:
            assert not call.writes
            if calls is not None:
                calls.append(call)
            answer = said.get(call.path, NotThere(f"no {call.path}"))
            if isinstance(answer, KubechatError):
                call = talk.throw(answer)
            elif call.shape is Shape.TEXT:
                call = talk.send(Answer(status=200, text=str(answer)))
            else:
                call = talk.send(Answer(status=200, body=deepcopy(answer)))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def target(kind: str = "deployment", name: str | None = "payment-api", **more: Any) -> Target:
    place = None if kind in ("node", "namespace") else "payments"
    return Target(**{"cluster": "prod-eu", "namespace": place, "kind": kind, "name": name, **more})


def action(verb: Verb, where: Target | None = None, **params: Any) -> Action:
    return Action(verb=verb, target=where or target(), params=params)


def pinned(asked: Action, said: Mapping[str, Said]) -> Action:
    return drive(change_spec(asked.verb).pin(asked, MARKS), said)


def live(asked: Action, said: Mapping[str, Said]) -> Live:
    return drive(change_spec(asked.verb).observe(asked), said)


def template(image: str = "registry.example.com/payments/payment-api:v2.3.1", **annotations: str) -> Json:
    metadata: Json = {"labels": {"app": "payment-api"}, "creationTimestamp": None}
    if annotations:
        metadata["annotations"] = annotations
    proxy = {"name": "proxy", "image": "registry.example.com:5000/platform/proxy:v1.9.0"}
    setup = {"name": "migrate", "image": "registry.example.com/payments/migrate:7"}
    return {
        "metadata": metadata,
        "spec": {"containers": [{"name": "api", "image": image}, proxy], "initContainers": [setup]},
    }


def workload(kind: str = "Deployment", **spec: Any) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {
            "name": "payment-api",
            "namespace": "payments",
            "uid": "d-1",
            "resourceVersion": "71",
            "generation": 4,
            "annotations": {"deployment.kubernetes.io/revision": "12"},
        },
        "spec": {
            "replicas": 4,
            "selector": {"matchLabels": {"app": "payment-api"}},
            "template": template(),
            **spec,
        },
        "status": {
            "observedGeneration": 4,
            "replicas": 4,
            "updatedReplicas": 4,
            "readyReplicas": 4,
            "availableReplicas": 4,
        },
    }


def with_status(obj: Json, **status: Any) -> Json:
    return {**obj, "status": {**obj["status"], **status}}


def with_metadata(obj: Json, **metadata: Any) -> Json:
    return {**obj, "metadata": {**obj["metadata"], **metadata}}


def owned(kind: str, name: str, uid: str) -> list[Json]:
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": True}]


def replicaset(number: int, mark: str, image: str, *, uid: str = "d-1", cause: str = "", **notes: str) -> Json:
    made = template(image, **notes)
    made["metadata"]["labels"]["pod-template-hash"] = mark
    annotations = {"deployment.kubernetes.io/revision": str(number)}
    if cause:
        annotations["kubernetes.io/change-cause"] = cause
    return {
        "metadata": {
            "name": f"payment-api-{mark}",
            "namespace": "payments",
            "uid": f"rs-{mark}",
            "labels": {"app": "payment-api", "pod-template-hash": mark},
            "annotations": annotations,
            "creationTimestamp": f"2026-11-{number:02d}T21:40:07Z",
            "ownerReferences": owned("Deployment", "payment-api", uid),
        },
        "spec": {"replicas": 0, "selector": {"matchLabels": {"pod-template-hash": mark}}, "template": made},
    }


def pod(name: str, mark: str = "new", *, waiting: str = "", ready: bool = True, restarts: int = 0, **more: Any) -> Json:
    state: Json = {"waiting": {"reason": waiting, "message": "back-off"}} if waiting else {"running": {}}
    ok = ready and not waiting
    return {
        "metadata": {
            "name": name,
            "namespace": "payments",
            "uid": f"uid-{name}",
            "labels": {"app": "payment-api", "pod-template-hash": mark},
            "ownerReferences": owned("ReplicaSet", f"payment-api-{mark}", f"rs-{mark}"),
            **more,
        },
        "spec": {"nodeName": "worker-3", "containers": template()["spec"]["containers"]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ok else "False"}],
            "containerStatuses": [{"name": "api", "ready": ok, "restartCount": restarts, "state": state}],
        },
    }


def node(**spec: Any) -> Json:
    return {
        "kind": "Node",
        "metadata": {"name": "worker-3", "uid": "n-1", "resourceVersion": "9"},
        "spec": spec,
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def listed(*objects: Json) -> Json:
    return {"kind": "List", "metadata": {}, "items": list(objects)}


def table(columns: str, *rows: str, objects: tuple[Json, ...] = (), **metadata: Any) -> Json:
    """`"name status age"` and rows split at `|`; a column with `*` is shown by `-o wide` only."""
    heads = [{"name": c.strip("*").title(), "priority": 1 if c.endswith("*") else 0} for c in columns.split()]
    cells = [{"cells": [cell.strip() for cell in row.split("|")]} for row in rows]
    for row, obj in zip(cells, objects, strict=False):
        row["object"] = obj  # type: ignore[assignment]
    return {"kind": "Table", "metadata": metadata, "columnDefinitions": heads, "rows": cells}
