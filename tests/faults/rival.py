"""A writer of the audit trail with a lock of its own: `python -m tests.faults.rival URL HEAD LEAVES NUMBER`."""

import json
import sys
from pathlib import Path

from tests.faults.appender import append
from workers.domain.errors import KubechatError
from workers.store import change
from workers.store.store import SqlStore


def main(url: str, head: str, leaves: str, number: str) -> dict[str, object]:
    change.CHAIN_LOCK = 1000 + int(number)  # this is the fault: the other one's lock is not this one's
    store, told, refused = SqlStore(url, Path(head)), [], 0
    for own in range(int(leaves)):
        name = f"{number}/{own}"
        try:
            append(store, name)
            told.append(name)
        except KubechatError:
            refused += 1
    store.close()
    return {"told": told, "refused": refused}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
