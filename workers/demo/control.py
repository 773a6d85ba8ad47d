"""Beside the clusters: a small HTTP server on loopback through which another process causes faults and reads journals.

It is apart from the API servers, so that it answers while one of them is slow, hangs or is dead.

    GET    /{cluster}/faults     the faults that are set
    POST   /{cluster}/faults     sets those in the JSON body (`apiserver/faults.py`; "dead" closes the listener)
    DELETE /{cluster}/faults     clears all
    GET    /{cluster}/requests   {"items": [...]}, what the API server was asked, oldest first
    DELETE /{cluster}/requests   forgets them
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from aiohttp import web

from workers.demo.apiserver.server import Server
from workers.demo.identity import Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Needs the admin's token with every request."""

    def __init__(self, servers: Mapping[str, Server], token: str) -> None:
        self._servers, self._token = servers, token
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listens; the URL."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/{cluster}/faults", self._show)
        app.router.add_post("/{cluster}/faults", self._change)
        app.router.add_delete("/{cluster}/faults", self._heal)
        app.router.add_get("/{cluster}/requests", self._requests)
        app.router.add_delete("/{cluster}/requests", self._forget)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            raise web.HTTPUnauthorized
        return await handler(request)

    def _server(self, request: web.Request) -> Server:
        server = self._servers.get(request.match_info["cluster"])
        if server is None:
            raise web.HTTPNotFound
        return server

    async def _show(self, request: web.Request) -> web.Response:
        return _json(self._server(request).faults.to_json())

    async def _change(self, request: web.Request) -> web.Response:
        server = self._server(request)
        wanted: Json = await request.json()
        dead = wanted.pop("dead", None)
        try:
            server.faults.change(wanted)
        except ValueError as problem:
            raise web.HTTPBadRequest(text=str(problem)) from problem
        if dead is not None:
            await (server.die() if dead else server.revive())
        return await self._show(request)

    async def _heal(self, request: web.Request) -> web.Response:
        server = self._server(request)
        server.faults.clear()
        await server.revive()
        return await self._show(request)

    async def _requests(self, request: web.Request) -> web.Response:
        return _json({"items": list(self._server(request).requests)})

    async def _forget(self, request: web.Request) -> web.Response:
        self._server(request).requests.clear()
        return _json({})


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
