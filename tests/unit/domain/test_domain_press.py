"""Who may press what, and what each refusal says."""

from collections.abc import Callable

import pytest

from tests.unit.domain.making import (
    ALICE,
    BOB,
    CAROL,
    DORA,
    NOW,
    REQUESTER,
    approved,
    approvers,
    awaiting,
    opened,
    plan,
    preview,
    step,
)
from workers.domain.actor import Account, Actor
from workers.domain.approval import Verdict
from workers.domain.errors import (
    AlreadyDecided,
    KubechatError,
    NotAnApprover,
    OwnApproval,
    PlanChanged,
    PlanUnnamed,
    Refusal,
    RequestExpired,
    UnknownPerson,
)
from workers.domain.people import People, Person
from workers.domain.plan import Edit
from workers.domain.press import (
    approval,
    approver_groups,
    decision_facts,
    is_of,
    is_requester,
    may_approve,
    may_settle,
    shows,
    waits,
)
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import Digest, PersonId
from workers.settings import DEFAULTS, read_policy

PLAN, PREVIEW = plan().digest, preview(plan()).digest
OTHER = Digest("f" * 64)
NOBODY: frozenset[str] = frozenset()


def edited_by(editor: Actor) -> Request:
    return awaiting().model_copy(update={"edits": (Edit(step=1, params={"replicas": 4}, by=editor.person_id),)})


def test_an_editor_counts_as_somebody_who_asks() -> None:
    """A yes that was given, by whatever door, does not count beside the giver's own words in the plan."""
    stored = approved(awaiting(), BOB)

    assert [needed.role for needed in stored.missing] == ["requester"]
    assert [needed.role for needed in stored.model_copy(update={"edits": edited_by(BOB).edits}).missing] == [
        "requester",
        "approver",
    ]


def test_those_who_approve_anything_are_read_from_the_policy() -> None:
    """Their groups settle what needed nobody's approval."""
    policy, _ = read_policy(DEFAULTS / "policy.yaml")

    assert approver_groups(policy) == {"sre"}


@pytest.mark.parametrize(
    ("press", "error", "said"),
    [
        (lambda: may_approve(awaiting(), ALICE), OwnApproval, "1 other person from sre"),
        (lambda: may_approve(awaiting(), CAROL), NotAnApprover, "Carol is in developers"),
        (lambda: may_approve(awaiting(REQUESTER), BOB), NotAnApprover, "requester's own Run"),
        (lambda: may_approve(awaiting(REQUESTER, approvers(1, "dba")), BOB), NotAnApprover, "from dba"),
        (lambda: may_approve(opened(), BOB), NotAnApprover, "requester's own Run"),
        (lambda: may_approve(edited_by(BOB), BOB), OwnApproval, "Bob has edited this"),
        (lambda: may_settle(awaiting(), CAROL, NOBODY), NotAnApprover, "Alice can, or 1 other person from sre"),
        (lambda: may_settle(awaiting(REQUESTER), BOB, frozenset({"dba"})), NotAnApprover, "from dba; Bob is in sre"),
        (
            lambda: may_settle(awaiting(REQUESTER), CAROL, NOBODY),
            NotAnApprover,
            "Alice can, or 1 other person from sre",
        ),
        (lambda: is_requester(awaiting(), BOB, "run"), Refusal, "you speak as Bob"),
        (lambda: shows(awaiting(), OTHER, PREVIEW), PlanChanged, f"it is plan {PLAN[:8]}"),
        (lambda: shows(awaiting(), PLAN, OTHER), PlanChanged, "revision 1, with another preview"),
        (lambda: shows(opened(), None, None), PlanChanged, "no plan at this moment"),
        (lambda: shows(awaiting(), None, None), PlanUnnamed, "which plan of"),
        (lambda: shows(awaiting(), PLAN, None), PlanUnnamed, f"it is plan {PLAN[:8]}"),
        (lambda: is_of(awaiting(), OTHER), PlanChanged, f"it is plan {PLAN[:8]}"),
        (lambda: is_of(opened(), PLAN), PlanChanged, "no plan at this moment"),
        (lambda: approval(opened(), BOB, Verdict.YES, "", NOW), PlanChanged, "no plan at this moment"),
        (lambda: waits(awaiting().expired(), State.AWAITING_APPROVAL), RequestExpired, "the time to decide"),
        (lambda: waits(awaiting().cancelled(), State.AWAITING_APPROVAL), AlreadyDecided, "it is cancelled"),
    ],
)
def test_a_press_that_does_not_count_says_why(
    press: Callable[[], object], error: type[KubechatError], said: str
) -> None:
    """A refusal names the condition that failed and what to do instead."""
    with pytest.raises(error) as caught:
        press()

    assert said in caught.value.text
    assert caught.value.then


