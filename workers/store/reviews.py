"""Reviews of what was done under break-glass, and the lines for the tracker; the database's clock says what is late."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from workers.domain.break_glass import Review, Ticket
from workers.domain.errors import Broken
from workers.domain.value import PersonId, RequestId
from workers.store.engine import spoken
from workers.store.tables import now, reviews, tickets

OPEN = 1
TRIES = 3  # the one in the way may be closed between two looks


def add(connection: Connection, review: Review) -> Review | None:
    """The one that keeps it from being opened, or None when it is open now; there is never more than one open."""
    upsert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {
        **review.model_dump(exclude={"is_overdue", "groups"}),
        "groups": json.dumps(sorted(review.groups)),
        "open": OPEN,
    }
    with spoken("opening a review"):
        statement = upsert(reviews).values(row).on_conflict_do_nothing().returning(reviews.c.request_id)
        for _ in range(TRIES):
            if connection.execute(statement).first() is not None:
                return None
            found = connection.execute(_query().where(reviews.c.open == OPEN)).first()
            if found is not None:
                return _read(found)
    raise Broken(f"'{review.request_id}' was reviewed and has not ended")


def close(connection: Connection, request_id: RequestId, by: PersonId, finding: str) -> bool:
    """Whether it was open until now."""
    values = {"open": None, "reviewed_by": by, "reviewed_at": now(), "finding": finding}
    is_open = and_(reviews.c.request_id == request_id, reviews.c.open == OPEN)
    with spoken("closing a review"):
        statement = update(reviews).where(is_open).values(values).returning(reviews.c.request_id)
        return connection.execute(statement).first() is not None


def of(connection: Connection, request_id: RequestId) -> Review | None:
    with spoken("reading a review"):
        row = connection.execute(_query().where(reviews.c.request_id == request_id)).first()
    return None if row is None else _read(row)


def newest(connection: Connection, limit: int) -> tuple[Review, ...]:
    """The open one first, then the newest."""
    query = _query().order_by(case((reviews.c.open == OPEN, 0), else_=1), reviews.c.opened_at.desc()).limit(limit)
    with spoken("reading the reviews"):
        return tuple(_read(row) for row in connection.execute(query).all())


def add_ticket(connection: Connection, kind: str, request_id: RequestId, text: str) -> None:
    row = {"kind": kind, "request_id": request_id, "text": text, "created_at": now()}
    with spoken("writing a ticket down"):
        connection.execute(insert(tickets).values(row))


def newest_tickets(connection: Connection, limit: int) -> tuple[Ticket, ...]:
    with spoken("reading the tickets"):
        rows: Sequence[Row[Any]] = connection.execute(select(tickets).order_by(tickets.c.id.desc()).limit(limit)).all()
    return tuple(Ticket.model_validate(dict(row._mapping)) for row in rows)


def _query() -> Select[Any]:
    return select(reviews, and_(reviews.c.open == OPEN, reviews.c.due_at < now()).label("is_overdue"))


def _read(row: Row[Any]) -> Review:
    given = dict(row._mapping)
    given.pop("open")
    try:
        late = {"groups": json.loads(row.groups), "is_overdue": bool(row.is_overdue)}
        return Review.model_validate({**given, **late})
    except ValueError as error:
        raise Broken(f"the review of '{row.request_id}' cannot be read") from error
