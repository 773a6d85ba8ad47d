"""Ends this process when the one that started it is gone, however it went."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # prctl(2)


def ask_kernel() -> None:
    """On Linux the kernel sends SIGTERM when the thread that started us ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


async def watch(started_by: int, gone: Callable[[], None], every_seconds: float = 1.0) -> None:
    """Calls `gone` once this process has another parent than `started_by`; for systems without the kernel's help."""
    while os.getppid() == started_by:
        await asyncio.sleep(every_seconds)
    gone()


def watch_stdin(gone: Callable[[], None]) -> None:
    """Calls `gone` when standard input, a pipe from the parent, is closed. Other kinds of input are left alone."""
    descriptor = sys.stdin.fileno()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            asyncio.get_running_loop().remove_reader(descriptor)
            gone()

    asyncio.get_running_loop().add_reader(descriptor, readable)
