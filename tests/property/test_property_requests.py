"""Random histories of one request: people, stale buttons, edits, drift, clocks and forged rows, in any order."""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.domain.making import LOW, NOW, REQUESTER, actor, approvers, decision, opened, plan, preview, seen, step
from workers.domain.approval import Approval, Needed, Verdict
from workers.domain.errors import InvalidTransition, Refusal
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.plan import Choice, Edit, Plan, Question
from workers.domain.policy import Outcome, PolicyDecision
from workers.domain.press import approval, may_approve
from workers.domain.problem import Problem
from workers.domain.request import Request
from workers.domain.state import TRANSITIONS, Event, State
from workers.domain.summary import Summary
from workers.domain.value import Digest

PEOPLE = [
    actor("alice", "sre", "dba"),
    actor("bob", "sre"),
    actor("carol", "developers"),
    actor("dora", "sre", "dba"),
    actor("eve"),
]
NEEDED = st.lists(
    st.builds(approvers, st.integers(1, 3)) | st.builds(approvers, st.integers(1, 3), st.sampled_from(["sre", "dba"])),
    max_size=2,
    unique_by=lambda needed: needed.groups,
).map(lambda more: (REQUESTER, *more))
SAID, PROBLEM = Summary(headline="said"), Problem(code="mistake", text="no")
QUESTION = Question(text="which?", choices=(Choice(id="1", label="a", settles={}),))
PLAIN: list[Event] = [Event.STARTED, Event.SUCCEEDED, Event.FAILED, Event.INTERRUPTED, Event.CANCELLED, Event.EXPIRED]


