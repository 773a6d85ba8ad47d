"""Objects as JSON texts: what of a live one is worth making again, and how such a text is read."""

import json
from typing import Any

from workers.domain.errors import InvalidParameter
from workers.domain.redact import redact
from workers.domain.target import Target
from workers.verbs.fields import DEEPEST, Json, dig, is_shallow, text
from workers.verbs.preconditions import MARK

MOST_CHARACTERS = 32_000
NOT_KEPT = (
    MARK,
    "kubectl.kubernetes.io/last-applied-configuration",  # would repeat the whole object
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
)
HIDDEN = "[REDACTED"


def kept(obj: Json) -> str:
    """The object as somebody would write it: no status, nothing that the server fills in."""
    metadata = dig(obj, "metadata", default={})
    annotations = {key: value for key, value in dig(metadata, "annotations", default={}).items() if key not in NOT_KEPT}
    head = {
        "name": text(metadata, "name"),
        "namespace": metadata.get("namespace"),
        "labels": metadata.get("labels"),
        "annotations": annotations,
    }
    rest = {key: value for key, value in obj.items() if key not in ("metadata", "status")}
    return written({**rest, "metadata": {key: value for key, value in head.items() if value}})


def written(obj: Json) -> str:
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def why_not_kept(manifest: str) -> str:
    """Why a manifest cannot be a parameter of a stored plan; empty when it can."""
    if len(manifest) > MOST_CHARACTERS:
        return f"it is {len(manifest)} characters long, and at most {MOST_CHARACTERS} are kept"
    if redact(manifest) != manifest:
        return "it holds what looks like a secret, which is never kept"
    return ""


def parsed(manifest: str, target: Target) -> dict[str, Any]:
    """The object, which is the target's; raises InvalidParameter otherwise."""
    try:
        obj = json.loads(manifest)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter("the manifest is not JSON", now=str(error), then="give one object as JSON") from error
    if not is_shallow(obj):
        raise InvalidParameter("the manifest is nested too deeply", now=f"at most {DEEPEST} levels are read")
    metadata = obj.get("metadata") if isinstance(obj, dict) else None
    if not isinstance(obj, dict) or not isinstance(metadata, dict):
        raise InvalidParameter("the manifest is no object", then="give one object with apiVersion, kind and metadata")
    kind = target.resource
    version = f"{kind.group}/{kind.version}" if kind.group else kind.version
    said = (obj.get("apiVersion"), obj.get("kind"), metadata.get("namespace", target.namespace), metadata.get("name"))
    if said != (version, kind.title, target.namespace, target.name):
        raise InvalidParameter(
            f"the manifest is not of {target.text}",
            now="apiVersion, kind, namespace and name in it are " + ", ".join(str(one) for one in said),
            then="name the object that the manifest describes",
        )
    if HIDDEN in manifest:
        raise InvalidParameter(
            "the manifest has a redacted value", now="it cannot be written as it was", then="run it yourself"
        )
    return obj
