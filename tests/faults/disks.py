"""F16: the disk is full: whatever the workers or the people's process want to write, nothing more goes into a file."""

import os
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tests.faults.bench import Bench, now, timed
from tests.faults.databases import told
from tests.faults.outcome import Outcome
from workers.domain.request import Request
from workers.domain.state import State

TITLE = "disk full on the data volume"


def full(bench: Bench, seed: int, plans: int = 2, seconds: float = 3) -> Outcome:
    """Before the claim for half of the plans, between claim and intent for the others."""
    wrong = bench.expect
    waiting, begun = bench.plans(plans, seed), bench.plans(plans, seed + 1)
    with bench.stack.stopped():
        for request in waiting:
            bench.allow(request)
        workers = bench.stack.workers()
        _limit(workers, 0)
    reads = _held(bench, waiting, seconds)
    healed = time.monotonic()
    _limit([*workers, *bench.stack.horses()], resource.RLIM_INFINITY)
    done = bench.rest(waiting)
    took = time.monotonic() - healed
    for request in done:
        seen = request.state, bench.writes(request)
        wrong(seen == (State.SUCCEEDED, 1), f"F16: {request.id} waited for the disk and came to {seen}")

    for request in begun:
        bench.orders.give("before-intent", "sleep", about=request.id, seconds=2)
        bench.allow(request)
    bench.taken(begun)
    touched = [*bench.stack.workers(), *bench.stack.horses()]
    _limit(touched, 0)
    reads += _held(bench, begun, seconds)
    _limit([*touched, *bench.stack.horses()], resource.RLIM_INFINITY)
    for request in bench.rest(begun):
        seen = request.state, bench.writes(request)
        wrong(seen == (State.FAILED, 0), f"F16: {request.id} had no room for its intent and came to {seen}")
    refused = _press(bench, seed + 2)
    history = bench.history("disks", seed, now())
    writes = sum(bench.writes(request) for request in (*waiting, *begun))
    counts = {"plans": 2 * plans, "accepted writes": writes, "reads meanwhile": reads, "presses refused": refused}
    return Outcome("F16", TITLE, seed, counts, [took], bench.judged(history))


def _held(bench: Bench, requests: Sequence[Request], seconds: float) -> int:
    """For so long nothing is sent to a cluster, and people can read; how often they did."""
    service, end, reads = bench.stack.instance.service, time.monotonic() + seconds, 0
    while time.monotonic() < end:
        took = timed(lambda: (service.show(requests[0].id), service.recent(limit=20)))
        bench.expect(took < 1, f"F16: a read took {took:.1f} s")
        sent = [one for request in requests for name in bench.since for one in bench.world.writes(name, request.id)]
        bench.expect(not sent, f"F16: {len(sent)} writes were sent while nothing could be recorded")
        reads += 1
        time.sleep(0.1)
    return reads


def _press(bench: Bench, seed: int) -> int:
    """A press in a process without room is refused, and not stored; afterwards it is taken."""
    (request,) = bench.plans(1, seed)
    service = bench.stack.instance.service
    assert request.plan is not None and request.preview is not None
    shown = {"plan_digest": request.plan.digest, "preview_digest": request.preview.digest}
    actor = service.actor(request.requester, request.intent.actor.account)
    with _no_room():
        said = told(lambda: service.run(request.id, actor, **shown))
    bench.expect(said in ("not stored", "unknown"), f"F16: a press was told '{said}'")
    bench.expect(bench.stack.now(request).approvals == (), "F16: a press without room was stored")
    bench.allow(request)
    ended = bench.rest([request])[0]
    bench.expect(ended.state is State.SUCCEEDED, f"F16: pressed again, it ended {ended.state}")
    return int(said != "taken")


def _limit(pids: Sequence[int], size: int) -> None:
    """Of every file that these processes write to; what is in the files stays."""
    for pid in pids:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def _no_room() -> Iterator[None]:
    _limit([os.getpid()], 0)
    try:
        yield
    finally:
        _limit([os.getpid()], resource.RLIM_INFINITY)
