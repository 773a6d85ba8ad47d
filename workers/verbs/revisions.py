"""The revisions of a workload: the ReplicaSets of a Deployment, the ControllerRevisions of the others.

Sources: kubectl/pkg/polymorphichelpers/{history,rollback}.go; k8s.io/kubernetes/pkg/controller/history, 1.36.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from workers.domain.call import Answer, Call, list_of
from workers.domain.kind import KINDS
from workers.domain.target import Target
from workers.domain.value import Value
from workers.verbs.fields import Json, annotation, dig, items, name, owned, selector, text, without_nulls

REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
HASHES = ("pod-template-hash", "controller-revision-hash")


class Revision(Value):
    number: int
    hash: str  # of its pod template, as its pods carry it: "7c9f8d5b6"
    template: Mapping[str, Any]  # without hash labels and null fields
    cause: str
    created: str
    source: Mapping[str, Any]  # the ReplicaSet or ControllerRevision


def of_workload(target: Target, workload: Json) -> Generator[Call, Answer, tuple[Revision, ...]]:
    """Lists them, oldest first."""
    kind = KINDS["replicaset" if target.kind == "deployment" else "controllerrevision"]
    labels = selector(workload)
    answer = yield list_of(kind, target.namespace, query={"labelSelector": labels} if labels else {})
    return read(target.kind, workload, items(answer.body))


def read(kind: str, workload: Json, objects: Sequence[Json]) -> tuple[Revision, ...]:
    """Those that the workload itself owns, oldest first."""
    mine = owned(objects, workload)
    found = [_of_replicaset(one) if kind == "deployment" else _of_revision(one, name(workload)) for one in mine]
    return tuple(sorted((one for one in found if one.number > 0), key=lambda one: one.number))


def current(workload: Json, found: Sequence[Revision]) -> Revision | None:
    """The one whose template the workload has now; None when its template is not rolled out yet."""
    template = bare(dig(workload, "spec", "template", default={}))
    same = [one for one in found if one.template == template]
    if same:
        return same[-1]
    said = annotation(workload, REVISION) or text(workload, "status", "updateRevision")
    return next((one for one in found if said in (str(one.number), name(one.source))), None)


def previous(workload: Json, found: Sequence[Revision]) -> Revision | None:
    """The newest whose template differs from the present one in more than the time of a restart."""
    now = current(workload, found)
    template = timeless(dig(workload, "spec", "template", default={}))
    others = [one for one in found if timeless(one.template) != template and one != now]
    return others[-1] if others else None


def labels_of(revision: Revision, workload: Json) -> tuple[str, ...]:
    """The values that the hash label of this revision's pods may have."""
    return (revision.hash, f"{name(workload)}-{revision.hash}")


def is_of(revision: Revision, workload: Json, pod: Json) -> bool:
    """Whether a pod was made from this revision."""
    values = [text(pod, "metadata", "labels", key) for key in HASHES]
    return any(value in labels_of(revision, workload) for value in values if value)


def bare(template: Json) -> dict[str, Any]:
    """A pod template that can be compared and written: without what controllers and patches add to it."""
    made: dict[str, Any] = without_nulls({key: value for key, value in template.items() if key != "$patch"})
    metadata = dict(made.get("metadata") or {})
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key not in HASHES}
    if labels or "labels" in metadata:
        metadata["labels"] = labels
    for empty in [key for key, value in metadata.items() if value == {}]:
        del metadata[empty]
    return {**made, "metadata": metadata}


def timeless(template: Json) -> dict[str, Any]:
    """A pod template without the annotation that only says when its pods were last restarted."""
    made = bare(template)
    metadata = dict(made["metadata"])
    notes = {key: value for key, value in (metadata.pop("annotations", None) or {}).items() if key != RESTARTED_AT}
    return {**made, "metadata": {**metadata, **({"annotations": notes} if notes else {})}}


def _of_replicaset(one: Json) -> Revision:
    digits = annotation(one, REVISION)
    return Revision(
        number=int(digits) if digits.isdecimal() and len(digits) < 12 else 0,
        hash=text(one, "metadata", "labels", HASHES[0]) or name(one).rsplit("-", 1)[-1],
        template=bare(dig(one, "spec", "template", default={})),
        cause=annotation(one, CAUSE),
        created=text(one, "metadata", "creationTimestamp"),
        source=one,
    )


def _of_revision(one: Json, owner_name: str) -> Revision:
    number = one.get("revision")
    return Revision(
        number=number if isinstance(number, int) else 0,
        hash=name(one).removeprefix(f"{owner_name}-"),
        template=bare(dig(one, "data", "spec", "template", default={})),
        cause=annotation(one, CAUSE),
        created=text(one, "metadata", "creationTimestamp"),
        source=one,
    )
