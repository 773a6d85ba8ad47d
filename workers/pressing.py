"""One decision of one person on one locked request: taken whole, or refused and recorded."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from workers.domain.actor import Actor
from workers.domain.audit import AuditEvent
from workers.domain.errors import KubechatError, Refusal, RequestExpired
from workers.domain.redact import redact, visible
from workers.domain.request import Request
from workers.domain.value import RequestId
from workers.ending import expire
from workers.ports import Bus, Change, Store

# Presses of one process on one request take turns here, where waiting holds no connection and has no time limit.
_TURNS = tuple(threading.RLock() for _ in range(64))
LONGEST_SECRET = 9_000  # characters that a pattern of `redact` looks at


class Pressing:
    """What every door that takes presses is built on."""

    def __init__(self, *, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus

    @contextmanager
    def press(self, request_id: RequestId, actor: Actor, what: str) -> Iterator[tuple[Change, Request]]:
        """The request, locked until the end of the block. A refused press changes nothing and is recorded."""
        with _TURNS[hash(request_id) % len(_TURNS)], self._decided(request_id, actor, what) as decision:
            yield decision

    @contextmanager
    def _decided(self, request_id: RequestId, actor: Actor, what: str) -> Iterator[tuple[Change, Request]]:
        late: Request | None = None
        try:
            with self._store.change() as change:
                request = change.request(request_id)
                if request.expires_at is not None and request.expires_at <= change.now() and not request.state.is_final:
                    late = request
                    raise RequestExpired(
                        f"the time to decide on {request_id} ended at {request.expires_at:%H:%M:%S} UTC",
                        then="ask again to get a new plan",
                    )
                yield change, request
        except KubechatError as error:
            self._record_refusal(request_id, actor, what, error, late)
            raise

    def ring(self, job: str, request_id: RequestId) -> None:
        """A bell that does not ring is rung again by the sweeper; the decision is already stored."""
        self._bus.ring(job, request_id)
        self._bus.announce(request_id)

    def _record_refusal(
        self, request_id: RequestId, actor: Actor, what: str, error: KubechatError, late: Request | None
    ) -> None:
        if late is None and not isinstance(error, Refusal):
            return
        with self._store.change() as change:
            if late is not None:
                expire(change, late.id)
            facts = {"press": what, "code": error.code, "message": error.message}
            change.leaf(AuditEvent.ACCESS_DENIED, request_id=request_id, actor=actor.person_id, facts=facts)
        self._bus.announce(request_id)


def received(change: Change, request: Request, said: Mapping[str, object], *, by_itself: bool = False) -> None:
    """The leaf of a new request: who asked for what, and where."""
    intent = request.intent
    facts = {**said, "place": intent.place.model_dump(), "account": intent.actor.account.model_dump()}
    if request.follows is not None:
        facts["follows"] = request.follows
    actor = None if by_itself else request.requester
    change.leaf(AuditEvent.INTENT_RECEIVED, request_id=request.id, actor=actor, facts=facts)


def cleaned(text: str, longest: int) -> str:
    """What a person typed, as it is stored; redacted before it is cut: half a secret no longer looks like one."""
    return visible(redact(text[: longest + LONGEST_SECRET]))[:longest]
