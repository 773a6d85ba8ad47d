"""Where certificates and keys lie while a process uses them: OpenSSL reads files, kubeconfigs hold their contents.

One folder for each process, below the data folder; whoever waits for the process removes it, and the next worker
removes those of processes that nobody waited for.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path


def scratch(data: Path) -> Path:
    """This process's folder; a forked child has another than its parent."""
    return _all(data) / str(os.getpid())


def remove(data: Path, process: int) -> None:
    """Of a process that has ended."""
    shutil.rmtree(_all(data) / str(process), ignore_errors=True)


def sweep(data: Path) -> None:
    """Of every process that is not there any more."""
    for folder in _all(data).glob("*"):
        if folder.name.isdecimal() and not _is_alive(int(folder.name)):
            remove(data, int(folder.name))


def _all(data: Path) -> Path:
    return data / "tls"


def _is_alive(process: int) -> bool:
    with suppress(PermissionError):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
    return True
