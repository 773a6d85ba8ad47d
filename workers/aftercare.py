"""The use cases around an execution: how it is to be carried out, keeping what it did, going on after a part failed."""

from collections.abc import Mapping

from workers.domain.action import Parameter
from workers.domain.actor import Actor
from workers.domain.audit import AuditEvent
from workers.domain.errors import AlreadyDecided, Mistake, NotAnApprover
from workers.domain.keeping import may_keep
from workers.domain.option import Options
from workers.domain.plan import Intent, Place
from workers.domain.press import is_requester, waits
from workers.domain.remains import left, may_continue
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import RequestId
from workers.ports import Bus, Ids, Store
from workers.pressing import Pressing, received


class Aftercare:
    def __init__(self, *, store: Store, bus: Bus, ids: Ids) -> None:
        self._bus = bus
        self._ids = ids
        self._pressing = Pressing(store=store, bus=bus)

    def opt(self, request_id: RequestId, given: Mapping[str, Parameter], actor: Actor) -> Request:
        """Other options for a waiting plan: a new revision is planned and previewed, approvals are dropped."""
        with self._pressing.press(request_id, actor, "set") as (change, request):
            waits(request, State.AWAITING_APPROVAL)
            is_requester(request, actor, "edit")
            now = request.plan.options if request.plan else Options()
            options = now.set(given)
            if options == now:
                said = ", ".join(f"{name}={value}" for name, value in sorted(given.items()))
                raise Mistake(f"{request_id} is so already: {said}", now="the plan is as it was")
            saved = change.save(request.opted(options))
            facts = {"options": options.model_dump(mode="json"), "revision": saved.revision}
            change.leaf(AuditEvent.PLAN_EDITED, request_id=request_id, actor=actor.person_id, facts=facts)
        self._pressing.ring("plan", request_id)
        return saved

    def keep(self, request_id: RequestId, actor: Actor) -> Request:
        """It stays: said by who asked for it, or by somebody whose approval counts for it."""
        with self._pressing.press(request_id, actor, "keep") as (change, done):
            now = change.now()
            may_keep(request_id, done.keeping, now)
            _is_theirs(done, actor)
            keeping = done.keeping.kept(actor.person_id, now) if done.keeping else None
            saved = change.save(done.model_copy(update={"keeping": keeping}))
            facts = {"until": done.keeping.until.isoformat() if done.keeping else "", "kept_at": now.isoformat()}
            change.leaf(AuditEvent.EXEC_KEPT, request_id=request_id, actor=actor.person_id, facts=facts)
        self._bus.announce(request_id)
        return saved

    def go_on(self, request_id: RequestId, actor: Actor, place: Place) -> Request:
        """A new request for the steps that were not done, on the same road: preview, people, record."""
        with self._pressing.press(request_id, actor, "continue") as (change, stopped):
            may_continue(stopped)
            if other := change.under_way(request_id, "continues"):
                raise AlreadyDecided(f"{request_id} is being continued", now=f"{other} does it", then=f"`show {other}`")
            now = change.now()
            reason = stopped.intent.reason
            intent = Intent(text=f"continue {request_id}", actor=actor, place=place, reason=reason, received_at=now)
            request = change.save(Request(id=self._ids(), intent=intent, continues=request_id, opened_at=now))
            steps = [step.number for step in left(stopped)]
            received(change, request, {"text": intent.text, "continues": request_id, "steps": steps})
        self._pressing.ring("plan", request.id)
        return request


def _is_theirs(done: Request, actor: Actor) -> None:
    """Raises NotAnApprover unless it is the requester, or somebody whose approval counts for it."""
    wanted = [needed for needed in (done.decision.needed if done.decision else ()) if needed.role == "approver"]
    if actor.person_id == done.requester or any(needed.takes(actor) for needed in wanted):
        return
    who = " or ".join((done.intent.actor.name, *(needed.text for needed in wanted)))
    raise NotAnApprover(
        f"{actor.name} is not among those who can keep {done.id}", now=f"{who} can", then="ask one of them to say it"
    )
