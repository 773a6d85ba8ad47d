"""The use case of dropping a part of a plan that waits: a step, or everything in one cluster."""

from collections.abc import Sequence

from workers.domain.actor import Actor
from workers.domain.audit import AuditEvent
from workers.domain.errors import Mistake
from workers.domain.plan import Edit, Step
from workers.domain.press import is_of, is_requester, waits
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import Digest, RequestId
from workers.ports import Bus, Store
from workers.pressing import Pressing


class Narrowing:
    def __init__(self, *, store: Store, bus: Bus) -> None:
        self._pressing = Pressing(store=store, bus=bus)

    def drop(self, request_id: RequestId, what: str, actor: Actor, *, plan_digest: Digest | None = None) -> Request:
        """Planned again without the step of this number, or the steps in the cluster of this name."""
        with self._pressing.press(request_id, actor, "drop") as (change, request):
            waits(request, State.AWAITING_APPROVAL)
            is_requester(request, actor, "drop a step of")
            if plan_digest is not None:
                is_of(request, plan_digest)
            dropped = _meant(request, what)
            edits = [
                Edit(step=step.number, params={}, about=step.action.text, by=actor.person_id, drops=True)
                for step in reversed(dropped)  # so that each still has its number when it goes
            ]
            saved = change.save(request.edited(*edits))
            facts = {"dropped": [step.action.model_dump(mode="json") for step in dropped], "revision": saved.revision}
            change.leaf(AuditEvent.PLAN_EDITED, request_id=request_id, actor=actor.person_id, facts=facts)
        self._pressing.ring("plan", request_id)
        return saved


def _meant(request: Request, what: str) -> Sequence[Step]:
    """Never all of them; raises Mistake."""
    steps = request.plan.steps if request.plan else ()
    found = [step for step in steps if what in (str(step.number), step.action.target.cluster)]
    if request.plan is not None and request.plan.source.kind == "recipe":
        raise Mistake(
            f"a step of recipe {request.plan.source.name} cannot be dropped",
            now="a recipe runs whole",
            then=f"`cancel {request.id}`, and ask for what you want in words",
        )
    if not found:
        places = ", ".join(request.plan.clusters) if request.plan else ""
        raise Mistake(
            f"{request.id} has no step and no cluster '{what}'",
            now=f"its steps are 1 to {len(steps)}, in {places}",
            then="type for example `drop 2`; to have something deleted, say what kind of object it is, and where",
        )
    if len(found) == len(steps):
        raise Mistake(
            f"without {what} nothing is left of {request.id}",
            now=f"that is all of its {len(steps)} steps" if len(steps) > 1 else "it has one step",
            then=f"`cancel {request.id}` takes it back",
        )
    return found
