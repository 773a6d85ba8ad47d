"""The walk of a request through a worker process: plan, run, reconcile, and the sweep that forgets nobody."""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from workers.domain.action import Effect
from workers.domain.audit import AuditEvent
from workers.domain.cluster import Cluster
from workers.domain.errors import Broken, KubechatError
from workers.domain.policy import Policy
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.transcript import Bounds
from workers.domain.value import Digest, RequestId
from workers.drafting import Drafting
from workers.ending import expire
from workers.execution.arrival import Arrival
from workers.execution.executor import Executor, interrupted
from workers.execution.reconcile import Reconciler
from workers.execution.reminding import Reminding
from workers.execution.starting import Starting
from workers.execution.stepping import Stepping
from workers.execution.tending import Tending
from workers.execution.vouching import Vouching
from workers.models import health
from workers.models.choosing import choose, is_here
from workers.planner.handover import Handover
from workers.planner.name_index import NameIndex
from workers.planning import Planning
from workers.ports import Bus, Directory, Fleet, Store
from workers.preview import Previewer
from workers.recipes.book import read_recipes
from workers.service import new_id
from workers.settings import TEMPLATES, Settings
from workers.telemetry import log

KEPT_FOR = timedelta(days=7)  # of deliveries and of what was told to followers: far longer than anything repeats
TEND_SECONDS = 10.0  # between two looks at what is taken back by itself unless somebody keeps it
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 3.0, 48.0  # between two looks at an interrupted request


class ProbedFleet(Fleet, Protocol):
    """A fleet with real connections behind it."""

    def probe(self) -> tuple[Cluster, ...]: ...
    def after_fork(self) -> None: ...


def utc_now() -> datetime:
    return datetime.now(UTC)


