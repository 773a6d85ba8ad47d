"""Every method of a request: from where it may be called, and where it leads."""

from collections.abc import Callable

import pytest

from tests.unit.domain.making import (
    ALICE,
    BOB,
    LOW,
    NOW,
    REQUESTER,
    approved,
    awaiting,
    decision,
    opened,
    plan,
    preview,
    seen,
    step,
    target,
    yes,
)
from workers.domain.action import Action, Verb
from workers.domain.approval import Verdict
from workers.domain.errors import AlreadyDecided, InvalidTransition
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.plan import Choice, Edit, Question, Undo
from workers.domain.policy import Outcome
from workers.domain.problem import Problem
from workers.domain.request import Request
from workers.domain.state import Event, State
from workers.domain.summary import Summary
from workers.domain.value import PersonId, RequestId

Act = Callable[[Request], Request]
QUESTION = Question(text="which?", choices=(Choice(id="1", label="prod-eu", settles={"cluster": "prod-eu"}),))
SAID = Summary(headline="said")
PROBLEM = Problem(code="mistake", text="no")
BACK = Undo(action=Action(verb=Verb.SCALE, target=target(), params={"replicas": 4}))


def result(number: int = 1, outcome: StepOutcome = StepOutcome.DONE) -> StepResult:
    after = seen(step(), touched=5) if outcome is StepOutcome.DONE else None
    return StepResult(
        step=number, outcome=outcome, started_at=NOW, ended_at=NOW, message="5 ready", after=after, undo=BACK
    )


def judged(outcome: Outcome) -> Act:
    made = plan()
    return lambda request: request.planned(made, preview(made), LOW, decision(outcome, REQUESTER), NOW)


def drifted(request: Request) -> Request:
    made = plan(revision=2)
    return request.drifted(made, preview(made), LOW, decision(Outcome.CONFIRM, REQUESTER), NOW, "changed")


READY = approved(awaiting(), ALICE, BOB)
RUNNING = READY.started()
IN: dict[State, Request] = {
    State.PLANNING: opened(),
    State.AWAITING_CHOICE: opened().asked(QUESTION, NOW),
    State.AWAITING_APPROVAL: awaiting(),
    State.READY: READY,
    State.RUNNING: RUNNING,
    State.INTERRUPTED: RUNNING.intending(1, NOW).finished(Event.INTERRUPTED, SAID),
    State.SUCCEEDED: RUNNING.finished(Event.SUCCEEDED, SAID),
    State.FAILED: opened().failed_planning(PROBLEM),
    State.REFUSED: opened().refused(PROBLEM),
    State.REJECTED: awaiting().approved(yes(awaiting(), BOB, Verdict.NO), NOW),
    State.CANCELLED: opened().cancelled(),
    State.EXPIRED: awaiting().expired(),
}
MOVES: dict[str, tuple[Act, dict[State, State]]] = {
    "answered": (lambda r: r.answered((), SAID), {State.PLANNING: State.SUCCEEDED}),
    "asked": (lambda r: r.asked(QUESTION, NOW), {State.PLANNING: State.AWAITING_CHOICE}),
    "chosen": (lambda r: r.chosen(QUESTION.choices[0]), {State.AWAITING_CHOICE: State.PLANNING}),
    "allowed": (judged(Outcome.ALLOW), {State.PLANNING: State.READY}),
    "to confirm": (judged(Outcome.CONFIRM), {State.PLANNING: State.AWAITING_APPROVAL}),
    "to approve": (judged(Outcome.APPROVE), {State.PLANNING: State.AWAITING_APPROVAL}),
    "refused by policy": (judged(Outcome.REFUSE), {State.PLANNING: State.REFUSED, State.READY: State.REFUSED}),
    "refused": (
        lambda r: r.refused(PROBLEM),
        {State.PLANNING: State.REFUSED, State.READY: State.REFUSED},
    ),
    "failed planning": (lambda r: r.failed_planning(PROBLEM), {State.PLANNING: State.FAILED}),
    "edited": (lambda r: r.edited(Edit(step=1, params={})), {State.AWAITING_APPROVAL: State.PLANNING}),
    "drifted": (drifted, {State.READY: State.AWAITING_APPROVAL}),
    "started": (lambda r: r.started(), {State.READY: State.RUNNING}),
    "step finished": (lambda r: r.step_finished(result()), {State.RUNNING: State.RUNNING}),
    "succeeded": (lambda r: r.finished(Event.SUCCEEDED, SAID), {State.RUNNING: State.SUCCEEDED}),
    "failed": (lambda r: r.finished(Event.FAILED, SAID), {State.RUNNING: State.FAILED}),
    "interrupted": (lambda r: r.finished(Event.INTERRUPTED, SAID), {State.RUNNING: State.INTERRUPTED}),
    "verified": (lambda r: r.verified(applied=True, summary=SAID), {State.INTERRUPTED: State.SUCCEEDED}),
    "verified not": (lambda r: r.verified(applied=False, summary=SAID), {State.INTERRUPTED: State.FAILED}),
    "settled": (lambda r: r.settled(PersonId("bob"), applied=True, now=NOW), {State.INTERRUPTED: State.SUCCEEDED}),
    "cancelled": (
        lambda r: r.cancelled(),
        dict.fromkeys((State.PLANNING, State.AWAITING_CHOICE, State.AWAITING_APPROVAL, State.READY), State.CANCELLED),
    ),
    "expired": (
        lambda r: r.expired(),
        dict.fromkeys((State.AWAITING_CHOICE, State.AWAITING_APPROVAL, State.READY), State.EXPIRED),
    ),
}


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("state", State)
def test_a_method_moves_only_from_where_it_may(name: str, state: State) -> None:
    """Called in any other state, a method raises and nothing has changed."""
    act, leads = MOVES[name]
    before = IN[state]

    assert state is before.state
    if state in leads:
        assert leads[state] is act(before).state
    else:
        with pytest.raises(InvalidTransition):
            act(before)


