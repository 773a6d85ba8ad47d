"""Certificates and keys on disk: one folder a process, gone when the process is."""

import os
import subprocess
import sys
from pathlib import Path

from workers.clusters import scratch


def ended() -> int:
    """The id of a process that has just ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def key_of(data: Path, process: int) -> Path:
    file = data / "tls" / str(process) / "key"
    file.parent.mkdir(parents=True)
    file.write_text("PRIVATE", encoding="ascii")
    return file


def test_each_process_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """A forked child must not remove what its parent still reads."""
    assert scratch.scratch(tmp_path) == tmp_path / "tls" / str(os.getpid())


def test_what_nobody_removed_is_swept(tmp_path: Path) -> None:
    """After kill -9 the next worker removes the keys of the dead, and those of nobody else."""
    dead, alive = key_of(tmp_path, ended()), key_of(tmp_path, os.getpid())

    scratch.sweep(tmp_path)

    assert (dead.exists(), alive.exists()) == (False, True)


def test_removing_twice_is_no_error(tmp_path: Path) -> None:
    """The parent and the sweep may both come."""
    file = key_of(tmp_path, 1)

    scratch.remove(tmp_path, 1)
    scratch.remove(tmp_path, 1)

    assert not file.exists()
