"""Lists: fetched in pages, decoded without what nobody reads.

Lists of pods and of metadata are by far the longest. They are decoded into the fields named here and given on as plain
JSON, so that a list of 5,000 pods costs a tenth of the memory; whoever needs another field reads the one object.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from workers.domain.call import Answer, Call, Shape
from workers.domain.errors import ClusterChanged

PAGE = 500
MOST_ITEMS = 20_000  # a list without a limit of its own stops here and says how many remain


class Metadata(msgspec.Struct, omit_defaults=True):
    """ObjectMeta without managedFields, which are a third of a pod."""

    name: str = ""
    generateName: str = ""  # noqa: N815  # as in the JSON
    namespace: str = ""
    uid: str = ""
    resourceVersion: str = ""  # noqa: N815
    generation: int = 0
    creationTimestamp: str | None = None  # noqa: N815
    deletionTimestamp: str | None = None  # noqa: N815
    deletionGracePeriodSeconds: int | None = None  # noqa: N815
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    ownerReferences: list[dict[str, Any]] | None = None  # noqa: N815
    finalizers: list[str] | None = None


class Container(msgspec.Struct, omit_defaults=True):
    name: str = ""
    image: str = ""
    command: list[str] | None = None
    args: list[str] | None = None
    ports: list[dict[str, Any]] | None = None
    resources: dict[str, Any] | None = None
    livenessProbe: dict[str, Any] | None = None  # noqa: N815
    readinessProbe: dict[str, Any] | None = None  # noqa: N815
    startupProbe: dict[str, Any] | None = None  # noqa: N815
    restartPolicy: str = ""  # noqa: N815  # "Always" on an init container makes it a sidecar


class PodSpec(msgspec.Struct, omit_defaults=True):
    nodeName: str = ""  # noqa: N815
    containers: list[Container] = []
    initContainers: list[Container] | None = None  # noqa: N815
    restartPolicy: str = ""  # noqa: N815
    serviceAccountName: str = ""  # noqa: N815
    priorityClassName: str = ""  # noqa: N815
    hostNetwork: bool = False  # noqa: N815
    nodeSelector: dict[str, str] | None = None  # noqa: N815
    terminationGracePeriodSeconds: int | None = None  # noqa: N815
    readinessGates: list[dict[str, Any]] | None = None  # noqa: N815


class Pod(msgspec.Struct, omit_defaults=True):
    metadata: Metadata
    spec: PodSpec
    status: dict[str, Any] = {}


class Bare(msgspec.Struct, omit_defaults=True):
    metadata: Metadata


class Pods(msgspec.Struct, omit_defaults=True):
    kind: str
    apiVersion: str = ""  # noqa: N815
    metadata: dict[str, Any] = {}
    items: list[Pod] | None = msgspec.field(default=None)


class Bares(msgspec.Struct, omit_defaults=True):
    kind: str
    apiVersion: str = ""  # noqa: N815
    metadata: dict[str, Any] = {}
    items: list[Bare] | None = msgspec.field(default=None)


_PODS = msgspec.json.Decoder(Pods)
_BARES = msgspec.json.Decoder(Bares)
_ANY = msgspec.json.Decoder()


def decode(call: Call, data: bytes) -> Any:
    """The body as plain JSON values; raises msgspec.DecodeError."""
    if is_list(call):
        typed: msgspec.json.Decoder[Any] | None = None
        if call.shape is Shape.METADATA:
            typed = _BARES
        elif call.shape is Shape.OBJECT and (call.group, call.resource) == ("", "pods"):
            typed = _PODS
        if typed is not None:
            try:
                found = msgspec.to_builtins(typed.decode(data))
            except msgspec.ValidationError:  # a server that answers in another shape, as it may
                return _ANY.decode(data)
            found.setdefault("items", [])
            return found
    return _ANY.decode(data)


def is_list(call: Call) -> bool:
    return call.method == "GET" and call.name is None and call.shape is not Shape.TEXT


def pages(call: Call, send: Callable[[Call], Answer]) -> Answer:
    """One answer with every page's items; a call that sets its own limit is sent as it is.

    `metadata.continue` stays in the answer, and `remainingItemCount` with it, when there was more than MOST_ITEMS.
    """
    if not is_list(call) or "limit" in call.query or "watch" in call.query:
        return send(call)
    first = send(call.model_copy(update={"query": {**call.query, "limit": str(PAGE)}}))
    if not isinstance(first.body, dict) or not _token(first.body):
        return first
    body, key, said = first.body, "rows" if "rows" in first.body else "items", list(first.warnings)
    rows = body[key] = list(body.get(key) or ())
    while (token := _token(body)) and len(rows) < MOST_ITEMS:
        query = {**call.query, "limit": str(PAGE), "continue": token}
        try:
            page = send(call.model_copy(update={"query": query}))
        except ClusterChanged:  # 410: the snapshot behind the token has been compacted
            return send(call)
        if not isinstance(page.body, dict):
            break
        rows += page.body.get(key) or ()
        body["metadata"] = page.body.get("metadata") or {}
        said += page.warnings
    return first.model_copy(update={"body": body, "warnings": tuple(dict.fromkeys(said))})


def _token(body: Mapping[str, Any]) -> str:
    metadata = body.get("metadata")
    return str(metadata.get("continue") or "") if isinstance(metadata, Mapping) else ""
