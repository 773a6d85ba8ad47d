"""A whole cluster as manifests, in the order in which they can be stored.

Pure: the same inventory, clock reading and seed give the same objects, down to uids and log lines.
"""

from datetime import datetime, timedelta

from workers.demo import incident, rbac
from workers.demo.controllers import disruption, endpoints, recorder
from workers.demo.controllers.actions import Create, Emit
from workers.demo.identity import Json
from workers.demo.inventory import Inventory
from workers.demo.nodes import make_node
from workers.demo.objects import make
from workers.demo.things import Maker
from workers.demo.workloads import (
    Site,
    cron_job,
    daemon_set_and_pods,
    deployment_and_pods,
    stateful_set_and_pods,
)

SEED = "kubechat"
SYSTEM_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


def build(inventory: Inventory, cluster: str, now: datetime, *, seed: str = SEED, broken: bool = False) -> list[Json]:
    """Every object of one cluster; with `broken` the story's incident has struck if it happens in this cluster."""
    origin = f"{seed}/{cluster}"
    nodes = [make_node(origin, cluster, name, index, now) for index, name in enumerate(inventory.nodes[cluster])]
    addresses = {node["metadata"]["name"]: node["status"]["addresses"][0]["address"] for node in nodes}
    site = Site(origin, cluster, now, addresses)
    objects = _workloads(site, inventory)
    if broken and cluster == incident.STORY.cluster:
        objects = incident.strike(site, objects)
    maker = Maker(site, inventory)
    things = [obj for thing in inventory.things(cluster) for obj in maker.make(thing)]
    derived = _derived(site, [*objects, *things])
    return [*_namespaces(site, inventory), *nodes, *rbac.make_rbac(site), *things, *objects, *derived]


def _namespaces(site: Site, inventory: Inventory) -> list[Json]:
    names = [*SYSTEM_NAMESPACES, *(name for name in inventory.namespaces if name not in SYSTEM_NAMESPACES)]
    return [
        make(
            site.origin,
            "v1",
            "Namespace",
            name,
            None,
            site.ago(400, 400, "namespace"),
            labels={"kubernetes.io/metadata.name": name},
            spec={"finalizers": ["kubernetes"]},
            status={"phase": "Active"},
        )
        for name in names
    ]


def _workloads(site: Site, inventory: Inventory) -> list[Json]:
    objects: list[Json] = []
    for workload in inventory.workloads:
        match workload.kind:
            case "deployment":
                objects += deployment_and_pods(site, inventory, workload)
            case "statefulset":
                objects += stateful_set_and_pods(site, inventory, workload)
            case "daemonset":
                objects += daemon_set_and_pods(site, inventory, workload)
            case _:
                objects.append(cron_job(site, workload))
    return objects


def _derived(site: Site, objects: list[Json]) -> list[Json]:
    """What controllers compute from the rest: endpoint slices, budgets' statuses (in place), an older event."""
    made: list[Json] = []
    for obj in objects:
        if obj["kind"] not in ("Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
            continue
        namespace = obj["metadata"]["namespace"]
        pods = [pod for pod in objects if pod["kind"] == "Pod" and pod["metadata"]["namespace"] == namespace]
        if obj["kind"] == "Service":
            made += [
                site.finish(action.obj, site.ago(30, 60, obj["metadata"]["name"], "slice"))
                for action in endpoints.reconcile(obj, pods, []).actions
                if isinstance(action, Create)
            ]
        elif obj["kind"] == "PodDisruptionBudget":
            obj["status"] = disruption.status(obj, pods, site.ago(30, 60, "budget"))
        else:
            made.append(recorder.event(_rescaled(obj), site.now - timedelta(minutes=47)))
    return made


def _rescaled(autoscaler: Json) -> Emit:
    size = autoscaler["status"]["currentReplicas"]
    message = f"New size: {size}; reason: All metrics below target"
    return Emit(autoscaler, "SuccessfulRescale", message, source="horizontal-pod-autoscaler")
