"""Commit-confirmed: a change that Kubechat takes back by itself unless somebody keeps it.

People approve the undo together with the change: both are in the plan's digest. So that very undo runs without another
yes - and only that one: anything that differs from what was approved, or was changed since, waits for a person.
"""

from collections.abc import Iterable

from workers.domain.action import Action, Effect
from workers.domain.errors import Mistake
from workers.domain.observed import Preview, Proof
from workers.domain.option import Options, spoken
from workers.domain.plan import Plan
from workers.domain.policy import Outcome, PolicyDecision, RuleHit
from workers.domain.request import Request
from workers.drafting import Drafting, of_this_object
from workers.ports import Store

RULE = "promised-undo"


def options_of(request: Request, said: Options, plan: Plan) -> Options:
    """As the words say, or the requester has set; raises Mistake where there is nothing to take back."""
    wanted = said if request.options is None else request.options
    if wanted.keep_seconds is not None and plan.effect is Effect.READ:
        raise Mistake("a look changes nothing, so there is nothing to take back", then="ask without 'unless kept'")
    return wanted.model_copy(update={"parallel": wanted.parallel and len(plan.clusters) > 1})


def check_undo(plan: Plan, preview: Preview) -> None:
    """Raises Mistake when the plan is to be taken back by itself and a step of it has no proven undo."""
    if plan.options.keep_seconds is None:
        return
    for step in preview.steps:
        if step.undo is not None and step.undo.proof is not Proof.PROVEN:
            word = "has no undo" if step.undo.proof is Proof.IMPOSSIBLE else "has an undo that is not proven"
            raise Mistake(
                f"this cannot be taken back by itself after {spoken(plan.options.keep_seconds)}",
                now=f"step {step.number} {word}: {step.undo.because}",
                then="ask for it without 'unless kept', or type: set keep=off",
            )


class Promises:
    def __init__(self, *, store: Store, drafting: Drafting) -> None:
        self._store = store
        self._drafting = drafting

    def decided(self, request: Request, plan: Plan, decision: PolicyDecision) -> tuple[PolicyDecision, str]:
        """What the policy says of a promised undo, and why that is not "at once"; a refusal stays one."""
        if not request.promised or decision.outcome is Outcome.REFUSE:
            return decision, ""
        why = self.broken(request, plan) or "; ".join(self._changed(request))
        if why:
            return decision.after_drift, f"not taken back by itself: {why}; it waits for a person"
        hit = RuleHit(rule=RULE, text=f"approved together with {request.undoes}, to be done unless it is kept", step=1)
        return decision.model_copy(update={"outcome": Outcome.ALLOW, "needed": (), "because": (hit,)}), ""

    def broken(self, request: Request, plan: Plan) -> str:
        """How a plan differs from the undo that was approved; empty when it is that very undo."""
        done = self._store.request(request.undoes) if request.undoes is not None else None
        if done is None or done.plan is None or done.keeping is None:
            return "nothing like it was promised"
        if done.plan.options.keep_seconds is None or done.keeping.taken_back_by != request.id:
            return f"{done.id} did not promise it"
        if not done.is_cleared:
            return f"{done.id} does not carry the approvals that its plan and preview need"
        if request.edits or request.choices or request.options is not None:
            return "somebody has edited it"
        wanted = iter(_promised(done))
        if not all(any(step.action == one for one in wanted) for step in plan.steps):
            return f"its steps are not the undo that was approved with {done.id}"
        return ""

    def _changed(self, request: Request) -> Iterable[str]:
        done = self._store.request(request.undoes) if request.undoes is not None else None
        return self._drafting.since(done, request.intent.actor).own.values() if done is not None else ()


def _promised(done: Request) -> tuple[Action, ...]:
    """The undo of each step that was applied, last first, as far as the approved plan has it."""
    approved = {step.number: step.undo and step.undo.action for step in (done.plan.steps if done.plan else ())}
    return tuple(
        of_this_object(result.undo.action, result.after)
        for result in done.undoable
        if result.undo is not None
        and result.undo.action is not None
        and result.undo.action == approved.get(result.step)
    )
