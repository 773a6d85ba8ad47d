"""What it costs to have Kubechat running: memory when idle, start of the command, time until `up` is ready."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.measure import Figure
from workers.demo.process import running_fleet

KUBECHAT = str(Path(sys.executable).with_name("kubechat"))
RUNS = 5


def figures(folder: Path) -> list[Figure]:
    with running_fleet(folder / "fleet", incident=False) as fleet:
        helps = [_help() for _ in range(RUNS + 1)][1:]  # the first one fills the byte-code cache
        ups = [_up(fleet.kubeconfig, folder / f"data-{number}") for number in range(RUNS)]
    return [
        Figure("kubechat --help", "s", 0.4, tuple(helps)),
        Figure("kubechat up, until ready", "s", 4, tuple(ready for ready, _ in ups)),
        Figure("idle memory of bot and one worker (PSS)", "MB", 250, tuple(memory for _, memory in ups)),
    ]


def _help() -> float:
    began = time.perf_counter()
    subprocess.run([KUBECHAT, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _up(kubeconfig: Path, data: Path) -> tuple[float, float]:
    """Seconds until the ready line, and the megabytes of the chat process and one worker two seconds later."""
    command = [KUBECHAT, "up", "--kubeconfig", str(kubeconfig), "--data", str(data), "--http-port", "0"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        up.stdout.readline()
        ready = time.perf_counter() - began
        time.sleep(2)
        bots = [_pss(pid) for pid, words in _children(up.pid) if words[1:3] == ["-m", "bot"]]
        workers = [_pss(pid) for pid, words in _children(up.pid) if words[1:3] == ["-m", "workers.jobs"]]
        up.send_signal(signal.SIGTERM)
        up.wait(10)
    return ready, (sum(bots) + max(workers)) / 1024


def _children(parent: int) -> list[tuple[int, list[str]]]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat, words = (entry / "stat").read_text(), (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if int(stat.rsplit(")", 1)[1].split()[1]) == parent:
            found.append((int(entry.name), [os.fsdecode(word) for word in words.split(b"\0")]))
    return found


def _pss(pid: int) -> int:
    """Proportional set size in kB: shared pages are counted once over all who share them."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
