"""Whose yes a request needs, and what it takes to clear it."""

import pytest

from tests.unit.domain.making import (
    ALICE,
    BOB,
    CAROL,
    DORA,
    ID,
    LOW,
    NOW,
    REQUESTER,
    actor,
    approved,
    approvers,
    awaiting,
    decision,
    opened,
    plan,
    preview,
    step,
    yes,
)
from workers.domain.actor import Actor
from workers.domain.approval import Needed, Verdict
from workers.domain.plan import Edit
from workers.domain.policy import Outcome
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import Digest


@pytest.mark.parametrize(
    ("needed", "people", "left"),
    [
        ((), (), ["the requester's own Run", "1 other person from sre"]),
        ((), (ALICE,), ["1 other person from sre"]),
        ((), (ALICE, ALICE), ["1 other person from sre"]),
        ((), (BOB,), ["the requester's own Run"]),
        ((), (ALICE, CAROL), ["1 other person from sre"]),
        ((), (ALICE, BOB), []),
        ((REQUESTER, approvers(2, "sre")), (ALICE, BOB), ["1 other person from sre"]),
        ((REQUESTER, approvers(2, "sre")), (ALICE, BOB, BOB), ["1 other person from sre"]),
        ((REQUESTER, approvers(2, "sre")), (ALICE, BOB, DORA), []),
        ((REQUESTER, approvers(2)), (), ["the requester's own Run", "2 other people from anybody known here"]),
        ((REQUESTER, approvers(1)), (ALICE, CAROL), []),
        ((REQUESTER, approvers(1, "sre", "dba")), (ALICE,), ["1 other person from dba or sre"]),
        ((REQUESTER, approvers(1, "sre"), approvers(1, "dba")), (ALICE, BOB), ["1 other person from dba"]),
        ((REQUESTER, approvers(1, "sre"), approvers(1, "dba")), (ALICE, BOB, actor("eve", "dba")), []),
    ],
)
def test_what_is_missing_counts_distinct_people_of_the_named_groups(
    needed: tuple[Needed, ...], people: tuple[Actor, ...], left: list[str]
) -> None:
    """A person counts once for a rule, the requester never as approver, and a wrong group not at all."""
    request = approved(awaiting(*needed), *people)

    assert left == [one.text for one in request.missing]
    assert (not left) == request.is_cleared
    assert (State.AWAITING_APPROVAL if left else State.READY) == request.state


@pytest.mark.parametrize("forged", ["requester", "approver"])
def test_a_role_does_not_make_a_person_another_one(forged: str) -> None:
    """A stored approval with the wrong role counts for neither side."""
    request = awaiting()
    by = ALICE if forged == "approver" else BOB
    taken = request.approved(yes(request, by).model_copy(update={"role": forged}), NOW)

    assert request.missing == taken.missing


@pytest.mark.parametrize("field", ["plan_digest", "preview_digest"])
def test_a_yes_to_something_else_does_not_count(field: str) -> None:
    """An approval is of exact digests."""
    request = approved(awaiting(), ALICE)
    stale = request.approved(yes(request, BOB).model_copy(update={field: Digest("f" * 64)}), NOW)

    assert stale.state == State.AWAITING_APPROVAL
    assert [one.text for one in stale.missing] == ["1 other person from sre"]


def test_a_stored_plan_that_was_altered_is_not_cleared() -> None:
    """Digests are computed from what is stored, so an altered row matches no approval."""
    ready = approved(awaiting(), ALICE, BOB)
    assert ready.plan is not None
    altered = ready.model_copy(update={"plan": plan(step(replicas=500))})

    assert ready.is_cleared
    assert not altered.is_cleared


@pytest.mark.parametrize(
    ("outcome", "needed", "people", "expected"),
    [
        (Outcome.ALLOW, (), (), True),
        (Outcome.CONFIRM, (REQUESTER,), (), False),
        (Outcome.CONFIRM, (REQUESTER,), (BOB,), False),
        (Outcome.CONFIRM, (REQUESTER,), (ALICE,), True),
        (Outcome.APPROVE, (), (ALICE, BOB), False),
        (Outcome.REFUSE, (), (ALICE, BOB), False),
        (Outcome.REFUSE, (REQUESTER,), (ALICE, BOB), False),
    ],
)
def test_cleared_means_allowed_or_approved_in_full(
    outcome: Outcome, needed: tuple[Needed, ...], people: tuple[Actor, ...], expected: bool
) -> None:
    """A refusal is never cleared, and an approval that names nobody is not one."""
    base = awaiting()
    given = tuple(yes(base, person) for person in people)
    request = base.model_copy(update={"decision": decision(outcome, *needed), "approvals": given})

    assert expected == request.is_cleared


def test_a_request_without_a_decision_is_not_cleared() -> None:
    """Nothing is no permission."""
    assert not opened().is_cleared
    assert opened().missing == ()


def test_no_yes_makes_a_refused_request_ready() -> None:
    """Drift may change the decision; people cannot approve what it refuses."""
    ready = approved(awaiting(), ALICE, BOB)
    again = plan(revision=2)
    drifted = ready.drifted(again, preview(again), LOW, decision(Outcome.REFUSE), NOW, "it changed")

    assert approved(drifted, ALICE, BOB).state == State.AWAITING_APPROVAL


def test_a_no_rejects() -> None:
    """One no is enough, whoever else has said yes."""
    request = approved(awaiting(), ALICE)
    rejected = request.approved(yes(request, BOB, Verdict.NO), NOW)

    assert rejected.state == State.REJECTED
    assert rejected.expires_at is None


def test_an_edit_drops_plan_and_approvals() -> None:
    """What was approved is gone: a new revision is planned, previewed and approved anew."""
    told = approved(awaiting(), ALICE).model_copy(update={"notice": "replicas 4 -> 3"})
    edited = told.edited(Edit(step=1, params={"replicas": 6}))

    assert edited.state == State.PLANNING
    assert (edited.plan, edited.preview, edited.decision, edited.approvals) == (None, None, None, ())
    assert (edited.revision, len(edited.edits), edited.notice) == (2, 1, "")


def test_drift_drops_approvals_and_says_what_changed() -> None:
    """People approve the new preview, not the old one again."""
    ready = approved(awaiting(), ALICE, BOB)
    assert ready.decision is not None
    again = plan(revision=2)
    drifted = ready.drifted(again, preview(again), LOW, ready.decision, NOW, "replicas 4 -> 3")

    assert drifted.state == State.AWAITING_APPROVAL
    assert (drifted.approvals, drifted.revision, drifted.notice) == ((), 2, "replicas 4 -> 3")
    assert NOW + ready.decision.approve_within == drifted.expires_at


def test_a_deadline_belongs_to_the_state_it_waits_in() -> None:
    """Approving and running each have their own time; what runs or has ended has none."""
    request = awaiting()
    ready = approved(request, ALICE, BOB)

    assert request.decision is not None
    assert NOW + request.decision.approve_within == request.expires_at
    assert NOW + request.decision.run_within == ready.expires_at
    assert ready.started().expires_at is None
    assert request.cancelled().expires_at is None
    assert ready.expired().expires_at is None


def test_the_requester_is_whoever_asked() -> None:
    """The person comes from the intent, which was verified when it was received."""
    assert Request(id=ID, intent=opened().intent, opened_at=NOW).requester == "alice"
