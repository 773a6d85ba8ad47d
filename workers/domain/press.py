"""Who may press what on a request, and what a press amounts to. Pure; every refusal says which condition failed."""

from collections.abc import Mapping
from datetime import datetime

from workers.domain.action import Action, Effect, Parameter
from workers.domain.actor import Actor
from workers.domain.approval import Approval, Needed, Verdict, is_fresh
from workers.domain.errors import (
    AlreadyDecided,
    LinkCooling,
    Mistake,
    NotAnApprover,
    OwnApproval,
    PlanChanged,
    PlanUnnamed,
    Refusal,
    RequestExpired,
    SecondFactorNeeded,
)
from workers.domain.plan import Choice
from workers.domain.policy import Outcome, Policy
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import Digest


def approval(request: Request, actor: Actor, verdict: Verdict, reason: str, at: datetime) -> Approval:
    if request.plan is None or request.preview is None:
        raise PlanChanged(f"{request.id} has no plan at this moment", then="wait for the new card")
    return Approval(
        request_id=request.id,
        actor=actor,
        verdict=verdict,
        role="requester" if actor.person_id == request.requester else "approver",
        plan_digest=request.plan.digest,
        preview_digest=request.preview.digest,
        reason=reason[:1000],
        at=at,
    )


def decision_facts(approval: Approval) -> dict[str, object]:
    return {
        "role": approval.role,
        "verdict": approval.verdict.value,
        "plan_digest": approval.plan_digest,
        "preview_digest": approval.preview_digest,
        "reason": approval.reason,
        "verified_by": approval.actor.verified_by,
        "account": approval.actor.account.model_dump(),
        "second_factor_at": approval.actor.second_factor_at and approval.actor.second_factor_at.isoformat(),
    }


def waits(request: Request, *states: State) -> None:
    if request.state in states:
        return
    if request.state is State.EXPIRED:
        raise RequestExpired(f"the time to decide on {request.id} is over", then="ask again to get a new plan")
    raise AlreadyDecided(
        f"{request.id} is not waiting for that", now=f"it is {request.state}", then=f"`show {request.id}`"
    )


def is_requester(request: Request, actor: Actor, what: str) -> None:
    if actor.person_id != request.requester:
        raise Refusal(
            f"only {request.intent.actor.name}, who asked, can {what} {request.id}",
            now=f"you speak as {actor.name}",
            then="press Approve instead, or ask for it yourself",
        )


def shows(request: Request, plan_digest: Digest | None, preview_digest: Digest | None) -> None:
    """What the press was shown is what is stored now; a yes that names nothing means nothing."""
    plan, preview = request.plan, request.preview
    if plan is None or preview is None:
        raise PlanChanged(f"{request.id} has no plan at this moment", then="wait for the new card")
    if plan_digest is None or preview_digest is None:
        raise PlanUnnamed(
            f"this does not say which plan of {request.id} was read",
            now=f"it is plan {plan.digest[:8]}, revision {plan.revision}",
            then=f"read it with `show {request.id}` and press again",
        )
    if plan_digest == plan.digest and preview_digest != preview.digest:
        raise PlanChanged(
            f"{request.id} would not do any more what was shown",
            now=request.notice or f"it is revision {plan.revision}, with another preview",
            then="read the new card and press again",
        )
    is_of(request, plan_digest)


def is_of(request: Request, plan_digest: Digest) -> None:
    """The card that was shown is of the plan that is stored now, whatever its preview."""
    plan = request.plan
    if plan is None or plan_digest != plan.digest:
        raise PlanChanged(
            f"{request.id} was shown as plan {plan_digest[:8]}",
            now=f"it is plan {plan.digest[:8]}, revision {plan.revision}" if plan else "it has no plan at this moment",
            then="read the new card and press again",
        )


def editing(request: Request, step: int, params: Mapping[str, Parameter]) -> Action:
    """The step's action with other parameters, not validated; raises Mistake when there is nothing to edit."""
    steps = request.plan.steps if request.plan else ()
    found = next((s for s in steps if s.number == step), None)
    if found is None:
        raise Mistake(f"there is no step {step}", now=f"the plan has {len(steps)}", then="name one of its steps")
    if unknown := sorted(params.keys() - found.editable):
        allowed = ", ".join(sorted(found.editable)) or "nothing"
        raise Mistake(f"'{unknown[0]}' of step {step} cannot be edited", now=f"{allowed} can be")
    action = found.action.model_copy(update={"params": {**found.action.params, **params}})
    if action == found.action:
        said = ", ".join(f"{name}={value}" for name, value in sorted(params.items())) or "nothing"
        raise Mistake(f"step {step} says so already: {said}", now="the plan is as it was", then="name another value")
    return action


def alternative(request: Request, chip: str) -> Choice:
    """What a press on a chip means: `a2` is the second alternative of the assumption with the letter a."""
    chips = request.plan.chips if request.plan else {}
    taken = chips.get(chip[:1])
    found = next((one for one in taken.alternatives if one.id == chip[1:]), None) if taken else None
    if found is None:
        have = ", ".join(f"{letter}{one.id} {one.label}" for letter, t in chips.items() for one in t.alternatives)
        raise Mistake(
            f"there is no '{chip}' on the card of {request.id}",
            now=f"it has {have}" if have else "it assumes nothing that has an alternative",
            then="press one of them, or ask again in other words",
        )
    return found


