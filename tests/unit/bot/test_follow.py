"""Following requests on a real store and a real queue."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import update as alter

from bot.follow import follow
from bot.notifier import Notifier, Update
from tests.unit.bot import samples
from workers.bus import RedisBus
from workers.domain.request import Request
from workers.ports import Change
from workers.store.store import SqlStore
from workers.store.tables import requests


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    opened = SqlStore(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def dead_bus() -> Iterator[RedisBus]:
    bus = RedisBus("unix:///nowhere/queue.sock")
    yield bus
    bus.close()


def saved(store: SqlStore, request: Request, *progress: str) -> Request:
    with store.change() as change:
        kept = change.save(request)
        _say(change, kept, *progress)
    return kept


def _say(change: Change, request: Request, *lines: str) -> None:
    for line in lines:
        change.progress(request, line)


def test_settled_request_gives_its_lines_and_ends(store: SqlStore, bus: RedisBus) -> None:
    """Lines that came before the end of the request are not missed, and nothing is waited for."""
    cursor = store.cursor()
    saved(store, samples.succeeded(), "one", "two")

    assert [row.text for row in follow(store, bus, samples.ID, cursor, 30)] == ["one", "two"]


def test_time_ends_following(store: SqlStore, dead_bus: RedisBus) -> None:
    """A request that does not settle is left after the time is over, even with a dead queue."""
    cursor = store.cursor()
    saved(store, samples.opened())

    assert list(follow(store, dead_bus, samples.ID, cursor, 0.01)) == []


async def _heard(store: SqlStore, bus: RedisBus, count: int) -> list[Update]:
    heard: list[Update] = []
    enough = asyncio.Event()

    async def hear(update: Update) -> None:
        heard.append(update)
        if len(heard) == count:
            enough.set()

    notifier = Notifier(store, bus, hear)
    await notifier.start()
    await asyncio.to_thread(saved, store, samples.ready(), "one", "two")
    async with asyncio.timeout(10):
        await enough.wait()
    await notifier.stop()
    return heard


def test_notifier_tells_every_row_once_in_order_with_a_dead_queue(store: SqlStore, dead_bus: RedisBus) -> None:
    """A dead queue costs latency and no news; what happened before the start is not told."""
    with store.change() as change:
        change.save(samples.opened().model_copy(update={"id": "req-00000000"}))

    heard = asyncio.run(_heard(store, dead_bus, 3))

    assert [(u.row.kind, u.row.text) for u in heard] == [("changed", ""), ("progress", "one"), ("progress", "two")]
    assert {u.request.id for u in heard} == {samples.ID}


def test_a_request_that_nobody_can_read_does_not_stop_the_news(store: SqlStore, dead_bus: RedisBus) -> None:
    """Its row is passed over, and what came after it is told."""

    async def told() -> list[Update]:
        heard: list[Update] = []
        done = asyncio.Event()

        async def hear(update: Update) -> None:
            heard.append(update)
            done.set()

        with store.change() as change:
            harmed = change.save(samples.opened().model_copy(update={"id": "req-00000000"}))
        with store._database.transaction("harming a row", writes=True) as connection:
            connection.execute(alter(requests).where(requests.c.id == harmed.id).values(body="{}"))
        notifier = Notifier(store, dead_bus, hear)
        await notifier.start()
        with store.change() as change:
            change.progress(harmed, "of the harmed one")
            change.save(samples.ready())
        async with asyncio.timeout(10):
            await done.wait()
        assert notifier.is_running
        await notifier.stop()
        return heard

    assert [update.request.id for update in asyncio.run(told())] == [samples.ID]
