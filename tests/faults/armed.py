"""A worker that obeys failpoints: `python -m tests.faults.armed run plan`, with KUBECHAT_FAILPOINTS naming a folder.

The folder is the remote control. Each file in it is one order that one process takes once (`Orders.give` writes it);
every order that was taken is a line in `taken`. An installation has none of this: its failpoints obey nobody.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Literal, NamedTuple

from workers import failpoints, jobs, walk

VARIABLE = "KUBECHAT_FAILPOINTS"
CLOCK = "KUBECHAT_CLOCK_OFFSET"  # seconds by which the worker's clock is wrong
Effect = Literal["kill", "kill-worker", "kill-parent", "stop", "stop-worker", "sleep"]
_numbers = count(1)


class Taken(NamedTuple):
    """One order that was carried out."""

    at: float  # time.time()
    pid: int  # of the process that passed the failpoint
    point: str
    effect: str
    about: str  # the id of the request


@dataclass(frozen=True)
class Orders:
    """For the test: what shall happen at which failpoint."""

    folder: Path

    def give(self, point: failpoints.Point, effect: Effect = "kill", *, about: str = "", seconds: float = 0.0) -> Path:
        """For the first process that passes the point, with `about` only while it works for that request."""
        file = self.folder / f"{point}~{effect}~{about}~{seconds:g}~{os.getpid()}.{next(_numbers)}"
        file.touch()
        return file

    def taken(self) -> list[Taken]:
        """Oldest first."""
        with suppress(FileNotFoundError):
            lines = (self.folder / "taken").read_text().splitlines()
            fields = [line.split(" ") for line in lines]
            return [Taken(float(at), int(pid), point, effect, about) for at, pid, point, effect, about in fields]
        return []

    def withdraw(self) -> None:
        """Whatever nobody has taken."""
        for file in self.folder.glob("*~*"):
            file.unlink(missing_ok=True)


def arm(folder: Path) -> None:
    """This process and its children obey the orders of the folder."""

    def act(point: failpoints.Point, about: str) -> None:
        for name in _names(folder):
            named, effect, wanted, seconds, _ = name.split("~")
            if named == point and wanted in ("", about) and _take(folder / name):
                _carry_out(folder, point, effect, about, float(seconds))

    failpoints.obey(act)


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.glob("*~*"))


def _take(file: Path) -> bool:
    """Whether this process is the one that took it."""
    with suppress(FileNotFoundError):
        file.unlink()
        return True
    return False


def _carry_out(folder: Path, point: str, effect: str, about: str, seconds: float) -> None:
    line = f"{time.time():.6f} {os.getpid()} {point} {effect} {about}\n".encode()
    out = os.open(folder / "taken", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(out, line)  # whole, by append
    os.close(out)
    how = signal.SIGSTOP if effect.startswith("stop") else signal.SIGKILL
    if effect.endswith(("-worker", "-parent")):
        os.kill(os.getppid(), how)
    if effect in ("kill", "kill-worker", "stop", "stop-worker"):
        os.kill(os.getpid(), how)  # who is stopped goes on when somebody sends SIGCONT
    time.sleep(seconds)  # of a killed parent the kernel takes this process along; if it did not, it would go on


def set_clock(seconds: float) -> None:
    """This process and its children believe that it is so much later."""
    walk.utc_now = lambda: datetime.now(UTC) + timedelta(seconds=seconds)


if __name__ == "__main__":
    arm(Path(os.environ[VARIABLE]))
    if os.environ.get(CLOCK):
        set_clock(float(os.environ[CLOCK]))
    sys.exit(jobs.main(sys.argv[1:]))
