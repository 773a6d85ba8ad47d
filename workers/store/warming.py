"""Has the statements of a request's life compiled once, in the process that forks its workers' children.

A child is forked for each job and inherits what is compiled; compiling it anew would cost each job about 20 ms.
"""

from contextlib import suppress
from datetime import timedelta

from workers.domain.actor import Account, Actor
from workers.domain.audit import AuditEvent
from workers.domain.errors import KubechatError
from workers.domain.plan import Intent, Place
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.target import Target
from workers.domain.value import ClusterName, PersonId, RequestId
from workers.store.change import SqlChange
from workers.store.store import SqlStore

LEASE = timedelta(seconds=1)


class _RolledBack(Exception):
    """Nothing of the rehearsal is kept."""


def warm(store: SqlStore) -> None:
    """Goes through a request's life and takes all of it back; a store that does not answer stays cold."""
    with suppress(KubechatError):
        store.freezes(), store.clusters(), store.now(), store.waiting(())
        with suppress(_RolledBack), store.change() as change:
            _rehearse(change)
            raise _RolledBack


def _rehearse(change: SqlChange) -> None:
    nobody = PersonId("nobody")
    account = Account(system="rehearsal", workspace="", user_id="")
    actor = Actor(person_id=nobody, name="", groups=frozenset(), account=account, verified_by="session")
    place, now = Place(system="rehearsal", channel=""), change.now()
    intent = Intent(text="", actor=actor, place=place, received_at=now)
    ready = change.save(Request(id=RequestId("req-rehearsal"), intent=intent, state=State.READY, opened_at=now))
    claim = change.claim(ready.id, "rehearsal", LEASE)
    if claim is None:
        return
    change.renew(claim, LEASE)
    change.lock(claim, [Target(cluster=ClusterName("none"), namespace=None, kind="node", name="none")])
    change.freezes()
    running = change.save(change.request(ready.id).started())
    change.progress(running, "")
    change.leaf(AuditEvent.EXEC_STARTED, request_id=ready.id, actor=nobody)
    change.release(claim)
    change.flush()
