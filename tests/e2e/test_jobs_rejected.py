"""Whoever writes to Redis cannot fill the audit trail."""

import time
from pathlib import Path

import pytest

from tests.servers.samples import new_id, stored
from tests.servers.worker import worker
from workers.bus import RedisBus
from workers.jobs import REJECTIONS_PER_MINUTE
from workers.store.store import SqlStore

pytestmark = pytest.mark.xdist_group("jobs")


def test_jobs_for_unknown_requests_are_recorded_so_often_and_no_more(
    sqlite_url: str, bus: RedisBus, redis_url: str, data: Path
) -> None:
    """A job in the right form with an id of nobody is rejected in a child, and counted all the same."""
    store = SqlStore(sqlite_url)
    last = stored(store)
    with worker(sqlite_url, redis_url, data, "plan"):
        for _ in range(REJECTIONS_PER_MINUTE + 10):
            bus.ring("plan", new_id())
        bus.ring("plan", last.id)
        end = time.monotonic() + 20
        while not store.progress_after(0, last.id)[1:]:
            assert time.monotonic() < end
            time.sleep(0.02)

    assert sum(b"job.rejected" in record.leaf for record in store.records()) == REJECTIONS_PER_MINUTE
    store.close()
