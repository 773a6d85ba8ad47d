"""A call and a person as the bytes of one request: path, query, impersonation headers, accepted forms."""

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import urllib3

from workers.clusters.transport import Request
from workers.domain.actor import Actor
from workers.domain.call import Call, Shape
from workers.domain.errors import InvalidParameter
from workers.domain.kind import KIND_BY_WORD
from workers.domain.value import ClusterName

MANAGER = "kubechat"  # the field manager of every write
VERSION = version("kubechat")
# Names were validated when the call was made; here they are checked once more, because a name is part of a path.
PART = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
ACCEPT = {
    Shape.OBJECT: "application/json",
    Shape.TABLE: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    Shape.METADATA: (
        "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,"
        "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
    ),
    Shape.TEXT: "text/plain, application/json;q=0.5, */*;q=0.1",  # a refusal still comes as a Status
}
METADATA_OF_ONE = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
# What these groups are sent is answered and forgotten; everything else that is not a GET may change the cluster.
REVIEWS = {"authorization.k8s.io", "authentication.k8s.io"}
DOING = {"POST": "creating", "PUT": "replacing", "PATCH": "changing", "DELETE": "deleting"}


def request_for(
    cluster: ClusterName, call: Call, actor: Actor | None, *, dry_run: bool = False, mark: str = ""
) -> Request:
    """As the person, or as the bot's own account when there is none; raises InvalidParameter for unsafe parts."""
    check(call)
    query = dict(call.query)
    body = call.body
    if call.writes:
        if call.method != "DELETE":
            query.setdefault("fieldManager", MANAGER)
        if dry_run:
            query["dryRun"] = "All"
            if call.method == "DELETE":  # a server that finds options in the body does not look at the query
                body = {**(body if isinstance(body, Mapping) else {}), "dryRun": ["All"]}
    elif call.shape is Shape.TABLE:
        query.setdefault("includeObject", "None")
    headers = urllib3.HTTPHeaderDict()
    headers["Accept"] = METADATA_OF_ONE if call.shape is Shape.METADATA and call.name else ACCEPT[call.shape]
    headers["User-Agent"] = f"kubechat/{VERSION} ({_mark(mark)})" if mark else f"kubechat/{VERSION}"
    sent = None
    if call.writes:
        if body is None and call.method == "DELETE":
            body = {}
        if body is not None:
            sent = encode(body)
            headers["Content-Type"] = call.content_type
            headers["Content-Length"] = str(len(sent))
    if actor is not None:
        impersonate(headers, actor)
    path = call.path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
    changes = call.writes and not dry_run and call.group not in REVIEWS
    return Request(call.method, path, headers, sent, changes, doing(cluster, call, dry_run=dry_run))


def check(call: Call) -> None:
    """Raises InvalidParameter for anything that could leave its place in the path."""
    for part, value in (
        ("group", call.group),
        ("version", call.version),
        ("resource", call.resource),
        ("namespace", call.namespace),
        ("name", call.name),
        ("subresource", call.subresource),
    ):
        if value is None or (value == "" and part in ("group", "subresource")):
            continue
        if not PART.fullmatch(value) or value in (".", ".."):
            raise InvalidParameter(f"{part} {value[:80]!r} is not a Kubernetes name", now="nothing was sent")


def impersonate(headers: urllib3.HTTPHeaderDict, actor: Actor) -> None:
    """Adds the person and one line for each group: the server reads repeated lines, not commas."""
    headers.add("Impersonate-User", _value("person", actor.person_id))
    for group in sorted(actor.groups):
        headers.add("Impersonate-Group", _value("group", group))


def encode(body: Any) -> bytes:
    """JSON, also of tuples and mappings that are not dicts."""
    return msgspec.json.encode(body, enc_hook=_plain)


def doing(cluster: ClusterName, call: Call, *, dry_run: bool = False) -> str:
    """`listing pods in prod-eu/payments`: what was being done, for the front of an error."""
    what = one(call) if call.name else call.resource
    if call.subresource:
        what = f"{call.subresource} of {what}"
    word = DOING.get(call.method) or ("reading" if call.name else "listing")
    return f"{'trying: ' if dry_run else ''}{word} {what} in {place(cluster, call.namespace)}"


def one(call: Call) -> str:
    """`deployment 'payment-api'`"""
    kind = KIND_BY_WORD.get(f"{call.resource}.{call.group}" if call.group else call.resource)
    return f"{kind.name if kind else call.resource} '{call.name}'"


def place(cluster: ClusterName, namespace: str | None) -> str:
    return f"{cluster}/{namespace}" if namespace else cluster


def _value(what: str, text: str) -> str:
    """UTF-8 as the API server reads it, in the Latin-1 that http.client writes."""
    if not text or text != text.strip() or any(ord(c) < 0x20 or ord(c) == 0x7F for c in text):
        raise InvalidParameter(f"{what} {text!r} cannot be impersonated", then="mend the people file")
    return text.encode().decode("latin-1")


def _mark(mark: str) -> str:
    return re.sub(r"[^A-Za-z0-9/_.:-]", "-", mark)[:120]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
