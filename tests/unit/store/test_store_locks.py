"""The locks of a SQLite file outlive whatever else this process does with it."""

import subprocess
import sys
from pathlib import Path

from tests.servers.samples import stored
from workers.store.store import SqlStore

SHARED_FIRST, SHARED_SIZE = 0x40000002, 510  # where SQLite locks the file as long as a connection is open
TAKE_ALL = (
    "import fcntl, sys; file = open(sys.argv[1], 'r+b');"
    f"fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, {SHARED_SIZE}, {SHARED_FIRST})"
)


def is_free(file: Path) -> bool:
    """Whether another process could reset the log, because it believes that nobody has the database open."""
    tried = subprocess.run([sys.executable, "-c", TAKE_ALL, str(file)], capture_output=True, check=False)
    assert tried.returncode == 0 or b"BlockingIOError" in tried.stderr, tried.stderr
    return tried.returncode == 0


def test_a_second_store_takes_no_lock_of_the_first_away(sqlite_url: str, data: Path) -> None:
    """Opening and closing the file would: that corrupted the database when workers were killed at such a moment."""
    file = data / "kubechat.sqlite3"
    first = SqlStore(sqlite_url)
    stored(first)
    assert not is_free(file)

    second = SqlStore(sqlite_url)
    second.check()
    second.close()

    assert not is_free(file)
    first.close()
    assert is_free(file)


def test_a_connection_in_use_keeps_its_lock_while_others_are_opened_again(sqlite_url: str, data: Path) -> None:
    """As when one thread is in a change while another one starts a process, for which idle connections are closed."""
    store = SqlStore(sqlite_url)
    with store.change():
        subprocess.run(["true"], check=True, preexec_fn=_nothing)  # a fork, as of a worker
        store.check()

        assert not is_free(data / "kubechat.sqlite3")
    store.close()


def _nothing() -> None:
    """With a function to run, Python forks instead of spawning, and its handlers of forks run."""