class Walk:
    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        fleet: ProbedFleet,
        policy: Policy,
        policy_digest: Digest,
        people: Directory,
        settings: Settings,
        index: NameIndex | None = None,
    ) -> None:
        self.store = store
        self.bus = bus
        self.fleet = fleet
        self._models = choose(settings.models, settings.allow_egress, os.environ)
        self._model_health = settings.data / "models.json"
        self._settings = settings
        lease = timedelta(seconds=settings.lease_seconds)
        patience = timedelta(seconds=settings.rollout_seconds)
        previewer = Previewer(fleet, utc_now)
        drafting = Drafting(fleet, previewer, utc_now)
        self._planning = Planning(
            store=store,
            bus=bus,
            fleet=fleet,
            previewer=previewer,
            drafting=drafting,
            policy=policy,
            policy_digest=policy_digest,
            index=index,
            recipes=read_recipes(settings.recipes),
            handover=self._handover(),
        )
        arrival = Arrival(store=store, bus=bus, clock=utc_now, lease=lease, patience=patience)
        stepping = Stepping(
            store=store,
            fleet=fleet,
            arrival=arrival,
            clock=utc_now,
            lease=lease,
            bounds=Bounds(idle_seconds=settings.exec_idle_seconds, seconds=settings.exec_seconds),
        )
        starting = Starting(
            store=store,
            bus=bus,
            clock=utc_now,
            planning=self._planning,
            drafting=drafting,
            previewer=previewer,
            stepping=stepping,
            people=people,
            lease=lease,
        )
        self._executor = Executor(
            store=store,
            bus=bus,
            clock=utc_now,
            starting=starting,
            previewer=previewer,
            stepping=stepping,
            lease=lease,
        )
        self._reminding = Reminding(store=store, bus=bus)
        self._vouching = Vouching(store=store, bus=bus, previewer=previewer, people=people)
        self._tending = Tending(
            store=store, bus=bus, fleet=fleet, drafting=drafting, clusters=self._planning.deciding.clusters, ids=new_id
        )
        self._tended: dict[RequestId, float] = {}  # when next
        self._looks: dict[RequestId, tuple[float, float]] = {}  # when next, and how long after that
        self._reconciler = Reconciler(
            store=store, bus=bus, fleet=fleet, clock=utc_now, doubt=timedelta(seconds=settings.doubt_seconds)
        )

    def _handover(self) -> Handover | None:
        """Nothing unless a model is named in the settings."""
        if not self._models:
            return None
        return Handover(
            models=self._models,
            store=self.store,
            system=(TEMPLATES / "prompts" / "plan.txt").read_text(encoding="utf-8"),
            seconds=self._settings.model_seconds,
            is_here=is_here,
            down=lambda: health.down(self._model_health),
        )

    def take_policy(self, policy: Policy, policy_digest: Digest, problem: str) -> None:
        """For the jobs from now on: those that are forked already go on with the one that they began with."""
        self._planning.deciding.take(policy, policy_digest, problem)

    def plan(self, request_id: RequestId, worker: str) -> None:
        """Plans; a plan that only reads, and that the policy lets run at once, is run by the same job."""
        try:
            planned = self._planning.plan(request_id)
        except KubechatError:
            raise
        except Exception as error:  # noqa: BLE001  # the top of a job: nobody must wait for ever for our defect
            log(request=request_id).exception("plan.broken")
            self._planning.fail(self.store.request(request_id), _broken(request_id, error))
            return
        if planned is None or planned.plan is None or planned.state is not State.READY:
            return
        if planned.plan.effect is Effect.READ:
            self.run(request_id, worker)
        else:  # a rollout may take longer than the job of a plan
            self.bus.ring("run", request_id)

    def run(self, request_id: RequestId, worker: str) -> None:
        self._executor.run(request_id, worker)

    def vouch(self, request_id: RequestId) -> None:
        self._vouching.vouch(request_id)

    def reconcile(self, request_id: RequestId) -> None:
        self._reconciler.examine(request_id)

    def tend(self, request_id: RequestId) -> None:
        self._tending.look(request_id)

    def sweep(self) -> None:
        """Rings again for whoever waits, ends what has expired, reminds, and finds executions whose worker was lost.

        A request that cannot be handled keeps nobody else waiting; what was wrong with the first is raised at the end.
        """
        wrong: list[KubechatError] = []
        for found, act in (
            (self.store.expired(), self._expire),
            (self.store.abandoned(), self._interrupt),
            (self.store.unkept(), self._tending.take_back),
            (self._reminding.due(), self._reminding.remind),
        ):
            for request_id in found:
                try:
                    act(request_id)
                except KubechatError as error:
                    wrong.append(error)
        for states, job in (((State.PLANNING,), "plan"), ((State.READY,), "run")):
            for request_id in self.store.waiting(states):
                self.bus.ring(job, request_id)
        self._look_again(self.store.waiting((State.INTERRUPTED,)))
        self._tend(self.store.on_trial())
        if wrong:
            raise wrong[0]

    def probe(self) -> None:
        """Looks which clusters and models answer, so that a dead one does not slow the next question."""
        self.store.remember_clusters(self.fleet.probe())
        if self._models:
            health.look(self._models, self._model_health)

    def tidy(self) -> None:
        """Deliveries that nobody repeats any more, and lines that every follower has long seen."""
        gone = self.store.tidy(KEPT_FOR)
        if gone:
            log().info("store.tidied", rows=gone)

    def _look_again(self, interrupted: tuple[RequestId, ...]) -> None:
        """The bell may have been lost, and a cluster that was silent may speak; asked less and less often."""
        now = time.monotonic()
        known, self._looks = self._looks, {}
        for request_id in interrupted:
            at, pause = known.get(request_id, (now + FIRST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS))
            if now >= at:
                self.bus.ring("reconcile", request_id)
                at, pause = now + pause, min(2 * pause, LONGEST_PAUSE_SECONDS)
            self._looks[request_id] = at, pause

    def _tend(self, on_trial: tuple[RequestId, ...]) -> None:
        """At a calm pace: what is on trial has arrived once, and most of it stays well."""
        now = time.monotonic()
        known, self._tended = self._tended, {}
        for request_id in on_trial:
            at = known.get(request_id, now + TEND_SECONDS)
            if now >= at:
                self.bus.ring("tend", request_id)
                at = now + TEND_SECONDS
            self._tended[request_id] = at

    def _expire(self, request_id: RequestId) -> None:
        with self.store.change() as change:
            ended = expire(change, request_id)
        if ended is not None:
            self.bus.announce(request_id)

    def _interrupt(self, request_id: RequestId) -> None:
        with self.store.change() as change:
            stored: Request = change.request(request_id)
            if stored.state is not State.RUNNING or request_id not in self.store.abandoned():
                return
            change.fence(request_id)  # the worker may only have been asleep: it must not write any more
            kept = change.save(interrupted(stored, "its worker was lost"))
            facts = {"steps": list(kept.intended), "because": "the lease ended"}
            change.leaf(AuditEvent.EXEC_INTERRUPTED, request_id=request_id, actor=None, facts=facts)
        self.bus.ring("reconcile", request_id)
        self.bus.announce(request_id)


def _broken(request_id: RequestId, error: Exception) -> Broken:
    return Broken(
        f"planning {request_id} stopped on a defect of Kubechat ({type(error).__name__})",
        now="nothing was changed",
        then="say it another way, and report the id",
    )
