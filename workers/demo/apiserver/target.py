"""What a URL is about: verb, resource, namespace, name and subresource, as k8s.io/apiserver's RequestInfo says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workers.demo.apiserver.rbac import Attributes
from workers.demo.apiserver.resources import Resource, find

if TYPE_CHECKING:
    from collections.abc import Mapping

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "GET": "get", "HEAD": "get", "DELETE": "delete"}
TRUE = frozenset({"1", "true", "True", "t", "T", "TRUE"})


@dataclass(frozen=True)
class Target:
    verb: str
    path: str
    group: str = ""
    version: str = ""
    plural: str = ""  # "" when the path is about no resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def resource(self) -> Resource | None:
        return find(self.group, self.version, self.plural) if self.plural else None

    @property
    def attributes(self) -> Attributes:
        if not self.plural:
            return Attributes(self.verb, path=self.path)
        space = self.name if self.plural == "namespaces" and not self.group else self.namespace
        return Attributes(self.verb, self.group, self.version, self.plural, self.subresource, space, self.name)


def parse(method: str, path: str, query: Mapping[str, str]) -> Target:
    """The target of a request; paths outside /api and /apis are about no resource."""
    plain = Target(method.lower() if method != "HEAD" else "get", path)
    parts = [part for part in path.split("/") if part]
    if not parts or parts[0] not in {"api", "apis"}:
        return plain
    prefix = 2 if parts[0] == "api" else 3
    if len(parts) <= prefix:
        return plain
    group, version, rest = "" if prefix == 2 else parts[1], parts[prefix - 1], parts[prefix:]
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not (len(rest) == 3 and rest[2] in {"status", "finalize"}):
        namespace, rest = rest[1], rest[2:]
    plural = rest[0]
    name = rest[1] if len(rest) > 1 else ""
    subresource = "/".join(rest[2:])
    return Target(_verb(method, name, query), path, group, version, plural, namespace, name, subresource)


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    verb = VERBS.get(method, method.lower())
    if verb == "get" and query.get("watch") in TRUE:
        return "watch"
    if verb == "get" and not name:
        return "list"
    if verb == "delete" and not name:
        return "deletecollection"
    return verb
