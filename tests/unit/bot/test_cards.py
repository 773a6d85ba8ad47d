"""Cards of every state, and what they must say."""

import pytest

from bot.cards import card, problem_card
from bot.chat.terminal import render
from bot.commands import Edit, Press, PressKind
from tests.conftest import Golden
from tests.unit.bot import samples
from workers.domain.approval import Verdict
from workers.domain.errors import OwnApproval
from workers.domain.observed import Proof, StepOutcome, UndoProof
from workers.domain.problem import Problem
from workers.domain.request import Request
from workers.domain.state import Event, State
from workers.domain.value import ClusterName
from workers.summary import summarise

TWO = samples.plan_of(samples.scale_step(), samples.scale_step(2, cluster="staging"), taken=())
REQUESTS: dict[str, Request] = {
    "planning": samples.opened(),
    "question": samples.asked(),
    "awaiting": samples.planned(),
    "awaiting-two-steps": samples.planned(plan=TWO),
    "ready": samples.ready(),
    "running": samples.ready().started(),
    "interrupted": samples.interrupted(),
    "succeeded": samples.succeeded(),
    "succeeded-read": samples.read(samples.PODS),
    "failed": samples.failed(),
    "refused": samples.refused(),
    "rejected": samples.yes(samples.planned(), samples.BOB, verdict=Verdict.NO, reason="wrong window"),
    "cancelled": samples.planned().cancelled(),
    "expired": samples.planned().expired(),
}


def drawn(request: Request) -> str:
    progress = ("3 of 5 updated, 2 ready", "5 of 5 updated, 4 ready") if request.state is State.RUNNING else ()
    return render(card(request, samples.TIERS, now=samples.NOW, progress=progress))


@pytest.mark.parametrize("name", REQUESTS)
def test_card_of_each_state_reads_as_recorded(name: str, golden: Golden) -> None:
    """Each state has one layout, reviewed like code."""
    golden(f"cards/{name}.txt", drawn(REQUESTS[name]))


def test_every_state_has_a_recorded_card() -> None:
    """No state is left without a card that somebody has looked at."""
    assert {request.state for request in REQUESTS.values()} == set(State)


def test_decision_buttons_carry_the_digests_that_the_card_shows() -> None:
    """A press is bound to the plan and the preview that the person saw."""
    request = samples.planned()
    assert request.plan is not None
    assert request.preview is not None

    made = card(request, samples.TIERS)

    decisions = [b.command for b in made.buttons if isinstance(b.command, Press) and b.label != "Cancel"]
    assert [command.what for command in decisions] == [PressKind.RUN, PressKind.APPROVE, PressKind.REJECT]
    assert {(c.plan_digest, c.preview_digest) for c in decisions} == {(request.plan.digest, request.preview.digest)}
    assert request.plan.digest[:8] in made.footer
    assert request.preview.digest[:8] in made.footer


def test_edit_button_offers_editable_parameters_as_they_are() -> None:
    """Only what may be edited is offered, with its present value."""
    commands = [button.command for button in card(samples.planned(), samples.TIERS).buttons]

    assert Edit(request=samples.ID, step=1, params={"replicas": 5}) in commands


def test_run_button_goes_away_after_the_requesters_yes() -> None:
    """A button that would change nothing is not shown; the others stay."""
    half = samples.yes(samples.planned(), samples.ALICE)

    labels = [button.label for button in card(half, samples.TIERS).buttons]

    assert labels == ["Approve", "Reject", "Edit", "Cancel"]


def test_final_card_offers_undo_only_where_something_can_be_taken_back() -> None:
    """Undo is offered for a change that is in the cluster, Continue for what is known not to be; neither for a read."""
    undone = samples.succeeded().model_copy(update={"undone_by": "req-00000000"})

    found = [
        [b.label for b in card(request, samples.TIERS).buttons]
        for request in (samples.succeeded(), undone, samples.failed(), samples.read(samples.PODS))
    ]

    assert found == [["Undo"], [], ["Continue"], []]


