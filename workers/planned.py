"""What planning came to, as the next state of its request and the leaf that says so.

A revision that cannot be planned - an edit, another assumption - leaves the plan before it waiting, without approvals:
a slip of the pen never costs the request.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from workers.domain.action import Action
from workers.domain.approval import Approval
from workers.domain.audit import AuditEvent
from workers.domain.canonical import digest
from workers.domain.carrying import carried, changes
from workers.domain.errors import Broken, KubechatError, Mistake, Refusal
from workers.domain.observed import Preview
from workers.domain.plan import Intent, Plan, Question
from workers.domain.policy import Outcome, PolicyDecision, sentences
from workers.domain.problem import Problem
from workers.domain.redact import redact
from workers.domain.request import Earlier, Request
from workers.domain.risk import Risk
from workers.domain.summary import Summary
from workers.domain.value import Value
from workers.planner.result import Refused, Reply
from workers.ports import Change
from workers.redaction import clean_section

LONGEST_RECORDED = 500  # characters of a parameter
TIME_TO_CHOOSE = timedelta(minutes=30)


class Judged(Value):
    """A plan with everything that people need to decide on it."""

    plan: Plan
    preview: Preview
    risk: Risk
    decision: PolicyDecision
    audit_ids: tuple[str, ...] = ()  # of every call that was asked for it
    notice: str = ""  # why it does not run by itself

    @property
    def facts(self) -> dict[str, Any]:
        """For the record: effects and digests, not whole diffs."""
        return {
            "plan_digest": self.plan.digest,
            "preview_digest": self.preview.digest,
            "revision": self.plan.revision,
            "steps": [
                {
                    "number": s.number,
                    **_recorded(s.action),
                    "effect": s.action.effect.value,
                    "kubectl": s.kubectl,
                }
                for s in self.plan.steps
            ],
            "options": self.plan.options.model_dump(mode="json"),
            "checks": [_recorded(check.action) for check in self.plan.checks],
            "clusters": {name: identity.model_dump() for name, identity in self.preview.identities.items()},
            "objects": [
                {"target": o.target.text, "uid": o.uid, "touched": o.touched_digest} for o in self.preview.observed
            ],
            "dry_run": {str(s.number): s.dry_run.value for s in self.preview.steps},
            "undo": {str(s.number): s.undo.proof.value for s in self.preview.steps if s.undo},
            "source": self.plan.source.model_dump(mode="json"),
            "risk": self.risk.level.word,
            "blast_radius": self.risk.blast_radius.model_dump(),
            "outcome": self.decision.outcome.name.lower(),
            "rules": [hit.rule for hit in self.decision.because],
            "policy_digest": self.decision.policy_digest,
            "audit_ids": list(self.audit_ids),
        }


def _recorded(action: Action) -> dict[str, Any]:
    """As a record holds it: of a whole object that is a parameter only its length and digest."""
    params = {
        name: f"{len(value)} characters, sha256 {digest(value)}"
        if isinstance(value, str) and len(value) > LONGEST_RECORDED
        else value
        for name, value in action.params.items()
    }
    return {**action.model_dump(mode="json"), "params": params}


def keep_judged(change: Change, stored: Request, judged: Judged, intent: Intent) -> Request:
    """Ready, waiting for people, or refused by the policy."""
    decision = judged.decision
    if decision.outcome is Outcome.REFUSE:
        change.leaf(AuditEvent.PLAN_REFUSED, request_id=stored.id, actor=stored.requester, facts=judged.facts)
        if stored.earlier is not None:
            return _as_before(stored, refusal(decision))
    else:
        change.leaf(AuditEvent.PLAN_MADE, request_id=stored.id, actor=stored.requester, facts=judged.facts)
    told = stored.model_copy(update={"intent": intent, "notice": judged.notice or stored.notice})
    planned = told.planned(judged.plan, judged.preview, judged.risk, decision, change.now())
    if decision.outcome is Outcome.REFUSE:
        return planned.model_copy(update={"problem": refusal(decision)})
    return _revised(change, stored.earlier, planned) if stored.earlier is not None else planned


def _revised(change: Change, before: Earlier, planned: Request) -> Request:
    """With the approvals that it keeps of the plan before; the card says what changed and who must say yes again."""
    kept = carried(before, planned)
    for given in kept:
        facts = {"from": given.carried_from, "to": [given.plan_digest, given.preview_digest], "given_at": given.at}
        change.leaf(AuditEvent.APPROVAL_CARRIED, request_id=planned.id, actor=given.actor.person_id, facts=facts)
    people = {given.actor.person_id for given in kept}
    digests = before.plan.digest, before.preview.digest
    given_before = [a for a in before.approvals if (a.plan_digest, a.preview_digest) == digests]
    dropped = [_name(a) for a in given_before if a.actor.person_id not in people]
    parts = [changes(before.plan, planned.plan)] if planned.plan else []
    for names, what in (([_name(a) for a in kept], "kept"), (dropped, "dropped")):
        if names:
            parts.append(f"{len(names)} approval{'s' if len(names) > 1 else ''} {what} ({', '.join(names)})")
    notice = "; ".join(part for part in parts if part)
    return planned.carrying(kept, before).model_copy(update={"notice": notice})


def _name(given: Approval) -> str:
    return f"{given.actor.name}'s Run" if given.role == "requester" else given.actor.name


def keep_result(change: Change, stored: Request, result: Question | Refused | Reply) -> Request:
    """What the planner made of the words besides a plan."""
    match result:
        case Question():
            change.leaf(
                AuditEvent.CHOICE_ASKED, request_id=stored.id, actor=stored.requester, facts=result.model_dump()
            )
            return stored.asked(result, change.now() + TIME_TO_CHOOSE)
        case Refused():
            facts = result.problem.model_dump()
            change.leaf(AuditEvent.PLAN_REFUSED, request_id=stored.id, actor=stored.requester, facts=facts)
            return _as_before(stored, result.problem) if stored.earlier else stored.refused(result.problem)
        case Reply():
            facts = {"headline": result.headline}
            change.leaf(AuditEvent.INTENT_ANSWERED, request_id=stored.id, actor=stored.requester, facts=facts)
            answer = tuple(clean_section(section) for section in result.answer)
            return stored.answered(answer, Summary(headline=result.headline))


def keep_error(change: Change, stored: Request, error: KubechatError, audit_ids: Sequence[str] = ()) -> Request:
    """Refused when a person can do something about it, failed when a part did not work."""
    problem = Problem.of(error)
    refused = isinstance(error, (Mistake, Refusal))
    event = AuditEvent.PLAN_REFUSED if refused else AuditEvent.PLAN_FAILED
    facts = problem.model_dump() | {"audit_ids": list(audit_ids)}
    change.leaf(event, request_id=stored.id, actor=stored.requester, facts=facts)
    if stored.earlier is not None and not isinstance(error, Broken):
        return _as_before(stored, problem)
    return stored.refused(problem) if refused else stored.failed_planning(problem)


def refusal(decision: PolicyDecision) -> Problem:
    """What the deciding rules say: which condition matched with which value, and who can do what about it."""
    remedies = dict.fromkeys(hit.then or decision.keepers for hit in decision.because)
    return Problem(
        code="policy-refused",
        text="the policy refuses this",
        now=redact("; ".join(sentences(decision.because))),
        then="; or ".join(remedies),
    )


def _as_before(stored: Request, problem: Problem) -> Request:
    if stored.earlier is None:
        raise Broken(f"{stored.id} has no earlier plan")
    why = "; ".join(part for part in (problem.text, problem.now) if part)
    return stored.kept(
        stored.earlier, f"the change was not taken: {why}. This is the plan as before; approvals dropped"
    )
