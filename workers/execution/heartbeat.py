"""Keeps the lease of a claim alive while its holder waits for clusters."""

import threading
from datetime import timedelta
from types import TracebackType
from typing import Self

from workers.domain.errors import KubechatError
from workers.ports import Claim, Store
from workers.telemetry import log

BEATS_PER_LEASE = 3


class Heartbeat:
    """A thread that renews the lease; when it cannot, the lease ends and the next write is refused by the fence."""

    def __init__(self, store: Store, claim: Claim, lease: timedelta) -> None:
        self._store = store
        self._claim = claim
        self._lease = lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{claim.request_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._stop.wait(self._lease.total_seconds() / BEATS_PER_LEASE):
            try:
                with self._store.change() as change:
                    if not change.renew(self._claim, self._lease):
                        return
            except KubechatError as error:
                log(request=self._claim.request_id).warning("heartbeat.missed", message=error.text)
