"""Reminders while a request waits for yeses: one at half of its time, one at nine tenths; each is sent once.

The database's clock says when one is due, and the request's own row, locked, says whether it was sent: of many workers
that sweep at one moment one finds it unsent. After a long pause of all workers only the newest is sent.
"""

from math import ceil

from workers.domain.audit import AuditEvent
from workers.domain.request import Request
from workers.domain.value import RequestId
from workers.ports import Bus, Store


class Reminding:
    def __init__(self, *, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus

    def due(self) -> tuple[RequestId, ...]:
        return self._store.remindable()

    def remind(self, request_id: RequestId) -> None:
        """Tells whoever follows who is still missing, unless that was told, or is no longer so."""
        with self._store.change() as change:
            stored = change.request(request_id)
            now = change.now()
            told = stored.reminders_due(now)
            if told <= stored.reminded or stored.expires_at is None or stored.expires_at <= now:
                return
            kept = change.save(stored.model_copy(update={"reminded": told}))
            minutes = ceil((stored.expires_at - now).total_seconds() / 60)
            change.broadcast(kept, _text(kept, minutes))
            facts = {
                "reminder": told,
                "missing": [needed.text for needed in kept.missing],
                "until": stored.expires_at.isoformat(),
            }
            change.leaf(AuditEvent.APPROVAL_REMINDED, request_id=request_id, actor=None, facts=facts)
        self._bus.announce(request_id)


def _text(request: Request, minutes: int) -> str:
    missing = " and ".join(needed.text for needed in request.missing)
    until = f"{request.expires_at:%H:%M:%S} UTC"
    who = request.intent.actor.name
    return (
        f"{request.id} of {who} waits for {missing}: {minutes} min left to approve (until {until}): "
        f"{request.intent.text} (show {request.id})"
    )
