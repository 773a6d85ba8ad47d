"""Access reviews: what the cluster itself says a person may do, and the rule that is missing.

SelfSubjectAccessReview, authorization.k8s.io/v1: asked while impersonating, so that "self" is the person.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workers.clusters.rules import advice
from workers.domain.actor import Actor
from workers.domain.call import Answer, Call, Right
from workers.domain.observed import Access
from workers.domain.redact import visible


def review(rights: Sequence[Right], actor: Actor, send: Callable[[Call], Answer]) -> tuple[Access, ...]:
    """One answer per right, in order; equal rights are asked once."""
    found: dict[Right, Access] = {}
    for right in rights:
        if right not in found:
            found[right] = _access(send(review_call(right)).body, right, actor)
    return tuple(found[right] for right in rights)


def review_call(right: Right) -> Call:
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": right.resource,
        "subresource": right.subresource,
        "namespace": right.namespace,
        "name": right.name,
    }
    return Call(
        method="POST",
        group="authorization.k8s.io",
        version="v1",
        resource="selfsubjectaccessreviews",
        body={
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        },
    )


def _access(body: Any, right: Right, actor: Actor) -> Access:
    """Denied unless the server clearly said yes."""
    status = body.get("status") if isinstance(body, Mapping) else None
    status = status if isinstance(status, Mapping) else {}
    reason = visible(str(status.get("reason") or ""))[:1000]
    if status.get("allowed") is True and not status.get("denied"):
        return Access(allowed=True, because=reason or "the cluster allows it")
    if status.get("denied"):  # an authorizer said no, not merely nothing: a new rule does not help
        return Access(allowed=False, because=f"the cluster denies it: {reason or 'no reason given'}")
    return Access(allowed=False, because=advice(right, actor))
