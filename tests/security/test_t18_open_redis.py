"""Redis without a lock: processes do not start with it, and the documented account can do nothing but ring."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError, RedisError

from tests.architecture.pages import DOCS, ROOT
from tests.servers.samples import stored
from tests.servers.worker import worker
from workers.bus import RedisBus, connect
from workers.domain.errors import InvalidConfiguration
from workers.embedded import QueueServer
from workers.queue_address import why_open
from workers.settings import Settings
from workers.store.store import SqlStore

OPEN = {
    "redis://queue:6379/0": "not encrypted",
    "redis://user:word@queue": "not encrypted",
    "redis://10.0.0.7": "not encrypted",
    "redis://127.0.0.1.example.com": "not encrypted",
    "redis://localhost.example.com": "not encrypted",
    "redis://[::ffff:10.0.0.7]": "not encrypted",
    "rediss://queue": "no password",
    "rediss://user@queue": "no password",
    "rediss://user:@queue": "no password",
    "rediss://user:word@queue?ssl_cert_reqs=none": "certificate unchecked",
    "rediss://user:word@queue?ssl_cert_reqs=optional": "certificate unchecked",
    "rediss://user:word@queue?ssl_check_hostname=False": "certificate unchecked",
    "rediss://user:word@queue:99999": "not an address",
    "http://127.0.0.1": "must be unix://",
    "redis://": "must be unix://",
    "": "must be unix://",
}
CLOSED = (
    "unix:///run/queue.sock",
    "redis://127.0.0.1:6379",
    "redis://localhost",
    "redis://[::1]:6379/1",
    "rediss://127.0.0.1",
    "rediss://user:word@queue:6380/0",
    "rediss://:word@queue?ssl_cert_reqs=required&ssl_check_hostname=true",
)


@pytest.mark.parametrize(("url", "said"), OPEN.items(), ids=OPEN)
def test_t18_an_address_that_is_open_to_others_is_refused(url: str, said: str) -> None:
    """Not encrypted, not authenticated or not checked is open; what is no address is refused with it."""
    assert said in why_open(url)


@pytest.mark.parametrize("url", CLOSED)
def test_t18_a_local_or_locked_queue_may_be_used(url: str) -> None:
    """A socket, loopback, or TLS with a password and a checked certificate."""
    assert why_open(url) == ""


@pytest.mark.parametrize("process", ["workers.jobs", "bot"])
def test_t18_no_process_starts_with_an_open_queue(process: str, data: Path) -> None:
    """It ends with the reason and what to write instead, and does not say the password."""
    environment = {**os.environ, "KUBECHAT_DATA": str(data), "REDIS_URL": "redis://user:opensesame@queue.example"}

    command = [sys.executable, "-m", process]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False)

    assert run.returncode != 0
    assert "not encrypted" in run.stdout + run.stderr
    assert "opensesame" not in run.stdout + run.stderr
    with pytest.raises(InvalidConfiguration, match="open to others"):
        Settings.read(environment)


@pytest.fixture
def locked(data: Path) -> Iterator[tuple[str, Redis]]:
    """The address of the documented account at a server of our own, and its administrator."""
    line = re.search(r"^ACL SETUSER (kubechat .+)$", (DOCS / "security.md").read_text(), re.MULTILINE)
    assert line is not None
    with QueueServer(data) as server:
        administrator = connect(server.url)
        administrator.execute_command("ACL", "SETUSER", *line[1].replace("PASSWORD", "a-long-one").split())
        yield f"unix://kubechat:a-long-one@{server.url.removeprefix('unix://')}", administrator
        administrator.close()


def test_t18_the_documented_account_rings_and_nothing_else(locked: tuple[str, Redis]) -> None:
    """Flushing, settings, scripts, other keys and other channels are NOPERM."""
    url, administrator = locked
    administrator.set("somebody:else", "theirs")
    client = connect(url)
    forbidden = (
        ("FLUSHALL",), ("FLUSHDB",), ("CONFIG", "GET", "*"), ("CONFIG", "SET", "dir", "/"), ("KEYS", "*"),
        ("ACL", "LIST"), ("SHUTDOWN",), ("SAVE",), ("MONITOR",), ("REPLICAOF", "NO", "ONE"),
        ("EVAL", "return 1", "0"), ("MODULE", "LIST"), ("CLIENT", "KILL", "TYPE", "normal"), ("SLOWLOG", "GET"),
        ("GET", "somebody:else"), ("SET", "somebody:else", "ours"), ("DEL", "somebody:else"),
        ("RENAME", "rq:queue:plan", "somebody:else"), ("PUBLISH", "another", "x"),
    )  # fmt: skip

    allowed = [words for words in forbidden if not _is_refused(client, words)]

    client.close()
    assert allowed == []
    assert administrator.get("somebody:else") == b"theirs"


def _is_refused(client: Redis, words: tuple[str, ...]) -> bool:
    try:
        client.execute_command(*words)
    except NoPermissionError:
        return True
    except RedisError:
        return False
    return False


def test_t18_the_documented_account_is_enough_for_the_product(
    locked: tuple[str, Redis], sqlite_url: str, data: Path
) -> None:
    """A worker registers, takes jobs and is heard; the bus rings and listens: no command of theirs is missing."""
    url, administrator = locked
    store, bus = SqlStore(sqlite_url), RedisBus(url)
    asked = stored(store)

    with worker(sqlite_url, url, data, "plan", "run"):
        assert bus.check() == ""
        assert bus.listen(0.05) is None
        assert bus.ring("plan", asked.id)
        _until(lambda: any(row.text == "planned" for row in store.progress_after(0, asked.id)))
        bus.announce(asked.id)
        _until(lambda: bus.workers() == 1)
        assert bus.listen(5) == asked.id

    denied = [entry for entry in administrator.acl_log() if entry["username"] == "kubechat"]
    bus.close()
    store.close()
    assert denied == []


def _until(holds: object, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)
