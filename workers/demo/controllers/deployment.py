"""Rolls a Deployment's template out over its ReplicaSets."""

import copy
from collections.abc import Sequence
from datetime import datetime

from workers.demo.controllers import progress
from workers.demo.controllers.actions import Create, Delete, Emit, Plan, SetStatus, Update
from workers.demo.controllers.rollout import Size, grow, limits, shrink, spread
from workers.demo.identity import Json, template_hash, without_hash
from workers.demo.objects import reference, terminating
from workers.demo.timing import Timing

REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SOURCE = "deployment-controller"


def reconcile(deployment: Json, owned: Sequence[Json], now: datetime, timing: Timing) -> Plan:
    """One step of the rollout; `owned` are the Deployment's ReplicaSets. Pure.

    Writes at most one generation of changes: the statuses that result from them bring the next call.
    """
    plan = Plan()
    if terminating(deployment):
        return plan
    sets = sorted(owned, key=lambda one: (revision_of(one), one["metadata"]["creationTimestamp"]))
    new = find_new(deployment, sets)
    old = [one for one in sets if one is not new]
    paused = deployment["spec"].get("paused", False)
    if new is None and not paused:
        if _must_wait(deployment, old, plan):
            return plan
        made = make_replica_set(deployment, old)
        plan.add(Create(made), _scaled(deployment, made["metadata"]["name"], 0, made["spec"]["replicas"]))
        plan.add(SetStatus({**deployment, "status": progress.begun(deployment, made, now)}))
        return plan
    if new is not None and not paused and _renumber(deployment, new, old, plan):
        return plan
    if paused or _was_scaled(deployment, sets):
        sizes = _rescale(deployment, new, old)
    elif new is not None:
        sizes = _roll(deployment, new, old)
    else:
        sizes = {}
    _resize(deployment, sets, sizes, plan)
    if not sizes:
        _clean_up(deployment, new, old, plan)
    status, wake = progress.status(deployment, new, sets, now, timing)
    if status != deployment.get("status"):
        plan.add(SetStatus({**deployment, "status": status}))
    plan.wake_at(wake)
    return plan


def find_new(deployment: Json, sets: Sequence[Json]) -> Json | None:
    """The oldest ReplicaSet whose template is the Deployment's."""
    wanted = without_hash(deployment["spec"]["template"])
    return next((one for one in sets if without_hash(one["spec"]["template"]) == wanted), None)


def revision_of(obj: Json) -> int:
    return int((obj["metadata"].get("annotations") or {}).get(REVISION, 0))


def make_replica_set(deployment: Json, old: Sequence[Json], size: int | None = None) -> Json:
    """The ReplicaSet for the Deployment's present template, sized by the strategy unless `size` is given."""
    meta, spec = deployment["metadata"], deployment["spec"]
    taken = {one["metadata"]["name"] for one in old}
    marks = (template_hash(spec["template"], count) for count in range(len(old) + 1))
    mark = next(mark for mark in marks if f"{meta['name']}-{mark}" not in taken)
    name = f"{meta['name']}-{mark}"
    bounds = limits(spec)
    if size is None:
        size = grow(Size(name, 0, 0), [_size(one) for one in old], bounds)
    template = copy.deepcopy(spec["template"])
    template.setdefault("metadata", {}).setdefault("labels", {})["pod-template-hash"] = mark
    selector = copy.deepcopy(spec["selector"])
    selector.setdefault("matchLabels", {})["pod-template-hash"] = mark
    made = {
        "replicas": size,
        "selector": selector,
        "template": template,
    }
    if spec.get("minReadySeconds"):
        made["minReadySeconds"] = spec["minReadySeconds"]
    copied = {
        key: value for key, value in (meta.get("annotations") or {}).items() if key not in (REVISION, LAST_APPLIED)
    }
    revision = max((revision_of(one) for one in old), default=0) + 1
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "labels": dict(template["metadata"]["labels"]),
            "annotations": {**copied, **_sizes_noted(deployment), REVISION: str(revision)},
            "ownerReferences": [reference(deployment)],
        },
        "spec": made,
        "status": {"replicas": 0},
    }


