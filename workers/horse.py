"""A forked child of a worker process: it dies with its parent, and only the parent ends it."""

import ctypes
import os
import random
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from workers.telemetry import log

PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


def fork(perform: Callable[[], int]) -> int:
    """The child's process id; the child performs and exits with the code that it returns."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        with suppress(OSError):  # the child may have done it, or ended
            os.setpgid(pid, pid)
        return pid
    code = 1
    try:
        _settle(parent)
        code = perform()
    except BaseException:  # noqa: BLE001  # nothing of the parent's stack may run in the child
        log(process=os.getpid()).exception("job.broken")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def kill(pid: int) -> None:
    """The child and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _settle(parent: int) -> None:
    with suppress(OSError):
        os.setpgid(0, 0)
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent decides when a job is given up
        signal.signal(number, signal.SIG_IGN)
    random.seed()
