"""Failpoints: passed where they are named, armed by nothing that is installed."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.pages import ROOT
from tests.faults.armed import VARIABLE, Orders
from workers.failpoints import POINTS

PASS = (
    "import sys; from pathlib import Path; from tests.faults.armed import arm; from workers.failpoints import failpoint"
)


def passes(folder: Path, *points: str) -> "subprocess.CompletedProcess[str]":
    """A process that passes these failpoints, says each, and ends."""
    said = "; ".join(f"failpoint({point!r}, 'req-1'); print({point!r}, flush=True)" for point in points)
    command = [sys.executable, "-c", f"{PASS}; arm(Path({str(folder)!r})); {said}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_every_named_point_is_passed_somewhere() -> None:
    """A name that no code passes would make an experiment wait for nothing."""
    text = "".join(file.read_text() for file in (ROOT / "workers").rglob("*.py") if file.stem != "failpoints")

    assert set(re.findall(r'failpoint\("([a-z-]+)"', text)) == set(POINTS)


def test_nothing_that_is_installed_arms_them() -> None:
    """No module of the product calls `obey`, none reads the variable, and the tests tree is not shipped."""
    for package in ("bot", "workers"):
        for file in (ROOT / package).rglob("*.py"):
            text = file.read_text()
            assert "KUBECHAT_FAILPOINTS" not in text, file
            assert file.stem == "failpoints" or not re.search(r"failpoints import .*obey|failpoints\.obey", text), file
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    assert shipped == ["bot*", "workers*"]


def test_an_order_is_obeyed_once_and_only_for_its_request(tmp_path: Path) -> None:
    """The process is gone at the point, and the next one passes it."""
    orders = Orders(tmp_path)
    orders.give("after-claim", about="req-2")
    assert passes(tmp_path, "after-claim").returncode == 0
    orders.withdraw()
    orders.give("after-intent")

    killed = passes(tmp_path, "before-intent", "after-intent", "after-write")
    spared = passes(tmp_path, "before-intent", "after-intent", "after-write")

    assert (killed.returncode, killed.stdout.split()) == (-signal.SIGKILL, ["before-intent"])
    assert (spared.returncode, spared.stdout.split()) == (0, ["before-intent", "after-intent", "after-write"])
    assert [(one.point, one.effect, one.about) for one in orders.taken()] == [("after-intent", "kill", "req-1")]


def test_a_sleeper_goes_on(tmp_path: Path) -> None:
    """It is stopped where it is, and continues when it is told to."""
    orders = Orders(tmp_path)
    orders.give("after-write", "stop")
    command = [sys.executable, "-c", f"{PASS}; arm(Path({str(tmp_path)!r})); failpoint('after-write'); print('on')"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        os.kill(process.pid, signal.SIGCONT)
        assert process.communicate(timeout=60)[0] == "on\n"
    assert orders.taken()[0].pid == process.pid


def test_a_process_that_was_not_armed_obeys_nobody(tmp_path: Path) -> None:
    """Whatever the environment says and whatever orders lie there."""
    for point in POINTS:
        Orders(tmp_path).give(point)
    passing = "; ".join(f"failpoint({point!r}, 'req-1')" for point in POINTS)
    command = [sys.executable, "-c", f"from workers.failpoints import failpoint; {passing}; print('through')"]
    environment = {**os.environ, VARIABLE: str(tmp_path)}

    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)

    assert (said.returncode, said.stdout) == (0, "through\n")
    assert Orders(tmp_path).taken() == []
