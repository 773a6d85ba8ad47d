"""The preconditions and marks that every write carries."""

from collections.abc import Mapping
from typing import Any

from workers.domain.action import Action
from workers.domain.call import Call
from workers.verbs.spec import Live

EXECUTION = "kubechat.io/execution"
MANAGER = {"fieldManager": "kubechat"}


def metadata(live: Live, **more: Any) -> dict[str, Any]:
    """`metadata` of a patch: the server answers 409 when uid or resourceVersion are not these any more."""
    found: Mapping[str, Any] = live.object.get("metadata") or {}
    return {"uid": found.get("uid"), "resourceVersion": found.get("resourceVersion"), **more}


def patch(action: Action, body: Any, content_type: str, subresource: str = "") -> Call:
    """A patch of the action's own target."""
    target = action.target
    kind = target.resource
    return Call(
        method="PATCH",
        group=kind.group,
        version=kind.version,
        resource=kind.plural,
        namespace=target.namespace,
        name=target.name,
        subresource=subresource,
        query=MANAGER,
        body=body,
        content_type=content_type,
    )


def managed_by_us(live: Live, subresource: str = "") -> str:
    """What managedFields say of our newest write, for people; empty when there is none."""
    entries = ((live.object.get("metadata") or {}).get("managedFields")) or ()
    ours = [e for e in entries if e.get("manager") == "kubechat" and e.get("subresource", "") == subresource]
    if not ours:
        return ""
    return f"set by field manager kubechat at {max(str(e.get('time', '')) for e in ours)}"


def marked(live: Live, mark: str) -> bool:
    """Whether the object carries the mark of this very execution and step."""
    annotations = (live.object.get("metadata") or {}).get("annotations") or {}
    return annotations.get(EXECUTION) == mark
