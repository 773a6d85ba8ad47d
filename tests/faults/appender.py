"""A writer of the audit trail that dies: `python -m tests.faults.appender URL HEAD ROUNDS SEED`; prints JSON lines.

For each round a child is forked that appends until it is killed: at one of the named moments of an append, or whenever.
The child tells its parent each sequence that was acknowledged, and the parent keeps the outside end of each round.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from workers import failpoints
from workers.domain.audit import AuditEvent
from workers.store.store import SqlStore

# of an append, in their order; the last three are of the file with the end of the trail
MOMENTS = ("before-commit", "after-commit", "lock the file", "write the new file", "replace the file")
WHENEVER = "whenever"


def append(store: SqlStore, number: str) -> None:
    with store.change() as change:
        change.leaf(AuditEvent.ACCESS_DENIED, request_id=None, actor=None, facts={"number": number})


def die_at(moment: str, times: int) -> None:
    """At the so-manieth pass of that moment."""
    left = [times]

    def passed(name: str) -> None:
        left[0] -= name == moment
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "fcntl.flock":
            passed("lock the file")
        elif event == "os.rename":
            passed("replace the file")
        elif event == "open" and str(arguments[0]).endswith(".new"):
            passed("write the new file")

    failpoints.obey(lambda point, _about: passed(point))
    sys.addaudithook(hook)


def one_round(store: SqlStore, number: int, dice: random.Random) -> tuple[str, list[str]]:
    """The moment of its death, and what was acknowledged."""
    moment = dice.choice((*MOMENTS, WHENEVER, WHENEVER))
    times, seconds = dice.randrange(1, 4), dice.uniform(0, 0.03)
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        store.dispose()
        if moment != WHENEVER:
            die_at(moment, times)
        for own in range(10_000):
            append(store, f"{number}/{own}")
            os.write(said, f"{number}/{own}\n".encode())
        os._exit(1)
    os.close(said)
    if moment == WHENEVER:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    with os.fdopen(heard) as pipe:
        told = pipe.read().splitlines()
    os.waitpid(child, 0)
    return moment, told


def main(url: str, head: str, rounds: str, seed: str) -> Iterator[dict[str, object]]:
    store, dice = SqlStore(url, Path(head)), random.Random(int(seed))
    append(store, "first")
    store.close()
    deaths: Counter[str] = Counter()
    for number in range(int(rounds)):
        moment, told = one_round(store, number, dice)
        deaths[moment] += 1
        yield {"told": told, "head": Path(head).read_text()}
    yield {"deaths": deaths}


if __name__ == "__main__":
    for line in main(*sys.argv[1:]):
        print(json.dumps(line))
