"""Freezes in the database; whether one still stands is said by its clock.

In PostgreSQL a lock makes what SQLite is anyway: whoever asks for the freezes inside a change is committed before the
next freeze is, so that no write is recorded as intended after a freeze that holds it.
"""

import json
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from workers.domain.errors import Broken
from workers.domain.freeze import Freeze
from workers.domain.value import PersonId
from workers.store.engine import spoken
from workers.store.tables import freezes, now

FREEZE_LOCK = 0x66727A  # "frz": held by freezes, shared by those who act on what they have read


def add(connection: Connection, freeze: Freeze) -> None:
    """Waits for those who have asked; nothing else may be locked before, or two could wait for each other."""
    row = freeze.model_dump() | {
        "clusters": json.dumps(sorted(freeze.clusters)),
        "tiers": json.dumps(sorted(freeze.tiers)),
    }
    with spoken("writing a freeze down"):
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(FREEZE_LOCK)))
        connection.execute(insert(freezes).values(row))


def asked(connection: Connection) -> tuple[Freeze, ...]:
    """Those that stand, and until the end of the transaction no other comes."""
    if connection.dialect.name == "postgresql":
        with spoken("reading the freezes"):
            connection.execute(select(func.pg_advisory_xact_lock_shared(FREEZE_LOCK)))
    return standing(connection)


def standing(connection: Connection) -> tuple[Freeze, ...]:
    """Neither lifted nor over, oldest first; raises what keeps them from being read."""
    columns = (freezes.c[name] for name in Freeze.model_fields)
    query = select(*columns).where(_stands()).order_by(freezes.c.at, freezes.c.id)
    with spoken("reading the freezes"):
        rows = connection.execute(query).all()
    return tuple(_read(row) for row in rows)


def lift(connection: Connection, freeze_id: str, by: PersonId, because: str) -> bool:
    """Whether it stood until now."""
    values = {"lifted_at": now(), "lifted_by": by, "lifted_because": because}
    statement = update(freezes).where(freezes.c.id == freeze_id, _stands()).values(values).returning(freezes.c.id)
    with spoken("lifting a freeze"):
        return connection.execute(statement).first() is not None


def _stands() -> Any:
    return and_(freezes.c.lifted_at.is_(None), or_(freezes.c.until.is_(None), freezes.c.until > now()))


def _read(row: Row[Any]) -> Freeze:
    try:
        lists = {"clusters": json.loads(row.clusters), "tiers": json.loads(row.tiers)}
        return Freeze.model_validate({**row._mapping, **lists})
    except ValueError as error:
        raise Broken(f"the freeze '{row.id}' cannot be read", then="nothing runs until it can be") from error
