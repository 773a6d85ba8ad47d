"""One HTTP call to one API server as a value: verbs describe calls, only the clusters room makes them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal

from workers.domain.kind import Kind
from workers.domain.value import Value

MERGE_PATCH = "application/merge-patch+json"  # RFC 7386
STRATEGIC_PATCH = "application/strategic-merge-patch+json"  # Kubernetes: lists are merged by key
JSON_PATCH = "application/json-patch+json"  # RFC 6902
APPLY_PATCH = "application/apply-patch+yaml"  # Kubernetes server-side apply; JSON is YAML


class Shape(StrEnum):
    """How the answer is wanted."""

    OBJECT = "object"
    TABLE = "table"  # meta.k8s.io/v1 Table without objects: what kubectl prints
    METADATA = "metadata"  # PartialObjectMetadata(List)
    TEXT = "text"  # logs


class Right(Value):
    """What RBAC must allow for a call; the input of an access review."""

    verb: str
    group: str
    resource: str
    subresource: str = ""
    namespace: str = ""  # "" means all namespaces, or a kind without one
    name: str = ""

    @property
    def path(self) -> str:
        """`deployments/scale` as RBAC rules spell it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


class Call(Value):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    group: str
    version: str
    resource: str
    namespace: str | None = None  # None: cluster-scoped, or over all namespaces
    name: str | None = None
    subresource: str = ""
    query: Mapping[str, str] = {}
    body: Mapping[str, Any] | Sequence[Any] | None = None
    content_type: str = "application/json"
    shape: Shape = Shape.OBJECT

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def path(self) -> str:
        """The URL path; names are validated by the grammar of Kubernetes names before they come here."""
        parts = ["api", self.version] if not self.group else ["apis", self.group, self.version]
        if self.namespace:
            parts += ["namespaces", self.namespace]
        parts += [part for part in (self.resource, self.name, self.subresource) if part]
        return "/" + "/".join(parts)

    @property
    def right(self) -> Right:
        """The one right that this call needs, derived from it so that the two can never differ."""
        verbs = {
            "GET": "get" if self.name else "list",
            "POST": "create",
            "PUT": "update",
            "PATCH": "patch",
            "DELETE": "delete",
        }
        verb = verbs[self.method] if self.name or self.method != "DELETE" else "deletecollection"
        return Right(
            verb=verb,
            group=self.group,
            resource=self.resource,
            subresource=self.subresource,
            namespace=self.namespace or "",
            name=self.name or "",
        )

    @property
    def rights(self) -> tuple[Right, ...]:
        """With what else it needs: a command begins as a GET, which servers before 1.35 authorize as `get` alone."""
        if self.subresource != "exec":
            return (self.right,)
        return (self.right, self.right.model_copy(update={"verb": "get"}))


class Answer(Value):
    """What the API server said to a call that it accepted (2xx)."""

    status: int
    body: Any = None  # decoded JSON; None for text
    text: str = ""
    audit_id: str = ""  # the Audit-Id header: joins our record with the cluster's own audit log
    warnings: tuple[str, ...] = ()


def get(kind: Kind, namespace: str | None, name: str, **more: Any) -> Call:
    """Reads one object."""
    return Call(
        method="GET",
        group=kind.group,
        version=kind.version,
        resource=kind.plural,
        namespace=namespace,
        name=name,
        **more,
    )


def list_of(kind: Kind, namespace: str | None, **more: Any) -> Call:
    """Lists a kind in one namespace, or everywhere when namespace is None."""
    return Call(method="GET", group=kind.group, version=kind.version, resource=kind.plural, namespace=namespace, **more)
