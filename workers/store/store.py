"""The store over SQLAlchemy Core, for SQLite and PostgreSQL; implements workers.ports.Store."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Select, and_, delete, func, insert, or_, select

from workers.audit.head import Head, note
from workers.domain.actor import Account
from workers.domain.audit import AuditRecord
from workers.domain.break_glass import Review, Ticket
from workers.domain.cluster import Cluster
from workers.domain.errors import Broken, RequestNotFound
from workers.domain.factor import Factor
from workers.domain.freeze import Freeze
from workers.domain.link import Link
from workers.domain.policy_version import PolicyVersion
from workers.domain.request import Request
from workers.domain.state import FINAL, State
from workers.domain.value import PersonId, RequestId
from workers.failpoints import failpoint
from workers.ports import Listed, Progress
from workers.store import freezes, policy_rows, reviews
from workers.store.change import SqlChange, read
from workers.store.engine import Database, spoken
from workers.store.identities import factor_of, factor_query, link_of, links_query
from workers.store.tables import audit_leaves, clusters, deliveries, now, outgoing, paces, requests

PAGE = 500  # records and progress lines read at once
BODIES = 100  # whole requests read at once
_EXPIRING = (State.AWAITING_CHOICE, State.AWAITING_APPROVAL, State.READY)


class SqlStore:
    """Connects at the first use; `head` is the file that keeps the end of the audit chain outside the database."""

    def __init__(self, url: str, head: Path | None = None) -> None:
        self._database = Database(url)
        self._head = head

    @contextmanager
    def change(self) -> Iterator[SqlChange]:
        written: Head | None = None
        with self._database.transaction("changing the database", writes=True) as connection:
            change = SqlChange(connection)
            yield change
            written = change.flush()
            failpoint("before-commit")
        failpoint("after-commit")
        if written is not None and self._head is not None:
            note(self._head, written)

    def now(self) -> datetime:
        moment: datetime = self._rows("reading the clock", select(now().label("now")))[0].now
        return moment

    def paces(self, buckets: Sequence[str]) -> tuple[Mapping[str, datetime], datetime]:
        query = select(paces.c.bucket, paces.c.full_at).where(paces.c.bucket.in_(buckets))
        found = {row.bucket: row.full_at for row in self._rows("reading paces", query)}
        return found, self.now()

    def request(self, request_id: RequestId) -> Request:
        rows = self._rows("reading a request", select(requests.c.body).where(requests.c.id == request_id))
        if not rows:
            raise RequestNotFound(f"there is no request '{request_id}'")
        return read(rows[0].body)

    def requests(self, *, limit: int = 20, open_only: bool = False) -> tuple[Request, ...]:
        return self.listed(limit=limit, open_only=open_only).requests

    def listed(self, *, limit: int = 20, open_only: bool = False) -> Listed:
        query = (
            select(requests.c.id, requests.c.body)
            .order_by(requests.c.opened_at.desc(), requests.c.id.desc())
            .limit(limit)
        )
        if open_only:
            query = query.where(requests.c.state.not_in([state.value for state in FINAL]))
        found: list[Request] = []
        unreadable: list[RequestId] = []
        for row in self._rows("listing requests", query):
            try:
                found.append(read(row.body))
            except Broken:
                unreadable.append(RequestId(row.id))
        return Listed(requests=tuple(found), unreadable=tuple(unreadable))

    def opened_since(self, since: datetime) -> Iterator[Request]:
        after: Any = requests.c.opened_at >= since
        order = requests.c.opened_at, requests.c.id
        while True:
            query = select(requests.c.body, *order).where(after).order_by(*order).limit(BODIES)
            rows = self._rows("reading requests", query)
            yield from (read(row.body) for row in rows)
            if len(rows) < BODIES:
                return
            last = rows[-1]
            same = and_(requests.c.opened_at == last.opened_at, requests.c.id > last.id)
            after = or_(requests.c.opened_at > last.opened_at, same)

    def find(self, prefix: str) -> tuple[RequestId, ...]:
        query = select(requests.c.id).where(requests.c.id.startswith(prefix, autoescape=True))
        return self._ids("finding a request", query.order_by(requests.c.id).limit(10))

    def progress_after(self, cursor: int, request_id: RequestId | None = None) -> tuple[Progress, ...]:
        """In order, at most 500: whoever gets as many reads on from the last."""
        query = select(outgoing).where(outgoing.c.id > cursor).order_by(outgoing.c.id).limit(PAGE)
        if request_id is not None:
            query = query.where(outgoing.c.request_id == request_id)
        return tuple(Progress.model_validate(dict(row._mapping)) for row in self._rows("reading progress", query))

    def cursor(self) -> int:
        rows = self._rows("reading progress", select(func.coalesce(func.max(outgoing.c.id), 0).label("newest")))
        return int(rows[0].newest)

    def tidy(self, before: timedelta) -> int:
        doing = "forgetting what was told long ago"
        with self._database.transaction(doing, writes=True) as connection, spoken(doing):
            oldest = connection.execute(select(now().label("now"))).scalar_one() - before
            gone = [
                connection.execute(delete(table).where(table.c.at < oldest)).rowcount
                for table in (deliveries, outgoing)
            ]
        return sum(gone)

    def waiting(self, states: Sequence[str]) -> tuple[RequestId, ...]:
        query = select(requests.c.id).where(requests.c.state.in_([str(state) for state in states]), _unheld())
        return self._ids("looking for waiting requests", query.order_by(requests.c.opened_at))

    def expired(self) -> tuple[RequestId, ...]:
        states = [state.value for state in _EXPIRING]
        over = and_(requests.c.state.in_(states), requests.c.expires_at <= now(), _unheld())
        return self._ids("looking for expired requests", select(requests.c.id).where(over))

    def remindable(self) -> tuple[RequestId, ...]:
        due = and_(requests.c.state == State.AWAITING_APPROVAL.value, requests.c.remind_at <= now())
        return self._ids("looking for reminders", select(requests.c.id).where(due))

    def abandoned(self) -> tuple[RequestId, ...]:
        query = select(requests.c.id).where(requests.c.state == State.RUNNING.value, _unheld())
        return self._ids("looking for abandoned requests", query)

    def unkept(self) -> tuple[RequestId, ...]:
        over = requests.c.keep_until <= now()
        return self._ids("looking for what nobody kept", select(requests.c.id).where(over))

    def on_trial(self) -> tuple[RequestId, ...]:
        running = requests.c.keep_until > now()
        return self._ids("looking for what may be kept", select(requests.c.id).where(running))

    def records(self, start: int = 1) -> Iterator[AuditRecord]:
        """In order; read in pages, each in its own short transaction (the trail only grows)."""
        columns = audit_leaves.c.sequence, audit_leaves.c.leaf, audit_leaves.c.previous_hash, audit_leaves.c.hash
        beginning = True
        while True:
            after = audit_leaves.c.sequence >= start if beginning else audit_leaves.c.sequence > start
            query = select(*columns).where(after).order_by(audit_leaves.c.sequence).limit(PAGE)
            rows = self._rows("reading the audit trail", query)
            for row in rows:
                yield AuditRecord(
                    sequence=row.sequence, leaf=bytes(row.leaf), previous_hash=row.previous_hash, hash=row.hash
                )
            if len(rows) < PAGE:
                return
            beginning, start = False, rows[-1].sequence

    def policy_versions(self, *, limit: int) -> tuple[PolicyVersion, ...]:
        rows = self._rows("reading versions of the policy", policy_rows.newest(limit))
        return tuple(policy_rows.version(row) for row in rows)

    def freezes(self) -> tuple[Freeze, ...]:
        with self._database.transaction("reading the freezes") as connection:
            return freezes.standing(connection)

    def reviews(self, limit: int = 20) -> tuple[Review, ...]:
        with self._database.transaction("reading the reviews") as connection:
            return reviews.newest(connection, limit)

    def tickets(self, limit: int = 20) -> tuple[Ticket, ...]:
        with self._database.transaction("reading the tickets") as connection:
            return reviews.newest_tickets(connection, limit)

    def clusters(self) -> tuple[Cluster, ...]:
        rows = self._rows("listing clusters", select(clusters).order_by(clusters.c.name))
        return tuple(
            Cluster(
                name=row.name,
                tier=row.tier,
                groups=frozenset(json.loads(row.groups)),
                aliases=frozenset(json.loads(row.aliases)),
                reachable=row.reachable,
                detail=row.detail,
                server=row.server,
                authorities=row.authorities,
            )
            for row in rows
        )

    def link(self, account: Account) -> Link | None:
        rows = self._rows("reading a link", links_query(account))
        return link_of(rows[0]) if rows else None

    def links(self, person: str = "") -> tuple[Link, ...]:
        return tuple(link_of(row) for row in self._rows("listing links", links_query(person=person)))

    def factor(self, person: PersonId) -> Factor | None:
        rows = self._rows("reading a second factor", factor_query(person))
        return factor_of(rows[0]) if rows else None

    def remember_clusters(self, clusters: Sequence[Cluster]) -> None:
        """Replaces what was remembered."""
        _remember(self._database, clusters)

    def check(self) -> None:
        self._rows("asking the database for the time", select(now().label("now")))

    def dispose(self) -> None:
        """In a forked child: leaves the parent's connections alone and opens new ones at the next use."""
        self._database.forget()

    def close(self) -> None:
        self._database.close()

    def _rows(self, doing: str, query: Select[Any]) -> Sequence[Row[Any]]:
        with self._database.transaction(doing) as connection, spoken(doing):
            return connection.execute(query).all()

    def _ids(self, doing: str, query: Select[Any]) -> tuple[RequestId, ...]:
        return tuple(RequestId(row.id) for row in self._rows(doing, query))


def _unheld() -> Any:
    return or_(requests.c.lease_until.is_(None), requests.c.lease_until < now())


def _remember(database: Database, seen: Sequence[Cluster]) -> None:
    doing = "remembering clusters"
    with database.transaction(doing, writes=True) as connection, spoken(doing):
        connection.execute(delete(clusters))
        for cluster in seen:
            row = {
                "name": cluster.name,
                "tier": cluster.tier,
                "groups": json.dumps(sorted(cluster.groups)),
                "aliases": json.dumps(sorted(cluster.aliases)),
                "reachable": cluster.reachable,
                "detail": cluster.detail,
                "server": cluster.server,
                "authorities": cluster.authorities,
                "checked_at": now(),
            }
            connection.execute(insert(clusters).values(row))
