"""What really happened to an interrupted execution: looks, never writes."""

from workers.domain.action import Effect
from workers.domain.audit import AuditEvent
from workers.domain.canonical import digest
from workers.domain.errors import KubechatError, NotThere
from workers.domain.observed import Observed, StepOutcome, StepResult
from workers.domain.plan import Step
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import RequestId
from workers.driving import Recording, converse
from workers.ending import note_undone
from workers.ports import Bus, Clock, Fleet, Store
from workers.preview import Previewer, mark_of
from workers.recheck import seen_at_preview
from workers.redaction import clean
from workers.summary import summarise
from workers.verbs.fields import uid
from workers.verbs.registry import change_spec
from workers.verbs.spec import Live

UNKNOWN = "unknown whether it was applied: "


class Reconciler:
    def __init__(self, *, store: Store, bus: Bus, fleet: Fleet, clock: Clock) -> None:
        self._store = store
        self._bus = bus
        self._fleet = fleet
        self._clock = clock

    def examine(self, request_id: RequestId) -> Request | None:
        """Applied or not applied when the cluster's evidence says so; otherwise the request waits for a person.

        Not applied is said only when it was seen twice: a server may still be working on what it was sent.
        Asked again and again while it waits: a cluster that was silent may speak. Only the first doubt is recorded.
        """
        request = self._store.request(request_id)
        if request.state is not State.INTERRUPTED or request.plan is None:
            return None
        step = next((s for s in request.plan.steps if s.number == request.intended), None)
        fleet = Recording(self._fleet)
        applied: bool | None
        if step is None:
            applied, evidence = _recorded(request)
        else:
            applied, evidence = self._evidence(request, step, fleet)
        if applied is False and step is not None and not request.notice.startswith(UNKNOWN):
            applied, evidence = None, f"{evidence}; it may still be on its way, so it is looked at again"
        if applied is None and request.notice.startswith(UNKNOWN):
            return request
        after = self._seen(request, step, fleet) if applied and step else None
        return self._keep(request, step, applied, clean(evidence), after, fleet)

    def _evidence(self, request: Request, step: Step, fleet: Recording) -> tuple[bool | None, str]:
        spec, action = change_spec(step.action.verb), step.action
        mark = mark_of(request.id, request.revision, step.number)
        try:
            live = converse(fleet, action.target.cluster, request.intent.actor, spec.observe(action))
        except NotThere:
            if action.effect is Effect.DESTROY:
                return True, f"{action.target.text} is gone"
            return None, f"{action.target.text} is gone, which this step does not do"
        except KubechatError as error:
            return None, f"it could not be looked at: {error.text}"
        applied, evidence = spec.applied(action, live, mark)
        if applied is False and action.effect is not Effect.DESTROY and not _is_as_before(request, step, live):
            return None, f"{evidence}; it is not as it was previewed: perhaps this was applied and changed again since"
        return applied, evidence

    def _keep(
        self,
        request: Request,
        step: Step | None,
        applied: bool | None,
        evidence: str,
        after: Observed | None,
        fleet: Recording,
    ) -> Request | None:
        facts = {
            "step": step.number if step else None,
            "applied": "unknown" if applied is None else applied,
            "evidence": evidence,
            "audit_ids": list(fleet.audit_ids),
        }
        with self._store.change() as change:
            stored = change.request(request.id)
            if stored.version != request.version:
                return None
            if applied is None:
                kept = stored.model_copy(update={"notice": f"{UNKNOWN}{evidence}"})
            else:
                kept = self._verified(stored, step, after, applied=applied, evidence=evidence)
            kept = change.save(kept)
            note_undone(change, kept)
            change.leaf(AuditEvent.EXEC_VERIFIED, request_id=request.id, actor=None, facts=facts)
        self._bus.announce(request.id)
        return kept

    def _verified(
        self, request: Request, step: Step | None, after: Observed | None, *, applied: bool, evidence: str
    ) -> Request:
        now = self._clock()
        said = f"{'applied' if applied else 'not applied'}, as seen afterwards: {evidence}"
        results = request.results
        if step is not None:
            outcome = StepOutcome.DONE if applied else StepOutcome.FAILED
            result = StepResult(step=step.number, outcome=outcome, started_at=now, ended_at=now, message=said)
            if applied:
                result = result.model_copy(update={"undo": step.undo, "after": after})
            results = (*results, result)
        with_result = request.model_copy(update={"results": results})
        complete = request.plan is not None and len(results) == len(request.plan.steps)
        summary = summarise(with_result, good=applied and complete)
        return with_result.verified(applied=applied and complete, summary=summary)

    def _seen(self, request: Request, step: Step, fleet: Recording) -> Observed | None:
        identity = request.preview.identities[step.action.target.cluster] if request.preview else None
        if identity is None:
            return None
        try:
            return Previewer(fleet, self._clock).look(step, request.intent.actor, identity)[1]
        except KubechatError:
            return None


def _is_as_before(request: Request, step: Step, live: Live) -> bool:
    """Whether what the step touches is as the preview, or an earlier step of ours, has left it."""
    touched = digest(change_spec(step.action.verb).touched(step.action, live))
    known = (seen_at_preview(request, step), *(result.after for result in request.results))
    return any(
        (one.uid, one.touched_digest) == (uid(live.object), touched)
        for one in known
        if one is not None and one.target == step.action.target
    )


def _recorded(request: Request) -> tuple[bool, str]:
    """Of a request that was lost while no write was under way: what is recorded of its steps is all that happened."""
    steps = request.plan.steps if request.plan else ()
    if len(request.results) == len(steps) and all(r.outcome is StepOutcome.DONE for r in request.results):
        return True, "every step had been carried out, and its result recorded, before the worker was lost"
    return False, "the worker was lost before it sent anything for the next step"
