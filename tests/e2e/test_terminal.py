"""The interactive chat with lines from a pipe, and on a pseudo-terminal, on a served data folder."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.test_cli import PLANS, finish
from tests.unit.bot.stand_in import Folder, served_folder


@pytest.fixture
def folder(data: Path) -> Iterator[Folder]:
    with served_folder(data, PLANS, finish) as opened:
        yield opened


def talk(folder: Folder, *lines: str) -> subprocess.CompletedProcess[str]:
    return folder.kubechat("chat", "--as", "alice", given="\n".join(lines) + "\n")


def test_current_request_needs_no_id(folder: Folder) -> None:
    """What was asked last is what run and approve are about; /as speaks as somebody else."""
    done = talk(folder, "scale payment-api to 5 in prod-eu", "run", "/as bob", "approve because I looked", "list")

    assert (done.returncode, done.stderr) == (0, "")
    statuses = [line.split()[-2] for line in done.stdout.splitlines() if line.startswith("── req-")]
    assert statuses == ["approval", "succeeded"]
    assert " ".join(done.stdout.split()).count("said run; still missing: 1 other person from sre") == 1
    assert "· 3 of 5 updated, 2 ready" in done.stdout
    assert "approved by Bob Berger" in done.stdout
    assert "newest requests first" in done.stdout


def test_question_is_answered_by_its_number(folder: Folder) -> None:
    """A number alone is the choice."""
    done = talk(folder, "restart payment-api in prod-eu", "cancel", "show")

    assert "type" not in done.stderr
    assert done.stdout.count("cancelled ──") == 2


def test_refused_lines_are_cards_and_exit_1(folder: Folder) -> None:
    """A near miss, an unknown person and an own approval each say what to type; the pipe's exit code is 1."""
    done = talk(folder, "approve", "aprove", "/as zed", "scale payment-api to 5", "approve")

    assert done.returncode == 1
    for code in ("request-not-found", "unknown-command", "unknown-person", "own-approval"):
        assert code in done.stdout


def test_unknown_person_cannot_start(folder: Folder) -> None:
    """The chat does not open for somebody who is not known: exit code 2."""
    done = folder.kubechat("chat", "--as", "zed", given="list\n")

    assert (done.returncode, done.stdout) == (2, "")


def test_terminal_has_a_prompt_and_leaves_at_ctrl_d(folder: Folder) -> None:
    """On a terminal cards appear above the prompt, and Ctrl-D ends with exit code 0."""
    leader, follower = pty.openpty()
    environment = {**os.environ, "KUBECHAT_DATA": str(folder.data), "TERM": "xterm", "NO_COLOR": "1"}
    command = [str(Path(sys.executable).with_name("kubechat")), "chat", "--as", "alice"]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    try:
        seen = _until(leader, "alice@kubechat>")
        os.write(leader, b"get pods in prod-eu\r")
        seen += _until(leader, "API audit id")
        code = _left(process, leader)
    finally:
        process.kill()
        process.wait()
        os.close(leader)

    assert code == 0
    assert "'?' lists what to type" in seen
    assert "payment-worker-58f4c7d6b-lq9ws" in seen


def _left(process: subprocess.Popen[bytes], leader: int, seconds: float = 15) -> int:
    """The exit code after Ctrl-D, which counts only while the prompt is there, as with any line editor."""
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        assert time.monotonic() < deadline
        os.write(leader, b"\x04")
        if select.select([leader], [], [], 0.2)[0]:
            with suppress(OSError):  # the other end is closed
                os.read(leader, 65536)
    return process.returncode


def _until(leader: int, text: str, seconds: float = 15) -> str:
    seen, deadline = "", time.monotonic() + seconds
    while text not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([leader], [], [], 0.2)[0]:
            seen += os.read(leader, 4096).decode(errors="replace")
            if "\x1b[6n" in seen:  # the editor asks where the cursor is, as it may of a terminal
                os.write(leader, b"\x1b[1;1R")
                seen = seen.replace("\x1b[6n", "")
    return seen
