"""Children that must run: readiness, restarts, and an end that leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.children import Child
from bot.processes import Processes
from workers.domain.errors import Unavailable
from workers.settings import Settings

READY = "import os, time; open(os.environ['KUBECHAT_READY_FILE'], 'w').close(); time.sleep(60)"
STUBBORN = (
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "if os.fork() == 0: os.setpgid(0, 0)\n"
    "open(os.environ['KUBECHAT_READY_FILE'], 'a').write(f'{os.getpid()} '); time.sleep(60)"
)


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def child(data: Path, script: str, said: list[str]) -> Child:
    return Child("worker", ("-c", script), dict(os.environ), data / "w.log", data / "w.ready", said.append)


def looked(watched: Child) -> Child:
    watched.look()
    return watched


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_killed_child_is_said_and_started_again(data: Path) -> None:
    """A child that ends is started again after a pause, and people are told why and where to look."""
    said: list[str] = []
    watched = child(data, READY, said)
    watched.pause_seconds = 0.05
    watched.start()
    until(lambda: watched.is_ready)
    first = watched.process

    assert first is not None
    first.kill()
    first.wait()
    until(lambda: looked(watched).process is not first and watched.is_ready)
    watched.end_now()

    assert len(said) == 1
    assert "signal SIGKILL" in said[0]
    assert str(data / "w.log") in said[0]


def test_pause_doubles_while_a_child_keeps_ending(data: Path) -> None:
    """What cannot start does not take the machine with it."""
    said: list[str] = []
    watched = child(data, "raise SystemExit(3)", said)
    watched.pause_seconds = 0.01
    watched.start()

    until(lambda: bool(looked(watched)) and len(said) == 3)
    watched.end_now()

    assert [line.partition("again in ")[2].split()[0] for line in said] == ["0.01", "0.02", "0.04"]
    assert all("exit code 3" in line for line in said)


def test_end_kills_what_ignores_the_signal_and_what_it_has_forked(data: Path) -> None:
    """Nothing is left running, not even a forked process in a group of its own."""
    watched = child(data, STUBBORN, [])
    watched.start()
    until(lambda: watched.is_ready and len(watched.ready_file.read_text().split()) == 2)
    pids = [int(pid) for pid in watched.ready_file.read_text().split()]

    watched.ask_to_end()
    watched.end_now()

    for pid in pids:
        until(lambda pid=pid: gone(pid))  # type: ignore[misc]  # lambda's default argument


def test_logs_are_private(data: Path) -> None:
    """Logs may name people and objects: only the owner reads them."""
    watched = child(data, "print('said')", [])
    watched.start()
    assert watched.process is not None
    watched.process.wait()

    assert (data / "w.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help exists on Linux only")
def test_children_end_with_a_parent_that_was_killed(data: Path) -> None:
    """A supervisor that is killed outright leaves no child behind."""
    script = (
        "import sys, time; from pathlib import Path; from tests.unit.bot.test_children import *\n"
        f"w = child(Path({str(data)!r}), READY, []); w.start(); until(lambda: w.is_ready)\n"
        "print(w.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())

    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    until(lambda: gone(pid))


def test_one_that_ends_while_starting_is_named_with_its_last_words(data: Path) -> None:
    """A start that goes wrong says who, what it said last, and where to read on."""
    processes = Processes(Settings.read({}, data), run_workers=1, with_bot=False)
    processes.children = (child(data, "raise SystemExit('no kubeconfig here')", []),)

    with pytest.raises(Unavailable) as caught:
        processes.start()
    processes.stop()

    assert caught.value.message == "worker ended while starting"
    assert caught.value.now == "its last words: no kubeconfig here"


def test_last_words_in_the_log_are_told_as_a_person_reads_them(data: Path) -> None:
    """Of a line of our own log only the message is shown."""
    words = """import json; raise SystemExit(json.dumps({"event": "worker.unstarted", "message": "no kubeconfig"}))"""
    processes = Processes(Settings.read({}, data), run_workers=1, with_bot=False)
    processes.children = (child(data, words, []),)

    with pytest.raises(Unavailable) as caught:
        processes.start()
    processes.stop()

    assert caught.value.now == "its last words: no kubeconfig"
