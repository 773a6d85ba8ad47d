"""`make bench`: measures the figures of docs/benchmarks.md and prints them with the goals beside."""

import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import guard, planner, policy, presses, processes, walk
from tests.benchmarks.measure import HEAD

if __name__ == "__main__":
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine}, CPython {platform.python_version()}\n")
    print(HEAD)
    met = True
    for part in (planner, policy, walk, guard, presses, processes):
        with tempfile.TemporaryDirectory(prefix="kubechat-bench-") as folder:
            for figure in part.figures(Path(folder)):
                print(figure.row, flush=True)
                met = met and figure.is_met
    sys.exit(0 if met else 1)
