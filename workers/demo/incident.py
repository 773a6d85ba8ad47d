"""The story: a bad release of payment-worker in prod-eu, six minutes old, stuck half way."""

from dataclasses import dataclass
from datetime import timedelta

from workers.demo import images, pods
from workers.demo.controllers import deployment, progress, recorder, replicaset, scheduler
from workers.demo.controllers.actions import Emit
from workers.demo.controllers.rollout import Limits, Size, grow, limits, shrink
from workers.demo.identity import Json, suffix
from workers.demo.workloads import TIMING, Site, defaulted, main_image, pod_on, with_image


@dataclass(frozen=True)
class Incident:
    cluster: str
    namespace: str
    deployment: str
    tag: str
    age: timedelta


STORY = Incident("prod-eu", "payments", "payment-worker", "v2.4.0", timedelta(minutes=6))
ERROR = 'panic: config key "queue.url" is missing'


def strike(site: Site, objects: list[Json], story: Incident = STORY) -> list[Json]:
    """The objects of a healthy cluster after the bad release: what a rolling update leaves that cannot finish."""
    mine = [obj for obj in objects if _belongs(obj, story)]
    rest = [obj for obj in objects if not _belongs(obj, story)]
    made = next(obj for obj in mine if obj["kind"] == "Deployment")
    sets = [obj for obj in mine if obj["kind"] == "ReplicaSet"]
    running = [obj for obj in mine if obj["kind"] == "Pod"]
    started = site.now - story.age
    good = sets[-1]
    image = images.with_tag(main_image(made["spec"]["template"]), story.tag)
    made["spec"]["template"] = with_image(made["spec"]["template"], image)
    kept, added = stuck(limits(made["spec"]))
    bad = site.finish(deployment.make_replica_set(made, sets, added), started)
    running, said = running[:kept], []
    nodes = sorted(site.addresses)
    for index in range(added):
        name = f"{bad['metadata']['name']}-{suffix(5, site.origin, story.tag, index)}"
        node = nodes[(kept + 1 + index) % len(nodes)]
        new = pods.from_template(bad["spec"]["template"], name, bad)
        pod, heard = pod_on(site, new, node, started + timedelta(seconds=1))
        placed = f"Successfully assigned {story.namespace}/{name} to {node}"
        said.append(Emit(bad, "SuccessfulCreate", f"Created pod: {name}", source=replicaset.SOURCE, at=started))
        said.append(Emit(pod, "Scheduled", placed, source=scheduler.SOURCE, at=started))
        said += heard
        running.append(pod)
    good["spec"]["replicas"] = kept
    for one, owned in ((good, running[:kept]), (bad, running[kept:])):
        one["status"], _ = replicaset.status(defaulted(one), owned, site.now)
    made["metadata"]["annotations"][deployment.REVISION] = bad["metadata"]["annotations"][deployment.REVISION]
    made["metadata"]["generation"] = 1
    # Before any pod was counted, the controller had just made the new ReplicaSet.
    made["status"] = {
        "conditions": [
            {**item, "reason": "NewReplicaSetCreated"} if item["type"] == "Progressing" else item
            for item in made["status"]["conditions"]
        ]
    }
    made["status"], _ = progress.status(made, bad, [*sets, bad], started + timedelta(seconds=5), TIMING)
    for one, before, after in ((bad, 0, 1), (good, limits(made["spec"]).replicas, kept), (bad, 1, added)):
        way = "up" if after > before else "down"
        text = f"Scaled {way} replica set {one['metadata']['name']} from {before} to {after}"
        said.append(Emit(made, "ScalingReplicaSet", text, source=deployment.SOURCE, at=started))
    return [*rest, made, *sets, bad, *running, *recorder.collect(said, site.now)]


def stuck(bounds: Limits) -> tuple[int, int]:
    """The sizes (old, new) at which a rolling update stops whose new pods never become available."""
    old, new = Size("old", bounds.replicas, bounds.replicas), Size("new", 0, 0)
    while True:
        bigger = Size("new", grow(new, [old], bounds), 0)
        left = shrink(bigger, [old], bounds).get("old", old.wanted)
        if (bigger.wanted, left) == (new.wanted, old.wanted):
            return old.wanted, new.wanted
        new, old = bigger, Size("old", left, left)


def _belongs(obj: Json, story: Incident) -> bool:
    meta = obj["metadata"]
    labels = meta.get("labels") or {}
    right_kind = obj["kind"] in ("Deployment", "ReplicaSet", "Pod")
    return right_kind and meta["namespace"] == story.namespace and labels.get("app") == story.deployment
