"""The JSON that `--json` prints and other programs read. Pure.

`"v": 1` changes only when a field changes its meaning or goes away; new fields may come at any time. Times are ISO 8601
in UTC. Fields that a state does not have are null or empty.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from bot.cards import status
from bot.outcome import ExitCode
from workers.domain.action import Action
from workers.domain.break_glass import Review
from workers.domain.observed import StepPreview, StepResult
from workers.domain.plan import Check, Plan, Step
from workers.domain.problem import Problem
from workers.domain.remains import is_continuable
from workers.domain.request import Request
from workers.ports import Listed

VERSION = 1
Json = dict[str, Any]


def request_json(request: Request, code: ExitCode) -> Json:
    """One request: the shape documented in docs/cli.md."""
    plan, preview = request.plan, request.preview
    previews = {step.number: step for step in preview.steps} if preview else {}
    return {
        "v": VERSION,
        "request": request.id,
        "state": request.state.value,
        "status": status(request),
        "revision": request.revision,
        "text": request.intent.text,
        "reason": request.intent.reason,
        "asked_by": {"id": request.requester, "name": request.intent.actor.name},
        "opened_at": request.opened_at.isoformat(),
        "expires_at": request.expires_at.isoformat() if request.expires_at else None,
        "question": _dumped(request.question),
        "taken": _taken(plan) if plan else [],
        "notes": list(plan.notes) if plan else [],
        "steps": [_step(step, previews.get(step.number)) for step in plan.steps] if plan else [],
        "checks": [_check(check) for check in plan.checks] if plan else [],
        "plan_digest": plan.digest if plan else None,
        "preview_digest": preview.digest if preview else None,
        "risk": _risk(request),
        "policy": _policy(request),
        "missing": [{**needed.model_dump(mode="json"), "text": needed.text} for needed in request.missing],
        "approvals": [_approval(request, number) for number in range(len(request.approvals))],
        "notice": request.notice or None,
        "checked": [_result(result, "check") for result in request.checked],
        "results": [_result(result, "step") for result in request.results],
        "answer": [section.model_dump(mode="json") for section in request.answer],
        "summary": _dumped(request.summary),
        "follows": request.follows,
        "corrects": request.corrects,
        "options": plan.options.model_dump(mode="json") if plan else None,
        "keeping": _dumped(request.keeping),
        "promised": request.promised,
        "continues": request.continues,
        "continued_by": request.continued_by,
        "continuable": is_continuable(request),
        "undoable": bool(request.undoable),
        "undoes": request.undoes,
        "undone_by": request.undone_by,
        "break_glass": request.decision is not None and request.decision.break_glass,
        "review": _review(request.review),
        "problem": problem_part(request.problem),
        "exit_code": int(code),
    }


def problem_json(problem: Problem, code: ExitCode, request_id: str | None = None) -> Json:
    """A command that was not taken."""
    return {"v": VERSION, "request": request_id, "problem": problem_part(problem), "exit_code": int(code)}


def list_json(found: Listed) -> Json:
    rows = [
        {
            "request": request.id,
            "state": request.state.value,
            "status": status(request),
            "text": request.intent.text,
            "asked_by": {"id": request.requester, "name": request.intent.actor.name},
            "opened_at": request.opened_at.isoformat(),
        }
        for request in found.requests
    ]
    return {"v": VERSION, "requests": rows, "unreadable": list(found.unreadable), "exit_code": int(ExitCode.DONE)}


def facts_json(facts: Mapping[str, Any], code: ExitCode) -> Json:
    """What a command about the instance itself found."""
    return {"v": VERSION, **facts, "exit_code": int(code)}


def problem_part(problem: Problem | None) -> Json | None:
    if problem is None:
        return None
    return {
        "code": problem.code,
        "text": problem.text,
        "now": problem.now or None,
        "next": problem.then or None,
    }


def _taken(plan: Plan) -> list[Json]:
    """With the letter of those that have alternatives: `a` and the alternative's id are what is pressed."""
    letters = [(letter, taken) for letter, taken in plan.chips.items()]
    return [
        {**taken.model_dump(mode="json"), "letter": next((letter for letter, one in letters if one == taken), None)}
        for taken in plan.taken
    ]


def _step(step: Step, seen: StepPreview | None) -> Json:
    undo = step.undo
    return {
        "number": step.number,
        **_action(step.action),
        "effect": step.action.effect.value,
        "why": step.why,
        "kubectl": shlex.join(step.kubectl),
        "call": step.call or None,
        "editable": [
            {**field.model_dump(mode="json"), "value": step.action.params.get(field.name)} for field in step.form
        ],
        "diff": [change.model_dump(mode="json") for change in seen.diff] if seen else [],
        "warnings": list(seen.warnings) if seen else [],
        "dry_run": seen.dry_run.value if seen else None,
        "undo": {
            "proof": seen.undo.proof.value if seen and seen.undo else None,
            "because": (seen.undo.because if seen and seen.undo else undo.because) or None,
            "action": _action(undo.action) if undo.action else None,
        }
        if undo
        else None,
    }


def _check(check: Check) -> Json:
    return {
        "number": check.number,
        **_action(check.action),
        "why": check.why,
        "kubectl": shlex.join(check.kubectl),
    }


def _action(action: Action) -> Json:
    return {
        "verb": action.verb.value,
        "target": action.target.model_dump(mode="json"),
        "params": dict(action.params),
    }


def _risk(request: Request) -> Json | None:
    if request.risk is None:
        return None
    return {**request.risk.model_dump(mode="json"), "level": request.risk.level.word}


def _policy(request: Request) -> Json | None:
    if request.decision is None:
        return None
    return {
        "outcome": request.decision.outcome.name.lower(),
        "because": [hit.model_dump(mode="json") for hit in request.decision.because],
        "policy_digest": request.decision.policy_digest,
    }


def _approval(request: Request, number: int) -> Json:
    given = request.approvals[number]
    return {
        "by": {"id": given.actor.person_id, "name": given.actor.name},
        "role": given.role,
        "verdict": given.verdict.value,
        "reason": given.reason or None,
        "at": given.at.isoformat(),
        "counts": given in request.yes,
        "carried": given.carried_from is not None,
        "checked_at": given.checked_at.isoformat() if given.checked_at else None,
    }


def _result(result: StepResult, of: str) -> Json:
    return {
        of: result.step,
        "outcome": result.outcome.value,
        "message": result.message,
        "started_at": result.started_at.isoformat(),
        "ended_at": result.ended_at.isoformat(),
        "output": [section.model_dump(mode="json") for section in result.output],
        "audit_ids": list(result.audit_ids),
    }


def _review(review: Review | None) -> Json | None:
    if review is None:
        return None
    return {**review.model_dump(mode="json", exclude={"is_overdue"}), "groups": sorted(review.groups)}


def _dumped(value: Any) -> Json | None:
    found: Json | None = value.model_dump(mode="json") if value is not None else None
    return found
