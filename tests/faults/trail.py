"""F17 and F18: the writer of the audit trail dies at each moment of an append, or there are two of it."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.stack import Json
from tests.faults.appender import MOMENTS
from tests.faults.outcome import Outcome
from workers.audit.verify import verify
from workers.domain.audit import AuditRecord
from workers.store.store import SqlStore

SECONDS = 600.0


def killed(url: str, seed: int, rounds: int = 40) -> Outcome:
    """F17: so many writers one after the other, each killed; `url` is a database with tables and an empty trail."""
    with tempfile.TemporaryDirectory(prefix="kc-") as folder:
        head = Path(folder) / "audit.head"
        said = _end(_start("tests.faults.appender", url, str(head), str(rounds), str(seed)))
        told = [number for line in said[:-1] for number in line["told"]]
        store = SqlStore(url, head)
        records = list(store.records())
        store.close()
        wrong = _judged(records, told, head)
        by_count = {record.sequence: record.hash for record in records}
        for line in said[:-1]:
            count, hashed = line["head"].split()
            if by_count.get(int(count)) != hashed:
                wrong.append(f"F17: the end {count} that was noted outside is not in the trail any more")
    deaths = said[-1]["deaths"]
    counts = {"kills": sum(deaths.values()), "moments": len(deaths), "acknowledged": len(told), "leaves": len(records)}
    wrong += [] if set(deaths) >= set(MOMENTS) or rounds < 40 else [f"F17: not every moment was hit: {sorted(deaths)}"]
    return Outcome("F17", "writer of the trail killed at each moment", seed, counts, (), wrong)


def doubled(url: str, seed: int, leaves: int = 100) -> Outcome:
    """F18: two processes append as fast as they can, each with a lock of its own, as if the lock had been lost."""
    with tempfile.TemporaryDirectory(prefix="kc-") as folder:
        head = Path(folder) / "audit.head"
        both = [_start("tests.faults.rival", url, str(head), str(leaves), str(seed + number)) for number in range(2)]
        said = [line for process in both for line in _end(process)]
        told = [number for line in said for number in line["told"]]
        store = SqlStore(url, head)
        records = list(store.records())
        store.close()
        wrong = _judged(records, told, head)
    refused = sum(line["refused"] for line in said)
    counts = {"writers": 2, "acknowledged": len(told), "refused": refused, "leaves": len(records)}
    wrong += [] if refused else ["F18: they never met"]
    return Outcome("F18", "two writers of the trail, the lock lost", seed, counts, (), wrong)


def _judged(records: Sequence[AuditRecord], told: Sequence[str], head: Path) -> list[str]:
    """No gap, no fork, nothing twice, and everything that was acknowledged."""
    found = verify(records, head)
    wrong = [] if found.ok else [f"I3: {found.text}"]
    if [record.sequence for record in records] != list(range(1, len(records) + 1)):
        wrong.append("I3: the sequence has gaps")
    written = Counter(json.loads(record.leaf)["facts"]["number"] for record in records)
    wrong += [f"I3: {number} was appended {times} times" for number, times in written.items() if times > 1]
    wrong += [f"I3: {number} was acknowledged and is not there" for number in told if number not in written]
    return wrong


def _start(module: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _end(process: subprocess.Popen[str]) -> list[Json]:
    out, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    return [json.loads(line) for line in out.splitlines()]
