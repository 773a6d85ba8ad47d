"""The waits that a person feels: message accepted, message to card, last approval to first write."""

import os
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from bot.follow import follow
from bot.identity import terminal_account, terminal_place
from bot.processes import served
from bot.wiring import Instance, connect, settings_of
from tests.benchmarks.measure import Figure
from workers.demo.process import running_fleet
from workers.domain.request import Request
from workers.domain.state import State
from workers.service import Service

UNPACED = {"person_per_minute": 100_000, "channel_per_minute": 100_000}  # faster than people
RUNS = int(os.environ.get("KUBECHAT_BENCH_RUNS", "40"))
WORKLOADS = ("inventory", "frontend", "checkout-cart", "notification-service", "auth-gateway")  # none has an autoscaler


def figures(folder: Path) -> list[Figure]:
    """On the demo fleet, through the same processes that `kubechat up` starts, with SQLite and the embedded queue."""
    with ExitStack() as stack:
        fleet = stack.enter_context(running_fleet(folder / "fleet", incident=False))
        settings = settings_of(folder / "data", {}, kubeconfig=fleet.kubeconfig, http_port=0, **UNPACED)
        stack.enter_context(served(settings))
        instance = connect(settings)
        stack.callback(instance.close)
        accepted, carded = _ask(instance)
        written = _approve(instance, fleet)
    return [
        Figure("message accepted, durable", "ms", 20, tuple(accepted)),
        Figure("message to complete preview card", "ms", 400, tuple(carded)),
        Figure("last approval to first write at the API server", "ms", 250, tuple(written)),
    ]


def _ask(instance: Instance) -> tuple[list[float], list[float]]:
    accepted, carded = [], []
    for number in range(RUNS):
        text = f"restart {WORKLOADS[number % len(WORKLOADS)]} in prod-eu because INC-{number}"
        began = time.perf_counter()
        request = _open(instance.service, text)
        accepted.append((time.perf_counter() - began) * 1000)
        request = _settled(instance, request)
        carded.append((time.perf_counter() - began) * 1000)
        _expect(request, State.AWAITING_APPROVAL)
        instance.service.cancel(request.id, request.intent.actor)
    return accepted, carded


def _approve(instance: Instance, fleet: object) -> list[float]:
    """From the return of the last press to the arrival of the first write, by the API server's own clock."""
    waits = []
    alice, bob = (instance.service.actor(name, terminal_account()) for name in ("alice", "bob"))
    for number in range(RUNS):
        name = WORKLOADS[number % len(WORKLOADS)]
        request = _settled(
            instance, _open(instance.service, f"scale {name} to {3 + number % 7} in prod-us because INC-1")
        )
        if request.state is State.REFUSED:  # it has that many already
            continue
        _expect(request, State.AWAITING_APPROVAL)
        assert request.plan is not None
        assert request.preview is not None
        plan, preview = request.plan.digest, request.preview.digest
        instance.service.run(request.id, alice, plan_digest=plan, preview_digest=preview)
        fleet.forget_requests("prod-us")
        pressed = time.time()
        instance.service.approve(request.id, bob, plan_digest=plan, preview_digest=preview)
        _expect(_settled(instance, request), State.SUCCEEDED)
        writes = [
            datetime.fromisoformat(one["at"]).timestamp()
            for one in fleet.requests("prod-us")
            if one["verb"] == "patch" and not one["dry_run"] and one["status"] < 300
        ]
        waits.append((min(writes) - pressed) * 1000)
    return waits


def _open(service: Service, text: str) -> Request:
    return service.open_request(text, service.actor("alice", terminal_account()), terminal_place("alice"))


def _settled(instance: Instance, request: Request) -> Request:
    for _ in follow(instance.store, instance.bus, request.id, 0, 60):
        pass
    return instance.store.request(request.id)


def _expect(request: Request, state: State) -> None:
    if request.state is not state:
        raise SystemExit(
            f"{request.id} '{request.intent.text}' is {request.state}: {request.problem or request.summary}"
        )
