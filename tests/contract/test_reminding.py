"""Reminders while a request waits for approvals, on both databases: by the database's clock, each once."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.servers.together import together
from tests.unit.domain.making import ALICE, BOB, approved, awaiting
from tests.unit.walk.rehearsal import SilentBus
from workers.domain.request import Request
from workers.execution.reminding import Reminding
from workers.store.store import SqlStore


def waiting(store: SqlStore, over: float, request: Request | None = None) -> Request:
    """A request for which this part of the time to approve is over."""
    of = request or awaiting()
    assert of.decision is not None
    with store.change() as change:
        expires = change.now() + of.decision.approve_within * (1 - over)
        return change.save(of.model_copy(update={"expires_at": expires}))


def moved(store: SqlStore, request: Request, over: float) -> Request:
    return waiting(store, over, store.request(request.id))


def reminders(store: SqlStore) -> list[str]:
    return [row.text for row in store.progress_after(0) if row.kind == "broadcast"]


def leaves(store: SqlStore) -> list[dict[str, Any]]:
    found = [json.loads(record.leaf) for record in store.records()]
    return [leaf["facts"] for leaf in found if leaf["event"] == "approval.reminded"]


@pytest.mark.parametrize(("over", "count"), [(0.49, 0), (0.51, 1), (0.89, 1), (0.91, 1)])
def test_one_is_due_when_half_the_time_is_over(store: SqlStore, over: float, count: int) -> None:
    """And only the newest after a pause of everybody."""
    request = waiting(store, over)
    reminding = Reminding(store=store, bus=SilentBus())

    due = reminding.due()
    for request_id in due * 2:
        reminding.remind(request_id)

    assert due == (request.id,) * count
    assert len(reminders(store)) == len(leaves(store)) == count
    assert reminding.due() == ()


def test_two_are_sent_and_no_more(store: SqlStore) -> None:
    """At half and at nine tenths of the time; each says how long there is left and who is missing."""
    reminding = Reminding(store=store, bus=SilentBus())
    request = waiting(store, 0.5)
    for over in (0.5, 0.6, 0.9, 0.95, 0.999):
        request = moved(store, request, over)
        for request_id in reminding.due():
            reminding.remind(request_id)

    half, late = reminders(store)
    assert "15 min left to approve" in half
    assert "3 min left to approve" in late
    assert "the requester's own Run and 1 other person from sre" in half
    assert [facts["reminder"] for facts in leaves(store)] == [1, 2]


def test_who_is_not_missing_any_more_is_not_named(store: SqlStore) -> None:
    """Bob has approved: only alice is waited for."""
    request = waiting(store, 0.5, approved(awaiting(), BOB))

    Reminding(store=store, bus=SilentBus()).remind(request.id)

    assert "waits for the requester's own Run: 15 min" in reminders(store)[0]


def test_many_sweeps_at_one_moment_send_one(store: SqlStore) -> None:
    """Each of many workers finds it due; one of them finds it unsent."""
    request = waiting(store, 0.5)
    reminding = Reminding(store=store, bus=SilentBus())

    ends = together(8, lambda _: reminding.remind(request.id))

    assert ends == [None] * 8
    assert len(reminders(store)) == 1


def test_what_waits_for_nobody_is_not_reminded_of(store: SqlStore) -> None:
    """Complete, taken back or over: whatever became of it between the look and the lock."""
    reminding = Reminding(store=store, bus=SilentBus())
    complete = waiting(store, 0.5, approved(awaiting(), ALICE, BOB))
    over = awaiting().model_copy(update={"id": "req-00000000"})
    assert over.decision is not None
    with store.change() as change:
        over = change.save(over.model_copy(update={"expires_at": change.now() - timedelta(seconds=1)}))

    reminding.remind(complete.id)
    reminding.remind(over.id)

    assert reminding.due() == (over.id,)
    assert reminders(store) == []


def test_a_new_preview_starts_the_clock_again(store: SqlStore) -> None:
    """After drift the people have their whole time, and are reminded of it."""
    request = waiting(store, 0.5)
    Reminding(store=store, bus=SilentBus()).remind(request.id)
    reminded = store.request(request.id)
    ready = approved(reminded, ALICE, BOB)
    assert ready.plan is not None
    assert ready.preview is not None
    assert ready.risk is not None
    assert ready.decision is not None

    again = ready.drifted(
        ready.plan, ready.preview, ready.risk, ready.decision, datetime.fromisoformat("2026-11-20T10:00:00Z"), "changed"
    )

    assert (reminded.reminded, again.reminded) == (1, 0)
    assert again.remind_at == datetime.fromisoformat("2026-11-20T10:15:00Z")
