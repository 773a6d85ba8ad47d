"""The Store port over SQLite and PostgreSQL: every test runs on both."""

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from sqlalchemy import update

from tests.servers.samples import a_request, stored
from tests.servers.together import together
from workers.domain.audit import AuditEvent
from workers.domain.cluster import Cluster
from workers.domain.errors import RequestNotFound, Stale, TargetLocked
from workers.domain.keeping import Keeping
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.target import Target
from workers.domain.value import ClusterName, PersonId, RequestId
from workers.ports import Claim
from workers.store.store import SqlStore
from workers.store.tables import requests
from workers.store.warming import warm

LEASE = timedelta(seconds=30)
OVER = timedelta(seconds=-5)  # a lease that has ended when it begins
ALICE = PersonId("alice")


def target(name: str = "payment-api", cluster: str = "prod-eu", namespace: str = "payments") -> Target:
    return Target(cluster=ClusterName(cluster), namespace=namespace, kind="deployment", name=name)


def claimed(store: SqlStore, lease: timedelta = LEASE) -> Claim:
    request = stored(store, state=State.READY)
    with store.change() as change:
        claim = change.claim(request.id, "worker-1", lease)
    assert claim is not None
    return claim


def leaves(store: SqlStore) -> list[dict[str, Any]]:
    return [json.loads(record.leaf) for record in store.records()]


class Refused(Exception):
    pass


def test_a_request_comes_back_as_it_was_saved(store: SqlStore) -> None:
    """Whatever is in a request survives the database, with a version that rises by one."""
    request = a_request(
        "restart \u00fc\U0001f600\u0000 in staging", expires_at=datetime(2026, 11, 20, 10, 0, 0, 123456, UTC)
    )

    with store.change() as change:
        first = change.save(request)
        second = change.save(first)

    assert store.request(request.id) == second
    assert (first.version, second.version) == (1, 2)
    assert second == request.model_copy(update={"version": 2})


def test_an_unknown_request_is_not_found(store: SqlStore) -> None:
    """Reading what is not there is the reader's mistake, inside a change as outside."""
    with pytest.raises(RequestNotFound, match="req-00000000"):
        store.request(RequestId("req-00000000"))
    with store.change() as change, pytest.raises(RequestNotFound):
        change.request(RequestId("req-00000000"))


def test_a_change_that_fails_leaves_nothing(store: SqlStore) -> None:
    """Request, leaves and events are committed together or not at all."""
    request = a_request()

    with pytest.raises(Refused), store.change() as change:
        saved = change.save(request)
        change.leaf(AuditEvent.INTENT_RECEIVED, request_id=request.id, actor=ALICE)
        change.progress(saved, "line")
        change.delivery("slack", "1")
        raise Refused

    assert store.requests() == ()
    assert leaves(store) == []
    assert store.cursor() == 0
    with store.change() as change:
        assert change.delivery("slack", "1")


def test_a_save_of_an_old_version_is_stale(store: SqlStore) -> None:
    """Nobody overwrites what they have not seen, not even within one change."""
    request = stored(store)
    with store.change() as change:
        change.save(request)
        with pytest.raises(Stale, match="has changed since"):
            change.save(request)

    with store.change() as change, pytest.raises(Stale):
        change.save(request)
    with store.change() as change, pytest.raises(Stale):
        change.save(request.model_copy(update={"version": 0}))
    assert store.request(request.id).version == 2


def test_two_changes_of_one_request_at_once_give_one_stale(store: SqlStore) -> None:
    """Two approvals of what both have read: one is kept, the other is told."""
    request = stored(store)
    read = threading.Barrier(2)

    def approve(index: int) -> Request:
        seen = store.request(request.id)
        read.wait(10)
        with store.change() as change:
            saved = change.save(seen.model_copy(update={"notice": f"approval {index}"}))
            change.leaf(AuditEvent.APPROVAL_GIVEN, request_id=request.id, actor=ALICE, facts={"index": index})
            return saved

    results = together(2, approve)

    kept = [result for result in results if isinstance(result, Request)]
    assert [type(result) for result in results if not isinstance(result, Request)] == [Stale]
    assert [store.request(request.id)] == kept
    assert len(leaves(store)) == 1


