"""Who may press what on a request, and what a press amounts to. Pure; every refusal says which condition failed."""

from datetime import datetime

from workers.domain.actor import Actor
from workers.domain.approval import Approval, Verdict
from workers.domain.errors import AlreadyDecided, NotAnApprover, OwnApproval, PlanChanged, Refusal, RequestExpired
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
    """The button must have shown what is stored now."""
    plan, preview = request.plan, request.preview
    if plan is None or preview is None:
        raise PlanChanged(f"{request.id} has no plan at this moment", then="wait for the new card")
    if plan_digest == plan.digest and preview_digest not in (None, preview.digest):
        raise PlanChanged(
            f"{request.id} would not do any more what was shown",
            now=request.notice or f"it is revision {plan.revision}, with another preview",
            then="read the new card and press again",
        )
    if plan_digest not in (None, plan.digest) or preview_digest not in (None, preview.digest):
        raise PlanChanged(
            f"{request.id} was shown as plan {(plan_digest or '')[:8]}",
            now=f"it is plan {plan.digest[:8]}, revision {plan.revision}",
            then="read the new card and press again",
        )


def may_settle(request: Request, actor: Actor) -> None:
    """The requester, or somebody whose approval counts for this request."""
    if actor.person_id != request.requester:
        may_approve(request, actor)


def may_approve(request: Request, actor: Actor) -> None:
    """A different person than the requester, in a group that the decision names."""
    wanted = [needed for needed in (request.decision.needed if request.decision else ()) if needed.role == "approver"]
    if actor.person_id == request.requester:
        who = wanted[0].text if wanted else "nobody else"
        raise OwnApproval(
            f"{actor.name} asked for this and cannot approve it too",
            now=f"it needs {who}",
            then="press Run for your own part, and ask somebody else to press Approve",
        )
    if not wanted:
        raise NotAnApprover(
            "this needs no other person's approval",
            now="it waits for the requester's own Run",
            then=f"ask {request.intent.actor.name} to press Run",
        )
    if not any(not needed.groups or needed.groups & actor.groups for needed in wanted):
        wants, has = " and ".join(needed.text for needed in wanted), ", ".join(sorted(actor.groups)) or "no group"
        raise NotAnApprover(
            f"{actor.name} is not among those whose approval counts here",
            now=f"it needs {wants}; {actor.name} is in {has}",
            then="ask one of them, or have the policy changed",
        )