class Histories(RuleBasedStateMachine):
    """Whatever happens in whatever order, running means cleared."""

    def __init__(self) -> None:
        super().__init__()
        self.request: Request = opened(PEOPLE[0])
        self.before: Request = self.request
        self.given: list[Approval] = []  # every approval that was ever made, for replays
        self.now = NOW

    @initialize(who=st.sampled_from(PEOPLE))
    def open(self, who: object) -> None:
        self.request = self.before = opened(who)  # type: ignore[arg-type]

    def move(self, changed: Request | None) -> None:
        self.before, self.request = self.request, changed or self.request

    def attempt(self, act: object) -> None:
        """A method that does not belong to this state raises and changes nothing."""
        try:
            self.move(act())  # type: ignore[operator]
        except InvalidTransition:
            self.move(None)

    def plan(self, replicas: int) -> Plan:
        return plan(step(replicas=replicas), revision=self.request.revision)

    @rule(minutes=st.integers(0, 60))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.move(None)

    @rule(replicas=st.integers(1, 3), outcome=st.sampled_from(Outcome), needed=NEEDED)
    def planned(self, replicas: int, outcome: Outcome, needed: tuple[Needed, ...]) -> None:
        made = self.plan(replicas)
        self.attempt(lambda: self.request.planned(made, preview(made), LOW, _decided(outcome, needed), self.now))

    @rule(who=st.sampled_from(PEOPLE), verdict=st.sampled_from([Verdict.YES, Verdict.YES, Verdict.YES, Verdict.NO]))
    def press(self, who: object, verdict: Verdict) -> None:
        if self.request.plan is None or self.request.preview is None:
            return
        said = approval(self.request, who, verdict, "", self.now)  # type: ignore[arg-type]
        self.given.append(said)
        self.attempt(lambda: self.request.approved(said, self.now))

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        """An old button, or an old row, comes again."""
        said = data.draw(st.sampled_from(self.given))
        self.attempt(lambda: self.request.approved(said, self.now))

    @precondition(lambda self: self.given)
    @rule(data=st.data(), role=st.sampled_from(["requester", "approver"]), stale=st.booleans())
    def forge(self, data: st.DataObject, role: str, stale: bool) -> None:
        """A row with another role or other digests."""
        said = data.draw(st.sampled_from(self.given))
        digest = Digest("f" * 64) if stale else said.plan_digest
        forged = said.model_copy(update={"role": role, "plan_digest": digest, "verdict": Verdict.YES})
        self.attempt(lambda: self.request.approved(forged, self.now))

    @rule()
    def edited(self) -> None:
        self.attempt(lambda: self.request.edited(Edit(step=1, params={"replicas": 9})))

    @rule(replicas=st.integers(1, 3), outcome=st.sampled_from(Outcome), needed=NEEDED)
    def drifted(self, replicas: int, outcome: Outcome, needed: tuple[Needed, ...]) -> None:
        made = self.plan(replicas).model_copy(update={"revision": self.request.revision + 1})
        looked = preview(made, observed=[seen(step(), touched=replicas)])
        self.attempt(lambda: self.request.drifted(made, looked, LOW, _decided(outcome, needed), self.now, "changed"))

    @rule(event=st.sampled_from(PLAIN))
    def happens(self, event: Event) -> None:
        acts = {
            Event.STARTED: self.request.started,
            Event.CANCELLED: self.request.cancelled,
            Event.EXPIRED: self.request.expired,
        }
        self.attempt(acts.get(event) or (lambda: self.request.finished(event, SAID)))  # type: ignore[arg-type]

    @rule(what=st.sampled_from(["answered", "asked", "chosen", "refused", "failed", "step", "verified", "settled"]))
    def other(self, what: str) -> None:
        result = StepResult(step=1, outcome=StepOutcome.DONE, started_at=self.now, ended_at=self.now, message="")
        acts = {
            "answered": lambda: self.request.answered((), SAID),
            "asked": lambda: self.request.asked(QUESTION, self.now),
            "chosen": lambda: self.request.chosen(QUESTION.choices[0]),
            "refused": lambda: self.request.refused(PROBLEM),
            "failed": lambda: self.request.failed_planning(PROBLEM),
            "step": lambda: self.request.step_finished(result),
            "verified": lambda: self.request.verified(applied=False, summary=SAID),
            "settled": lambda: self.request.settled(self.request.requester, applied=True, now=self.now),
        }
        self.attempt(acts[what])

    @invariant()
    def moves_only_by_the_table(self) -> None:
        """Each step in a history is a line of the table, and nothing leaves a final state."""
        before, after = self.before.state, self.request.state
        assert before is after or after in {to for (source, _), to in TRANSITIONS.items() if source is before}
        assert not before.is_final or before is after

    @invariant()
    def runs_only_what_is_cleared(self) -> None:
        """Ready and running mean: allowed by policy, or every needed yes from distinct people to exactly this."""
        request = self.request
        if request.state not in (State.READY, State.RUNNING):
            return
        assert request.plan is not None
        assert request.preview is not None
        assert request.decision is not None
        if request.decision.outcome is Outcome.ALLOW:
            return
        assert request.decision.outcome is not Outcome.REFUSE
        digests = request.plan.digest, request.preview.digest
        yes = [
            a for a in request.approvals if a.verdict is Verdict.YES and (a.plan_digest, a.preview_digest) == digests
        ]
        assert request.requester in {a.actor.person_id for a in yes if a.role == "requester"}
        for needed in request.decision.needed[1:]:
            others = {
                a.actor.person_id
                for a in yes
                if a.role == "approver" and (not needed.groups or needed.groups & a.actor.groups)
            } - {request.requester}
            assert len(others) >= needed.count

    @invariant()
    def change_drops_approvals(self) -> None:
        """After an edit, a drift or a new plan nobody has approved anything."""
        if self.request.plan is not self.before.plan:
            assert self.request.approvals == ()

    @invariant()
    def nobody_approves_their_own(self) -> None:
        """The requester's press never has the role of an approver."""
        request = self.request
        own = [a for a in self.given if a.actor.person_id == request.requester]
        assert {a.role for a in own} <= {"requester"}
        if request.decision is not None and len(request.decision.needed) > 1:
            assert all(_is_refused(request, a) for a in own)


def _decided(outcome: Outcome, needed: tuple[Needed, ...]) -> PolicyDecision:
    """As the policy would: nobody is asked where it allows or refuses."""
    wanted = {Outcome.CONFIRM: needed[:1], Outcome.APPROVE: needed}.get(outcome, ())
    return decision(outcome, *wanted)


def _is_refused(request: Request, own: Approval) -> bool:
    try:
        may_approve(request, own.actor)
    except Refusal:  # which one: tests/unit/domain/test_domain_press.py
        return True
    return False


Histories.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestHistories = Histories.TestCase
TestHistories.__doc__ = "No history brings an uncleared request to run."