def test_reading_a_request_in_a_change_waits_for_the_change_before(store: SqlStore) -> None:
    """Who reads in a change sees what the last one wrote: 16 in a row lose nothing."""
    request = stored(store)

    def add(index: int) -> None:
        with store.change() as change:
            seen = change.request(request.id)
            change.save(seen.model_copy(update={"notice": seen.notice + "x"}))

    assert together(16, add) == [None] * 16
    assert store.request(request.id).notice == "x" * 16


def test_32_threads_claim_a_ready_request_and_one_has_it(store: SqlStore) -> None:
    """One approval is one execution (5.2)."""
    request = stored(store, state=State.READY)

    def claim(index: int) -> Claim | None:
        with store.change() as change:
            return change.claim(request.id, f"worker-{index}", LEASE)

    found = [result for result in together(32, claim) if result is not None]

    assert len(found) == 1
    assert (found[0].request_id, found[0].fence) == (request.id, 1)


@pytest.mark.parametrize("state", [state for state in State if state is not State.READY])
def test_only_a_ready_request_is_claimed(store: SqlStore, state: State) -> None:
    """Running is entered only from ready."""
    request = stored(store, state=state)

    with store.change() as change:
        assert change.claim(request.id, "worker-1", LEASE) is None


def test_an_expired_request_is_not_claimed(store: SqlStore) -> None:
    """The database's clock decides, in the statement that claims (T10)."""
    with store.change() as change:
        late = change.save(a_request(state=State.READY, expires_at=change.now() - timedelta(milliseconds=50)))
        early = change.save(a_request(state=State.READY, expires_at=change.now() + timedelta(minutes=1)))

    with store.change() as change:
        assert change.claim(late.id, "worker-1", LEASE) is None
        assert change.claim(early.id, "worker-1", LEASE) is not None


def test_a_claim_whose_lease_has_ended_is_taken_over_with_a_higher_fence(store: SqlStore) -> None:
    """The old worker finds that it is not the newest any more, and can neither renew nor lock nor release."""
    old = claimed(store, OVER)

    with store.change() as change:
        new = change.claim(old.request_id, "worker-2", LEASE)

    assert new is not None
    assert new.fence == old.fence + 1
    with store.change() as change:
        assert not change.renew(old, LEASE)
        change.release(old)
        with pytest.raises(Stale):
            change.lock(old, [target()])
        assert change.renew(new, LEASE)
        assert change.claim(old.request_id, "worker-3", LEASE) is None


def test_a_released_request_can_be_claimed_again(store: SqlStore) -> None:
    """Release ends the lease at once."""
    claim = claimed(store)
    with store.change() as change:
        change.release(claim)

    with store.change() as change:
        assert change.claim(claim.request_id, "worker-2", LEASE) is not None


def test_a_locked_object_names_its_holder(store: SqlStore) -> None:
    """Two requests never change one object at a time; others are free."""
    first, second = claimed(store), claimed(store)
    with store.change() as change:
        change.lock(first, [target(), target("worker")])
        change.lock(first, [target()])  # again is no harm

    with store.change() as change:
        change.lock(second, [target(namespace="other"), target(cluster="prod-us")])
        with pytest.raises(TargetLocked, match="payment-api in prod-eu/payments") as caught:
            change.lock(second, [target()])

    assert caught.value.facts == {"holder": first.request_id}
    assert first.request_id in caught.value.text


def test_a_lock_ends_with_its_claim(store: SqlStore) -> None:
    """Released, or left behind by a worker that was lost: the next one has it."""
    first, lost, third = claimed(store), claimed(store, OVER), claimed(store)
    with store.change() as change:
        change.lock(first, [target("a")])
        change.lock(lost, [target("b")])
        change.release(first)

    with store.change() as change:
        change.lock(third, [target("a"), target("b")])
        with pytest.raises(TargetLocked):
            change.lock(claimed_in(change, store), [target("a")])


