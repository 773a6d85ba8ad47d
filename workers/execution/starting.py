"""From ready to running: everything is checked again, and what does not hold any more goes back to the people.

Invariants: nothing is written here; only the holder of the newest fence moves the request; a cluster that does not
answer, or an object that another request holds, ends nothing: the request waits with its approvals while it may run.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from workers.checks import Looking, recorded
from workers.domain.action import Effect
from workers.domain.approval import Withdrawal
from workers.domain.audit import AuditEvent
from workers.domain.errors import Broken, KubechatError, PolicyRefused, StoreUnavailable, TargetLocked, Unavailable
from workers.domain.plan import Plan
from workers.domain.policy import Outcome
from workers.domain.problem import Problem
from workers.domain.request import Request
from workers.domain.state import State
from workers.drafting import Drafting
from workers.execution.arrival import Fenced
from workers.execution.recheck import Recheck
from workers.execution.stepping import Stepping
from workers.failpoints import failpoint
from workers.guard.frozen import thawed
from workers.planned import Judged
from workers.planning import Planning
from workers.ports import Bus, Change, Claim, Clock, Directory, Store
from workers.preview import Previewer
from workers.redaction import clean
from workers.telemetry import log

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(seconds=15)  # between two tries of one that waits


class Starting:
    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        clock: Clock,
        planning: Planning,
        drafting: Drafting,
        previewer: Previewer,
        stepping: Stepping,
        people: Directory,
        lease: timedelta,
    ) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._planning = planning
        self._drafting = drafting
        self._recheck = Recheck(planning, previewer, people)
        self._stepping = stepping
        self._lease = lease

    def start(self, request: Request, claim: Claim) -> Request | None:
        """Running, with what the suggested looks found; None when it went back to people, waits, or is refused.

        The suggested looks are under way while the clusters are asked for drift: they cost the change no time.
        """
        try:
            outdated = self._recheck.clearance(request)
            if outdated:
                self._withdrawn(request, outdated, claim)
                return None
            look = partial(self._stepping.read, request)
            looking = Looking(planned(request).checks, look, self._clock, request.id)
            asked: list[str] = []
            drift = self._recheck.noting(asked.append).drift(request)
            if drift.changed:
                self._drifted(request, drift.changed, claim)
            elif drift.lost:
                self._withdrawn(request, drift.lost, claim)
            running = None if drift.changed or drift.lost else self._running(request, claim, asked, looking)
        except (Fenced, StoreUnavailable):
            raise
        except KubechatError as error:
            may_wait = isinstance(error, Unavailable | TargetLocked) and planned(request).effect is not Effect.READ
            log(request=request.id).info(
                "run.waits" if may_wait else "run.refused", code=error.code, message=error.text
            )
            (self._wait if may_wait else self._refuse)(request, error, claim)
            return None
        return running

    def _running(self, request: Request, claim: Claim, asked: Sequence[str], looking: Looking) -> Request | None:
        """With the looks before the first write kept beside the results of the steps, in one transaction."""
        targets = [s.action.target for s in planned(request).steps if s.action.effect is not Effect.READ]
        failpoint("before-start", request.id)
        clusters, found = self._planning.deciding.configured(), looking.results()
        with self._store.change() as change:
            stored = self._mine(change, request, claim)
            if stored is None:
                return None
            thawed(change, stored, planned(stored).steps, clusters)
            change.lock(claim, targets)
            started = change.save(stored.started().looked(found))
            facts: dict[str, object] = {"fence": claim.fence, "audit_ids": list(asked)}
            change.leaf(AuditEvent.EXEC_STARTED, request_id=request.id, actor=request.requester, facts=facts)
            if found:
                facts = {"checks": recorded(planned(request).checks, found)}
                change.leaf(AuditEvent.EXEC_CHECKED, request_id=request.id, actor=request.requester, facts=facts)
        failpoint("after-start", request.id)
        self._bus.announce(request.id)
        return started

    def _drifted(self, request: Request, drift: tuple[str, ...], claim: Claim) -> None:
        """A new revision with the effects as they would be now; every approval is dropped."""
        judged: Judged = self._planning.judge(self._drafting.again(planned(request), request.intent.actor), request)
        if judged.decision.outcome is Outcome.REFUSE:
            raise PolicyRefused("the policy refuses what this would do now", now="; ".join(drift), then="ask again")
        notice = "changed since the preview, nothing was written, approvals dropped: " + "; ".join(drift)
        with self._store.change() as change:
            stored = self._mine(change, request, claim)
            if stored is None:
                return
            decision = judged.decision.after_drift
            kept = stored.drifted(judged.plan, judged.preview, judged.risk, decision, change.now(), notice)
            kept = change.save(kept)
            facts = {"drift": list(drift), "dropped": [a.actor.person_id for a in request.yes]} | judged.facts
            change.leaf(AuditEvent.PLAN_DRIFTED, request_id=request.id, actor=None, facts=facts)
        self._bus.announce(request.id)

    def _withdrawn(self, request: Request, lost: tuple[Withdrawal, ...], claim: Claim) -> None:
        """Waits for people again, without the approvals of those who may not give them."""
        with self._store.change() as change:
            stored = self._mine(change, request, claim)
            if stored is not None:
                withdraw(change, stored, lost)
        self._bus.announce(request.id)

    def _wait(self, request: Request, error: KubechatError, claim: Claim) -> None:
        """Tried again after a pause, with its approvals, until the time to run is over."""
        with self._store.change() as change:
            stored = self._mine(change, request, claim)
            if stored is None or stored.expires_at is None or stored.decision is None:
                return
            why = clean("; ".join(part for part in (error.message, error.now) if part))
            notice = f"waits, nothing was written: {why}; tried again until {stored.expires_at:%H:%M:%S} UTC"
            waited = change.now() - (stored.expires_at - stored.decision.run_within)
            if notice != stored.notice:
                change.save(stored.waits_on(notice))
                facts = {"code": error.code, "because": why}
                change.leaf(AuditEvent.EXEC_POSTPONED, request_id=request.id, actor=None, facts=facts)
            change.rest(claim, min(max(waited / 2, SHORTEST_PAUSE), LONGEST_PAUSE))
        self._bus.announce(request.id)

    def _refuse(self, request: Request, error: KubechatError, claim: Claim) -> None:
        with self._store.change() as change:
            stored = self._mine(change, request, claim)
            if stored is None:
                return
            problem = Problem.of(error)
            change.save(stored.refused(problem))
            change.leaf(AuditEvent.PLAN_REFUSED, request_id=request.id, actor=None, facts=problem.model_dump())
        self._bus.announce(request.id)

    def _mine(self, change: Change, request: Request, claim: Claim) -> Request | None:
        """As stored, locked and still held by the claim; None when it has moved on meanwhile (cancelled)."""
        stored = change.request(request.id)
        hold(change, claim, self._lease)
        return stored if stored.version == request.version and stored.state is State.READY else None


def hold(change: Change, claim: Claim, lease: timedelta) -> None:
    """Prolongs the claim; raises Fenced when it is not the newest, and then nothing of the change is kept."""
    if not change.renew(claim, lease):
        raise Fenced(f"{claim.request_id} was taken over by another worker")


def withdraw(change: Change, stored: Request, lost: tuple[Withdrawal, ...]) -> Request:
    """Without these people's approvals, said on the card and in the trail."""
    kept = change.save(stored.withdrawn(lost, change.now()))
    for one in lost:
        facts = {"because": one.because, "missing": [needed.text for needed in kept.missing]}
        change.leaf(AuditEvent.APPROVAL_WITHDRAWN, request_id=stored.id, actor=one.person_id, facts=facts)
    return kept


def planned(request: Request) -> Plan:
    if request.plan is None:
        raise Broken(f"{request.id} has no plan")
    return request.plan
