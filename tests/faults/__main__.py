"""`make faults`: every experiment, long or with --short; prints the table and writes it into docs/reliability.md.

`python -m tests.faults F6 F35 --seed 17` runs only these, and writes nothing; `--postgresql` takes it for the database.
"""

import argparse
import logging
import os
import platform
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby

from tests.architecture.pages import ROOT
from tests.faults import clicks, clocks, databases, disks, doorbell, kills, monkey, rows, sleepers, trail, wires
from tests.faults.bench import Bench, a_bench, a_world
from tests.faults.databases import a_postgres
from tests.faults.outcome import HEAD, Outcome
from tests.servers.postgres import TEMPLATE, Postgres
from workers.telemetry import configure

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
Run = Callable[[Bench, int, bool], Sequence[Outcome]]  # bench, seed, short


def _kills(bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    if short:
        return kills.run(bench, seed)
    rounds = [kills.run(bench, seed + number, cases=kills.CASES + kills.MORE) for number in range(3)]
    outcomes = sorted((outcome for one in rounds for outcome in one), key=lambda outcome: outcome.experiment)
    return [_merged(list(some)) for _, some in groupby(outcomes, key=lambda outcome: outcome.experiment)]


def _merged(outcomes: Sequence[Outcome]) -> Outcome:
    """Several rounds of one experiment as one row; the seed is the first one's."""
    first, names = outcomes[0], dict.fromkeys(name for one in outcomes for name in one.counts)
    counts = {name: sum(one.counts.get(name, 0) for one in outcomes) for name in names}
    recovery = [second for one in outcomes for second in one.recovery]
    wrong = [text for one in outcomes for text in one.violations]
    return Outcome(first.experiment, first.title, first.seed, counts, recovery, wrong)


def _sleepers(bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    return [sleepers.run(bench, seed, sleepers.SHORT if short else sleepers.POINTS * 2)]


def _duplicates(bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    return [doorbell.duplicates(bench, seed, *(() if short else (20,)))]


def _forged(bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    return [doorbell.forged(bench, seed, *(() if short else (10,)))]


def _emptied(bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    return [doorbell.emptied(bench, seed, *(() if short else (20,)))]


def _unreachable(bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    return [doorbell.unreachable(bench, seed, *(() if short else (10, 60.0)))]


def _monkey(bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    return [monkey.run(bench, seed, *(() if short else (200, 600.0, 20.0)))]


def _databases(_bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    server = a_postgres()
    try:
        rounds = 1 if short else 10
        return [databases.killed(server, seed, rounds), databases.unanswered(server, seed, rounds)]
    finally:
        server.stop()


def _trail(_bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    server = a_postgres()
    try:
        killed = trail.killed(server.database(TEMPLATE), seed, 40 if short else 1000)
        return [killed, trail.doubled(server.database(TEMPLATE), seed, 100 if short else 1000)]
    finally:
        server.stop()


def _clicks(_bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    server = a_postgres()
    try:
        repeated = clicks.repeated([server.database(TEMPLATE)], seed, 5 if short else 200)
        return [repeated, clicks.pressed(seed, 2 if short else 8)]
    finally:
        server.stop()


def _rows(_bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    return [rows.queued(seed, 1 if short else 5), rows.altered(seed, 150 if short else 2000)]


def _wires(_bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    return wires.run(seed, short=short)


def _disks(bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    return [disks.full(bench, seed, *(() if short else (10, 20)))]


def _clocks(_bench: Bench, seed: int, short: bool) -> Sequence[Outcome]:
    ten = timedelta(minutes=10)
    return [clocks.run(seed, (ten, -ten), 1 if short else 6)]


EXPERIMENTS: dict[str, Run] = {
    "F1-F5": _kills,
    "F6": _sleepers,
    "F9": _duplicates,
    "F10": _forged,
    "F11": _emptied,
    "F12": _unreachable,
    "F13-F14": _databases,
    "F16": _disks,
    "F17-F18": _trail,
    "F19-F20": _clicks,
    "F22-F26": _wires,
    "F27": _clocks,
    "F28-F29": _rows,
    "F35": _monkey,
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("only", nargs="*", help=", ".join(EXPERIMENTS))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 1_000_000))
    given = parser.parse_args(arguments)
    if unknown := set(given.only) - set(EXPERIMENTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    title = f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
    title += f"CPython {platform.python_version()}, {'PostgreSQL' if given.postgresql else 'SQLite'}, "
    title += f"{'short' if given.short else 'long'} profile, seed {given.seed}"
    configure(level=logging.CRITICAL)  # what the product logs in this process is no part of the table
    logging.disable(logging.CRITICAL)
    print(f"{title}\n\n{HEAD}", flush=True)
    rows, good = [], True
    for name, run in EXPERIMENTS.items():
        if given.only and name not in given.only:
            continue
        # a world of its own, so that a seed alone repeats it
        with a_database(given.postgresql) as settings, a_world() as world, a_bench(world, **settings) as bench:
            for outcome in run(bench, given.seed, given.short):
                print("\n".join((outcome.row, *(f"  {text}" for text in outcome.violations))), flush=True)
                rows.append(outcome.row)
                good = good and outcome.is_good
    if not given.only and not given.short and not given.postgresql:
        _write(f"{title}\n\n{HEAD}\n" + "\n".join(rows))
    return 0 if good else 1


@contextmanager
def a_database(postgresql: bool) -> Iterator[dict[str, str]]:
    """The settings that name it; none for the file in the data folder."""
    if not postgresql:
        yield {}
        return
    server = Postgres().start()
    try:
        yield {"database_url": server.database()}
    finally:
        server.stop()


def _write(table: str) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
