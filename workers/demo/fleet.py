"""The simulated fleet in one process: four clusters, each an API server on loopback with a world behind it.

`python -m workers.demo.fleet --dir DIR` writes DIR/kubeconfig (the bot's account) and DIR/admin.kubeconfig, says
that it is ready with one line of JSON, and ends with its parent, with the end of a piped standard input, or on
SIGTERM or SIGINT.
"""

import argparse
import asyncio
import json
import logging
import os
import secrets
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from workers.demo import inventory, parent, rbac, world
from workers.demo.apiserver.authn import User
from workers.demo.apiserver.certificate import Certificate, make_ca, make_certificate
from workers.demo.apiserver.resources import Resource, by_kind
from workers.demo.apiserver.server import Server
from workers.demo.apiserver.store import Store
from workers.demo.control import Control
from workers.demo.controllers.loop import Controllers
from workers.demo.identity import Json
from workers.demo.kubeconfig import kubeconfig, write_private
from workers.demo.logs import Logs
from workers.demo.metrics import Metrics
from workers.demo.timing import Timing

HISTORY = 2_000  # changes a watch can be resumed from: hours of a quiet cluster, at most 20 MB of a busy one


@dataclass
class Cluster:
    """One running cluster."""

    name: str
    url: str
    store: Store
    server: Server
    controllers: Controllers
    work: asyncio.Task[None]


class Fleet:
    """All clusters of the inventory. `broken`: the story's incident has struck. `speed` divides all durations."""

    def __init__(
        self,
        *,
        broken: bool = False,
        speed: float = 1.0,
        seed: str = world.SEED,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        names: Iterable[str] | None = None,
    ) -> None:
        self.admin_token, self.bot_token = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.personal_tokens = {person: secrets.token_urlsafe(24) for person in rbac.PEOPLE}
        self._broken, self._seed, self._clock = broken, seed, clock
        self._timing = Timing(speed=speed)
        self._inventory = inventory.load()
        self._names = tuple(names or self._inventory.clusters)
        self._certificate: Certificate = make_certificate(make_ca())
        self._clusters: dict[str, Cluster] = {}
        self._servers: dict[str, Server] = {}
        self._control = Control(self._servers, self.admin_token)
        self.control_url = ""

    @property
    def clusters(self) -> Mapping[str, Cluster]:
        """The running clusters by name, in the inventory's order."""
        return MappingProxyType(self._clusters)

    @property
    def ca_pem(self) -> bytes:
        """The authority that signed the certificate of all clusters."""
        return self._certificate.ca_pem

    async def start(self) -> None:
        """Every cluster listens and its controllers run when this returns."""
        for name in self._names:
            self._clusters[name] = await self._start(name)
            self._servers[name] = self._clusters[name].server
        self.control_url = await self._control.start()

    async def stop(self) -> None:
        await self._control.stop()
        for cluster in self._clusters.values():
            cluster.work.cancel()
            await asyncio.gather(cluster.work, return_exceptions=True)
            cluster.controllers.close()
            await cluster.server.stop()
        self._clusters.clear()

    def write(self, folder: Path) -> None:
        """Writes the kubeconfig files: the bot's, the administrator's, and everybody's own."""
        urls = {name: cluster.url for name, cluster in self._clusters.items()}
        write_private(folder / "kubeconfig", kubeconfig(urls, self.ca_pem, "kubechat", self.bot_token))
        write_private(folder / "admin.kubeconfig", kubeconfig(urls, self.ca_pem, "admin", self.admin_token))
        for person, token in self.personal_tokens.items():
            write_private(folder / f"{person}.kubeconfig", kubeconfig(urls, self.ca_pem, person, token))

    async def _start(self, name: str) -> Cluster:
        grace = self._timing.stop_seconds / self._timing.speed
        store = Store(name, self._clock, pod_grace_seconds=grace, history=HISTORY)
        controllers = Controllers(store, self._clock, self._timing, f"{self._seed}/{name}")
        for obj in world.build(self._inventory, name, self._clock(), seed=self._seed, broken=self._broken):
            store.create(_row(obj), obj)
        store.history.clear()  # nobody can watch what happened before the server was there
        mirror = controllers.mirror
        server = Server(
            store,
            tokens=self._tokens(),
            logs=Logs(self._clock, lambda namespace, pod: mirror.get("Pod", (namespace, pod))),
            metrics=Metrics(self._clock, lambda: mirror.all("Pod"), lambda: mirror.all("Node")),
            certificate=self._certificate,
        )
        port = await server.start()
        work = asyncio.create_task(controllers.run(), name=f"controllers of {name}")
        return Cluster(name, f"https://127.0.0.1:{port}", store, server, controllers, work)

    def _tokens(self) -> Mapping[str, User]:
        return {
            self.admin_token: User("admin", ("system:masters",)),
            self.bot_token: User(rbac.BOT, ("system:serviceaccounts", "system:serviceaccounts:kubechat")),
            **{token: User(person, rbac.PEOPLE[person]) for person, token in self.personal_tokens.items()},
        }


def _row(obj: Json) -> Resource:
    found = by_kind(obj["apiVersion"], obj["kind"])
    if found is None:
        raise KeyError(f"no resource for {obj['apiVersion']} {obj['kind']}")
    return found


async def serve(folder: Path, *, broken: bool, speed: float, began: float) -> int:
    """Runs the fleet until it is told to stop; the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        parent.watch_stdin(stop.set)
    fleet = Fleet(broken=broken, speed=speed)
    await fleet.start()
    watching = asyncio.create_task(parent.watch(os.getppid(), stop.set))
    try:
        fleet.write(folder)
        print(json.dumps(_announcement(fleet, folder, began)), flush=True)  # noqa: T201  the parent reads it
        await _first(stop, [cluster.work for cluster in fleet.clusters.values()])
    finally:
        watching.cancel()
        await fleet.stop()
    return 0 if stop.is_set() else 1


async def _first(stop: asyncio.Event, works: Iterable[asyncio.Task[None]]) -> None:
    """Waits until somebody wants to stop, or a cluster's controllers have died, and then raises why."""
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([stopped, *works], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for task in done - {stopped}:
        await task


def _announcement(fleet: Fleet, folder: Path, began: float) -> Json:
    return {
        "ready": True,
        "seconds": round(time.monotonic() - began, 3),
        "pid": os.getpid(),
        "kubeconfig": str(folder / "kubeconfig"),
        "admin_kubeconfig": str(folder / "admin.kubeconfig"),
        "admin_token": fleet.admin_token,
        "control": fleet.control_url,
        "ca": fleet.ca_pem.decode(),
        "urls": {name: cluster.url for name, cluster in fleet.clusters.items()},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    began = time.monotonic()
    parser = argparse.ArgumentParser(prog="python -m workers.demo.fleet", description="Run the simulated fleet.")
    parser.add_argument("--dir", type=Path, required=True, help="where the kubeconfig files go")
    parser.add_argument("--incident", action=argparse.BooleanOptionalAction, default=True, help="start the story")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster than life (default 1)")
    chosen = parser.parse_args(arguments)
    parent.ask_kernel()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    chosen.dir.mkdir(parents=True, exist_ok=True)
    return asyncio.run(serve(chosen.dir, broken=chosen.incident, speed=chosen.speed, began=began))


if __name__ == "__main__":
    sys.exit(main())
