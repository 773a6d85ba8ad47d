"""Kubernetes events as rows: newest first, ages by the server's clock."""

import re
from collections.abc import Callable, Generator

from workers.domain.call import Answer, Call, Shape, list_of
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.target import EVERYWHERE, Target
from workers.verbs.fields import Json
from workers.verbs.tables import Printed, age

COLUMNS = ("last seen", "type", "reason", "object", "message")
_MADE = r"[a-z0-9]{1,10}"  # hash or suffix that a controller puts behind a name
_NAMES = {
    "deployment": {"deployment": "", "replicaset": f"-{_MADE}", "pod": f"-{_MADE}-[a-z0-9]{{5}}"},
    "statefulset": {"statefulset": "", "pod": "-[0-9]{1,5}"},
    "daemonset": {"daemonset": "", "pod": "-[a-z0-9]{5}"},
    "replicaset": {"replicaset": "", "pod": "-[a-z0-9]{5}"},
    "job": {"job": "", "pod": "(?:-[0-9]{1,5})?-[a-z0-9]{5}"},
    "cronjob": {"cronjob": "", "job": "-[0-9]{1,10}", "pod": "-[0-9]{1,10}(?:-[0-9]{1,5})?-[a-z0-9]{5}"},
}


def of(target: Target) -> Generator[Call, Answer, Printed]:
    """The events about the target; for a workload also those of its ReplicaSets and pods, told by their names."""
    namespace = None if target.namespace == EVERYWHERE else target.namespace
    query = {"includeObject": "Metadata"}
    about: Callable[[str], bool] | None = None
    if target.kind == "namespace" and target.name:
        namespace = target.name
    elif target.name and target.kind in _NAMES:
        about = owned_by(target.kind, target.name)
    elif target.name:
        query["fieldSelector"] = f"involvedObject.kind={target.resource.title},involvedObject.name={target.name}"
    elif target.kind != "event":
        query["fieldSelector"] = f"involvedObject.kind={target.resource.title}"
    answer = yield list_of(KINDS["event"], namespace, query=query, shape=Shape.TABLE)
    printed = Printed(answer.body)
    if about is not None:
        objects = printed.cells("object")
        printed.keep([i for i in range(len(objects)) if about(objects[i])])
    return newest_first(printed)


def of_object(obj: Json, namespace: str | None) -> Generator[Call, Answer, Printed]:
    """The events about one live object, told by its uid."""
    metadata = obj.get("metadata") or {}
    query = {"fieldSelector": f"involvedObject.uid={metadata.get('uid', '')}"}
    answer = yield list_of(KINDS["event"], namespace, query=query, shape=Shape.TABLE)
    return newest_first(Printed(answer.body))


def newest_first(printed: Printed) -> Printed:
    ages = [age(cell) for cell in printed.cells("last seen")]
    printed.keep(sorted(range(len(ages)), key=lambda i: ages[i]))
    return printed


def owned_by(kind: str, name: str) -> Callable[[str], bool]:
    """Whether an OBJECT cell (`pod/web-7c9f8d5b6-x2k4j`) names the workload or something that it made."""
    patterns = [f"{what}/{re.escape(name)}{suffix}" for what, suffix in _NAMES[kind].items()]
    if kind in WORKLOADS:
        patterns.append(f"horizontalpodautoscaler/{re.escape(name)}")
    pattern = re.compile("|".join(patterns), re.IGNORECASE)
    return lambda cell: pattern.fullmatch(cell) is not None
