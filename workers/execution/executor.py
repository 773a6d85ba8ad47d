"""Runs what was approved: claim, have everything checked again, write step by step, say what happened.

Invariants: a request runs only for the holder of the newest fence; the intent of a write is committed before it is
sent; a write whose outcome is unknown ends the run as interrupted and is never sent again.
"""

from datetime import timedelta
from functools import partial
from typing import Literal

from workers.domain.action import Effect
from workers.domain.audit import AuditEvent
from workers.domain.canonical import digest
from workers.domain.errors import Broken
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.request import Request
from workers.domain.state import Event
from workers.domain.value import RequestId
from workers.driving import each
from workers.ending import note_end
from workers.execution.arrival import Fenced
from workers.execution.course import Course
from workers.execution.heartbeat import Heartbeat
from workers.execution.starting import Starting, hold, planned
from workers.execution.stepping import Stepping
from workers.failpoints import failpoint
from workers.ports import Bus, Claim, Clock, Store
from workers.preview import Previewer
from workers.summary import summarise


class Executor:
    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        clock: Clock,
        starting: Starting,
        previewer: Previewer,
        stepping: Stepping,
        lease: timedelta,
    ) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._starting = starting
        self._previewer = previewer
        self._stepping = stepping
        self._lease = lease

    def run(self, request_id: RequestId, worker: str) -> Request | None:
        """Runs a ready request; None when it is not ready, expired, or somebody else holds it.

        Raises RequestNotFound.
        """
        claim = self._claim(request_id, worker)
        if claim is None:
            self._store.request(request_id)  # raises when nobody has this id: a forged job, which is recorded
            return None
        failpoint("after-claim", request_id)
        with Heartbeat(self._store, claim, self._lease):
            try:
                started = self._starting.start(self._readable(claim), claim)
                finished = self._steps(started, claim) if started else None
            except Fenced:
                self._note_fenced(claim)
                return None
        with self._store.change() as change:  # not after a defect of ours: then the lease ends and people are told
            change.release(claim)
        return finished

    def _readable(self, claim: Claim) -> Request:
        """As stored. What cannot be read is recorded and never taken up again: somebody may have altered it."""
        try:
            return self._store.request(claim.request_id)
        except Broken as error:
            with self._store.change() as change:
                hold(change, claim, self._lease)
                change.set_aside(claim)
                facts = {"code": error.code, "message": error.message}
                change.leaf(AuditEvent.PLAN_REFUSED, request_id=claim.request_id, actor=None, facts=facts)
            raise

    def _claim(self, request_id: RequestId, worker: str) -> Claim | None:
        with self._store.change() as change:
            claim = change.claim(request_id, worker, self._lease)
            if claim is not None:
                facts = {"worker": worker, "fence": claim.fence}
                change.leaf(AuditEvent.EXEC_CLAIMED, request_id=request_id, actor=None, facts=facts)
            return claim

    def _steps(self, request: Request, claim: Claim) -> Request:
        steps = planned(request).steps
        if all(step.action.effect is Effect.READ for step in steps):
            for result in each(partial(self._stepping.read, request), steps):
                request = self._finish_step(request, result, claim)
            return self._finish(request, claim)
        course = Course(
            request,
            claim,
            stepping=self._stepping,
            previewer=self._previewer,
            clock=self._clock,
            record=lambda result: self._finish_step(request, result, claim),
        )
        is_known = course.run()
        ended = self._store.request(request.id)
        return self._finish(ended, claim) if is_known else self._interrupt(ended, claim)

    def _finish_step(self, request: Request, result: StepResult, claim: Claim) -> Request:
        failpoint("before-result", request.id)
        with self._store.change() as change:
            stored = change.request(request.id)
            hold(change, claim, self._lease)
            unknown = result.outcome is StepOutcome.UNKNOWN
            done = change.save(stored if unknown else stored.step_finished(result))
            facts = {
                "step": result.step,
                "outcome": result.outcome.value,
                "message": result.message,
                "audit_ids": list(result.audit_ids),
                "output_sections": len(result.output),
                "output_digest": digest([section.model_dump() for section in result.output]) if result.output else "",
            }
            change.leaf(AuditEvent.EXEC_STEPPED, request_id=request.id, actor=request.requester, facts=facts)
        self._bus.announce(request.id)
        return done

    def _finish(self, request: Request, claim: Claim) -> Request:
        outcomes = {result.outcome for result in request.results}
        reads = all(step.action.effect is Effect.READ for step in planned(request).steps)
        good = StepOutcome.DONE in outcomes if reads else outcomes == {StepOutcome.DONE}
        event: Literal[Event.SUCCEEDED, Event.FAILED] = Event.SUCCEEDED if good else Event.FAILED
        failpoint("before-finish", request.id)
        with self._store.change() as change:
            stored = change.request(request.id)
            hold(change, claim, self._lease)
            done = change.save(stored.finished(event, summarise(stored, good=good)).on_trial(change.now()))
            note_end(change, done)
            facts = {"outcome": event.value, "headline": done.summary.headline if done.summary else ""}
            change.leaf(AuditEvent.EXEC_FINISHED, request_id=request.id, actor=request.requester, facts=facts)
        self._bus.announce(request.id)
        return done

    def _interrupt(self, request: Request, claim: Claim) -> Request:
        """The write was sent and not answered: say so, and have it examined."""
        with self._store.change() as change:
            stored = change.request(request.id)
            hold(change, claim, self._lease)
            kept = change.save(interrupted(stored, "the connection broke after the write was sent"))
            facts = {"steps": list(kept.intended), "because": "no answer to the write"}
            change.leaf(AuditEvent.EXEC_INTERRUPTED, request_id=request.id, actor=None, facts=facts)
        self._bus.ring("reconcile", request.id)
        self._bus.announce(request.id)
        return kept

    def _note_fenced(self, claim: Claim) -> None:
        with self._store.change() as change:
            facts = {"fence": claim.fence, "worker": claim.worker}
            change.leaf(AuditEvent.EXEC_FENCED, request_id=claim.request_id, actor=None, facts=facts)


def interrupted(request: Request, because: str) -> Request:
    """A running request whose outcome is unknown."""
    return request.finished(Event.INTERRUPTED, summarise(request, good=None, because=because))
