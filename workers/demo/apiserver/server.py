"""The listener: one HTTPS port that behaves like the API server of one cluster.

Every request goes: faults, who, as whom, what, may they, do it, write it down. Answers are JSON; errors are a Status.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import uuid
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from workers.demo.apiserver import authn, discovery, errors, openapi, rbac
from workers.demo.apiserver.call import Call, World
from workers.demo.apiserver.certificate import server_context
from workers.demo.apiserver.errors import StatusError
from workers.demo.apiserver.faults import Faults
from workers.demo.apiserver.journal import Journal, Recorded
from workers.demo.apiserver.paging import Snapshots
from workers.demo.apiserver.routes import handler
from workers.demo.apiserver.target import Target, parse

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from workers.demo.apiserver.authn import User
    from workers.demo.apiserver.certificate import Certificate
    from workers.demo.apiserver.sources import LogSource, MetricsSource
    from workers.demo.apiserver.store import Store

FAULTS_PATH = "/demo/faults"
HEALTH = frozenset({"/healthz", "/readyz", "/livez"})
READING = frozenset({"GET", "HEAD"})
LARGEST_BODY_BYTES = 3 * 1024 * 1024  # as the real server
NOBODY = authn.User("")

_log = logging.getLogger(__name__)


class _Cut(Exception):
    """The connection is to be closed without an answer."""


class Server:
    def __init__(
        self,
        store: Store,
        *,
        tokens: Mapping[str, User],
        logs: LogSource,
        metrics: MetricsSource,
        certificate: Certificate,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.requests = Journal()
        self.faults = Faults()
        self.snapshots = Snapshots()
        self.host, self.port = host, port
        self._store = store
        self._tokens = tokens
        self._world = World(store, logs, metrics, self.faults, self.snapshots)
        self._ssl = server_context(certificate)
        self._runner: web.AppRunner | None = None
        self._restarts: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    async def start(self) -> int:
        """Listen; the port, which stays the same from then on."""
        app = web.Application(client_max_size=LARGEST_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, ssl_context=self._ssl, reuse_address=True)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        self.faults.dead = False
        return self.port

    async def stop(self) -> None:
        """Close the listener and every connection, watches included."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        for connection in tuple(runner.server.connections if runner.server else ()):
            if connection.transport is not None:
                connection.transport.abort()
        await runner.cleanup()

    async def die(self) -> None:
        """Refuse connections until `revive`."""
        self.faults.dead = True
        await self.stop()

    async def revive(self) -> None:
        """Listen again on the same port."""
        if self._runner is None:
            await self.start()

    # One request

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        headers = {"Audit-Id": str(uuid.uuid4()), "Cache-Control": "no-cache, private"}
        body = await request.read()
        target = parse(request.method, request.path, request.query)
        if request.path == FAULTS_PATH:
            return await self._control(request, body, headers)
        for text in self.faults.warnings:
            headers["Warning"] = f'299 - "{text}"' + (f", {headers['Warning']}" if "Warning" in headers else "")
        caller, user = NOBODY, NOBODY
        response: web.StreamResponse | None = None
        call: Call | None = None
        applied = False
        try:
            await self._trouble(request.method)
            caller = user = authn.authenticate(request.headers, self._tokens)
            user = self._impersonate(request, caller)
            call = Call(request, self._world, target, user, body, headers)
            self._authorize(call)
            response = await self._dispatch(call)
            applied = response.status < 300
            if request.method in self.faults.cut_after:
                response = None
            if request.method in self.faults.dies_after:
                response = None
                self._later(self.die())
        except _Cut:
            response = None
        except errors.NothingThere as nothing:
            response = web.Response(text=nothing.text, status=404, headers=headers)
        except StatusError as refusal:
            response = web.Response(
                body=msgspec.json.encode(refusal.to_status()),
                status=refusal.code,
                headers={**headers, **refusal.headers, "Content-Type": "application/json"},
            )
        except Exception as problem:  # noqa: BLE001  # the top of a request: the caller gets a Status, the log the rest
            _log.exception("request %s %s %s", headers["Audit-Id"], request.method, request.path)
            status = errors.broken(f"{type(problem).__name__}: {problem}").to_status()
            response = web.json_response(status, status=500, headers=headers)
        finally:
            self._record(request, target, (caller, user), headers["Audit-Id"], body, response, call, applied=applied)
        return response if response is not None else self._cut(request)

    async def _trouble(self, method: str) -> None:
        if self.faults.hang:
            await asyncio.Event().wait()
        if self.faults.delay_seconds:
            await asyncio.sleep(self.faults.delay_seconds)
        if method in self.faults.cut_before:
            raise _Cut

    def _impersonate(self, request: web.Request, caller: User) -> User:
        wanted = authn.impersonation(request.headers)
        if wanted is None:
            return caller
        user, rights = wanted
        for right in rights:
            what = rbac.Attributes(
                "impersonate", right.group, "", right.resource, right.subresource, right.namespace, right.name
            )
            if not rbac.decide(self._store, caller, what).allowed:
                qualified = f"{right.resource}.{right.group}" if right.group else right.resource
                text = f'{qualified} "{right.name}" is forbidden: {rbac.why_not(caller, what)}'
                details = {"name": right.name, "group": right.group, "kind": right.resource}
                details = {key: value for key, value in details.items() if value}
                raise StatusError(403, "Forbidden", text, details)
        return user

    def _authorize(self, call: Call) -> None:
        what = call.target.attributes
        decision = rbac.decide(self._store, call.user, what)
        if decision.allowed:
            return
        why = rbac.why_not(call.user, what) + (f": {decision.reason}" if decision.reason else "")
        if what.path:
            raise StatusError(403, "Forbidden", f"forbidden: {why}", {})
        qualified = f"{what.resource}.{what.group}" if what.group else what.resource
        subject = f'{qualified} "{what.name}"' if what.name else qualified
        details = {"name": what.name, "group": what.group, "kind": what.resource}
        details = {key: value for key, value in details.items() if value}
        raise StatusError(403, "Forbidden", f"{subject} is forbidden: {why}", details)

    async def _dispatch(self, call: Call) -> web.StreamResponse:
        path = call.target.path
        if call.target.plural:
            return await handler(call)(call)
        if path in HEALTH or path.startswith(tuple(f"{one}/" for one in HEALTH)):
            return call.answer(b"ok", content_type="text/plain; charset=utf-8")
        if path == "/version" and call.request.method not in READING:
            raise errors.method_not_allowed()
        found = discovery.answer(path, call.request.headers.get("Accept", ""), f"{self.host}:{self.port}")
        if found is not None:
            return call.answer(found[0], content_type=found[1])
        return _openapi(call)

    # Beside the protocol

    async def _control(self, request: web.Request, body: bytes, headers: dict[str, str]) -> web.Response:
        """GET shows the faults, POST changes the ones named, DELETE clears them; cluster admins only."""
        try:
            self._require_admin(authn.authenticate(request.headers, self._tokens))
            if request.method == "DELETE":
                self.faults.clear()
            elif request.method == "POST":
                self._change_faults(body)
        except StatusError as refusal:
            return web.json_response(refusal.to_status(), status=refusal.code, headers=headers)
        return web.json_response(self.faults.to_json(), headers=headers)

    def _require_admin(self, caller: User) -> None:
        if rbac.MASTERS not in caller.all_groups:
            raise StatusError(403, "Forbidden", f'User "{caller.name}" cannot change faults')

    def _change_faults(self, body: bytes) -> None:
        try:
            wanted = msgspec.json.decode(body, type=dict)
            seconds = wanted.pop("dead_seconds", None)
            self.faults.change(wanted)
        except (msgspec.DecodeError, ValueError) as problem:
            raise errors.bad_request(str(problem)) from problem
        if seconds is not None:
            self._later(self._die_for(float(seconds)))

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._restarts.add(task)
        task.add_done_callback(self._restarts.discard)

    async def _die_for(self, seconds: float) -> None:
        await asyncio.sleep(0.05)  # let the answer to the order out
        await self.die()
        await asyncio.sleep(seconds)
        await self.revive()

    def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _record(
        self,
        request: web.Request,
        target: Target,
        users: tuple[User, User],
        audit_id: str,
        body: bytes,
        response: web.StreamResponse | None,
        call: Call | None,
        *,
        applied: bool,
    ) -> None:
        caller, user = users
        below = f"/{target.subresource}" if target.subresource else ""
        self.requests.append(
            Recorded(
                at=self._store.clock(),
                method=request.method,
                path=request.path,
                query=request.query_string,
                status=response.status if response is not None else 0,
                user=caller.name,
                impersonated=user.name if user is not caller else "",
                groups=user.all_groups if user.name else (),
                user_agent=request.headers.get("User-Agent", ""),
                audit_id=audit_id,
                applied=applied,
                dry_run="dryRun" in request.query or (call is not None and call.was_dry_run),
                verb=target.verb,
                resource=target.plural + below,
                namespace=target.namespace,
                name=target.name,
                body_sha256=hashlib.sha256(body).hexdigest() if body else "",
            )
        )


def _openapi(call: Call) -> web.Response:
    parts = [part for part in call.target.path.split("/") if part]
    match parts:
        case ["openapi", "v3"]:
            return call.answer(openapi.index())
        case ["openapi", "v3", "api", version]:
            document = openapi.document("", version)
        case ["openapi", "v3", "apis", group, version]:
            document = openapi.document(group, version)
        case _:
            document = None
    if document is None:
        raise errors.NothingThere
    return call.answer(document)