def _must_wait(deployment: Json, old: Sequence[Json], plan: Plan) -> bool:
    """Recreate: every old pod must be gone before the first new one is made."""
    if (deployment["spec"].get("strategy") or {}).get("type") != "Recreate":
        return False
    _resize(deployment, old, {one["metadata"]["name"]: 0 for one in old if one["spec"]["replicas"]}, plan)
    return any(one["spec"]["replicas"] or one["status"].get("replicas") for one in old)


def _renumber(deployment: Json, new: Json, old: Sequence[Json], plan: Plan) -> bool:
    """Gives the new ReplicaSet the highest revision, as after a rollback, and the Deployment the same."""
    latest = max((revision_of(one) for one in old), default=0) + 1
    revision = max(latest, revision_of(new))
    writes = False
    if revision != revision_of(new):
        plan.add(Update(_annotated(new, {REVISION: str(revision)})))
        writes = True
    if revision != revision_of(deployment):
        # Through the status, as the real controller does: the generation stays.
        plan.add(SetStatus(_annotated(deployment, {REVISION: str(revision)})))
        writes = True
    return writes


def _was_scaled(deployment: Json, sets: Sequence[Json]) -> bool:
    wanted = str(deployment["spec"].get("replicas", 1))
    noted = ((one["metadata"].get("annotations") or {}).get(DESIRED) for one in sets if one["spec"]["replicas"])
    return any(value is not None and value != wanted for value in noted)


def _rescale(deployment: Json, new: Json | None, old: Sequence[Json]) -> dict[str, int]:
    bounds = limits(deployment["spec"])
    active = [one for one in (*old, *([new] if new else [])) if one["spec"]["replicas"]]
    if len(active) <= 1:
        latest = active[0] if active else new
        return {latest["metadata"]["name"]: bounds.replicas} if latest else {}
    if new is not None and _size(new).available >= bounds.replicas:
        return {one["metadata"]["name"]: 0 for one in active if one is not new}
    return spread([_size(one) for one in active], bounds)


def _roll(deployment: Json, new: Json, old: Sequence[Json]) -> dict[str, int]:
    bounds = limits(deployment["spec"])
    here, there = _size(new), [_size(one) for one in old if one["spec"]["replicas"]]
    bigger = grow(here, there, bounds)
    if bigger != here.wanted:
        return {here.name: bigger}
    return shrink(here, there, bounds)


def _size(one: Json) -> Size:
    wanted = one["spec"]["replicas"]
    return Size(one["metadata"]["name"], wanted, min(wanted, one.get("status", {}).get("availableReplicas", 0)))


def _resize(deployment: Json, sets: Sequence[Json], sizes: dict[str, int], plan: Plan) -> None:
    """Writes the sizes, and on every ReplicaSet with pods the replicas that they were computed for."""
    noted = _sizes_noted(deployment)
    for one in sets:
        name, before = one["metadata"]["name"], one["spec"]["replicas"]
        after = sizes.get(name, before)
        marks = one["metadata"].get("annotations") or {}
        stale = after and any(marks.get(key) != value for key, value in noted.items())
        if after == before and not stale:
            continue
        changed = _annotated(one, noted)
        changed["spec"] = {**one["spec"], "replicas": after}
        plan.add(Update(changed))
        if after != before:
            plan.add(_scaled(deployment, name, before, after))


def _scaled(deployment: Json, name: str, before: int, after: int) -> Emit:
    way = "up" if after > before else "down"
    message = f"Scaled {way} replica set {name} from {before} to {after}"
    return Emit(deployment, "ScalingReplicaSet", message, source=SOURCE)


def _clean_up(deployment: Json, new: Json | None, old: Sequence[Json], plan: Plan) -> None:
    """Deletes the oldest empty ReplicaSets beyond the history limit once the rollout is complete."""
    if new is None or not progress.is_complete(deployment):
        return
    empty = [one for one in old if not one["spec"]["replicas"] and not one["status"].get("replicas")]
    surplus = len(empty) - deployment["spec"].get("revisionHistoryLimit", 10)
    plan.add(*(Delete(one) for one in empty[: max(0, surplus)]))


def _annotated(obj: Json, annotations: dict[str, str]) -> Json:
    meta = obj["metadata"]
    return {**obj, "metadata": {**meta, "annotations": {**(meta.get("annotations") or {}), **annotations}}}


def _sizes_noted(deployment: Json) -> dict[str, str]:
    bounds = limits(deployment["spec"])
    return {DESIRED: str(bounds.replicas), MOST: str(bounds.most)}