def test_banner_takes_the_most_careful_tier_and_unknown_counts_as_production() -> None:
    """A card over several clusters is as loud as its most careful one."""
    request = samples.planned(plan=TWO)

    tiers = [
        card(request, known).banner
        for known in (samples.TIERS, {}, {ClusterName("prod-eu"): "development", ClusterName("staging"): "staging"})
    ]

    assert [banner and banner.tier for banner in tiers] == ["production", "production", "staging"]


@pytest.mark.parametrize(
    ("undo", "text"),
    [
        (UndoProof(proof=Proof.PROVEN), "proven by dry run: scale deployment/payment-api --replicas=4"),
        (UndoProof(proof=Proof.PARTIAL, because="pods are new"), "partial: scale deployment/payment-api --replicas=4"),
        (UndoProof(proof=Proof.IMPOSSIBLE, because="it is gone"), "impossible: it is gone"),
    ],
)
def test_undo_is_said_with_its_proof(undo: UndoProof, text: str) -> None:
    """How far the undo is proven is said before anybody approves."""
    plan = samples.plan_of(samples.scale_step())

    assert text in drawn(samples.planned(plan=plan, preview=samples.preview_of(plan, undo)))


def test_what_went_wrong_is_said_once() -> None:
    """A failed request tells each step's failure in one place, with its source."""
    message = "alice may not list secrets in namespace payments"
    running = samples.ready().started()
    ended = running.step_finished(samples.result(running, outcome=StepOutcome.FAILED, message=message))
    request = ended.finished(Event.FAILED, summarise(ended, good=False))

    assert drawn(request).replace("\n               ", " ").count(message) == 1


def test_notice_of_drift_comes_first() -> None:
    """What changed since people last looked is the first thing on the new card."""
    request = samples.planned().model_copy(update={"notice": "payment-api changed since the preview"})

    lines = drawn(request).splitlines()

    assert "payment-api changed since the preview" in lines[4]


def test_problem_card_has_the_three_parts_and_the_code() -> None:
    """A refused press says what is so now, what to type next, and a code that never changes."""
    error = OwnApproval("Alice asked for this", now="it needs 1 other person", then="ask somebody else")

    text = render(problem_card(Problem.of(error)))

    for part in ("Alice asked for this", "it needs 1 other person", "ask somebody else", "own-approval"):
        assert part in text


def test_same_request_gives_the_same_card() -> None:
    """Cards are pure: an update that changes nothing can be left out."""
    assert card(samples.planned(), samples.TIERS) == card(samples.planned(), samples.TIERS)


def checked(request: Request, *messages: str) -> Request:
    """With a log of two lines from each check, or a message of why there is none."""
    plan = request.plan
    assert plan is not None
    results = [samples.check_result(check, message) for check, message in zip(plan.checks, messages, strict=True)]
    return request.model_copy(update={"checked": tuple(results)})


def test_suggested_looks_are_one_row_and_one_press() -> None:
    """They are marked as suggestions, and the requester skips them with one press."""
    request = samples.planned(plan=samples.plan_of(samples.scale_step(), checks=samples.CHECKS))

    made = drawn(request)

    assert "suggested   a look before it: rollout status, last 20 log lines of" in made
    assert "skip checks" in made
    assert "skip checks" not in drawn(samples.planned())


def test_what_the_looks_found_is_a_line_each_and_whole_when_something_went_wrong() -> None:
    """A success stays short; after a failure everything that was seen before it is on the card."""
    plan = samples.plan_of(samples.scale_step(), checks=samples.CHECKS)
    found = checked(samples.ready(plan), "", "no answer within 3 s")

    short, whole = drawn(samples.succeeded(found)), drawn(samples.failed(found))

    assert "before      rollout status: 2 lines" in short
    assert "last 20 log lines: no answer within 3 s" in short
    assert "line one of 2" not in short
    assert "before: rollout status of deployment/payment-api" in whole
    assert "line one of 2" in whole
    assert "no answer within 3 s" in whole
