"""Lists the addresses of a Service's pods in one EndpointSlice."""

from collections.abc import Sequence

from workers.demo import pods
from workers.demo.controllers.actions import Create, Plan, Update
from workers.demo.identity import Json
from workers.demo.objects import reference, selects, terminating


def reconcile(service: Json, everybody: Sequence[Json], slices: Sequence[Json]) -> Plan:
    """Makes or corrects the Service's slice; `everybody` are the pods of its namespace. Pure."""
    plan = Plan()
    selector = service["spec"].get("selector")
    if not selector or terminating(service):
        return plan
    wanted = endpoint_slice(service, everybody)
    if not slices:
        plan.add(Create(wanted))
    elif any(slices[0].get(key) != wanted[key] for key in ("endpoints", "ports")):
        plan.add(Update({**slices[0], "endpoints": wanted["endpoints"], "ports": wanted["ports"]}))
    return plan


def endpoint_slice(service: Json, everybody: Sequence[Json]) -> Json:
    meta = service["metadata"]
    matched = [
        pod
        for pod in sorted(everybody, key=lambda pod: str(pod["metadata"]["name"]))
        if selects({"matchLabels": service["spec"]["selector"]}, pod["metadata"].get("labels") or {})
        and pod["status"].get("podIP")
        and pods.phase(pod) not in ("Succeeded", "Failed")
    ]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{meta['name']}-{meta['uid'][:5]}",
            "namespace": meta["namespace"],
            "labels": {
                "kubernetes.io/service-name": meta["name"],
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
            "ownerReferences": [reference(service)],
        },
        "addressType": "IPv4",
        "endpoints": [_endpoint(pod) for pod in matched],
        "ports": [
            {"name": port.get("name", ""), "port": port["targetPort"], "protocol": port.get("protocol", "TCP")}
            for port in service["spec"]["ports"]
        ],
    }


def _endpoint(pod: Json) -> Json:
    meta, ready = pod["metadata"], pods.is_ready(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": ready, "terminating": terminating(pod)},
        "nodeName": pods.node_of(pod),
        "targetRef": {"kind": "Pod", "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]},
    }
