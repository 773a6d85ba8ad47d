"""The embedded queue server: a real Valkey in a data folder."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workers.bus import RedisBus, connect
from workers.domain.errors import Unavailable
from workers.domain.value import RequestId
from workers.embedded import QueueServer

ID = RequestId("req-7f3k2m9q")


def test_it_answers_on_a_socket_of_its_owner_and_on_nothing_else(data: Path) -> None:
    """No port, nothing on disk but the socket and the lock; both gone or free at the end."""
    with QueueServer(data) as server:
        client = connect(server.url)
        config = {name: client.config_get(name)[name] for name in ("port", "save", "appendonly", "maxmemory-policy")}
        mode = stat.S_IMODE((data / "queue.sock").stat().st_mode)
        files = {file.name for file in data.iterdir()}
        client.close()

    assert config == {"port": "0", "save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}
    assert (mode, files) == (0o700, {"queue.sock", "queue.lock"})
    assert {file.name for file in data.iterdir()} == {"queue.lock"}


def test_a_second_server_in_the_folder_names_the_first(data: Path) -> None:
    """One data folder, one queue; the first goes on."""
    with QueueServer(data) as server:
        with pytest.raises(Unavailable, match="starting the queue server") as caught:
            QueueServer(data).start()

        assert str(os.getpid()) in caught.value.text
        bus = RedisBus(server.url)
        assert bus.check() == ""
        bus.close()


def test_a_stopped_server_can_be_started_again(data: Path) -> None:
    """The bus finds the new one by itself."""
    server = QueueServer(data).start()
    bus = RedisBus(server.url)
    assert bus.ring("plan", ID)
    server.stop()
    assert not bus.ring("plan", ID)

    server.start()

    assert bus.ring("plan", ID)
    bus.close()
    server.stop()


def test_a_socket_left_by_a_killed_owner_is_no_hindrance(data: Path) -> None:
    """A plain file's remains, as after a power cut."""
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(data / "queue.sock"))
    left.close()

    with QueueServer(data) as server:
        bus = RedisBus(server.url)
        assert bus.check() == ""
        bus.close()


def test_a_server_whose_owner_was_killed_ends(data: Path) -> None:
    """kill -9 of the owner leaves no server behind, and the folder is free."""
    script = (
        "import pathlib, sys, time; from workers.embedded import QueueServer\n"
        "server = QueueServer(pathlib.Path(sys.argv[1])).start(); print(server.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(data)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.send_signal(signal.SIGKILL)

    end = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < end
        time.sleep(0.01)
    with QueueServer(data):
        pass


def test_a_long_data_folder_has_its_socket_elsewhere(data: Path) -> None:
    """The address stays the one in the settings; nothing is left in the temporary folder."""
    long = data / ("long" * 20) / ("path" * 20)
    with QueueServer(long) as server:
        where = (long / "queue.sock").readlink()
        bus = RedisBus(f"unix://{long / 'queue.sock'}")
        assert server.url == f"unix://{long / 'queue.sock'}"
        assert bus.ring("plan", ID)
        assert bus.listen(0.05) is None
        bus.close()
        assert stat.S_IMODE(where.parent.stat().st_mode) == 0o700

    assert not where.parent.exists()


def test_it_is_ready_soon(data: Path) -> None:
    """Starting an installation waits for it: 50 ms on a quiet machine, a second on a busy one."""
    begun = time.monotonic()
    with QueueServer(data):
        assert time.monotonic() - begun < 1
