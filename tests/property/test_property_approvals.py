"""Random histories of approvals: edits, drops, drift, lost rights, clocks, stale buttons, people; and what is narrower.

The machine keeps its own book of who said yes to which effects, without any digest, and judges the request by it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.domain.making import (
    LOW,
    NOW,
    REQUESTER,
    actor,
    approvers,
    decision,
    opened,
    plan,
    preview,
    seen,
    step,
    step_preview,
    target,
)
from workers.domain.actor import Actor
from workers.domain.approval import Approval, Needed, Verdict, Withdrawal
from workers.domain.carrying import carried, changes, is_narrower
from workers.domain.errors import InvalidTransition, KubechatError
from workers.domain.observed import Preview
from workers.domain.plan import Edit, Plan
from workers.domain.policy import Outcome, PolicyDecision
from workers.domain.press import approval, is_requester, may_approve, shows, waits
from workers.domain.request import Request
from workers.domain.risk import Risk, RiskLevel
from workers.domain.state import State
from workers.domain.value import Digest, PersonId

ALICE = actor("alice", "sre", "dba")
PEOPLE = [ALICE, actor("bob", "sre"), actor("dora", "sre", "dba"), actor("eve", "dba"), actor("carol", "developers")]
NAMES = ("api", "web", "worker")


class Effect(NamedTuple):
    """What a person reads of one step: the object, the number it gets, and how it was found."""

    name: str
    replicas: int
    found: int


Effects = tuple[Effect, ...]
EFFECTS = st.lists(
    st.builds(Effect, st.sampled_from(NAMES), st.integers(1, 3), st.integers(1, 2)), min_size=1, max_size=4
).map(tuple)
NEEDED = st.lists(
    st.builds(approvers, st.integers(1, 3), st.sampled_from(["sre", "dba"])),
    min_size=1, max_size=2, unique_by=lambda needed: needed.groups,
)  # fmt: skip
LEVELS = st.sampled_from([RiskLevel.LOW, RiskLevel.HIGH, RiskLevel.HIGH, RiskLevel.CRITICAL])


def planned_of(effects: Effects, revision: int = 1) -> tuple[Plan, Preview]:
    steps = [step(number, at=target(one.name), replicas=one.replicas) for number, one in enumerate(effects, 1)]
    made = plan(*steps, revision=revision)
    looked = [seen(of, uid=f"u-{one.name}", touched=one.found) for of, one in zip(steps, effects, strict=True)]
    return made, preview(made, steps=[step_preview(of.number) for of in steps], observed=looked)


def is_part_of(less: Sequence[Effect], more: Sequence[Effect]) -> bool:
    """Each of these in the same order in the other."""
    rest = iter(more)
    return all(any(one == other for other in rest) for one in less)


@given(EFFECTS, EFFECTS)
@settings(max_examples=300, deadline=None)
def test_narrower_is_less_of_the_same_and_nothing_else(before: Effects, after: Effects) -> None:
    """Never wider, never another object, number or finding, never another order, never the same."""
    narrower = is_narrower(*planned_of(before), *planned_of(after, revision=2))

    if narrower:
        assert is_part_of(after, before)
        assert len(after) < len(before)


@given(EFFECTS.filter(lambda effects: len({one.name for one in effects}) == len(effects)), st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_left_is_narrower(before: Effects, data: st.DataObject) -> None:
    """Whichever steps are taken away, and the card names as many."""
    kept = data.draw(st.lists(st.sampled_from(range(len(before))), unique=True, min_size=1).map(sorted))
    after = tuple(before[at] for at in kept)
    old, new = planned_of(before), planned_of(after, revision=2)

    assert is_narrower(*old, *new) == (len(after) < len(before))
    said = changes(old[0], new[0])
    assert said.count("step ") == len(before) - len(after)


class Yes(NamedTuple):
    """A line of the book: what a person had before them when they said yes."""

    person: PersonId
    groups: frozenset[str]
    effects: Effects
    is_whole: bool  # the requester's: it counts for nothing but the whole


class Approvals(RuleBasedStateMachine):
    """Whatever happens in whatever order, what runs was allowed by enough people who saw it."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.request: Request = opened(ALICE)
        self.effects: Effects = (Effect("api", 2, 1), Effect("web", 2, 1), Effect("worker", 2, 1))
        self.needed: tuple[Needed, ...] = (REQUESTER, approvers(1, "sre"))
        self.level = RiskLevel.HIGH
        self.book: list[Yes] = []
        self.buttons: list[tuple[Digest, Digest]] = []  # of every card that was ever drawn
        self.given: list[Approval] = []
        self.editors: set[PersonId] = {PersonId("alice")}
        self.plan()

    # What Kubechat does

    def plan(self) -> None:
        """As planned.keep_judged does, with what is kept of the approvals before."""
        made, looked = planned_of(self.effects, self.request.revision)
        before = self.request.earlier
        risk = Risk(level=self.level, reasons=(), blast_radius=LOW.blast_radius)
        after = self.request.planned(made, looked, risk, self.decided(), self.now)
        if before is not None:
            after = after.carrying(carried(before, after), before)
        self.request = after
        self.draw()

    def decided(self) -> PolicyDecision:
        return decision(Outcome.APPROVE, *self.needed)

    def draw(self) -> None:
        assert self.request.plan is not None
        assert self.request.preview is not None
        self.buttons.append((self.request.plan.digest, self.request.preview.digest))

    @property
    def is_late(self) -> bool:
        return self.request.expires_at is not None and self.request.expires_at <= self.now

    # What people and the world do

    @rule(minutes=st.integers(1, 12))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.request.state.is_final or self.request.state is State.RUNNING)
    @rule(effects=EFFECTS, needed=NEEDED, level=LEVELS)
    def opens(self, effects: Effects, needed: list[Needed], level: RiskLevel) -> None:
        """Another request, once this one is over; old buttons and rows stay around."""
        self.request, self.book, self.given, self.editors = opened(ALICE), [], [], {PersonId("alice")}
        self.effects, self.needed, self.level = effects, (REQUESTER, *needed), level
        self.plan()

    @rule(who=st.sampled_from(PEOPLE), data=st.data(), is_fresh=st.sampled_from([True, True, True, False]))
    def press(self, who: Actor, data: st.DataObject, is_fresh: bool) -> None:
        """Run or Approve, as the service takes it: by the newest button, or any older one."""
        button = self.buttons[-1] if is_fresh else data.draw(st.sampled_from(self.buttons))
        try:
            if self.is_late:
                return
            waits(self.request, State.AWAITING_APPROVAL)
            if who.person_id == self.request.requester:
                is_requester(self.request, who, "run")
            else:
                may_approve(self.request, who)
            shows(self.request, *button)
        except KubechatError:
            return
        if any(one.actor.person_id == who.person_id for one in self.request.yes):
            return
        said = approval(self.request, who, Verdict.YES, "", self.now)
        self.given.append(said)
        self.request = self.request.approved(said, self.now)
        self.book.append(Yes(who.person_id, who.groups, self.effects, who.person_id == self.request.requester))

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def an_old_row_comes_again(self, data: st.DataObject) -> None:
        """Behind the service's back: it may count only for what it was given to."""
        row = data.draw(st.sampled_from(self.given))
        try:
            self.request = self.request.approved(row, self.now)
        except InvalidTransition:
            return

    @precondition(lambda self: self.request.state is State.AWAITING_APPROVAL)
    @rule(who=st.sampled_from(PEOPLE), at=st.integers(0, 3), replicas=st.integers(1, 3))
    def edits(self, who: Actor, at: int, replicas: int) -> None:
        """By the requester, or by somebody else: that is an author from then on."""
        number = at % len(self.effects)
        self.editors.add(who.person_id)
        changed = self.effects[number]._replace(replicas=replicas)
        self.effects = (*self.effects[:number], changed, *self.effects[number + 1 :])
        self.request = self.request.edited(Edit(step=number + 1, params={"replicas": replicas}, by=who.person_id))
        self.plan()

    @precondition(lambda self: self.request.state is State.AWAITING_APPROVAL and len(self.effects) > 1)
    @rule(at=st.integers(0, 3), found=st.integers(1, 2), more=st.booleans(), level=LEVELS)
    def drops(self, at: int, found: int, more: bool, level: RiskLevel) -> None:
        """A step goes; meanwhile the world, the policy or the risk may have become another."""
        number = at % len(self.effects)
        left = (*self.effects[:number], *self.effects[number + 1 :])
        self.effects = (left[0]._replace(found=found), *left[1:])
        if more:
            self.needed = (REQUESTER, *(one.model_copy(update={"count": one.count + 1}) for one in self.needed[1:]))
        self.level = level
        self.request = self.request.edited(Edit(step=number + 1, params={}, by=PersonId("alice"), drops=True))
        self.plan()

    @precondition(lambda self: self.request.state is State.READY)
    @rule(found=st.integers(1, 2))
    def drifts(self, found: int) -> None:
        self.effects = tuple(one._replace(found=found + 2) for one in self.effects)
        made, looked = planned_of(self.effects, self.request.revision + 1)
        risk = Risk(level=self.level, reasons=(), blast_radius=LOW.blast_radius)
        self.request = self.request.drifted(made, looked, risk, self.decided(), self.now, "changed")
        self.draw()

    @precondition(lambda self: self.request.state in (State.AWAITING_APPROVAL, State.READY) and self.request.yes)
    @rule(who=st.sampled_from(PEOPLE[1:]))
    def loses_the_right(self, who: Actor) -> None:
        self.book = [one for one in self.book if one.person != who.person_id]
        self.given = [one for one in self.given if one.actor.person_id != who.person_id]
        lost = Withdrawal(person_id=who.person_id, name=who.name, because="no right")
        self.request = self.request.withdrawn((lost,), self.now)

    @precondition(lambda self: self.request.state is State.READY)
    @rule()
    def starts(self) -> None:
        """As a worker does: only what is unexpired can be claimed, and only what is cleared begins."""
        if self.is_late or not self.request.is_cleared:
            return
        self.request = self.request.started()

    @precondition(lambda self: self.is_late and not self.request.state.is_final)
    @rule()
    def expires(self) -> None:
        if self.request.state in (State.AWAITING_APPROVAL, State.READY):
            self.request = self.request.expired()

    # What must hold

    @invariant()
    def enough_people_saw_what_is_cleared(self) -> None:
        """Ready or running: so many other humans of each group said yes to all of this, and the requester to this."""
        if self.request.state not in (State.READY, State.RUNNING):
            return
        assert PersonId("alice") in {one.person for one in self.book if one.is_whole and one.effects == self.effects}
        for needed in self.needed[1:]:
            people = {
                one.person
                for one in self.book
                if not one.is_whole and is_part_of(self.effects, one.effects) and needed.groups & one.groups
            }
            assert len(people - self.editors) >= needed.count

    @invariant()
    def no_author_counts_as_another(self) -> None:
        """Without the yeses of the requester and the editors as many others are missing as with them."""
        others = tuple(one for one in self.request.approvals if one.actor.person_id not in self.editors)
        without = self.request.model_copy(update={"approvals": others})
        assert _approvers(without) == _approvers(self.request)

    @invariant()
    def nobody_counts_twice(self) -> None:
        """However many rows a person has, one of them is enough for the same to be missing."""
        once = {(one.actor.person_id, one.role): one for one in self.request.yes}
        assert self.request.model_copy(update={"approvals": tuple(once.values())}).missing == self.request.missing

    @invariant()
    def what_is_kept_was_given_to_more(self) -> None:
        """A carried yes has a line in the book, for a plan of which this is a part, below critical risk."""
        for one in self.request.yes:
            if one.carried_from is not None:
                lines = [line.effects for line in self.book if line.person == one.actor.person_id]
                assert any(is_part_of(self.effects, effects) for effects in lines)
                assert one.role == "approver"
                assert self.level is not RiskLevel.CRITICAL


def _approvers(request: Request) -> list[Needed]:
    return [one for one in request.missing if one.role == "approver"]


Approvals.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestApprovals = Approvals.TestCase
TestApprovals.__doc__ = "No history lets anything run that fewer people allowed than the policy asks for."
