"""One request from the first word to its end. Methods return a new Request; the state only moves by the table."""

from collections.abc import Set
from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, field_validator

from workers.domain.action import Effect
from workers.domain.approval import Approval, Needed, Verdict, Withdrawal
from workers.domain.break_glass import Review
from workers.domain.keeping import Keeping, began
from workers.domain.observed import Preview, StepOutcome, StepResult
from workers.domain.option import Options
from workers.domain.plan import Choice, Edit, Intent, Plan, Question
from workers.domain.policy import Outcome, PolicyDecision
from workers.domain.problem import Problem
from workers.domain.risk import Risk
from workers.domain.section import Section
from workers.domain.state import Event, State, after
from workers.domain.summary import Summary
from workers.domain.value import PersonId, RequestId, Value

REMINDED_AT = (0.5, 0.9)  # of the time to approve


class Earlier(Value):
    """What a new revision takes the place of: kept until that is planned, and back in place when it cannot be."""

    plan: Plan
    preview: Preview
    risk: Risk
    decision: PolicyDecision
    choices: tuple[Choice, ...]
    edits: tuple[Edit, ...]
    options: Options | None = None
    skips_checks: bool
    expires_at: AwareDatetime | None
    approvals: tuple[Approval, ...] = ()
    reminded: int = 0


