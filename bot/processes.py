"""Everything that a served data folder needs, started, watched and stopped as one: `kubechat up`, demo and story."""

import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from bot.children import Child, Say
from bot.printing import print_note
from workers.domain.errors import KubechatError, Unavailable
from workers.settings import Settings

if TYPE_CHECKING:
    from workers.embedded import QueueServer

READY_SECONDS = 20.0
STOP_SECONDS = 4.0  # for ending by themselves, then they are killed
LOOK_SECONDS = 0.1
WORKER = "workers.jobs"  # the module that a worker process runs; the fault tests have a launcher of their own


class Processes:
    """The worker processes and the chat process of one data folder."""

    def __init__(
        self,
        settings: Settings,
        *,
        run_workers: int = 2,
        with_bot: bool = True,
        say: Say = print_note,
        worker: str = WORKER,
    ) -> None:
        logs, marks = settings.data / "logs", settings.data / "ready"
        for folder in (logs, marks):
            folder.mkdir(mode=0o700, exist_ok=True)
        environment = {**os.environ, **settings.environment(), "PYTHONUNBUFFERED": "1"}
        wanted: dict[str, tuple[str, ...]] = {
            f"worker-run-{n}": ("-m", worker, "run", "plan") for n in range(1, run_workers + 1)
        }
        wanted["worker-plan"] = ("-m", worker, "plan")
        if with_bot:
            wanted["bot"] = ("-m", "bot")
        self.children = tuple(
            Child(name, arguments, environment, logs / f"{name}.log", marks / name, say)
            for name, arguments in wanted.items()
        )

    def start(self) -> None:
        """First one worker for everything and the chat process, so that people are served soon; then the others."""
        first, *others = self.children
        essential = [first, *(child for child in others if child.name == "bot")]
        for child in essential:
            child.start()
        self.wait_ready(essential)
        for child in others:
            if child not in essential:
                child.start()

    def look(self) -> None:
        for child in self.children:
            child.look()

    def wait_ready(self, children: Sequence[Child], seconds: float = READY_SECONDS) -> None:
        """Raises Unavailable naming who is not ready in time, or ended while starting."""
        deadline = time.monotonic() + seconds
        while waiting := [child for child in children if not child.is_ready]:
            ended = [child for child in waiting if not child.is_running]
            late = ended or waiting
            if ended or time.monotonic() > deadline:
                how = "ended while starting" if ended else f"was not ready after {seconds:g} s"
                raise Unavailable(f"{late[0].name} {how}", now=_last_line(late[0].log), then=f"read {late[0].log}")
            time.sleep(LOOK_SECONDS / 2)

    def stop(self) -> None:
        """Leaves nothing running; takes at most a second longer than STOP_SECONDS."""
        for child in self.children:
            child.ask_to_end()
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.is_running for child in self.children) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS / 2)
        for child in self.children:
            child.end_now()


@contextmanager
def served(
    settings: Settings,
    *,
    run_workers: int = 2,
    with_bot: bool = True,
    say: Say = print_note,
    worker: str = WORKER,
) -> Iterator[Processes]:
    """The data folder is migrated and served while the block runs; a thread restarts what dies.

    Raises Unavailable when another process serves it or something does not start.
    """
    from workers.embedded import QueueServer
    from workers.store.upgrade import upgrade

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_alone(settings.data))
        upgrade(settings.database_url)
        queue = stack.enter_context(QueueServer(settings.data)) if settings.embedded_queue else None
        processes = Processes(settings, run_workers=run_workers, with_bot=with_bot, say=say, worker=worker)
        stack.callback(processes.stop)
        processes.start()
        over = threading.Event()
        watcher = threading.Thread(target=_watch, args=(processes, queue, over, say), name="watcher", daemon=True)
        watcher.start()
        stack.callback(watcher.join)
        stack.callback(over.set)  # before the processes are stopped, so that none is started again
        yield processes


def serve(settings: Settings, *, run_workers: int) -> int:
    """`kubechat up`: until SIGINT or SIGTERM."""
    with interruptible(), served(settings, run_workers=run_workers):
        sys.stdout.write(_ready_line(settings) + "\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            while True:
                signal.pause()
    return 0


def serve_queue(settings: Settings) -> int:
    """`kubechat queue`, for whoever runs the parts one by one. Waits also when the queue is somebody else's server."""
    from workers.embedded import QueueServer

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with interruptible(), ExitStack() as stack:
        if settings.embedded_queue:
            stack.enter_context(QueueServer(settings.data))
            print_note(f"the queue of {settings.data} is up")
        else:
            print_note("REDIS_URL names the queue, so there is none to start here")
        with suppress(KeyboardInterrupt):
            while True:
                signal.pause()
    return 0


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind the stack as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before: dict[signal.Signals, Callable[..., object] | int | None] = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def cluster_names(settings: Settings, seconds: float = 2.0) -> list[str]:
    """As the workers' prober has seen them by now; waits a moment for its first look."""
    from workers.store.store import SqlStore

    store = SqlStore(settings.database_url)
    deadline = time.monotonic() + seconds
    try:
        while True:
            found = [c.name if c.reachable else f"{c.name} (does not answer)" for c in store.clusters()]
            if found or time.monotonic() > deadline:
                return found
            time.sleep(LOOK_SECONDS)
    except KubechatError as error:
        return [f"not known: {error.message}"]
    finally:
        store.close()


def _ready_line(settings: Settings) -> str:
    names = ", ".join(cluster_names(settings)) or "no cluster seen yet"
    ask = f"kubechat ask 'pods in ...' --as PERSON --data {settings.data}"
    return f"kubechat serves {settings.data} · clusters: {names} · ask: {ask} · stop: Ctrl-C"


def _watch(processes: Processes, queue: "QueueServer | None", over: threading.Event, say: Say) -> None:
    while not over.wait(LOOK_SECONDS):
        processes.look()
        if queue is not None and _has_ended(queue.pid):
            say("the queue server ended; starting it again (nothing in it is needed)")
            with suppress(Unavailable):  # tried again at the next look
                queue.stop()
                queue.start()


def _has_ended(pid: int | None) -> bool:
    """Of our own child, without taking its exit status from whoever waits for it."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return False
    return pid is None or os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """One server a folder: a lock that the kernel releases, however the holder ends."""
    file = os.open(data / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(
                f"the data folder '{data}' is being served already",
                now=f"by process {os.pread(file, 20, 0).decode(errors='replace').strip() or 'unknown'}",
                then="ask there, or name another folder with --data",
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(file)


def _said(line: str) -> str:
    """The message of a line of our own log; any other line as it is."""
    with suppress(ValueError):
        entry = json.loads(line)
        if isinstance(entry, dict) and entry.get("message"):
            return str(entry["message"])
    return line


def _last_line(log: Path) -> str:
    with suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if lines:
            return f"its last words: {_said(lines[-1])[:300]}"
    return "it said nothing"
