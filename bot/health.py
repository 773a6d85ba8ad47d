"""Whether the chat process lives, and whether it can do its work: for probes and the supervisor."""

import asyncio

from aiohttp import web

from workers.domain.errors import KubechatError
from workers.guard.following import Following
from workers.ports import Bus, Store


class Health:
    def __init__(self, store: Store, bus: Bus, following: Following) -> None:
        self._store = store
        self._bus = bus
        self._following = following
        self._draining = False

    def drain(self) -> None:
        """From now on not ready, so that nothing new is sent here."""
        self._draining = True

    def _reviews(self) -> str:
        """Of what was done under break-glass: nobody notices one that is late, unless it is said."""
        try:
            newest = self._store.reviews(limit=1)  # the open one first
        except KubechatError as error:
            return error.code
        return "overdue" if any(review.is_overdue for review in newest) else "ok"

    def look(self) -> tuple[bool, dict[str, str]]:
        """Ready means the store answers. A dead queue costs latency only, and under a policy that cannot be read only
        changes are refused: both are said, and do not count.
        """
        try:
            self._store.cursor()
            store = "ok"
        except KubechatError as error:
            store = error.code
        queue = "does not answer" if self._bus.check() else "ok"
        self._following.follow()
        return store == "ok" and not self._draining, {
            "store": store,
            "queue": queue,
            "policy": self._following.problem or "ok",
            "reviews": self._reviews(),
            "draining": str(self._draining).lower(),
        }


def routes(health: Health) -> list[web.RouteDef]:
    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(_request: web.Request) -> web.Response:
        ready, parts = await asyncio.to_thread(health.look)
        return web.json_response({"ready": ready, **parts}, status=200 if ready else 503)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]
