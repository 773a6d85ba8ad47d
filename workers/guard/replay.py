"""Stored requests judged once more: what another policy would have blocked, asked more for, or eased.

Both policies are asked under the circumstances that were stored: the plan, what its preview saw, who asked, why, when.
Rows are streamed; only counts and the first few of each sort are kept.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from workers.domain.circumstances import Circumstances
from workers.domain.judgement import decide
from workers.domain.policy import Outcome, Policy, PolicyDecision, known_as, sentences, ticket_in
from workers.domain.request import Request
from workers.domain.value import Digest, RequestId, Value
from workers.ports import Store

MOST_KEPT = 20  # of each sort


class Sort(StrEnum):
    BLOCKED = "blocked"
    STRICTER = "stricter"
    EASED = "eased"
    OTHER = "other"  # other people's approval, neither more nor less
    SAME = "same"


class Difference(Value):
    request_id: RequestId
    text: str
    at: datetime
    sort: Sort
    before: str  # "approve: the requester's own Run, 1 other person from sre"
    after: str
    because: tuple[str, ...]  # what the rules of the stricter side say


class Replayed(Value):
    counts: dict[Sort, int]
    differences: tuple[Difference, ...]  # at most MOST_KEPT of each sort, oldest first
    without_plan: int  # questions, talk, errors: nothing to judge


class Judge(Value):
    policy: Policy
    digest: Digest

    def of(self, request: Request) -> PolicyDecision | None:
        """None when the request has no plan that could be judged."""
        plan, preview = request.plan, request.preview
        if plan is None or preview is None or not plan.steps:
            return None
        names = {step.action.target.cluster for step in plan.steps}
        around = Circumstances(
            steps=plan.steps,
            clusters={name: known_as(self.policy, name) for name in names},
            actor=request.intent.actor,
            reason=request.intent.reason,
            ticket=ticket_in(self.policy, request.intent.reason),
            at=preview.taken_at,
            observed=preview.by_step(plan),
            break_glass=request.intent.break_glass,
        )
        return decide(self.policy, self.digest, around)


def replay(store: Store, since: datetime, old: Judge, new: Judge) -> Replayed:
    """Requests opened since then; freezes that people called are not replayed."""
    counts: Counter[Sort] = Counter()
    kept: list[Difference] = []
    without = 0
    for found in _differences(store, since, old, new):
        if found is None:
            without += 1
            continue
        counts[found.sort] += 1
        if found.sort is not Sort.SAME and counts[found.sort] <= MOST_KEPT:
            kept.append(found)
    return Replayed(counts=dict(counts), differences=tuple(kept), without_plan=without)


def _differences(store: Store, since: datetime, old: Judge, new: Judge) -> Iterator[Difference | None]:
    for request in store.opened_since(since):
        before, after = old.of(request), new.of(request)
        if before is None or after is None:
            yield None
            continue
        sort = compared(before, after)
        strict = before if sort is Sort.EASED else after
        yield Difference(
            request_id=request.id,
            text=request.intent.text,
            at=request.opened_at,
            sort=sort,
            before=said(before),
            after=said(after),
            because=sentences(strict.because),
        )


def compared(before: PolicyDecision, after: PolicyDecision) -> Sort:
    if after.outcome != before.outcome:
        if after.outcome is Outcome.REFUSE:
            return Sort.BLOCKED
        return Sort.STRICTER if after.outcome > before.outcome else Sort.EASED
    less, more = _asks(before) - _asks(after), _asks(after) - _asks(before)
    if less and more:
        return Sort.OTHER
    return Sort.STRICTER if more else Sort.EASED if less else Sort.SAME


def said(decision: PolicyDecision) -> str:
    """`approve: the requester's own Run, 1 other person from sre, a one-time password`."""
    asks = [needed.text for needed in decision.needed]
    asks += ["a fresh one-time password"] if decision.second_factor else []
    return decision.outcome.name.lower() + (f": {', '.join(asks)}" if asks else "")


def _asks(decision: PolicyDecision) -> frozenset[object]:
    """One for each person that is needed, so that more of them are a larger set."""
    people = {(needed.role, needed.groups, number) for needed in decision.needed for number in range(needed.count)}
    return frozenset(people | ({("second factor",)} if decision.second_factor else set()))
