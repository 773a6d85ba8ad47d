"""Requests for tests that need some and do not care which."""

import secrets
from datetime import UTC, datetime

from workers.domain.actor import Account, Actor
from workers.domain.plan import Intent, Place
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import PersonId, RequestId
from workers.store.store import SqlStore

ALICE = Actor(
    person_id=PersonId("alice"),
    name="Alice",
    groups=frozenset({"sre"}),
    account=Account(system="terminal", workspace="here", user_id="alice"),
    verified_by="session",
)


def new_id() -> RequestId:
    return RequestId("req-" + "".join(secrets.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(8)))


def a_request(
    text: str = "pods in staging", *, state: State = State.PLANNING, expires_at: datetime | None = None
) -> Request:
    at = datetime.now(UTC)
    intent = Intent(text=text, actor=ALICE, place=Place(system="terminal", channel="ops"), received_at=at)
    return Request(id=new_id(), intent=intent, state=state, opened_at=at, expires_at=expires_at)


def stored(store: SqlStore, text: str = "pods in staging", **given: object) -> Request:
    with store.change() as change:
        return change.save(a_request(text, **given))  # type: ignore[arg-type]
