"""The Bus port over a real Valkey; what needs a worker is in tests/e2e/test_jobs.py."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workers.bus import CHANNEL, RedisBus, connect
from workers.domain.value import RequestId

ID = RequestId("req-7f3k2m9q")
OTHER = RequestId("req-00000000")


@pytest.fixture
def dead(data: Path) -> Iterator[RedisBus]:
    bus = RedisBus(f"unix://{data / 'nobody.sock'}")
    yield bus
    bus.close()


def queued(redis_url: str, queue: str) -> int:
    client = connect(redis_url)
    try:
        return int(client.llen(f"rq:queue:{queue}"))
    finally:
        client.close()


def test_fifty_rings_from_many_threads_queue_one_job(bus: RedisBus, redis_url: str) -> None:
    """While one like it waits, a ring adds nothing (F9); other jobs and requests are not kept away."""
    with ThreadPoolExecutor(8) as pool:
        rung = list(pool.map(lambda _: bus.ring("plan", ID), range(50)))
    bus.ring("reconcile", ID)
    bus.ring("plan", OTHER)
    bus.ring("run", ID)

    assert rung == [True] * 50
    assert queued(redis_url, "plan") == 3
    assert queued(redis_url, "run") == 1


def test_a_ring_after_the_job_was_taken_is_kept_for_its_end(bus: RedisBus, redis_url: str) -> None:
    """Whoever rings while it runs is heard once it has ended."""
    bus.started("plan", ID)
    bus.ring("plan", ID)
    bus.ring("plan", ID)
    during = queued(redis_url, "plan")

    bus.ended("plan", ID)

    assert (during, queued(redis_url, "plan")) == (0, 1)


def test_an_ended_job_that_nobody_rang_for_is_not_rung(bus: RedisBus, redis_url: str) -> None:
    """The bell is silent until the next ring."""
    bus.started("plan", ID)
    bus.ended("plan", ID)
    assert queued(redis_url, "plan") == 0

    bus.ring("plan", ID)

    assert queued(redis_url, "plan") == 1


def test_a_job_carries_an_id_and_no_words(bus: RedisBus, redis_url: str) -> None:
    """Nothing but the function's name and the request's id is in Redis."""
    bus.ring("plan", ID)

    client = connect(redis_url)
    (key,) = client.keys("rq:job:*")
    job = client.hgetall(key)
    kept = client.ttl(key)
    client.close()
    assert job[b"description"] == b"plan"
    assert (job[b"result_ttl"], b"retries_left" in job, b"meta" in job) == (b"0", False, False)
    assert 0 < kept <= 600


def test_an_announcement_is_heard_by_every_listener(bus: RedisBus, redis_url: str) -> None:
    """Each thread and each process has its own ear, which stays open between calls."""
    other = RedisBus(redis_url)
    for ear in (bus, other):
        assert ear.listen(0.05) is None

    bus.announce(ID)
    bus.announce(OTHER)

    assert [bus.listen(2), bus.listen(2)] == [ID, OTHER]
    assert [other.listen(2), other.listen(2)] == [ID, OTHER]
    other.close()


def test_what_is_not_a_request_id_is_not_heard(bus: RedisBus, redis_url: str) -> None:
    """Whoever can write to Redis can only wake a follower."""
    bus.listen(0.05)
    client = connect(redis_url)
    for said in (b"x" * 100_000, b"\xff", b"req-7f3k2m9q\n", b"req-iiiiiiii", b""):
        client.publish(CHANNEL, said)
    client.publish(CHANNEL, ID)
    client.close()

    assert bus.listen(2) == ID


def test_listening_ends_with_the_timeout(bus: RedisBus) -> None:
    """Not before, and not much later."""
    begun = time.monotonic()

    assert bus.listen(0.3) is None

    assert 0.25 < time.monotonic() - begun < 1


def test_a_dead_queue_raises_nothing(dead: RedisBus) -> None:
    """Losing Redis loses nothing: the sweeper rings again, followers read the store."""
    begun = time.monotonic()

    assert dead.ring("plan", ID) is False
    dead.announce(ID)
    dead.started("plan", ID)
    dead.ended("plan", ID)
    assert dead.check() != ""

    assert time.monotonic() - begun < 1


def test_a_silent_queue_keeps_nobody_waiting(data: Path) -> None:
    """A server that takes connections and never answers costs the first press a second, the next ones nothing (F12)."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(data / "silent.sock"))
        server.listen(8)
        silent = RedisBus(f"unix://{data / 'silent.sock'}")
        begun = time.monotonic()
        assert silent.ring("plan", ID) is False
        first = time.monotonic()
        assert silent.ring("run", ID) is False
        silent.announce(ID)
        silent.close()

    assert first - begun < 3
    assert time.monotonic() - first < 0.5


def test_listening_to_a_dead_queue_waits_out_the_timeout(dead: RedisBus) -> None:
    """A follower must not spin while Redis is away, and must end when it is closed."""
    begun = time.monotonic()
    assert dead.listen(0.3) is None
    waited = time.monotonic() - begun
    closer = threading.Timer(0.2, dead.close)
    closer.start()
    assert dead.listen(10) is None
    closer.join()

    assert 0.25 < waited < 1
    assert time.monotonic() - begun < 3


def test_one_of_many_has_the_turn(bus: RedisBus, dead: RedisBus) -> None:
    """What one worker does for all is done once; without Redis everybody does it."""
    assert [bus.turn("probe", 5) for _ in range(3)] == [True, False, False]
    assert bus.turn("another", 5)
    assert dead.turn("probe", 5)


def test_a_bus_that_answers_has_nothing_to_say(bus: RedisBus) -> None:
    """The reason is empty when all is well."""
    assert bus.check() == ""
