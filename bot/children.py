"""One child process that must run: started in a session of its own, logged to a file, restarted with back-off."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

PR_SET_PDEATHSIG = 1  # prctl(2)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
STEADY_SECONDS = 30.0  # who ran so long starts with the shortest pause again
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

Say = Callable[[str], None]


@dataclass(eq=False)
class Child:
    name: str
    arguments: tuple[str, ...]  # of this Python
    environment: Mapping[str, str]
    log: Path
    ready_file: Path  # written by the child once it works; its text is shown to nobody
    say: Say
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_seconds: float = FIRST_PAUSE_SECONDS
    start_after: float | None = None  # when it is to be started again
    sessions: set[int] = field(default_factory=set)  # of every process it ever was

    def start(self) -> None:
        self.ready_file.unlink(missing_ok=True)
        with _appended(self.log) as log:
            self.process = subprocess.Popen(  # noqa: S603  # our own interpreter and modules
                [sys.executable, *self.arguments],
                env={**self.environment, "KUBECHAT_READY_FILE": str(self.ready_file)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  # only a system call, in a process with no other threads
            )
        self.sessions.add(self.process.pid)
        self.started_at, self.start_after = time.monotonic(), None

    @property
    def is_ready(self) -> bool:
        return self.is_running and self.ready_file.exists()

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def look(self) -> None:
        """Starts it again when it has ended and its pause is over; says so both times."""
        now = time.monotonic()
        if self.process is None or self.is_running:
            return
        if self.start_after is None:
            if now - self.started_at > STEADY_SECONDS:
                self.pause_seconds = FIRST_PAUSE_SECONDS
            how = self.process.returncode
            why = f"signal {signal.Signals(-how).name}" if how < 0 else f"exit code {how}"
            self.say(f"{self.name} ended with {why}; starting it again in {self.pause_seconds:g} s (see {self.log})")
            self.start_after = now + self.pause_seconds
            self.pause_seconds = min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        elif now >= self.start_after:
            self.start()

    def ask_to_end(self) -> None:
        self._signal(signal.SIGTERM)

    def end_now(self) -> None:
        """Kills whatever is left of it, processes that it forked included."""
        self._signal(signal.SIGKILL)
        for session in self.sessions:
            for pid in _members(session):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def _end_with_parent() -> None:
    """On Linux the kernel ends the child when we end, however that happens."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _appended(file: Path) -> BinaryIO:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")


def _members(session: int) -> list[int]:
    """Processes of a session, where the kernel tells: a forked job may have a process group of its own."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            after_name = (
                entry.read_text(errors="replace").rpartition(")")[2].split()
            )  # proc(5): state ppid pgrp session
            if int(after_name[3]) == session and after_name[0] != "Z":
                found.append(int(entry.parent.name))
    return found
