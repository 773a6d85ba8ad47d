"""Waits for one request and gives its progress as it comes: for callers that block, as one command line does."""

import time
from collections.abc import Iterator

from bot.outcome import is_settled
from workers.domain.value import RequestId
from workers.ports import Bus, Progress, Store

POLL_SECONDS = 0.5  # the store is asked at least this often: a dead queue costs only latency
PAUSE_SECONDS = 0.05  # at least this long between two looks, however often the bell rings


def follow(store: Store, bus: Bus, request_id: RequestId, cursor: int, timeout_seconds: float) -> Iterator[Progress]:
    """Lines of progress after the cursor, until the request is settled or the time is over.

    Ends without a word: read the request afterwards, it says which of the two it was.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        settled = is_settled(store.request(request_id))  # before its lines, so that none is missed
        for row in store.progress_after(cursor, request_id):
            cursor = row.id
            if row.kind == "progress":
                yield row
        if settled or time.monotonic() >= deadline:
            return
        wait_for_news(bus)


def wait_for_news(bus: Bus) -> None:
    """Returns after an announcement, or half a second, which a dead queue does not shorten."""
    began = time.monotonic()
    announced = bus.listen(POLL_SECONDS)
    least = PAUSE_SECONDS if announced is not None else POLL_SECONDS
    left = least - (time.monotonic() - began)
    if left > 0:
        time.sleep(left)
