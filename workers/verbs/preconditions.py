"""What every write says besides its effect: which object in which version, and whose execution it is.

A patch whose uid or resourceVersion differs from the stored object's is refused with 409 or 422 and changes nothing.
"""

from collections.abc import Mapping
from typing import Any

from workers.domain.call import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, Call
from workers.domain.target import Target
from workers.verbs.fields import Json, annotation, dig, text

MARK = "kubechat.io/execution"
MANAGER = "kubechat"
QUERY = {"fieldManager": MANAGER}


def version(live: Json) -> dict[str, str]:
    """The uid and resourceVersion that a patch insists on."""
    return {"uid": text(live, "metadata", "uid"), "resourceVersion": text(live, "metadata", "resourceVersion")}


def patch(target: Target, live: Json, mark: str, spec: Json) -> Call:
    """A strategic merge patch of spec fields with preconditions and mark."""
    metadata = {**version(live), "annotations": {MARK: mark}}
    return _patch(target, STRATEGIC_PATCH, {"metadata": metadata, "spec": spec})


def metadata_patch(target: Target, live: Json, mark: str, metadata: Mapping[str, Mapping[str, str | None]]) -> Call:
    """A merge patch of labels and annotations with preconditions and mark; None removes a key."""
    annotations = {**metadata.get("annotations", {}), MARK: mark}
    return _patch(target, MERGE_PATCH, {"metadata": {**metadata, **version(live), "annotations": annotations}})


def json_patch(target: Target, live: Json, mark: str, operations: list[Json]) -> Call:
    """A JSON patch with the same preconditions: `test` for the uid, a replaced resourceVersion for the version."""
    made: list[Json] = [
        {"op": "test", "path": "/metadata/uid", "value": version(live)["uid"]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version(live)["resourceVersion"]},
    ]
    if not dig(live, "metadata", "annotations"):
        made.append({"op": "add", "path": "/metadata/annotations", "value": {}})
    made.append({"op": "add", "path": f"/metadata/annotations/{escaped(MARK)}", "value": mark})
    return _patch(target, JSON_PATCH, [*made, *operations])


def escaped(key: str) -> str:
    """A key inside a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def is_marked(live: Json, mark: str) -> bool:
    return annotation(live, MARK) == mark


def _patch(target: Target, content_type: str, body: Any) -> Call:
    kind = target.resource
    return Call(
        method="PATCH",
        group=kind.group,
        version=kind.version,
        resource=kind.plural,
        namespace=target.namespace,
        name=target.name,
        query=QUERY,
        body=body,
        content_type=content_type,
    )
