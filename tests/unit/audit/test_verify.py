"""Verifying a stored trail against the end that was noted outside (TD5, TD6, TD8)."""

import stat
from pathlib import Path

import pytest

from workers.audit.chain import FIRST_PREVIOUS, link
from workers.audit.head import Head, note, seen
from workers.audit.verify import verify
from workers.domain.audit import AuditRecord
from workers.domain.canonical import canonical
from workers.domain.errors import AuditChainBroken


def trail(number: int, word: str = "x") -> list[AuditRecord]:
    records: list[AuditRecord] = []
    for index in range(1, number + 1):
        leaf = canonical({"at": f"2026-11-20T10:00:{index:02}.000000Z", "word": word})
        previous = records[-1].hash if records else FIRST_PREVIOUS
        records.append(AuditRecord(sequence=index, leaf=leaf, previous_hash=previous, hash=link(previous, leaf)))
    return records


def noted(file: Path, records: list[AuditRecord]) -> Path:
    note(file, Head(count=len(records), hash=records[-1].hash))
    return file


def test_a_whole_trail_is_counted_and_dated(tmp_path: Path) -> None:
    """Counts, first and last time, the last hash, and that the end is where it was noted."""
    records = trail(5)

    found = verify(iter(records), noted(tmp_path / "audit.head", records))

    assert found.ok
    assert (found.records, found.noted, found.head_hash) == (5, 5, records[-1].hash)
    assert (str(found.first_at), str(found.last_at)) == ("2026-11-20 10:00:01+00:00", "2026-11-20 10:00:05+00:00")
    assert found.text == "5 records, each follows from the one before it; and it ends where it was noted to end"


def test_an_empty_trail_is_whole() -> None:
    """Nothing has happened yet."""
    found = verify([])

    assert (found.ok, found.records, found.first_at) == (True, 0, None)


@pytest.mark.parametrize("left", range(5))
def test_a_cut_at_the_end_names_what_is_missing(tmp_path: Path, left: int) -> None:
    """TD5, TD8: the chain alone cannot show it, the head can, also when everything is gone."""
    records = trail(5)
    head = noted(tmp_path / "audit.head", records)

    found = verify(records[:left], head)

    which = "record 5 is missing" if left == 4 else f"records {left + 1}..5 are missing"
    assert (found.ok, found.bad_sequence, found.reason) == (False, left + 1, f"cut at the end: {which}")
    assert verify(records[:left]).ok


def test_a_cut_and_new_records_are_seen_as_rewritten(tmp_path: Path) -> None:
    """TD6, TD8: a recomputed chain is in itself good, and not the one that was noted."""
    head = noted(tmp_path / "audit.head", trail(5))

    found = verify(trail(7, word="y"), head)

    assert (found.ok, found.bad_sequence) == (False, 5)
    assert found.reason.startswith("rewritten")


def test_records_after_the_noted_end_are_good(tmp_path: Path) -> None:
    """Noting is best effort: the head may be behind."""
    head = noted(tmp_path / "audit.head", trail(5))

    assert verify(trail(7), head).ok


def test_a_bad_record_is_named_before_the_end_is_looked_at(tmp_path: Path) -> None:
    """The first thing that is wrong, and what was good until there."""
    records = trail(5)
    head = noted(tmp_path / "audit.head", records)
    records[2] = records[2].model_copy(update={"leaf": b"{}"})

    found = verify(records, head)

    assert (found.ok, found.records, found.bad_sequence) == (False, 2, 3)
    assert found.reason == "altered leaf: the leaf of record 3 does not give the hash that is stored"
    assert found.text.startswith("the audit trail is broken at record 3")


def test_the_head_only_moves_forward(tmp_path: Path) -> None:
    """Two processes may note in any order."""
    file, records = tmp_path / "audit.head", trail(5)

    for count in (3, 5, 4, 1):
        note(file, Head(count=count, hash=records[count - 1].hash))

    assert seen(file) == Head(count=5, hash=records[4].hash)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", [b"", b"5", b"5 abc\n", b"-1 " + b"0" * 64 + b"\n", b"\xff", b"x" * 100_000])
def test_a_spoilt_head_is_reported_and_left_alone(tmp_path: Path, text: bytes) -> None:
    """It is evidence: nothing writes over it."""
    file = tmp_path / "audit.head"
    file.write_bytes(text)

    note(file, Head(count=9, hash="0" * 64))

    assert file.read_bytes() == text
    with pytest.raises(AuditChainBroken):
        seen(file)
    assert not verify(trail(5), file).ok


def test_noting_where_nothing_can_be_written_is_no_error(tmp_path: Path) -> None:
    """What is committed is committed."""
    note(tmp_path / "nowhere" / "audit.head", Head(count=1, hash="0" * 64))

    assert not (tmp_path / "nowhere").exists()
