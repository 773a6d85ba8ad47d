"""What really happened to an interrupted execution: looks, never writes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

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
from workers.ending import note_end
from workers.execution.recheck import seen_at_preview
from workers.failpoints import failpoint
from workers.ports import Bus, Clock, Fleet, Store
from workers.preview import Previewer, mark_of
from workers.redaction import clean
from workers.summary import summarise
from workers.verbs.fields import uid
from workers.verbs.registry import change_spec
from workers.verbs.spec import Live

UNKNOWN = "unknown whether it was applied: "


class Look(NamedTuple):
    """What the cluster says of one step in doubt; `step` is None when none was under way."""

    step: Step | None
    applied: bool | None  # None: it cannot be told
    evidence: str
    after: Observed | None = None
    audit_ids: tuple[str, ...] = ()

    @property
    def number(self) -> int | None:
        return self.step.number if self.step else None

    @property
    def facts(self) -> dict[str, object]:
        applied = "unknown" if self.applied is None else self.applied
        return {
            "step": self.number,
            "applied": applied,
            "evidence": self.evidence,
            "audit_ids": list(self.audit_ids),
        }

    def result(self, now: datetime) -> StepResult:
        """Of a step that the cluster is plain about."""
        said = f"{'applied' if self.applied else 'not applied'}, as seen afterwards: {self.evidence}"
        outcome = StepOutcome.DONE if self.applied else StepOutcome.FAILED
        result = StepResult(step=self.number or 0, outcome=outcome, started_at=now, ended_at=now, message=said)
        if not self.applied or self.step is None:
            return result
        return result.model_copy(update={"undo": self.step.undo, "after": self.after})


class Reconciler:
    def __init__(self, *, store: Store, bus: Bus, fleet: Fleet, clock: Clock, doubt: timedelta) -> None:
        """`doubt`: how long a write that was sent and not answered may still arrive."""
        self._store = store
        self._bus = bus
        self._fleet = fleet
        self._clock = clock
        self._doubt = doubt

    def examine(self, request_id: RequestId) -> Request | None:
        """Applied or not applied when the cluster's evidence says so; otherwise the request waits for a person.

        Not applied is said only when it was seen twice, and late enough: what was sent may still be on its way.
        Asked again and again while it waits: a cluster that was silent may speak. Only the first doubt is recorded.
        """
        request = self._store.request(request_id)
        if request.state is not State.INTERRUPTED or request.plan is None:
            return None
        doubtful = [step for step in request.plan.steps if step.number in request.intended]
        looks = [self._look(request, step) for step in doubtful] or [_recorded(request)]
        if all(look.applied is None for look in looks) and request.notice.startswith(UNKNOWN):
            return request
        return self._keep(request, looks)

    def _look(self, request: Request, step: Step) -> Look:
        """At one step in doubt."""
        fleet = Recording(self._fleet)
        applied, evidence = self._evidence(request, step, fleet)
        if applied is False and not (request.notice.startswith(UNKNOWN) and self._has_arrived(request)):
            applied, evidence = None, f"{evidence}; it may still be on its way, so it is looked at again"
        after = self._seen(request, step, fleet) if applied else None
        return Look(step, applied, clean(evidence), after, tuple(fleet.audit_ids))

    def _has_arrived(self, request: Request) -> bool:
        """Whether what was intended has arrived by now, if it was sent at all."""
        with self._store.change() as change:
            return request.intended_at is None or change.now() >= request.intended_at + self._doubt

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

    def _keep(self, request: Request, looks: Sequence[Look]) -> Request | None:
        failpoint("before-verified", request.id)
        with self._store.change() as change:
            stored = change.request(request.id)
            if stored.version != request.version:
                return None
            kept = change.save(self._told(stored, looks).on_trial(change.now()))
            note_end(change, kept)
            for look in looks:
                change.leaf(AuditEvent.EXEC_VERIFIED, request_id=request.id, actor=None, facts=look.facts)
        self._bus.announce(request.id)
        return kept

    def _told(self, request: Request, looks: Sequence[Look]) -> Request:
        """With a result for each step that the cluster is plain about; verified when no other is left."""
        now = self._clock()
        known = [look for look in looks if look.applied is not None]
        told = request.examined(tuple(look.result(now) for look in known if look.step is not None))
        left = [look for look in looks if look.applied is None]
        if left:
            several = len(looks) > 1
            said = "; ".join(f"step {look.number}: {look.evidence}" if several else look.evidence for look in left)
            return told.model_copy(update={"notice": f"{UNKNOWN}{said}"})
        steps = told.plan.steps if told.plan else ()
        done = {result.step for result in told.results if result.outcome is StepOutcome.DONE}
        good = done >= {step.number for step in steps}
        return told.verified(applied=good, summary=summarise(told, good=good))

    def _seen(self, request: Request, step: Step, fleet: Recording) -> Observed | None:
        identity = request.preview.identities[step.action.target.cluster] if request.preview else None
        if identity is None:
            return None
        try:
            return Previewer(fleet, self._clock).closely(step, request.intent.actor, identity)
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


def _recorded(request: Request) -> Look:
    """Of a request that was lost while no write was under way: what is recorded of its steps is all that happened."""
    steps = request.plan.steps if request.plan else ()
    if len(request.results) == len(steps) and all(r.outcome is StepOutcome.DONE for r in request.results):
        return Look(None, True, "every step had been carried out, and its result recorded, before the worker was lost")
    return Look(None, False, "the worker was lost before it sent anything for the next step")
