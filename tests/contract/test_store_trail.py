"""The Store port: the audit trail, deliveries and events, on SQLite and PostgreSQL."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.servers.samples import a_request, new_id, stored
from tests.servers.together import together
from workers.audit.verify import verify
from workers.domain.audit import AuditEvent
from workers.domain.errors import Broken
from workers.domain.target import Target
from workers.domain.value import ClusterName, PersonId
from workers.store.store import SqlStore

ALICE = PersonId("alice")


def leaves(store: SqlStore) -> list[dict[str, Any]]:
    return [json.loads(record.leaf) for record in store.records()]


def target(name: str = "payment-api", cluster: str = "prod-eu", namespace: str = "payments") -> Target:
    return Target(cluster=ClusterName(cluster), namespace=namespace, kind="deployment", name=name)


def test_16_changes_at_once_give_a_chain_without_gaps(store: SqlStore, data: Path) -> None:
    """Leaves of one change stay together, and the trail verifies against what was noted outside."""

    def write(index: int) -> None:
        for turn in range(4):
            with store.change() as change:
                saved = change.save(a_request())
                for part in ("first", "second"):
                    facts = {"writer": index, "turn": turn, "part": part}
                    change.leaf(AuditEvent.PLAN_MADE, request_id=saved.id, actor=None, facts=facts)

    assert together(16, write) == [None] * 16

    found = verify(store.records(), data / "audit.head")
    facts = [leaf["facts"] for leaf in leaves(store)]
    assert found.ok, found.reason
    assert (found.records, found.noted) == (128, 128)
    assert [f["part"] for f in facts] == ["first", "second"] * 64
    assert all(
        a["writer"] == b["writer"] and a["turn"] == b["turn"] for a, b in zip(facts[::2], facts[1::2], strict=True)
    )
    assert sorted(leaf["at"] for leaf in leaves(store)) == [leaf["at"] for leaf in leaves(store)]


def test_a_follower_that_reads_by_cursor_misses_nothing(store: SqlStore) -> None:
    """Ids of events rise in the order of commits, also under load."""
    seen: list[int] = []
    over = threading.Event()

    def follow() -> None:
        cursor = 0
        while True:
            ended = over.is_set()
            lines = store.progress_after(cursor)
            seen.extend(line.id for line in lines)
            cursor = seen[-1] if seen else 0
            if ended and not lines:
                return

    follower = threading.Thread(target=follow)
    follower.start()

    def write(index: int) -> None:
        for _ in range(10):
            stored(store)

    assert together(8, write) == [None] * 8
    over.set()
    follower.join(20)

    assert seen == sorted(seen)
    assert len(seen) == 80 == len(set(seen))
    assert store.cursor() == seen[-1]


def test_facts_are_redacted_before_they_are_hashed(store: SqlStore) -> None:
    """The trail never commits to a secret, whatever shape the facts have."""
    facts = {
        "password": "hunter2",
        "said": "curl -H 'Authorization: Bearer abcdefgh12345678'",
        "set": frozenset({"token=hunter2"}),
        "at": datetime(2026, 11, 20, tzinfo=UTC),
        "target": target(),
    }
    with store.change() as change:
        change.leaf(AuditEvent.ACCESS_DENIED, request_id=None, actor=ALICE, facts=facts)

    (record,) = store.records()
    assert b"hunter2" not in record.leaf
    assert b"abcdefgh12345678" not in record.leaf
    assert json.loads(record.leaf)["facts"]["target"]["name"] == "payment-api"


@pytest.mark.parametrize("facts", [{"ratio": 0.5}, {"large": 2**60}, {"\u00fc": 1}, ["a"], "text"])
def test_facts_without_a_canonical_spelling_are_refused_where_they_are_given(store: SqlStore, facts: object) -> None:
    """The caller is found, and nothing of the change is kept."""
    with pytest.raises(ValueError, match=r"^\$"), store.change() as change:
        change.save(a_request())
        change.leaf(AuditEvent.PLAN_MADE, request_id=None, actor=None, facts=facts)

    assert store.requests() == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_leaves SET event = 'plan.made' WHERE sequence = 1",
        "DELETE FROM audit_leaves WHERE sequence = 1",
        "UPDATE audit_leaves SET sequence = 7",
        "DELETE FROM audit_leaves",
    ],
)
def test_the_audit_trail_refuses_changes(store: SqlStore, statement: str) -> None:
    """Append-only is the database's rule, not only ours."""
    with store.change() as change:
        change.leaf(AuditEvent.INTENT_RECEIVED, request_id=None, actor=ALICE)
    before = list(store.records())

    with pytest.raises(Broken, match="append-only"), store.change() as change:
        change._run("tampering", text(statement))

    assert list(store.records()) == before


def test_a_delivery_is_new_once(store: SqlStore) -> None:
    """A repeat from the same system is a no-op; the same id of another system is another delivery."""

    def deliver(index: int) -> bool:
        with store.change() as change:
            return change.delivery("slack", "Ev01")

    assert sorted(together(8, deliver)) == [False] * 7 + [True]
    with store.change() as change:
        assert change.delivery("mattermost", "Ev01")
        assert not change.delivery("slack", "Ev01")


def test_every_save_tells_followers_and_progress_is_redacted(store: SqlStore) -> None:
    """One event for each save, one for each line, in order."""
    with store.change() as change:
        first = change.save(a_request())
        change.progress(first, "token=hunter2\u202e\u0000")
        second = change.save(first)

    found = store.progress_after(0, first.id)
    assert [(p.kind, p.version) for p in found] == [("changed", 1), ("progress", 1), ("changed", second.version)]
    assert found[1].text == "token=[REDACTED:assignment]"
    assert store.progress_after(found[1].id) == found[2:]
    assert store.progress_after(0, new_id()) == ()


def test_records_are_read_from_where_one_asks(store: SqlStore) -> None:
    """Over several pages, while others write."""
    with store.change() as change:
        for number in range(1201):
            change.leaf(AuditEvent.PLAN_MADE, request_id=None, actor=None, facts={"number": number})

    reading = store.records(700)
    first = next(reading)
    with store.change() as change:
        change.leaf(AuditEvent.PLAN_MADE, request_id=None, actor=None, facts={"number": 1201})

    assert first.sequence == 700
    assert [record.sequence for record in reading] == list(range(701, 1203))
    assert list(store.records(5000)) == []
