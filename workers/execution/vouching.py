"""Whether those who approve have the rights themselves, asked of the clusters as each of them while others are missing.

The process that takes presses holds no credentials, so it stores the approval and rings. Who turns out not to have the
right loses the approval, with a notice that names right and cluster. At the moment of the run it is asked again.
"""

from collections.abc import Sequence

from workers.domain.action import Effect
from workers.domain.actor import Actor
from workers.domain.approval import Withdrawal
from workers.domain.audit import AuditEvent
from workers.domain.plan import Step
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import PersonId, RequestId
from workers.driving import each
from workers.execution.recheck import lacking_rights
from workers.execution.starting import withdraw
from workers.ports import Bus, Directory, Store
from workers.preview import Previewer, mark_of


class Vouching:
    def __init__(self, *, store: Store, bus: Bus, previewer: Previewer, people: Directory) -> None:
        self._store = store
        self._bus = bus
        self._previewer = previewer
        self._people = people

    def vouch(self, request_id: RequestId) -> None:
        """Raises Unavailable when a cluster does not answer: the approval stays, unchecked until the run."""
        request = self._store.request(request_id)
        asked = [a for a in request.yes if a.role == "approver" and a.checked_at is None]
        if request.state is not State.AWAITING_APPROVAL or not asked:
            return
        known = {given.actor.person_id: self._people.as_now(given.actor) for given in asked}
        lost = {
            given.actor.person_id: Withdrawal(
                person_id=given.actor.person_id, name=given.actor.name, because="not in the people file any more"
            )
            for given in asked
            if known[given.actor.person_id] is None
        }
        approvers = [actor for actor in known.values() if actor is not None]
        lost |= {one.person_id: one for one in self._lacking(request, approvers)}
        self._keep(request, tuple(lost.values()), frozenset(known) - frozenset(lost))

    def _lacking(self, request: Request, approvers: Sequence[Actor]) -> list[Withdrawal]:
        steps = [s for s in (request.plan.steps if request.plan else ()) if s.action.effect is not Effect.READ]

        def of(step: Step) -> tuple[Withdrawal, ...]:
            if request.preview is None:
                return ()
            identity = request.preview.identities[step.action.target.cluster]
            live, _ = self._previewer.look(step, request.intent.actor, identity)
            mark = mark_of(request.id, request.revision, step.number)
            return lacking_rights(self._previewer, step, live, approvers, mark)

        return [one for found in each(of, steps) for one in found]

    def _keep(self, request: Request, lost: tuple[Withdrawal, ...], found: frozenset[PersonId]) -> None:
        with self._store.change() as change:
            stored = change.request(request.id)
            shown = request.plan and request.plan.digest, request.preview and request.preview.digest
            now = stored.plan and stored.plan.digest, stored.preview and stored.preview.digest
            if stored.state is not State.AWAITING_APPROVAL or shown != now:
                return  # edited, complete or over meanwhile: the run asks again
            if found:
                stored = change.save(stored.vouched(found, change.now()))
                facts = {"people": sorted(found)}
                change.leaf(AuditEvent.APPROVAL_CHECKED, request_id=request.id, actor=None, facts=facts)
            if lost:
                withdraw(change, stored, lost)
        self._bus.announce(request.id)
