"""Follows what happens to all requests in the background, and calls back: for consoles and chat systems."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.follow import wait_for_news
from workers.domain.errors import Broken, RequestNotFound, Unavailable
from workers.domain.request import Request
from workers.domain.value import RequestId, Value
from workers.ports import Bus, Progress, Store
from workers.telemetry import log


class Update(Value):
    """One thing that happened; the request is as it is stored now, which may be later than the row."""

    request: Request
    row: Progress


Hear = Callable[[Update], Awaitable[None]]


class Notifier:
    """Only what happens after `start` is told; every row once and in order."""

    def __init__(self, store: Store, bus: Bus, hear: Hear) -> None:
        self._store = store
        self._bus = bus
        self._hear = hear
        self._task: asyncio.Task[None] | None = None
        self._cursor = 0

    async def start(self) -> None:
        self._cursor = await asyncio.to_thread(self._store.cursor)
        self._task = asyncio.create_task(self._run(), name="notifier")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    async def _run(self) -> None:
        while True:
            try:
                for row, request in await asyncio.to_thread(self._look):
                    if request is not None:
                        await self._hear(Update(request=request, row=row))
                    self._cursor = row.id
            except Unavailable as error:
                log().warning("notifier.waits", code=error.code, message=error.text)
            await asyncio.to_thread(wait_for_news, self._bus)

    def _look(self) -> list[tuple[Progress, Request | None]]:
        """Each request is read once a look, however many rows it has; one that nobody can read keeps no other back."""
        rows = self._store.progress_after(self._cursor)
        requests = {request_id: self._read(request_id) for request_id in dict.fromkeys(row.request_id for row in rows)}
        return [(row, requests[row.request_id]) for row in rows]

    def _read(self, request_id: RequestId) -> Request | None:
        try:
            return self._store.request(request_id)
        except (Broken, RequestNotFound) as error:
            log(request=request_id).error("notifier.unreadable", code=error.code, message=error.text)
            return None