def claimed_in(change: Any, _store: SqlStore) -> Claim:
    request = change.save(a_request(state=State.READY))
    claim = change.claim(request.id, "worker-9", LEASE)
    assert claim is not None
    return claim


def test_renewing_a_claim_prolongs_its_locks(store: SqlStore) -> None:
    """A long rollout keeps its objects."""
    holder = claimed(store, OVER)
    with store.change() as change:
        change.lock(holder, [target()])
        assert change.renew(holder, LEASE)

    with pytest.raises(TargetLocked), store.change() as change:
        change.lock(claimed_in(change, store), [target()])


def test_16_threads_lock_one_object_and_one_has_it(store: SqlStore) -> None:
    """Also when they ask for several in different orders, which must not deadlock."""
    claims = [claimed(store) for _ in range(16)]
    names = [target("a"), target("b"), target("c")]

    def lock(index: int) -> None:
        with store.change() as change:
            change.lock(claims[index], names if index % 2 else reversed(names))

    results = together(16, lock)

    assert [type(result) for result in results if result is not None] == [TargetLocked] * 15


def test_only_one_object_by_name_is_locked(store: SqlStore) -> None:
    """A change never leaves its target open."""
    claim = claimed(store)

    with store.change() as change, pytest.raises(ValueError, match="by name"):
        change.lock(claim, [Target(cluster=ClusterName("prod-eu"), namespace="payments", kind="pod", selector="a=b")])


def test_requests_are_listed_newest_first(store: SqlStore) -> None:
    """Limited, and only open ones when asked."""
    at = datetime(2026, 11, 20, tzinfo=UTC)
    made = []
    for hour, state in enumerate((State.PLANNING, State.SUCCEEDED, State.RUNNING, State.EXPIRED)):
        with store.change() as change:
            made.append(
                change.save(a_request(state=state).model_copy(update={"opened_at": at + timedelta(hours=hour)}))
            )

    assert store.requests() == tuple(reversed(made))
    assert store.requests(limit=1) == (made[3],)
    assert store.requests(open_only=True) == (made[2], made[0])


def test_a_request_that_cannot_be_read_keeps_no_other_from_the_list(store: SqlStore) -> None:
    """It is named, and the others are listed."""
    first, harmed, last = (stored(store) for _ in range(3))
    with store._database.transaction("harming a row", writes=True) as connection:
        connection.execute(update(requests).where(requests.c.id == harmed.id).values(body="{}"))

    found = store.listed()

    assert {request.id for request in found.requests} == {first.id, last.id}
    assert found.unreadable == (harmed.id,)
    assert {request.id for request in store.requests()} == {first.id, last.id}


@pytest.mark.parametrize("of", ["undoes", "continues"])
def test_who_goes_on_from_a_request_is_found_among_many(store: SqlStore, of: Literal["undoes", "continues"]) -> None:
    """Only while it is not finished; however many were opened since."""
    done = stored(store, state=State.SUCCEEDED)
    with store.change() as change:
        change.save(a_request(state=State.CANCELLED).model_copy(update={of: done.id}))
        before = change.under_way(done.id, of)
        mine = change.save(a_request().model_copy(update={of: done.id}))
        for _ in range(210):
            change.save(a_request())
        after = change.under_way(done.id, of)

    assert (before, after) == (None, mine.id)


def test_a_request_that_rests_can_be_claimed_only_after_the_pause(store: SqlStore) -> None:
    """Its locks are free at once, and its old claim is worth nothing."""
    short, long = claimed(store), claimed(store)
    with store.change() as change:
        change.lock(long, [target()])
        change.rest(short, OVER)
        change.rest(long, timedelta(minutes=1))

    with store.change() as change:
        again = change.claim(short.request_id, "worker-2", LEASE)
        assert again is not None
        change.lock(again, [target()])
        assert change.claim(long.request_id, "worker-2", LEASE) is None
        assert not change.renew(long, LEASE)


def test_a_prefix_finds_ids(store: SqlStore) -> None:
    """At most ten, and nothing in the prefix is a pattern."""
    ids = sorted(stored(store).id for _ in range(12))

    assert store.find("req-") == tuple(ids[:10])
    assert store.find(ids[3]) == (ids[3],)
    assert store.find("%") == store.find("re_") == ()


