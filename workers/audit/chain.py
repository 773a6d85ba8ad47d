"""The hash chain of the audit trail as a rule over a sequence of records. Pure.

Each hash is SHA-256 over the previous hash (64 hex digits), a newline and the leaf's bytes, so an auditor can follow it
with `sha256sum`. What a chain alone cannot show is a cut at its end: for that see head.py.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from workers.domain.audit import AuditRecord
from workers.domain.canonical import canonical

FIRST_PREVIOUS = "0" * 64


class Fault(StrEnum):
    """Why a record is not what follows the one before it."""

    ALTERED = "altered leaf"
    BROKEN = "broken link"
    GAP = "gap in sequence"
    ORDER = "out of order"
    SPELLING = "not canonical"


class Bad(NamedTuple):
    sequence: int  # where the trail stops being good: for a gap the first number that is missing
    fault: Fault
    detail: str


def link(previous_hash: str, leaf: bytes) -> str:
    """The hash of the record that holds this leaf."""
    return hashlib.sha256(previous_hash.encode("ascii") + b"\n" + leaf).hexdigest()


def walked(records: Iterable[AuditRecord]) -> Iterator[AuditRecord | Bad]:
    """Each good record as it comes, and the first bad one as the last item."""
    sequence, previous = 0, FIRST_PREVIOUS
    for record in records:
        if found := _fault(record, sequence + 1, previous):
            yield found
            return
        yield record
        sequence, previous = record.sequence, record.hash


def first_bad(records: Iterable[AuditRecord]) -> Bad | None:
    """None when every record follows the one before it, from the first on."""
    return next((item for item in walked(records) if isinstance(item, Bad)), None)


def _fault(record: AuditRecord, expected: int, previous: str) -> Bad | None:
    if record.sequence > expected:
        missing = _span(expected, record.sequence - 1)
        return Bad(expected, Fault.GAP, f"{missing} missing")
    if record.sequence < expected:
        return Bad(expected, Fault.ORDER, f"record {record.sequence} comes where {expected} is due")
    if record.previous_hash != previous:
        return Bad(expected, Fault.BROKEN, f"record {expected} does not name the hash of the record before it")
    if record.hash != link(record.previous_hash, record.leaf):
        return Bad(expected, Fault.ALTERED, f"the leaf of record {expected} does not give the hash that is stored")
    if not _is_canonical(record.leaf):
        return Bad(expected, Fault.SPELLING, f"the leaf of record {expected} is not canonical JSON of an object")
    return None


def _span(first: int, last: int) -> str:
    return f"record {first} is" if first == last else f"records {first} to {last} are"


def _is_canonical(leaf: bytes) -> bool:
    try:
        value = json.loads(leaf, object_pairs_hook=_without_duplicates)
        return isinstance(value, dict) and canonical(value) == leaf
    except (ValueError, RecursionError):
        return False


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)