def in_doubt(request: Request, step: int | None) -> None:
    """Raises Mistake unless it is plain which step a person speaks of: several may be in doubt, one in each cluster."""
    doubtful = ", ".join(str(number) for number in request.intended)
    if step is None and len(request.intended) > 1:
        raise Mistake(
            f"steps {doubtful} of {request.id} are in doubt, each in its own cluster",
            now="one word cannot speak of them all",
            then=f"look at each, then type for example: applied {request.id} step {request.intended[0]}",
        )
    if step is not None and step not in request.intended:
        now = f"in doubt: step {doubtful}" if doubtful else "no step of it is in doubt"
        raise Mistake(f"step {step} of {request.id} is not in doubt", now=now, then=f"`show {request.id}`")


def may_settle(request: Request, actor: Actor, approvers: frozenset[str]) -> None:
    """The requester, somebody whose approval the request needed, or else of these groups, which approve elsewhere.

    Without any such group it is one of the requester's own: an interrupted request must not wait for one person.
    """
    wanted = _wanted(request) or (Needed(role="approver", count=1, groups=approvers or request.intent.actor.groups),)
    if actor.person_id == request.requester or any(needed.takes(actor) for needed in wanted):
        return
    who, has = " and ".join(needed.text for needed in wanted), ", ".join(sorted(actor.groups)) or "no group"
    raise NotAnApprover(
        f"{actor.name} is not among those who can say what {request.id} did",
        now=f"{request.intent.actor.name} can, or {who}; {actor.name} is in {has}",
        then="look at the cluster, and have one of them say it",
    )


def approver_groups(policy: Policy) -> frozenset[str]:
    """Whose approval any rule of the policy asks for."""
    rules = (rule for rule in policy.rules if rule.then is Outcome.APPROVE)
    return frozenset(group for rule in rules for group in rule.groups)


def _wanted(request: Request) -> tuple[Needed, ...]:
    needed = request.decision.needed if request.decision else ()
    return tuple(one for one in needed if one.role == "approver")


def is_cooled(actor: Actor, what: str) -> None:
    """Raises LinkCooling while the account is theirs too lately to decide about others."""
    if actor.cooling_until is not None:
        raise LinkCooling(
            f"the account {actor.account.text} was linked to {actor.name} too lately to {what}",
            now=f"it may {what} from {actor.cooling_until:%Y-%m-%d %H:%M} UTC",
            then="ask somebody else, or wait until then",
        )


def may_say_yes(request: Request, actor: Actor, at: datetime) -> None:
    """A yes from an account that is theirs long enough, with a fresh second factor where the decision asks for one."""
    if actor.person_id != request.requester:
        is_cooled(actor, "approve")
    if request.decision is not None and request.decision.second_factor and not is_fresh(actor, at):
        what = "run" if actor.person_id == request.requester else "approve"
        raise SecondFactorNeeded(
            f"a yes to {request.id} needs a code of your second factor",
            now="the policy asks for one, and none was checked with this press",
            then=f"type `{what} {request.id} ` and the six digits; without an app: kubechat second-factor enroll",
        )


def may_approve(request: Request, actor: Actor) -> None:
    """A different person than those whose words the plan is made of, in a group that the decision names."""
    wanted = _wanted(request)
    if actor.person_id == request.requester:
        who = wanted[0].text if wanted else "nobody else"
        raise OwnApproval(
            f"{actor.name} asked for this and cannot approve it too",
            now=f"it needs {who}",
            then="press Run for your own part, and ask somebody else to press Approve",
        )
    if actor.person_id in request.authors:
        raise OwnApproval(
            f"{actor.name} has edited this and cannot approve it too",
            now=f"it needs {wanted[0].text if wanted else 'nobody else'}",
            then="ask somebody who has not changed it to press Approve",
        )
    if not wanted:
        raise NotAnApprover(
            "this needs no other person's approval",
            now="it waits for the requester's own Run",
            then=f"ask {request.intent.actor.name} to press Run",
        )
    if not any(needed.takes(actor) for needed in wanted):
        wants, has = " and ".join(needed.text for needed in wanted), ", ".join(sorted(actor.groups)) or "no group"
        raise NotAnApprover(
            f"{actor.name} is not among those whose approval counts here",
            now=f"it needs {wants}; {actor.name} is in {has}",
            then="ask one of them, or have the policy changed",
        )


def may_undo(done: Request) -> None:
    """It has changed something that nobody has taken back yet."""
    if done.undoable:
        return
    if done.undone_by:
        raise AlreadyDecided(
            f"{done.id} has been undone",
            now=f"{done.undone_by} did it",
            then=f"`undo {done.undone_by}` takes that back",
        )
    impossible = [r.undo.because for r in done.results if r.after is not None and r.undo and r.undo.action is None]
    why = f"it is {done.state}"
    if impossible:
        why = "; ".join(dict.fromkeys(impossible))
    elif done.state.is_final and (done.plan is None or done.plan.effect is Effect.READ):
        why = "it changed nothing"
    raise Mistake(f"{done.id} has nothing to undo", now=why, then=f"look at it with `show {done.id}`")
