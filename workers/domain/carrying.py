"""Which approvals a new revision keeps, and what it says has changed. Pure.

Only a narrower plan keeps any: it is the approved one with steps taken away, and nothing else. That is not judged but
computed: the approved plan and preview without those steps must have the very digests of the new ones. Nothing is kept
where the risk is critical or a second factor is asked for, nor where the decision asks for more than before; nor the
requester's own Run, who looks at what is left.
"""

from collections.abc import Mapping, Sequence

from workers.domain.approval import Approval, Needed
from workers.domain.observed import Preview
from workers.domain.plan import Check, Plan, Step
from workers.domain.policy import PolicyDecision
from workers.domain.request import Earlier, Request
from workers.domain.risk import RiskLevel
from workers.domain.state import State
from workers.domain.value import Digest

Numbers = Mapping[int, int]  # of a step in the new plan -> of the same step in the approved one


def carried(before: Earlier, after: Request) -> tuple[Approval, ...]:
    """Other people's approvals of the plan before, bound to what is left of it; empty when it is not narrower."""
    plan, preview, risk, decision = after.plan, after.preview, after.risk, after.decision
    if plan is None or preview is None or decision is None or risk is None:
        return ()
    if after.state is not State.AWAITING_APPROVAL:
        return ()
    if RiskLevel.CRITICAL in (before.risk.level, risk.level) or decision.second_factor or before.decision.second_factor:
        return ()
    if not _asks_no_more(before.decision, decision) or not is_narrower(before.plan, before.preview, plan, preview):
        return ()
    digests = before.plan.digest, before.preview.digest
    given = (a for a in before.approvals if (a.plan_digest, a.preview_digest) == digests)
    kept = (a for a in given if a.role == "approver" and a.actor.person_id not in after.authors)
    bound = {"plan_digest": plan.digest, "preview_digest": preview.digest, "carried_from": digests}
    return tuple(a.model_copy(update=bound) for a in kept)


def is_narrower(before: Plan, approved: Preview, after: Plan, preview: Preview) -> bool:
    """Whether the one is the other without some of its steps, with the same effects on the same objects."""
    numbers = _taken_from(before.steps, after.steps)
    if numbers is None or not 0 < len(after.steps) < len(before.steps):
        return False
    left = _plan_without(before, after, numbers)
    return left.digest == after.digest and _preview_without(before, approved, left, numbers) == preview.digest


def changes(before: Plan, after: Plan) -> str:
    """`step 1: replicas 4 -> 5; dropped step 2 (restart prod-eu/payments deployment/api)`; empty when nothing did."""
    numbers = _taken_from(before.steps, after.steps)
    if numbers is not None and len(numbers) < len(before.steps):
        gone = [step for step in before.steps if step.number not in numbers.values()]
        return "dropped " + ", ".join(f"step {step.number} ({step.action.text})" for step in gone)
    if len(before.steps) != len(after.steps):
        return f"{len(before.steps)} -> {len(after.steps)} steps"
    told = (_step_changes(old, new) for old, new in zip(before.steps, after.steps, strict=True))
    several = len(after.steps) > 1
    lines = (f"step {s.number}: {said}" if several else said for s, said in zip(after.steps, told, strict=True) if said)
    more = ["without the suggested checks"] if before.checks and not after.checks else []
    return "; ".join([*lines, *more])


def _step_changes(old: Step, new: Step) -> str:
    if (old.action.verb, old.action.target) != (new.action.verb, new.action.target):
        return f"{old.action.text} -> {new.action.text}"
    names = sorted({*old.action.params, *new.action.params})
    pairs = ((name, old.action.params.get(name), new.action.params.get(name)) for name in names)
    return ", ".join(f"{name} {_short(was)} -> {_short(now)}" for name, was, now in pairs if was != now)


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _taken_from(before: Sequence[Step], after: Sequence[Step]) -> Numbers | None:
    """Each step of the one as a step of the other, in the same order; None when one of them is new."""
    found: dict[int, int] = {}
    rest = iter(before)
    for step in after:
        same = next((old for old in rest if (old.action, old.undo) == (step.action, step.undo)), None)
        if same is None:
            return None
        found[step.number] = same.number
    return found


def _plan_without(before: Plan, after: Plan, numbers: Numbers) -> Plan:
    """The approved plan with only these steps, and those of its checks that the new one still has."""
    old = {step.number: step for step in before.steps}
    steps = tuple(old[was].model_copy(update={"number": number}) for number, was in numbers.items())
    known = [check.action for check in before.checks]
    checks: tuple[Check, ...] = after.checks if all(check.action in known for check in after.checks) else before.checks
    return before.model_copy(update={"steps": steps, "checks": checks})


def _preview_without(before: Plan, approved: Preview, left: Plan, numbers: Numbers) -> Digest:
    """The digest that the approved preview has when it is of these steps only."""
    previews = {step.number: step for step in approved.steps}
    seen = approved.by_step(before)
    changing = {step.action.target.cluster for step in left.steps if numbers[step.number] in seen}
    return approved.model_copy(
        update={
            "plan_digest": left.digest,
            "steps": tuple(previews[was].model_copy(update={"number": number}) for number, was in numbers.items()),
            "observed": tuple(seen[was] for was in numbers.values() if was in seen),
            "identities": {name: one for name, one in approved.identities.items() if name in changing},
        }
    ).digest


def _asks_no_more(before: PolicyDecision, now: PolicyDecision) -> bool:
    """The same kind of yes, from no more people, of groups that were asked before."""
    return (
        now.outcome <= before.outcome
        and now.break_glass == before.break_glass
        and all(any(_covers(old, new) for old in before.needed) for new in now.needed)
    )


def _covers(old: Needed, new: Needed) -> bool:
    return (old.role, old.groups) == (new.role, new.groups) and old.count >= new.count
