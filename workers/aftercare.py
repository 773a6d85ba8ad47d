"""The use cases of what follows an execution: going on after a part of it failed."""

from workers.domain.actor import Actor
from workers.domain.errors import AlreadyDecided
from workers.domain.plan import Intent, Place
from workers.domain.remains import left, may_continue
from workers.domain.request import Request
from workers.domain.value import RequestId
from workers.ports import Bus, Ids, Store
from workers.pressing import Pressing, received


class Aftercare:
    def __init__(self, *, store: Store, bus: Bus, ids: Ids) -> None:
        self._ids = ids
        self._pressing = Pressing(store=store, bus=bus)

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