class Request(Value):
    id: RequestId
    version: int = 0  # of the stored row; the store raises it with every change
    state: State = State.PLANNING
    intent: Intent
    choices: tuple[Choice, ...] = ()  # what the requester has chosen so far
    edits: tuple[Edit, ...] = ()
    options: Options | None = None  # that the requester has set on the card; None: as the words say
    skips_checks: bool = False  # the requester wants no suggested checks
    question: Question | None = None
    plan: Plan | None = None
    preview: Preview | None = None
    risk: Risk | None = None
    decision: PolicyDecision | None = None
    approvals: tuple[Approval, ...] = ()
    earlier: Earlier | None = None  # while a new revision of a waiting plan is planned
    checked: tuple[StepResult, ...] = ()  # what the suggested checks found; `step` is the check's number
    intended: tuple[int, ...] = ()  # steps whose write is recorded as about to be sent, until their result is recorded
    intended_at: AwareDatetime | None = None  # the newest of these intents, by the database's clock
    results: tuple[StepResult, ...] = ()
    answer: tuple[Section, ...] = ()  # a reply that needed no plan
    summary: Summary | None = None
    problem: Problem | None = None
    notice: str = ""  # what happened last that people must know: "payment-api changed since the preview: ..."
    review: Review | None = None  # when it ran under break-glass, from its Run on
    undoes: RequestId | None = None
    continues: RequestId | None = None  # the request whose steps that were not done this is about
    continued_by: RequestId | None = None  # which of those has changed something
    corrects: RequestId | None = None  # the read that was asked again with another assumption
    follows: RequestId | None = None  # the newest plan of the thread when this was asked: what "it" may be
    undone_by: RequestId | None = None
    keeping: Keeping | None = None  # once it has run, when it is taken back by itself unless somebody keeps it
    promised: bool = False  # an undo that Kubechat has opened by itself, because nobody kept what it undoes
    revision: int = 1
    opened_at: AwareDatetime
    expires_at: AwareDatetime | None = None  # of the state it waits in
    reminded: int = 0  # how many reminders of this wait for approvals were sent

    @field_validator("intended", mode="before")
    @classmethod
    def _one_or_none(cls, stored: object) -> object:
        """As it was stored when only one step could be under way."""
        if isinstance(stored, int):
            return (stored,)
        return () if stored is None else stored

    @property
    def requester(self) -> PersonId:
        return self.intent.actor.person_id

    @property
    def authors(self) -> frozenset[PersonId]:
        """Whose words the plan is made of: nobody of them is another person who approves it."""
        return frozenset({self.requester, *(edit.by for edit in self.edits if edit.by is not None)})

    @property
    def yes(self) -> tuple[Approval, ...]:
        """Approvals of exactly this plan and this preview."""
        if self.plan is None or self.preview is None:
            return ()
        digests = self.plan.digest, self.preview.digest
        return tuple(
            a for a in self.approvals if a.verdict is Verdict.YES and (a.plan_digest, a.preview_digest) == digests
        )

    @property
    def missing(self) -> tuple[Needed, ...]:
        """Whose yes is still needed, with the counts that remain. One person counts once."""
        if self.decision is None:
            return ()
        left: list[Needed] = []
        for needed in self.decision.needed:
            have = {a.actor.person_id for a in self.yes if _counts(a, needed, self)}
            if len(have) < needed.count:
                left.append(needed.model_copy(update={"count": needed.count - len(have)}))
        return tuple(left)

    @property
    def is_cleared(self) -> bool:
        """Whether it may run: policy allows it outright, or every needed yes is there."""
        if self.decision is None or self.decision.outcome is Outcome.REFUSE:
            return False
        return self.decision.outcome is Outcome.ALLOW or (bool(self.decision.needed) and not self.missing)

    @property
    def remind_at(self) -> datetime | None:
        """When the next reminder of a wait for approvals is due; None: there is none more."""
        due = self._reminders()[self.reminded :]
        return due[0] if due else None

    def reminders_due(self, now: datetime) -> int:
        """How many reminders should have been sent by now."""
        return sum(at <= now for at in self._reminders())

    def _reminders(self) -> tuple[datetime, ...]:
        if self.state is not State.AWAITING_APPROVAL or self.expires_at is None or self.decision is None:
            return ()
        return tuple(self.expires_at - self.decision.approve_within * (1 - part) for part in REMINDED_AT)

    @property
    def has_read(self) -> bool:
        """Whether it is over and has only looked."""
        return self.state.is_final and self.plan is not None and self.plan.effect is Effect.READ

    @property
    def undoable(self) -> tuple[StepResult, ...]:
        """Results whose change is in the cluster and can be taken back, last first."""
        if self.undone_by is not None or not self.state.is_final:
            return ()
        applied = (r for r in reversed(self.results) if r.after is not None)
        return tuple(r for r in applied if r.undo is not None and r.undo.action is not None)

    def _move(self, event: Event, **changes: object) -> Self:
        return self.model_copy(update={"state": after(self.state, event), **changes})

    def answered(self, answer: tuple[Section, ...], summary: Summary) -> Self:
        return self._move(Event.ANSWERED, answer=answer, summary=summary, expires_at=None)

    def asked(self, question: Question, expires_at: datetime) -> Self:
        return self._move(Event.CHOICE_NEEDED, question=question, expires_at=expires_at)

    def chosen(self, choice: Choice) -> Self:
        return self._move(Event.CHOSEN, choices=(*self.choices, choice), question=None, expires_at=None)

    def planned(self, plan: Plan, preview: Preview, risk: Risk, decision: PolicyDecision, now: datetime) -> Self:
        """Ready, awaiting approval, or refused, as the decision says."""
        facts = {"plan": plan, "preview": preview, "risk": risk, "decision": decision, "approvals": (), "earlier": None}
        facts["reminded"] = 0
        match decision.outcome:
            case Outcome.ALLOW:
                return self._move(Event.ALLOWED, expires_at=now + decision.run_within, **facts)
            case Outcome.REFUSE:
                return self._move(Event.REFUSED, expires_at=None, **facts)
            case Outcome.CONFIRM | Outcome.APPROVE:
                return self._move(Event.APPROVALS_NEEDED, expires_at=now + decision.approve_within, **facts)

    def approved(self, approval: Approval, now: datetime) -> Self:
        """One yes more; ready when nobody is missing. A no rejects."""
        more = self.model_copy(update={"approvals": (*self.approvals, approval)})
        if approval.verdict is Verdict.NO:
            return more._move(Event.REJECTED, expires_at=None)
        if more.decision is None or not more.is_cleared:
            return more._move(Event.APPROVED)
        return more._move(Event.FULLY_APPROVED, expires_at=now + more.decision.run_within)

    def edited(self, *edits: Edit) -> Self:
        return self._revised(edits=(*self.edits, *edits))

    def carrying(self, approvals: tuple[Approval, ...], before: Earlier) -> Self:
        """With approvals of the plan before, of which this is a part; their clock goes on and does not begin again."""
        until = min(filter(None, (self.expires_at, before.expires_at)), default=None)
        return self.model_copy(
            update={"approvals": approvals, "expires_at": until, "reminded": before.reminded} if approvals else {}
        )

    def corrected(self, choice: Choice) -> Self:
        """Planned again with another alternative of an assumption.

        An edit of the only step goes with it; of several it must still find the step that it was about.
        """
        edits = self.edits
        if self.plan is not None and len(self.plan.steps) == 1:
            edits = tuple(edit.model_copy(update={"about": ""}) for edit in edits)
        return self._revised(choices=(*self.choices, choice), edits=edits)

    def opted(self, options: Options) -> Self:
        return self._revised(options=options)

    def without_checks(self) -> Self:
        return self._revised(skips_checks=True)

    def _revised(self, **changes: object) -> Self:
        nothing = {"plan": None, "preview": None, "risk": None, "decision": None, "approvals": (), "expires_at": None}
        facts = {"revision": self.revision + 1, "notice": "", "earlier": self._standing()}
        return self._move(Event.EDITED, **nothing, **facts, **changes)

    def _standing(self) -> Earlier | None:
        if self.plan is None or self.preview is None or self.risk is None or self.decision is None:
            return None
        names = ("choices", "edits", "options", "skips_checks", "expires_at", "approvals", "reminded")
        return Earlier(
            plan=self.plan,
            preview=self.preview,
            risk=self.risk,
            decision=self.decision,
            **{name: getattr(self, name) for name in names},
        )

    def kept(self, earlier: Earlier, notice: str) -> Self:
        """The plan before a change that could not be planned waits again, as this revision and without approvals."""
        plan = earlier.plan.model_copy(update={"revision": self.revision})
        before = {name: getattr(earlier, name) for name in Earlier.model_fields}
        return self._move(
            Event.APPROVALS_NEEDED, **{**before, "plan": plan, "approvals": (), "earlier": None, "notice": notice}
        )

    def drifted(
        self, plan: Plan, preview: Preview, risk: Risk, decision: PolicyDecision, now: datetime, notice: str
    ) -> Self:
        """Back to the people with a new preview; every approval is dropped."""
        return self._move(
            Event.DRIFTED,
            plan=plan,
            preview=preview,
            risk=risk,
            decision=decision,
            approvals=(),
            revision=plan.revision,
            notice=notice,
            expires_at=now + decision.approve_within,
            reminded=0,
        )

    def withdrawn(self, lost: tuple[Withdrawal, ...], now: datetime) -> Self:
        """Without the approvals of these people; whoever is missing then has the whole time to approve again."""
        people = {one.person_id for one in lost}
        kept = tuple(a for a in self.approvals if a.role == "requester" or a.actor.person_id not in people)
        notice = "; ".join(f"{one.name}'s approval does not count: {one.because}" for one in lost)
        less = self.model_copy(update={"approvals": kept, "notice": notice})
        if self.state is State.AWAITING_APPROVAL or self.decision is None:
            return less._move(Event.WITHDRAWN)
        return less._move(Event.WITHDRAWN, expires_at=now + self.decision.approve_within, reminded=0)

    def vouched(self, people: Set[PersonId], now: datetime) -> Self:
        """With the rights of these approvers found in the clusters."""
        seen = (a.actor.person_id in people and a in self.yes for a in self.approvals)
        marked = (
            a.model_copy(update={"checked_at": now}) if found else a
            for a, found in zip(self.approvals, seen, strict=True)
        )
        return self.model_copy(update={"approvals": tuple(marked)})

    def waits_on(self, notice: str) -> Self:
        """Ready as before; what it waits for is said."""
        return self.model_copy(update={"notice": notice})

    def started(self) -> Self:
        return self._move(Event.STARTED, expires_at=None, notice="")

    def intending(self, step: int, now: datetime) -> Self:
        """Committed before the write of a step is sent; taken back only by its result."""
        return self.model_copy(update={"intended": (*self._in_doubt(step), step), "intended_at": now})

    def _in_doubt(self, but: int) -> tuple[int, ...]:
        return tuple(number for number in self.intended if number != but)

    def looked(self, found: tuple[StepResult, ...]) -> Self:
        """With what the suggested checks have found."""
        return self.model_copy(update={"checked": found})

    def step_finished(self, result: StepResult) -> Self:
        return self._move(Event.STEP_FINISHED, results=(*self.results, result), intended=self._in_doubt(result.step))

    def finished(
        self,
        event: Literal[Event.SUCCEEDED, Event.FAILED, Event.INTERRUPTED],
        summary: Summary,
        problem: Problem | None = None,
    ) -> Self:
        return self._move(event, summary=summary, problem=problem)

    def on_trial(self, now: datetime) -> Self:
        """Once it is over: with the clock that its plan asks for, if there is something to take back."""
        wanted = self.plan.options.keep_seconds if self.plan is not None else None
        if wanted is None or self.keeping is not None or not self.undoable:
            return self
        return self.model_copy(update={"keeping": began(wanted, self.results, now)})

    def verified(self, *, applied: bool, summary: Summary) -> Self:
        """The reconciler's finding, when the cluster's evidence is plain."""
        event = Event.VERIFIED_APPLIED if applied else Event.VERIFIED_NOT_APPLIED
        return self._move(event, summary=summary, intended=())

    def examined(self, results: tuple[StepResult, ...]) -> Self:
        """With results for steps in doubt; it still waits while any other is."""
        known = {result.step for result in results}
        kept = tuple(result for result in self.results if result.step not in known)
        left = tuple(number for number in self.intended if number not in known)
        return self.model_copy(update={"results": (*kept, *results), "intended": left})

    def settled(self, person: PersonId, *, applied: bool, now: datetime, step: int | None = None) -> Self:
        """A person's word on an interrupted request: the step, or each in doubt, gets a result that names them.

        It waits on while another step is in doubt, and has succeeded only when no step is left undone.
        """
        said = "applied" if applied else "not applied"
        outcome = StepOutcome.DONE if applied else StepOutcome.FAILED
        message = f"{said}, says {person} after looking"
        told = self.examined(
            tuple(
                StepResult(step=number, outcome=outcome, started_at=now, ended_at=now, message=message)
                for number in self.intended
                if step in (None, number)
            )
        )
        if told.intended:
            return told
        done = {r.step for r in told.results if r.outcome is StepOutcome.DONE}
        complete = applied and self.plan is not None and done >= {step.number for step in self.plan.steps}
        event = Event.VERIFIED_APPLIED if complete else Event.VERIFIED_NOT_APPLIED
        more = "; not every step was carried out" if applied and not complete else ""
        summary = Summary(headline=f"{said}, says {person} after looking at the cluster{more}")
        return told._move(event, summary=summary)

    def refused(self, problem: Problem) -> Self:
        return self._move(Event.REFUSED, problem=problem, expires_at=None)

    def failed_planning(self, problem: Problem) -> Self:
        return self._move(Event.PLANNING_FAILED, problem=problem, expires_at=None)

    def cancelled(self) -> Self:
        return self._move(Event.CANCELLED, expires_at=None)

    def expired(self) -> Self:
        return self._move(Event.EXPIRED, expires_at=None)


def _counts(approval: Approval, needed: Needed, request: Request) -> bool:
    if approval.role != needed.role:
        return False
    if request.decision is not None and request.decision.second_factor and not approval.has_fresh_factor:
        return False
    if needed.role == "requester":
        return approval.actor.person_id == request.requester
    if approval.actor.cooling_until is not None:
        return False
    return approval.actor.person_id not in request.authors and needed.takes(approval.actor)
