"""Follows what happens to all requests in the background, and calls back: for consoles and chat systems."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.follow import wait_for_news
from workers.domain.errors import Unavailable
from workers.domain.request import Request
from workers.domain.value import Value
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
                for update in await asyncio.to_thread(self._look):
                    await self._hear(update)
                    self._cursor = update.row.id
            except Unavailable as error:
                log().warning("notifier.waits", code=error.code, message=error.text)
            await asyncio.to_thread(wait_for_news, self._bus)

    def _look(self) -> list[Update]:
        """Each request is read once a look, however many rows it has."""
        rows = self._store.progress_after(self._cursor)
        requests = {row.request_id: self._store.request(row.request_id) for row in rows}
        return [Update(request=requests[row.request_id], row=row) for row in rows]
