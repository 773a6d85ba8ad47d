"""One request on its way through the server: what it is about, who asks, and how it is answered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import yaml
from aiohttp import web

from workers.demo.apiserver import errors, go_json, protobuf
from workers.demo.apiserver.resources import Object, Resource
from workers.demo.apiserver.target import TRUE, Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workers.demo.apiserver.authn import User
    from workers.demo.apiserver.faults import Faults
    from workers.demo.apiserver.paging import Snapshots
    from workers.demo.apiserver.sources import LogSource, MetricsSource
    from workers.demo.apiserver.store import Store

JSON = "application/json"
READABLE = "application/json, application/yaml, application/vnd.kubernetes.protobuf"


@dataclass(frozen=True)
class World:
    """What every call can reach."""

    store: Store
    logs: LogSource
    metrics: MetricsSource
    faults: Faults
    snapshots: Snapshots


@dataclass
class Call:
    request: web.Request
    world: World
    target: Target
    user: User  # the impersonated one, where there is one
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)  # to be sent with whatever answer
    was_dry_run: bool = False

    @property
    def store(self) -> Store:
        return self.world.store

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query

    @property
    def row(self) -> Resource:
        found = self.target.resource
        if found is None:
            raise errors.no_such_path()
        return found

    @property
    def namespace(self) -> str | None:
        """None: every namespace, or a cluster-scoped resource."""
        return self.target.namespace or None

    @cached_property
    def json(self) -> Any:
        """The body, from JSON or YAML; 400 if it is neither; protobuf as far as its tables go, else 415."""
        content_type = self.request.content_type
        if content_type == "application/vnd.kubernetes.protobuf":
            return _protobuf(self.body)
        if content_type.endswith("cbor") or content_type.startswith("text/"):
            raise errors.unsupported_media_type(READABLE)
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as problem:
            if content_type.endswith("yaml"):
                return _yaml(self.body)
            raise self._unreadable(go_json.problem_of(self.body) or str(problem)) from problem

    @property
    def object(self) -> Object:
        if not isinstance(self.json, dict):
            raise self._unreadable(go_json.NO_OBJECT.format(go_json.kind_of(self.json)))
        return self.json

    def _unreadable(self, why: str) -> errors.StatusError:
        text = f"couldn't get version/kind; json parse error: {why}"
        if self.target.verb not in {"create", "update"}:
            return errors.bad_request(text)
        kind = self.target.subresource.capitalize() if self.target.subresource in {"scale", "eviction"} else ""
        wanted = f"the object provided is unrecognized (must be of type {kind or self.row.kind})"
        return errors.bad_request(f"{wanted}: {text} ({go_json.summary(self.body)})")

    @property
    def manager(self) -> str:
        """Who the written fields belong to: fieldManager, or the first token of the User-Agent."""
        asked = self.query.get("fieldManager")
        return asked or self.request.headers.get("User-Agent", "unknown").split("/")[0][:128] or "unknown"

    def flag(self, name: str) -> bool:
        return self.query.get(name) in TRUE

    def dry_run(self, options: Object | None = None, kind: str = "") -> bool:
        """True for dryRun=All in the query or the options; 422 for another value, 400 where a webhook forbids it."""
        asked = [*self.request.query.getall("dryRun", ()), *((options or {}).get("dryRun") or ())]
        kind = kind or {"create": "CreateOptions", "update": "UpdateOptions"}.get(self.target.verb, "PatchOptions")
        for one in asked:
            if one != "All":
                cause = errors.unsupported("dryRun", [one], ["All"])
                raise errors.invalid("meta.k8s.io", kind, "", [cause])
        if asked and self.target.plural in self.world.faults.no_dry_run:
            text = f'admission webhook "{self.world.faults.webhook}" does not support dry run'
            raise errors.bad_request(text)
        self.was_dry_run = self.was_dry_run or bool(asked)
        return bool(asked)

    def answer(self, value: Object | bytes, code: int = 200, content_type: str = JSON) -> web.Response:
        body = value if isinstance(value, bytes) else msgspec.json.encode(value)
        return web.Response(body=body, status=code, headers={**self.headers, "Content-Type": content_type})


def _protobuf(body: bytes) -> Any:
    try:
        return protobuf.decode(body)
    except (protobuf.Unreadable, UnicodeDecodeError) as problem:
        raise errors.unsupported_media_type(f"{READABLE} ({problem})") from problem


def _yaml(body: bytes) -> Any:
    try:
        # Through JSON, because YAML dates are not JSON.
        return json.loads(json.dumps(yaml.safe_load(body), default=str))
    except yaml.YAMLError as problem:
        raise errors.bad_request(f"error decoding YAML: {problem}") from problem
