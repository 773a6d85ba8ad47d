"""The workloads of a cluster with their history and their pods, as a cluster that has run for months has them."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workers.demo import images, pods
from workers.demo.apiserver.defaults import set_defaults
from workers.demo.controllers import daemonset, deployment, kubelet, progress, replicaset, revisions, statefulset
from workers.demo.controllers.actions import Emit
from workers.demo.identity import Json, between, stamp, uid
from workers.demo.inventory import Inventory, Workload
from workers.demo.objects import make
from workers.demo.timing import Timing

TIMING = Timing()
HISTORY = 3  # older revisions that are still there


@dataclass(frozen=True)
class Site:
    """The cluster that manifests are made for. `origin` goes into every uid; two runs with the same are the same."""

    origin: str
    cluster: str
    now: datetime
    addresses: Mapping[str, str]  # node -> its address

    def ago(self, low_days: int, high_days: int, *seed: object) -> datetime:
        """A moment in the past, so many days ago, that depends on the seed only."""
        minutes = between(low_days * 1440, high_days * 1440, self.origin, *seed)
        return self.now - timedelta(minutes=minutes)

    def finish(self, obj: Json, created: datetime) -> Json:
        """An object that a controller made, with the uid and the age it has here."""
        meta = obj["metadata"]
        meta["uid"] = uid(self.origin, obj["kind"], meta["namespace"], meta["name"])
        meta["creationTimestamp"] = stamp(created)
        return obj


def defaulted(obj: Json) -> Json:
    """The object with the defaults that the API server fills in, so that templates compare equal later."""
    set_defaults(obj["kind"], obj, lambda what: f"10.96.0.{len(what)}")
    return obj


def deployment_and_pods(site: Site, inventory: Inventory, workload: Workload) -> list[Json]:
    """A Deployment, its ReplicaSets (oldest first) and exactly the pods of the inventory, all ready."""
    members = inventory.pods_of(site.cluster, workload.reference)
    changed = site.ago(3, 40, workload.name, "changed")
    made = _owner(site, workload, "Deployment", changed, len(members))
    made["spec"] |= {
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }
    defaulted(made)
    sets: list[Json] = []
    for number, created, template in _past(workload, made, changed):
        old = deployment.make_replica_set({**made, "spec": {**made["spec"], "template": template}}, [], 0)
        old["metadata"]["annotations"][deployment.REVISION] = str(number)
        sets.append(site.finish(old, created))
    current = deployment.make_replica_set(made, sets, len(members))
    _rename(current, members[0].name.rpartition("-")[0])
    current["metadata"]["annotations"][deployment.REVISION] = str(workload.revision)
    sets.append(site.finish(current, changed))
    made["metadata"]["annotations"] = {deployment.REVISION: str(workload.revision)}
    template = current["spec"]["template"]
    running = [
        pod_on(site, pods.from_template(template, pod.name, current), pod.node, changed + timedelta(seconds=2))[0]
        for pod in members
    ]
    for one in sets:
        one["status"], _ = replicaset.status(defaulted(one), running if one is current else [], site.now)
    made["status"], _ = progress.status(made, current, sets, changed + timedelta(seconds=20), TIMING)
    return [made, *sets, *running]


def stateful_set_and_pods(site: Site, inventory: Inventory, workload: Workload) -> list[Json]:
    members = inventory.pods_of(site.cluster, workload.reference)
    changed = site.ago(10, 60, workload.name, "changed")
    made = _owner(site, workload, "StatefulSet", changed, len(members))
    made["spec"] |= {
        "serviceName": workload.name,
        "podManagementPolicy": "OrderedReady",
        "volumeClaimTemplates": _claim_templates(inventory, workload),
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "revisionHistoryLimit": 10,
    }
    history = _revisions(site, workload, defaulted(made), changed)
    mark = history[-1]["metadata"]["labels"][revisions.HASH]
    running = []
    for index, pod in enumerate(members):
        started = changed + timedelta(seconds=20 * (len(members) - index))
        running.append(pod_on(site, statefulset.make_pod(made, index, mark), pod.node, started)[0])
    made["status"] = statefulset.status(made, running, mark)
    return [made, *history, *running]


def daemon_set_and_pods(site: Site, inventory: Inventory, workload: Workload) -> list[Json]:
    members = inventory.pods_of(site.cluster, workload.reference)
    changed = site.ago(10, 60, workload.name, "changed")
    made = _owner(site, workload, "DaemonSet", changed, 0)
    del made["spec"]["replicas"]
    made["spec"] |= {
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
        "revisionHistoryLimit": 10,
    }
    # A daemon runs everywhere, so it tolerates every taint.
    made["spec"]["template"]["spec"]["tolerations"] = [{"operator": "Exists"}]
    made["metadata"]["annotations"] = {"deprecated.daemonset.template.generation": str(workload.revision)}
    history = _revisions(site, workload, defaulted(made), changed)
    mark = history[-1]["metadata"]["labels"][revisions.HASH]
    running = []
    for index, pod in enumerate(members):
        started = changed + timedelta(seconds=10 * index)
        new = pods.from_template(made["spec"]["template"], pod.name, made, labels={revisions.HASH: mark})
        running.append(pod_on(site, new, pod.node, started)[0])
    made["status"] = daemonset.status(made, running, inventory.nodes[site.cluster], mark)
    return [made, *history, *running]


def cron_job(site: Site, workload: Workload) -> Json:
    template = pods.template(workload, restart="OnFailure")
    last = (site.now - timedelta(hours=2)).replace(hour=2, minute=0, second=0, microsecond=0)
    return make(
        site.origin,
        "batch/v1",
        "CronJob",
        workload.name,
        workload.namespace,
        site.ago(200, 400, workload.name),
        labels=workload.labels,
        spec={
            "schedule": workload.schedule,
            "concurrencyPolicy": "Forbid",
            "suspend": False,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 1,
            "jobTemplate": {"metadata": {"labels": workload.labels}, "spec": {"backoffLimit": 2, "template": template}},
        },
        status={"lastScheduleTime": stamp(last), "lastSuccessfulTime": stamp(last + timedelta(seconds=41))},
    )


def pod_on(site: Site, pod: Json, node: str, created: datetime) -> tuple[Json, Sequence[Emit]]:
    """A pod that was made and put on a node at `created`, as it is now, and what its kubelet has said since."""
    bound = pods.bind(defaulted(site.finish(pod, created)), node, created)
    life = kubelet.advance(bound, site.addresses[node], site.now, TIMING)
    return dict(life.pod), life.events


def main_image(template: Mapping[str, Any]) -> str:
    return str(template["spec"]["containers"][0]["image"])


def with_image(template: Json, image: str) -> Json:
    """The template with another image for the main container."""
    changed = copy.deepcopy(template)
    changed["spec"]["containers"][0]["image"] = image
    return changed


def _owner(site: Site, workload: Workload, kind: str, changed: datetime, replicas: int) -> Json:
    return make(
        site.origin,
        "apps/v1",
        kind,
        workload.name,
        workload.namespace,
        changed - timedelta(days=between(150, 300, site.origin, workload.name)),
        labels=workload.labels,
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": {"app": workload.name}},
            "template": pods.template(workload),
        },
    )


def _past(workload: Workload, owner: Json, changed: datetime) -> list[tuple[int, datetime, Json]]:
    """The older revisions, oldest first: number, when it was rolled out, its template."""
    template = owner["spec"]["template"]
    image = main_image(template)
    count = min(HISTORY, workload.revision - 1)
    rows = []
    for back, tag in enumerate(images.older_tags(images.tag(image), count), start=1):
        created = changed - timedelta(days=9 * back, minutes=between(0, 8 * 1440, workload.name, tag))
        rows.append((workload.revision - back, created, with_image(template, images.with_tag(image, tag))))
    return rows[::-1]


def _revisions(site: Site, workload: Workload, owner: Json, changed: datetime) -> list[Json]:
    """The ControllerRevisions, the present one last."""
    made = []
    for number, created, template in _past(workload, owner, changed):
        old = revisions.make({**owner, "spec": {**owner["spec"], "template": template}}, number)
        made.append(site.finish(old, created))
    made.append(site.finish(revisions.make(owner, workload.revision), changed))
    return made


def _claim_templates(inventory: Inventory, workload: Workload) -> list[Json]:
    """What the workload's claims in the inventory were made from."""
    claim = next((one for one in inventory.objects if one.name == f"data-{workload.name}-0"), None)
    if claim is None:
        return []
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": claim.size}},
        "storageClassName": claim.storageclass,
        "volumeMode": "Filesystem",
    }
    return [{"metadata": {"name": "data"}, "spec": spec}]


def _rename(replica_set: Json, name: str) -> None:
    """Gives the ReplicaSet the name, and thereby the template hash, that the inventory's pods have."""
    mark = name.rpartition("-")[2]
    replica_set["metadata"]["name"] = name
    replica_set["metadata"]["labels"]["pod-template-hash"] = mark
    replica_set["spec"]["selector"]["matchLabels"]["pod-template-hash"] = mark
    replica_set["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] = mark
