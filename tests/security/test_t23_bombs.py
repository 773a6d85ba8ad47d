"""Small files that would become huge: every reader of what people write refuses them at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.pages import ROOT
from tests.security.bombs import READERS

# Read, and small when they are: what they say is held to its grammar when it becomes a step.
HARMLESS = {"patch": {"no number", "halves", "one key very often"}}


@pytest.mark.parametrize("reader", READERS)
def test_t23_bombs_are_refused_at_once(reader: str, tmp_path: Path) -> None:
    """Each in less than 300 ms of processor time (a third on a quiet machine), all within 50 MB, never by a crash."""
    command = [sys.executable, "-m", "tests.security.bombs", reader, str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    said = json.loads(run.stdout)

    read = {name for name, _, refused, _ in said["told"] if not refused}
    slow = {name: round(took) for name, took, _, _ in said["told"] if took > 300}
    assert read - HARMLESS.get(reader, set()) == set()
    assert slow == {}
    assert said["grown_kib"] < 50_000
