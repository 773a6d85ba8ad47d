"""The newest known end of the audit chain, kept in a small file outside the database: what shows a cut at the end.

Whoever can write the file and the database can forge both; the file is worth as much as the place where it lies.
"""

import fcntl
import os
import re
import time
from contextlib import suppress
from pathlib import Path

from workers.domain.errors import AuditChainBroken
from workers.domain.value import Value

_LINE = re.compile(r"(?P<count>[0-9]{1,18}) (?P<hash>[0-9a-f]{64})\n")

TRIES, WAIT_SECONDS = 10, 0.005


class Head(Value):
    count: int  # of records, which is the sequence of the last
    hash: str  # of the last record


def seen(file: Path) -> Head | None:
    """What was noted last; None when nothing was. Raises AuditChainBroken when the file is not ours or unreadable."""
    try:
        text = file.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise AuditChainBroken(f"reading {file}: it is not the end of an audit trail") from error
    found = _LINE.fullmatch(text)
    if found is None:
        raise AuditChainBroken(f"reading {file}: it is not the end of an audit trail")
    return Head(count=int(found["count"]), hash=found["hash"])


def note(file: Path, head: Head) -> None:
    """Keeps the later of what is noted and this. Best effort: the record is committed whether the note succeeds or not.

    A file that cannot be read is left as it is: it is evidence.
    """
    with suppress(OSError, AuditChainBroken):
        guard = os.open(file.with_name(f"{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(guard)
            known = seen(file)
            if known is None or known.count < head.count:
                _write(file, f"{head.count} {head.hash}\n")
        finally:
            os.close(guard)


def _lock(guard: int) -> None:
    """Raises BlockingIOError when somebody holds it for long: a process that was stopped must not stop the others."""
    for _ in range(TRIES):
        with suppress(BlockingIOError):
            return fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(WAIT_SECONDS)
    raise BlockingIOError("the note of the audit trail's end is held by somebody else")


def _write(file: Path, text: str) -> None:
    fresh = file.with_name(f"{file.name}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, text.encode("ascii"))
        os.fsync(handle)
    finally:
        os.close(handle)
    fresh.replace(file)