def test_the_sweeper_finds_who_waits_who_is_late_and_who_was_left(store: SqlStore) -> None:
    """By the database's clock; a live claim keeps a request out of all three."""
    with store.change() as change:
        now = change.now()
        past, future = now - timedelta(seconds=1), now + timedelta(minutes=1)
        planning = change.save(a_request())
        ready = change.save(a_request(state=State.READY, expires_at=future))
        late = change.save(a_request(state=State.AWAITING_APPROVAL, expires_at=past))
        late_ready = change.save(a_request(state=State.READY, expires_at=past))
        change.save(a_request(state=State.AWAITING_CHOICE, expires_at=future))
        change.save(a_request(state=State.SUCCEEDED, expires_at=past))
        held, lost = (change.save(a_request(state=State.READY)) for _ in range(2))
        change.claim(held.id, "worker-1", LEASE)
        change.claim(lost.id, "worker-2", OVER)
        for request in (held, lost):
            change.save(request.started())

    assert store.waiting([State.PLANNING]) == (planning.id,)
    assert set(store.waiting([State.READY])) == {ready.id, late_ready.id}
    assert store.waiting([]) == ()
    assert set(store.expired()) == {late.id, late_ready.id}
    assert store.abandoned() == (lost.id,)


def test_clusters_are_remembered_as_last_seen(store: SqlStore) -> None:
    """The newest look replaces the one before."""
    eu = Cluster(name=ClusterName("prod-eu"), tier="production", groups=frozenset({"prod"}), aliases=frozenset({"eu"}))
    old = Cluster(name=ClusterName("old"), tier="staging")
    store.remember_clusters([old, eu])
    assert store.clusters() == (old, eu)

    down = eu.model_copy(update={"reachable": False, "detail": "no answer"})
    store.remember_clusters([down])

    assert store.clusters() == (down,)


def test_the_database_tells_the_time(store: SqlStore) -> None:
    """Aware, UTC, and moving within a change."""
    with store.change() as change:
        first, second = change.now(), change.now()

    assert first.tzinfo is UTC
    assert first <= second
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=5)
    store.check()


def test_what_was_told_long_ago_is_forgotten(store: SqlStore) -> None:
    """Deliveries and what followers have long seen; the requests and their trail stay."""
    with store.change() as change:
        asked = change.save(a_request())
        change.progress(asked, "a line")
        change.delivery("slack", "one")
        change.leaf(AuditEvent.INTENT_RECEIVED, request_id=asked.id, actor=asked.requester)

    kept = store.tidy(timedelta(hours=1))
    gone = store.tidy(timedelta(0))

    assert kept == 0
    assert gone == 3  # the saved request told of itself, too
    assert store.progress_after(0) == ()
    assert store.request(asked.id).id == asked.id
    assert len(tuple(store.records())) == 1
    with store.change() as change:
        assert change.delivery("slack", "one")


def test_warming_keeps_nothing(store: SqlStore) -> None:
    """The statements of a request's life are compiled, and no row, no leaf and no line is left of it."""
    warm(store)

    assert store.requests() == ()
    assert tuple(store.records()) == ()
    assert store.progress_after(0) == ()


def test_what_is_on_trial_is_found_when_its_time_is_over(store: SqlStore) -> None:
    """By the database's clock; what is kept or taken back is no concern of the sweeper any more."""
    hour, now = timedelta(hours=1), datetime.now(UTC)
    later, over = Keeping(until=now + hour), Keeping(until=now - hour)
    kept, gone = over.kept(PersonId("alice"), now), over.taken_back(RequestId("req-7f3k2m9q"))
    with store.change() as change:
        done = (a_request(state=State.SUCCEEDED) for _ in range(4))
        changes = [{"keeping": keeping} for keeping in (later, over, kept, gone)]
        ids = [change.save(r.model_copy(update=more)).id for r, more in zip(done, changes, strict=True)]

    assert [set(store.on_trial()) & set(ids), set(store.unkept()) & set(ids)] == [{ids[0]}, {ids[1]}]
