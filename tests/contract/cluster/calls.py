"""The writing calls that Kubechat's verbs make, spelled out here a second time, from live objects."""

from collections.abc import Callable, Mapping
from typing import Any

from things import IMAGE

from workers.domain.call import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, Call

Object = Mapping[str, Any]
Build = Callable[[Object], Call]


def held(live: Object) -> dict[str, str]:
    """The preconditions: this very object, unchanged since it was read."""
    return {"uid": live["metadata"]["uid"], "resourceVersion": live["metadata"]["resourceVersion"]}


def on_deployment(live: Object, **more: Any) -> Call:
    return Call(
        method=more.pop("method", "PATCH"),
        group="apps",
        version="v1",
        resource="deployments",
        namespace=live["metadata"]["namespace"],
        name=live["metadata"]["name"],
        **more,
    )


def scale(live: Object) -> Call:
    body = {"metadata": held(live), "spec": {"replicas": live["spec"]["replicas"] + 1}}
    return on_deployment(live, subresource="scale", body=body, content_type=MERGE_PATCH)


def restart(live: Object) -> Call:
    template = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-20T10:00:00Z"}}}
    body = {"metadata": held(live), "spec": {"template": template}}
    return on_deployment(live, body=body, content_type=STRATEGIC_PATCH)


def set_image(live: Object) -> Call:
    containers = [{"name": "main", "image": "registry.k8s.io/pause:3.8"}]
    body = {"metadata": held(live), "spec": {"template": {"spec": {"containers": containers}}}}
    return on_deployment(live, body=body, content_type=STRATEGIC_PATCH)


def rollback(live: Object) -> Call:
    """As kubectl does it: the template of the older ReplicaSet replaces this one."""
    labels = {"app": live["metadata"]["name"]}
    old = live["spec"]["template"]["spec"]
    spec = {**old, "containers": [{**old["containers"][0], "image": IMAGE}]}
    body = [
        {"op": "test", "path": "/metadata/uid", "value": live["metadata"]["uid"]},
        {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        {"op": "replace", "path": "/spec/template", "value": {"metadata": {"labels": labels}, "spec": spec}},
    ]
    return on_deployment(live, body=body, content_type=JSON_PATCH)


def replace(live: Object) -> Call:
    body = {**live, "metadata": {**live["metadata"], "annotations": {"contract": "replaced"}}}
    return on_deployment(live, method="PUT", body=body)


def cordon(live: Object) -> Call:
    return Call(
        method="PATCH",
        group="",
        version="v1",
        resource="nodes",
        name=live["metadata"]["name"],
        body={"metadata": held(live), "spec": {"unschedulable": True}},
        content_type=MERGE_PATCH,
    )


def delete_pod(live: Object) -> Call:
    return Call(
        method="DELETE",
        group="",
        version="v1",
        resource="pods",
        namespace=live["metadata"]["namespace"],
        name=live["metadata"]["name"],
        body={"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": held(live)},
    )


ON_DEPLOYMENT: dict[str, Build] = {
    "scale": scale,
    "restart": restart,
    "set_image": set_image,
    "rollback": rollback,
    "replace": replace,
}
EVERY: dict[str, Build] = {**ON_DEPLOYMENT, "cordon": cordon, "delete_pod": delete_pod}
