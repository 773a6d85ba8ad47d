"""Jobs that somebody else has put into Redis, before the real workers with a real fleet behind them."""

import json
import os
import pickle
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stack import Stack, World, until
from tests.servers.samples import new_id
from workers.bus import connect
from workers.domain.request import Request
from workers.domain.state import State

pytestmark = pytest.mark.xdist_group("guarded")
Fields = dict[str, str | bytes]


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self._marker}",)


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that a webhook would be sent to, and who has connected to it."""
    heard: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, address = server.accept()
                heard.append(str(address))
                connection.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", heard
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def forged(waiting: Request, marker: Path, hook: str) -> dict[str, Fields]:
    """Each tries something else: to run a command, to fetch an address, to run what nobody has approved."""
    touch = f"touch {marker}"

    def job(function: str, *arguments: object, **fields: str | bytes) -> Fields:
        return {"data": json.dumps([function, None, arguments, {}]), "origin": "run", "status": "queued", **fields}

    webhooks = json.dumps([{"url": hook, "statuses": ["started", "finished", "failed", "stopped"]}])
    return {
        "pickle": {"data": pickle.dumps(Bomb(marker))},
        "pickle-compressed": {"data": zlib.compress(pickle.dumps(("workers.jobs.run", None, (Bomb(marker),), {})))},
        "os-system": job("os.system", touch),
        "subprocess": job("subprocess.check_output", ["touch", str(marker)]),
        "walk-itself": job("workers.walk.Walk.run", waiting.id),
        "callback": job("workers.jobs.run", waiting.id, success_callback_name="os.system", failure_callback_name="x"),
        "stopped": job("workers.jobs.run", waiting.id, stopped_callback_name="os.system"),
        "webhook": job("workers.jobs.run", waiting.id, webhooks=webhooks),
        "webhook-unknown": job("workers.jobs.run", new_id(), webhooks=webhooks),
        "an-instance": {"data": json.dumps(["run", "workers.walk.Walk", [waiting.id], {}])},
        "keywords": {"data": json.dumps(["workers.jobs.run", None, [waiting.id], {"worker": touch}])},
        "two-ids": job("workers.jobs.run", waiting.id, new_id()),
        "unknown-id": job("workers.jobs.run", new_id()),
    }


def test_t17_forged_jobs_run_nothing_fetch_nothing_and_are_recorded(stack: Stack, world: World, tmp_path: Path) -> None:
    """Redis is a doorbell: no command runs, no address is fetched, no state moves, and the trail shows each attempt."""
    name, marker = world.deployment("prod-us"), tmp_path / "marker"
    waiting = stack.waiting(f"scale {name} to 5 in prod-us because INC-17")
    client = connect(stack.instance.settings.redis_url)

    with listening() as (hook, heard):
        jobs = forged(waiting, marker, hook)
        for key, fields in jobs.items():
            client.hset(f"rq:job:{key}", mapping=fields)  # type: ignore[arg-type]
            client.rpush("rq:queue:run", key)
        rejected = until(lambda: _rejected(stack, set(jobs)), what="every forged job to be rejected")
        alive = stack.ask("bob", "pods of payment-api in staging")
        client.close()

    assert heard == []
    assert not marker.exists()
    assert stack.now(waiting) == waiting
    assert alive.state is State.SUCCEEDED
    assert world.writes("prod-us", waiting.id) == []
    assert len(rejected) == len(jobs)


def _rejected(stack: Stack, names: set[str]) -> set[str]:
    found = {str(leaf["facts"]["job"]) for leaf in stack.leaves() if leaf["event"] == "job.rejected"}
    return found & names if names <= found else set()


@pytest.mark.parametrize("job", ["run", "reconcile", "plan"])
def test_t17_a_true_job_for_what_nobody_approved_moves_nothing(stack: Stack, world: World, job: str) -> None:
    """In the right form and with a real id: the database says what is approved, and it says no."""
    name = world.deployment("prod-us")
    waiting = stack.waiting(f"scale {name} to 5 in prod-us because INC-18")
    cancelled = stack.waiting(f"scale {name} to 4 in prod-us because INC-19")
    assert stack.press("alice", "cancel", cancelled).problem is None
    gone = stack.now(cancelled)

    for one in (waiting, cancelled):
        assert stack.instance.bus.ring(job, one.id)
    until(lambda: _idle(stack), what="both jobs to be done")

    assert stack.now(waiting) == waiting
    assert stack.now(cancelled) == gone
    assert gone.state is State.CANCELLED
    assert [one for asked in (waiting, cancelled) for one in world.writes("prod-us", asked.id)] == []


def _idle(stack: Stack) -> bool:
    """No job waits, and none is being done."""
    client = connect(stack.instance.settings.redis_url)
    try:
        return not client.llen("rq:queue:run") and not client.llen("rq:queue:plan") and not stack.horses()
    finally:
        client.close()