def test_a_choice_is_kept_and_its_question_is_gone() -> None:
    """The planner sees all choices that were made so far."""
    chosen = IN[State.AWAITING_CHOICE].chosen(QUESTION.choices[0])

    assert (QUESTION.choices, None, None) == (chosen.choices, chosen.question, chosen.expires_at)


def test_an_intent_stays_until_its_result() -> None:
    """A write that was about to be sent is in doubt until its result is recorded."""
    intending = RUNNING.intending(1, NOW)

    assert intending.intended == (1,)
    assert intending.finished(Event.INTERRUPTED, SAID).intended == (1,)
    assert intending.step_finished(result()).intended == ()


def test_a_persons_word_settles_the_step_in_doubt() -> None:
    """Who said it is in the result, and nothing is in doubt any more."""
    settled = IN[State.INTERRUPTED].settled(PersonId("bob"), applied=False, now=NOW)

    assert (settled.state, settled.intended) == (State.FAILED, ())
    assert [(r.step, r.outcome, r.message) for r in settled.results] == [
        (1, StepOutcome.FAILED, "not applied, says bob after looking")
    ]


@pytest.mark.parametrize(
    ("intended", "done", "expected"),
    [((1,), (), State.FAILED), ((2,), (1,), State.SUCCEEDED), ((), (1,), State.FAILED), ((), (1, 2), State.SUCCEEDED)],
)
def test_a_persons_word_makes_no_success_of_a_part(
    intended: tuple[int, ...], done: tuple[int, ...], expected: State
) -> None:
    """A step that never started is not done because somebody saw the one before it."""
    request = approved(awaiting(of=plan(step(), step(2))), ALICE, BOB).started()
    for number in done:
        request = request.step_finished(result(number))
    request = request.model_copy(update={"intended": intended}).finished(Event.INTERRUPTED, SAID)
    settled = request.settled(PersonId("bob"), applied=True, now=NOW)

    assert expected is settled.state
    assert settled.summary is not None
    assert (expected is State.FAILED) == ("not every step" in settled.summary.headline)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (RUNNING.step_finished(result()), []),
        (RUNNING.step_finished(result()).finished(Event.SUCCEEDED, SAID), [1]),
        (RUNNING.step_finished(result()).step_finished(result(2)).finished(Event.FAILED, SAID), [2, 1]),
        (RUNNING.step_finished(result(1, StepOutcome.FAILED)).finished(Event.FAILED, SAID), []),
        (
            RUNNING.step_finished(result().model_copy(update={"undo": Undo(because="gone")})).finished(
                Event.SUCCEEDED, SAID
            ),
            [],
        ),
        (
            RUNNING.step_finished(result())
            .finished(Event.SUCCEEDED, SAID)
            .model_copy(update={"undone_by": RequestId("req-2")}),
            [],
        ),
    ],
)
def test_only_what_is_in_the_cluster_can_be_undone(request_: Request, expected: list[int]) -> None:
    """Finished, applied, invertible, not undone yet; the last change comes back first."""
    assert expected == [r.step for r in request_.undoable]


def test_a_problem_keeps_the_three_parts_of_an_error() -> None:
    """What was asked, what is so now, what to type."""
    error = AlreadyDecided("was decided", now="it ran", then="`show` it")

    assert Problem(code="already-decided", text="was decided", now="it ran", then="`show` it") == Problem.of(error)
    assert error.text == "was decided; it ran — `show` it"