@pytest.mark.parametrize(
    "press",
    [
        lambda: may_approve(awaiting(), BOB),
        lambda: may_approve(awaiting(REQUESTER, approvers(1)), CAROL),
        lambda: may_approve(edited_by(BOB), DORA),
        lambda: may_settle(awaiting(REQUESTER), ALICE, frozenset({"dba"})),
        lambda: may_settle(awaiting(REQUESTER), CAROL, frozenset({"developers"})),
        lambda: may_settle(awaiting(REQUESTER), BOB, NOBODY),
        lambda: may_settle(edited_by(BOB), BOB, NOBODY),
        lambda: is_requester(awaiting(), ALICE, "run"),
        lambda: shows(awaiting(), PLAN, PREVIEW),
        lambda: is_of(awaiting(), PLAN),
        lambda: waits(awaiting(), State.AWAITING_APPROVAL, State.READY),
    ],
)
def test_a_press_that_counts_is_silent(press: Callable[[], object]) -> None:
    """The right person, the plan that was shown, the state that waits for it."""
    assert press() is None


def test_an_approval_binds_person_role_and_digests() -> None:
    """The role follows from the person, and the digests from what is stored."""
    mine, other = (approval(awaiting(), who, Verdict.YES, "r" * 2000, NOW) for who in (ALICE, BOB))

    assert (mine.role, other.role) == ("requester", "approver")
    assert (other.plan_digest, other.preview_digest) == (PLAN, PREVIEW)
    assert len(other.reason) == 1000
    digests = {"plan_digest", "preview_digest"}
    people = {"verified_by", "account", "second_factor_at"}
    assert {"role", "verdict", "reason"} | digests | people == set(decision_facts(other))


def test_a_preview_of_the_changed_plan_is_another_one() -> None:
    """A button shown before an edit is stale after it."""
    before, after = awaiting(), awaiting(of=plan(step(replicas=6)))

    assert before.plan is not None
    with pytest.raises(PlanChanged):
        shows(after, before.plan.digest, PREVIEW)


def test_a_second_press_of_one_person_adds_nobody() -> None:
    """One person counts once, however often the press arrives."""
    assert approved(awaiting(), BOB).missing == approved(awaiting(), BOB, BOB).missing


PEOPLE = People(people={PersonId("alice"): Person(name="Alice Andersen", groups=frozenset({"sre"}))})
TERMINAL = Account(system="terminal", workspace="host", user_id="501")


def test_an_actor_is_a_person_of_the_file() -> None:
    """Name and groups come from the file, never from what was typed."""
    speaker = PEOPLE.actor("alice", TERMINAL)

    assert ("alice", "Alice Andersen", frozenset({"sre"}), TERMINAL) == (
        speaker.person_id,
        speaker.name,
        speaker.groups,
        speaker.account,
    )


@pytest.mark.parametrize("name", ["Alice", "alice ", "", "mallory", "system:admin"])
def test_who_is_not_in_the_file_does_not_speak(name: str) -> None:
    """Names are compared exactly; the answer says who is known."""
    with pytest.raises(UnknownPerson, match=f"nobody called '{name}'") as caught:
        PEOPLE.actor(name, TERMINAL)
    assert caught.value.now == "known: alice"
