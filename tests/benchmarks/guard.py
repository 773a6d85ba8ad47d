"""What the guard costs: from the commit of the last yes to the first write at the API server, and where it goes.

`python -m tests.benchmarks.guard` prints this part alone.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from bot.identity import terminal_account
from bot.processes import served
from bot.wiring import Instance, connect, settings_of
from tests.benchmarks.measure import HEAD, Figure
from tests.benchmarks.walk import RUNS, UNPACED, WORKLOADS, _expect, _open, _settled
from workers.demo.process import FleetProcess, running_fleet
from workers.domain.request import Request
from workers.domain.state import State

# Between these leaves of the trail, by the database's clock, and then the API server's own.
PHASES = {
    "approval.given": "guard: bell, fork and claim",
    "exec.claimed": "guard: everything asked again, locks",
    "exec.started": "guard: from the locks to the intent, or to the end of the looks",
    "exec.checked": "guard: from the looks to the intent",
    "exec.intended": "guard: from the intent to the API server",
}


def figures(folder: Path) -> Iterator[Figure]:
    """On the demo fleet, through the processes of `kubechat up`: with the looks that a plan suggests, and without."""
    with ExitStack() as stack:
        fleet = stack.enter_context(running_fleet(folder / "fleet", incident=False))
        settings = settings_of(folder / "data", {}, kubeconfig=fleet.kubeconfig, http_port=0, **UNPACED)
        stack.enter_context(served(settings))
        instance = connect(settings)
        stack.callback(instance.close)
        whole, phases = _runs(instance, fleet, with_checks=False)
        yield Figure("guard: last yes to first write, without suggested looks", "ms", 150, tuple(whole))
        for name, values in phases.items():
            yield Figure(f"{name}, without looks", "ms", 150, tuple(values))
        whole, phases = _runs(instance, fleet, with_checks=True)
        yield Figure("guard: last yes to first write, with them", "ms", 250, tuple(whole))
        for name, values in phases.items():
            yield Figure(name, "ms", 250, tuple(values))


def _runs(instance: Instance, fleet: FleetProcess, *, with_checks: bool) -> tuple[list[float], dict[str, list[float]]]:
    whole, phases = [], defaultdict(list)
    alice, bob = (instance.service.actor(name, terminal_account()) for name in ("alice", "bob"))
    for number in range(RUNS):
        name = WORKLOADS[number % len(WORKLOADS)]
        replicas = 3 + (number + (0 if with_checks else 4)) % 7
        asked = _settled(instance, _open(instance.service, f"scale {name} to {replicas} in prod-us because INC-1"))
        if asked.state is State.REFUSED:  # it has that many already
            continue
        _expect(asked, State.AWAITING_APPROVAL)
        if not with_checks and asked.plan and asked.plan.checks:
            instance.service.skip_checks(asked.id, alice)
            asked = _settled(instance, asked)
        shown = {"plan_digest": asked.plan.digest, "preview_digest": asked.preview.digest}
        instance.service.run(asked.id, alice, **shown)
        fleet.forget_requests("prod-us")
        instance.service.approve(asked.id, bob, **shown)
        _expect(_settled(instance, asked), State.SUCCEEDED)
        moments = _moments(instance, asked, fleet)
        whole.append((moments[-1][1] - moments[0][1]) * 1000)
        for (event, at), (_, then) in pairwise(moments):
            phases[PHASES[event]].append((then - at) * 1000)
    return whole, phases


def _moments(instance: Instance, asked: Request, fleet: FleetProcess) -> list[tuple[str, float]]:
    """The newest leaf of each phase, oldest first, and the arrival of the first write."""
    leaves = (json.loads(record.leaf) for record in instance.store.records())
    mine = [leaf for leaf in leaves if leaf["request_id"] == asked.id]
    newest = {leaf["event"]: datetime.fromisoformat(leaf["at"]).timestamp() for leaf in mine}
    written = min(
        datetime.fromisoformat(one["at"]).timestamp()
        for one in fleet.requests("prod-us")
        if one["verb"] == "patch" and not one["dry_run"] and one["status"] < 300
    )
    return [*((event, newest[event]) for event in PHASES if event in newest), ("written", written)]


if __name__ == "__main__":
    print(HEAD)
    with tempfile.TemporaryDirectory(prefix="kubechat-bench-") as own:
        for figure in figures(Path(own)):
            print(figure.row, flush=True)
