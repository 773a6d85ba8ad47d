"""A served data folder whose worker is a thread of the test: it moves requests along the real state machine."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workers.bus import RedisBus
from workers.domain.request import Request
from workers.domain.state import State
from workers.embedded import QueueServer
from workers.settings import Settings
from workers.store.store import SqlStore
from workers.store.upgrade import upgrade

Plans = Mapping[
    str, Callable[[Request, datetime], Request]
]  # a word of the request's text -> what planning makes of it
Runs = Callable[[Request], Request]


@dataclass
class Folder:
    data: Path
    store: SqlStore
    bus: RedisBus

    def kubechat(self, *arguments: str, given: str = "", data: bool = True) -> subprocess.CompletedProcess[str]:
        """The real command, in a process of its own."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("KUBECHAT_")}
        if data:
            environment["KUBECHAT_DATA"] = str(self.data)
        return run(*arguments, given=given, environment=environment)


def run(
    *arguments: str, given: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("kubechat")), *arguments]
    return subprocess.run(
        command, input=given, env=environment, capture_output=True, text=True, timeout=30, check=False
    )


@contextmanager
def served_folder(data: Path, plans: Plans, runs: Runs) -> Iterator[Folder]:
    settings = Settings.read({}, data)
    upgrade(settings.database_url)
    over = threading.Event()
    with QueueServer(settings.data):
        folder = Folder(data, SqlStore(settings.database_url, data / "audit.head"), RedisBus(settings.redis_url))
        worker = threading.Thread(target=_work, args=(folder, plans, runs, over))
        worker.start()
        try:
            yield folder
        finally:
            over.set()
            worker.join()
            folder.bus.close()
            folder.store.close()


def _work(folder: Folder, plans: Plans, runs: Runs, over: threading.Event) -> None:
    while not over.wait(0.02):
        for request_id in folder.store.waiting((State.PLANNING, State.READY)):
            with folder.store.change() as change:
                request = change.request(request_id)
                if request.state is State.PLANNING:
                    words = request.intent.text.lower().split()
                    plan = next((plans[word] for word in words if word in plans), None)
                    if plan is None:
                        continue
                    change.save(plan(request, change.now()))
                elif request.state is State.READY:
                    change.progress(request, "3 of 5 updated, 2 ready")
                    change.save(runs(request))
            folder.bus.announce(request_id)
