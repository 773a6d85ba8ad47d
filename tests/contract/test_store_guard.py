"""Freezes and reviews in the Store port, over SQLite and PostgreSQL: every test runs on both."""

import json
import threading
import time
from datetime import timedelta

import pytest

from tests.servers.samples import stored
from workers.domain.audit import AuditEvent
from workers.domain.break_glass import Review
from workers.domain.errors import StoreUnavailable
from workers.domain.freeze import Freeze
from workers.domain.value import PersonId, RequestId
from workers.store.store import SqlStore

BOB = PersonId("bob")


def a_freeze(store: SqlStore, name: str = "frz-1", **given: object) -> Freeze:
    facts = {
        "id": name,
        "what": "prod",
        "clusters": {"prod*", "canary"},
        "tiers": {"production"},
        "by": "alice",
        "reason": "game night",
        "at": store.now(),
    }
    return Freeze.model_validate(facts | given)


def put(store: SqlStore, *freezes: Freeze) -> None:
    with store.change() as change:
        for freeze in freezes:
            change.freeze(freeze)


def a_review(store: SqlStore, name: str = "req-00000001", due: timedelta = timedelta(hours=24)) -> Review:
    at = store.now()
    return Review(
        request_id=RequestId(name),
        by=PersonId("alice"),
        reason="the queue burns",
        groups=frozenset({"sre", "leads"}),
        opened_at=at,
        due_at=at + due,
    )


def test_a_freeze_comes_back_as_it_was_set(store: SqlStore) -> None:
    """Oldest first, inside a change as outside."""
    first = a_freeze(store)
    second = a_freeze(store, "frz-2", everything=True, until=first.at + timedelta(hours=1))
    put(store, second, first)

    with store.change() as change:
        inside = change.freezes()

    assert store.freezes() == inside == (first, second)


def test_a_freeze_ends_by_the_databases_clock(store: SqlStore) -> None:
    """What is over is not there any more, without anybody's doing."""
    at = store.now()
    over = a_freeze(store, at=at - timedelta(hours=2), until=at - timedelta(milliseconds=1))
    put(store, over, a_freeze(store, "frz-2", until=at + timedelta(hours=1)))

    assert [freeze.id for freeze in store.freezes()] == ["frz-2"]


def test_a_freeze_is_lifted_once(store: SqlStore) -> None:
    """The second of two who lift it is told that it did not stand any more."""
    put(store, a_freeze(store))

    with store.change() as change:
        first = change.unfreeze("frz-1", BOB, "we won")
        second = change.unfreeze("frz-1", BOB, "we won")

    assert (first, second) == (True, False)
    assert store.freezes() == ()


def test_a_freeze_that_is_not_committed_holds_nothing(store: SqlStore) -> None:
    """A change that fails sets none."""
    with pytest.raises(RuntimeError), store.change() as change:
        change.freeze(a_freeze(store))
        raise RuntimeError

    assert store.freezes() == ()


def test_nothing_is_recorded_as_intended_after_a_freeze(store: SqlStore) -> None:
    """Whoever asked before it has committed before it; whoever asks after it knows of it."""
    begin = threading.Barrier(5)

    def write() -> None:
        begin.wait(10)
        for _ in range(200):
            with store.change() as change:
                if change.freezes():
                    return
                time.sleep(0.002)  # where a write would be made ready
                change.leaf(AuditEvent.EXEC_INTENDED, request_id=None, actor=None)

    def freeze() -> None:
        begin.wait(10)
        time.sleep(0.05)
        with store.change() as change:
            change.freeze(a_freeze(store))
            change.leaf(AuditEvent.FREEZE_SET, request_id=None, actor=BOB)

    threads = [threading.Thread(target=act) for act in (write, write, write, write, freeze)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    events = [json.loads(record.leaf)["event"] for record in store.records()]
    assert events.count("freeze.set") == 1
    assert events.count("exec.intended") >= 1
    assert events[-1] == "freeze.set"


def test_freezes_that_cannot_be_read_raise(sqlite_url: str) -> None:
    """Silence of the database is never "nothing is frozen"."""
    store = SqlStore(sqlite_url + ".is-not-there/x")

    with pytest.raises(StoreUnavailable):
        store.freezes()


def test_there_is_never_more_than_one_open_review(store: SqlStore) -> None:
    """The database holds that, and names the one in the way."""
    with store.change() as change:
        opened = change.open_review(a_review(store))
        again = change.open_review(a_review(store))
        other = change.open_review(a_review(store, "req-00000002"))

    assert opened is None
    assert again is not None
    assert other is not None
    assert {again.request_id, other.request_id} == {"req-00000001"}
    assert other.groups == {"sre", "leads"}


def test_of_two_opened_in_one_moment_one_wins(store: SqlStore) -> None:
    """Also when neither could see the other when it began."""
    begin, found = threading.Barrier(2), dict[str, Review | None]()

    def open_one(name: str) -> None:
        review = a_review(store, name)
        begin.wait(10)
        with store.change() as change:
            found[name] = change.open_review(review)

    threads = [threading.Thread(target=open_one, args=(name,)) for name in ("req-00000001", "req-00000002")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(found) == 2
    assert sum(other is None for other in found.values()) == 1
    assert len(store.reviews()) == 1


def test_a_closed_review_lets_the_next_be_opened(store: SqlStore) -> None:
    """Closed once, with who and what they found; the open one is listed first."""
    with store.change() as change:
        change.open_review(a_review(store))
        closed = change.close_review(RequestId("req-00000001"), BOB, "it was right")
        again = change.close_review(RequestId("req-00000001"), BOB, "it was right")
        blocked = change.open_review(a_review(store, "req-00000000"))
    listed = store.reviews()

    assert (closed, again, blocked) == (True, False, None)
    assert [(r.request_id, r.is_open) for r in listed] == [("req-00000000", True), ("req-00000001", False)]
    assert (listed[1].reviewed_by, listed[1].finding) == ("bob", "it was right")


def test_lateness_is_said_by_the_databases_clock(store: SqlStore) -> None:
    """Open and past its time is overdue; reviewed is not, however late."""
    with store.change() as change:
        change.open_review(a_review(store, due=timedelta(seconds=-1)))
    late = store.reviews()[0]
    with store.change() as change:
        change.close_review(late.request_id, BOB, "it was right")

    assert late.is_overdue
    assert not store.reviews()[0].is_overdue


def test_tickets_and_broadcasts_are_kept_with_what_they_tell(store: SqlStore) -> None:
    """In the same transaction, cleaned like everything that people see."""
    request = stored(store)
    cursor = store.cursor()
    with store.change() as change:
        change.ticket("break-glass", request.id, "alice broke the glass")
        change.broadcast(request, "alice broke the glass\x1b[31m")

    rows = store.progress_after(cursor)
    assert [(ticket.kind, ticket.request_id, ticket.text) for ticket in store.tickets()] == [
        ("break-glass", request.id, "alice broke the glass")
    ]
    assert [(row.kind, "\x1b" in row.text) for row in rows] == [("broadcast", False)]
