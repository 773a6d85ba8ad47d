"""What is on trial: watched while somebody may still keep it, and taken back when its time is over."""

import threading
from collections.abc import Callable
from datetime import timedelta

from workers.domain.audit import AuditEvent
from workers.domain.errors import Frozen, KubechatError
from workers.domain.keeping import Keeping
from workers.domain.plan import Intent, Step
from workers.domain.request import Request
from workers.domain.value import RequestId
from workers.drafting import Drafting
from workers.driving import converse
from workers.execution.arrival import LOOK_EVERY_SECONDS, LOOKS_UNTIL_STUCK
from workers.guard.deciding import Clusters
from workers.guard.frozen import thawed
from workers.ports import Bus, Change, Fleet, Ids, Store
from workers.pressing import received
from workers.redaction import clean
from workers.verbs.registry import change_spec
from workers.verbs.spec import Stage

HELD_FOR = timedelta(seconds=15)  # until it is asked again whether a freeze still holds it


class Tending:
    def __init__(
        self, *, store: Store, bus: Bus, fleet: Fleet, drafting: Drafting, clusters: Callable[[], Clusters], ids: Ids
    ) -> None:
        self._store = store
        self._bus = bus
        self._fleet = fleet
        self._drafting = drafting
        self._clusters = clusters
        self._ids = ids

    def take_back(self, request_id: RequestId) -> Request | None:
        """Opens the promised undo of what nobody kept in its time; None when it was kept, or somebody was faster.

        It and the end of the clock are one transaction on the locked request, so it is opened once. A freeze holds it:
        until that is lifted somebody may still keep it.
        """
        clusters = self._clusters()
        with self._store.change() as change:
            done, now = change.request(request_id), change.now()
            keeping = done.keeping
            if keeping is None or not keeping.is_open or keeping.until > now or not done.undoable:
                return None
            if held := self._held(change, done, clusters):
                self._hold(change, done, keeping.held(held, now + HELD_FOR), held)
                return None
            intent = Intent(
                text=f"undo {request_id}",
                actor=done.intent.actor,
                place=done.intent.place,
                reason=done.intent.reason,
                received_at=now,
            )
            undo = Request(id=self._ids(), intent=intent, undoes=request_id, promised=True, opened_at=now)
            undo = change.save(undo)
            change.save(done.model_copy(update={"keeping": keeping.taken_back(undo.id)}))
            facts = {"undo": undo.id, "until": keeping.until.isoformat(), "because": keeping.because}
            change.leaf(AuditEvent.EXEC_UNKEPT, request_id=request_id, actor=None, facts=facts)
            received(change, undo, {"text": intent.text, "undoes": request_id, "promised": True}, by_itself=True)
        self._bus.ring("plan", undo.id)
        self._bus.announce(undo.id)
        self._bus.announce(request_id)
        return undo

    def _held(self, change: Change, done: Request, clusters: Clusters) -> str:
        """The freeze that nothing may be changed by now; empty when there is none."""
        try:
            thawed(change, done, done.plan.steps if done.plan else (), clusters)
        except Frozen as error:
            return f"held, because it is frozen: {error.now}"
        return ""

    def _hold(self, change: Change, done: Request, keeping: Keeping, held: str) -> None:
        change.save(done.model_copy(update={"keeping": keeping}))
        if done.keeping is None or done.keeping.because != held:  # once, not each time that it is looked at
            change.leaf(AuditEvent.EXEC_UNKEPT, request_id=done.id, actor=None, facts={"undo": None, "because": held})

    def look(self, request_id: RequestId) -> None:
        """One look at what is on trial; when it is not well, its time is over. Silence of a cluster proves nothing."""
        request = self._store.request(request_id)
        if request.keeping is None or not request.keeping.is_open or request.plan is None:
            return
        applied = {result.step for result in request.undoable}
        steps = [step for step in request.plan.steps if step.number in applied]
        sick = [text for step in steps if (text := self._sick(request, step))]
        if not sick or self._drafting.since(request, request.intent.actor).own:
            return  # what somebody else has changed meanwhile is theirs: its time runs as it was promised
        with self._store.change() as change:
            stored = change.request(request_id)
            if stored.keeping is None or not stored.keeping.is_open or stored.version != request.version:
                return
            keeping = stored.keeping.hurried(clean("; ".join(sick)), change.now())
            change.save(stored.model_copy(update={"keeping": keeping}))
        self.take_back(request_id)

    def _sick(self, request: Request, step: Step) -> str:
        """Why a step's change will not be well by itself; seen several times in a row, as when it arrived."""
        action, said = step.action, ""
        for number in range(LOOKS_UNTIL_STUCK):
            if number:
                threading.Event().wait(LOOK_EVERY_SECONDS)
            talk = change_spec(action.verb).watch(action)
            try:
                moment = converse(self._fleet, action.target.cluster, request.intent.actor, talk)
            except KubechatError:
                return ""
            if moment.stage is not Stage.STUCK:
                return ""
            said = f"step {step.number}: {moment.text}"
        return said
