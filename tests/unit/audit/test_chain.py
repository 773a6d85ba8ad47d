"""The chain's rule against every way to tamper with a sequence of records (TD1-TD5)."""

from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from workers.audit.chain import FIRST_PREVIOUS, Bad, Fault, first_bad, link
from workers.domain.audit import AuditRecord
from workers.domain.canonical import LARGEST_INTEGER, canonical

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
FACTS = st.lists(st.dictionaries(KEYS, VALUES, max_size=3), min_size=1, max_size=8)


def chained(leaves: list[bytes]) -> list[AuditRecord]:
    records: list[AuditRecord] = []
    for number, leaf in enumerate(leaves, 1):
        previous = records[-1].hash if records else FIRST_PREVIOUS
        records.append(AuditRecord(sequence=number, leaf=leaf, previous_hash=previous, hash=link(previous, leaf)))
    return records


def trail(facts: list[dict[str, Any]]) -> list[AuditRecord]:
    return chained([canonical({"number": number, "facts": fact}) for number, fact in enumerate(facts)])


@given(VALUES)
@example('\u20ac$\u000f\nA\'B"\\\\"/\u2028\U0001f600\x7f')
def test_canonical_json_has_the_bytes_of_rfc_8785(value: Any) -> None:
    """An independent implementation spells every value that we allow in the same way."""
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [0.5, 1e30, float("nan"), 2**53, {"\u00fc": 1}, {1: 1}, "\ud800", b"x", {"a": [object()]}]
)
def test_what_has_no_one_spelling_is_refused(value: Any) -> None:
    """Floats, large integers, keys beyond ASCII: where implementations differ."""
    with pytest.raises(ValueError, match=r"^\$"):
        canonical(value)


@given(FACTS)
def test_an_untouched_trail_is_good(facts: list[dict[str, Any]]) -> None:
    """From the first record to the last, and the empty one too."""
    assert first_bad(trail(facts)) is None
    assert first_bad([]) is None


@given(FACTS, st.data())
def test_any_flipped_bit_of_a_leaf_is_found_at_its_record(facts: list[dict[str, Any]], data: st.DataObject) -> None:
    """TD1: no byte of a leaf can change unseen."""
    records = trail(facts)
    index = data.draw(st.integers(0, len(records) - 1))
    leaf = bytearray(records[index].leaf)
    leaf[data.draw(st.integers(0, len(leaf) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    records[index] = records[index].model_copy(update={"leaf": bytes(leaf)})

    found = first_bad(records)

    assert found is not None
    assert (found.sequence, found.fault) == (index + 1, Fault.ALTERED)


@given(FACTS, st.data())
def test_any_changed_digit_of_a_hash_is_found(facts: list[dict[str, Any]], data: st.DataObject) -> None:
    """TD1: neither a record's hash nor the one that it names can change unseen."""
    records = trail(facts)
    index = data.draw(st.integers(0, len(records) - 1))
    field = data.draw(st.sampled_from(["hash", "previous_hash"]))
    digits = list(getattr(records[index], field))
    place = data.draw(st.integers(0, 63))
    digits[place] = "0" if digits[place] != "0" else "1"
    records[index] = records[index].model_copy(update={field: "".join(digits)})

    found = first_bad(records)

    assert found is not None
    expected = Fault.ALTERED if field == "hash" else Fault.BROKEN
    assert (found.sequence, found.fault) == (index + 1, expected)


@given(FACTS.filter(lambda facts: len(facts) > 1), st.data())
def test_a_record_left_out_is_found_where_it_was(facts: list[dict[str, Any]], data: st.DataObject) -> None:
    """TD2: with its number missing, and with the later ones renumbered."""
    records = trail(facts)
    index = data.draw(st.integers(0, len(records) - 2))
    dropped = records[:index] + records[index + 1 :]
    renumbered = [record.model_copy(update={"sequence": n}) for n, record in enumerate(dropped, 1)]

    assert first_bad(dropped) == Bad(index + 1, Fault.GAP, f"record {index + 1} is missing")
    found = first_bad(renumbered)
    assert found is not None
    assert (found.sequence, found.fault) == (index + 1, Fault.BROKEN)


@given(FACTS.filter(lambda facts: len(facts) > 1), st.data())
def test_two_records_swapped_are_found_at_the_first(facts: list[dict[str, Any]], data: st.DataObject) -> None:
    """TD3: in the order of the rows, and with their numbers swapped too."""
    records = trail(facts)
    a, b = sorted(data.draw(st.lists(st.integers(0, len(records) - 1), min_size=2, max_size=2, unique=True)))
    swapped = records.copy()
    swapped[a], swapped[b] = swapped[b], swapped[a]
    renumbered = [record.model_copy(update={"sequence": n}) for n, record in enumerate(swapped, 1)]

    assert [found.sequence for found in (first_bad(swapped), first_bad(renumbered)) if found] == [a + 1, a + 1]


@given(FACTS, st.data(), st.booleans())
def test_a_record_put_in_is_found_at_the_next(facts: list[dict[str, Any]], data: st.DataObject, renumber: bool) -> None:
    """TD4: a back-dated record may link to the one before it, the one after it does not link to it."""
    records = trail(facts)
    index = data.draw(st.integers(0, len(records) - 1))
    previous = records[index].previous_hash
    leaf = canonical({"forged": True})
    forged = AuditRecord(sequence=index + 1, leaf=leaf, previous_hash=previous, hash=link(previous, leaf))
    inserted = [*records[:index], forged, *records[index:]]
    if renumber:
        inserted = [record.model_copy(update={"sequence": n}) for n, record in enumerate(inserted, 1)]

    found = first_bad(inserted)

    assert found is not None
    expected = Fault.BROKEN if renumber else Fault.ORDER
    assert (found.sequence, found.fault) == (index + 2, expected)


def test_a_trail_that_begins_late_has_a_gap() -> None:
    """Cut at the front: the first number that is missing is 1."""
    records = trail([{}, {}, {}])

    assert first_bad(records[2:]) == Bad(1, Fault.GAP, "records 1 to 2 are missing")


@pytest.mark.parametrize(
    "leaf",
    [b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1,"a":1}', b"[]", b"text", b'{"a":0.5}', b'"\xff"', b"", b"[" * 100_000],
)
def test_a_leaf_with_another_spelling_is_not_canonical(leaf: bytes) -> None:
    """One value has one spelling, also when the hashes fit."""
    found = first_bad(chained([leaf]))

    assert found is not None
    assert (found.sequence, found.fault) == (1, Fault.SPELLING)


def test_a_hash_can_be_checked_without_us() -> None:
    """The known answer of `printf '%s\\n%s' <64 zeros> '{"a":1}' | sha256sum`."""
    assert link(FIRST_PREVIOUS, b'{"a":1}') == "f21735afd2cd6af4fc5804b0045cebfd545aef8396d29d030c39cb8880b45b7f"
