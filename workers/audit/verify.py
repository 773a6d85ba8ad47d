"""Whether the audit trail is whole: the chain as it is stored, against what was noted outside the database."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from workers.audit.chain import FIRST_PREVIOUS, Bad, walked
from workers.audit.head import Head, seen
from workers.domain.audit import AuditRecord
from workers.domain.errors import AuditChainBroken
from workers.domain.value import Value


class Verified(Value):
    """What a look through the whole trail gave."""

    ok: bool
    records: int  # good ones, from the first on
    first_at: datetime | None = None  # of the first and last good record
    last_at: datetime | None = None
    head_hash: str = FIRST_PREVIOUS  # of the last good record
    noted: int | None = None  # how many records were noted outside; None: nothing to compare with
    bad_sequence: int | None = None
    reason: str = ""

    @property
    def text(self) -> str:
        """One line for people."""
        if not self.ok:
            return f"the audit trail is broken at record {self.bad_sequence}: {self.reason}"
        outside = "the end was not noted outside" if self.noted is None else "and it ends where it was noted to end"
        return f"{self.records} records, each follows from the one before it; {outside}"


def verify(records: Iterable[AuditRecord], head: Path | None = None) -> Verified:
    """Reads the records once, as they come, and compares their end with the file that `head` names."""
    try:
        noted = seen(head) if head is not None else None  # before the records: they only grow
    except AuditChainBroken as error:
        return Verified(ok=False, records=0, bad_sequence=0, reason=error.message)
    first: AuditRecord | None = None
    last: AuditRecord | None = None
    at_noted = FIRST_PREVIOUS
    bad: Bad | None = None
    for item in walked(records):
        if isinstance(item, Bad):
            bad = item
            break
        first, last = first or item, item
        if noted is not None and item.sequence == noted.count:
            at_noted = item.hash
    count = last.sequence if last else 0
    found = Verified(
        ok=True,
        records=count,
        first_at=_at(first),
        last_at=_at(last),
        head_hash=last.hash if last else FIRST_PREVIOUS,
        noted=noted.count if noted else None,
    )
    sequence, reason = (bad.sequence, f"{bad.fault}: {bad.detail}") if bad else _end(count, noted, at_noted)
    return found.model_copy(update={"ok": not reason, "bad_sequence": sequence, "reason": reason})


def _end(count: int, noted: Head | None, at_noted: str) -> tuple[int | None, str]:
    if noted is None:
        return None, ""
    if count < noted.count:
        missing = (
            f"records {count + 1}..{noted.count} are missing"
            if count + 1 < noted.count
            else f"record {noted.count} is missing"
        )
        return count + 1, f"cut at the end: {missing}"
    if at_noted != noted.hash:
        return noted.count, f"rewritten: record {noted.count} is not the one that was noted outside the database"
    return None, ""


def _at(record: AuditRecord | None) -> datetime | None:
    if record is None:
        return None
    try:
        return datetime.fromisoformat(json.loads(record.leaf)["at"])
    except (KeyError, TypeError, ValueError):
        return None
