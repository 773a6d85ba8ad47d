"""The tables as they are after every migration, and the database's clock.

A migration never imports this module: it is history, these are the present. A test compares the two.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

_TEXT_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"  # fixed width: SQLite compares it as text


class Instant(TypeDecorator[datetime]):
    """An aware UTC time: `timestamptz` in PostgreSQL, ISO 8601 text of fixed width in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.strftime(_TEXT_FORMAT) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.strptime(value, _TEXT_FORMAT).replace(tzinfo=UTC)
        moment: datetime = value
        return moment.astimezone(UTC)


class now(FunctionElement[datetime]):  # noqa: N801  # an SQL function is spelled like one
    """The database's clock at this statement, not at the start of the transaction: a wait for a lock takes time."""

    type = Instant()
    inherit_cache = True


@compiles(now, "sqlite")
def _sqlite_now(_element: now, _compiler: object, **_: object) -> str:
    return "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"


@compiles(now, "postgresql")
def _postgresql_now(_element: now, _compiler: object, **_: object) -> str:
    return "clock_timestamp()"


Serial = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER
metadata = MetaData()

requests = Table(
    "requests",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(32), nullable=False),
    Column("requester", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("undoes", String(64)),
    Column("continues", String(64)),
    Column("keep_until", Instant),  # while it is to be taken back by itself, unless somebody keeps it
    Column("remind_at", Instant),
    Column("thread", String(64)),  # of its place, once there is a plan that the next words may go on from
    Column("body", Text, nullable=False),  # the whole Request as JSON; the columns beside it are for WHERE
    Column("fence", Integer, nullable=False),  # how often it was claimed
    Column("claimed_by", Text),
    Column("lease_until", Instant),
    Column("updated_at", Instant, nullable=False),
    Index("requests_by_state", "state"),
    Index("requests_by_opening", "opened_at"),
    Index("requests_by_thread", "thread", "opened_at"),
    Index("requests_by_undoes", "undoes"),
    Index("requests_by_continues", "continues"),
    Index("requests_by_keeping", "keep_until"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("system", String(64), primary_key=True),
    Column("delivery_id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

paces = Table(
    "paces",
    metadata,
    Column("bucket", String(64), primary_key=True),  # a digest: of a person, or of a channel
    Column("full_at", Instant, nullable=False),
)

audit_leaves = Table(
    "audit_leaves",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at", Instant, nullable=False),  # this and what follows repeats the leaf, for queries only
    Column("event", String(64), nullable=False),
    Column("request_id", String(64)),
    Index("audit_leaves_by_request", "request_id", "sequence"),
)

outgoing = Table(
    "outgoing",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("request_id", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(16), nullable=False),  # "changed", "progress", "broadcast"
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("outgoing_by_request", "request_id", "id"),
    sqlite_autoincrement=True,
)

locks = Table(
    "locks",
    metadata,
    Column("cluster", Text, primary_key=True),
    Column("namespace", Text, primary_key=True),  # "" for kinds without one
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("request_id", String(64), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("until", Instant, nullable=False),
    Column("since", Instant),
    Index("locks_by_request", "request_id"),
)

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # the newest is in force
    Column("digest", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("source", String(16), nullable=False),  # "file", "rollback"
    Column("by", Text),
    Column("at", Instant, nullable=False),
    Index("policy_versions_by_digest", "digest"),
)

clusters = Table(
    "clusters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("tier", Text, nullable=False),
    Column("groups", Text, nullable=False),  # JSON list, sorted
    Column("aliases", Text, nullable=False),  # JSON list, sorted
    Column("reachable", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("checked_at", Instant, nullable=False),
    Column("server", Text, nullable=False, server_default=""),
    Column("authorities", String(64), nullable=False, server_default=""),
)

# Who an account is (workers.domain.link), second factors (workers.domain.factor)

links = Table(
    "links",
    metadata,
    Column("system", String(64), primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("person", Text, nullable=False),
    Column("linked_at", Instant, nullable=False),
    Column("confirmed", String(16), nullable=False),
    Column("cluster", Text),
    Column("groups", Text),  # JSON list, sorted
    Index("links_by_person", "person"),
)

link_codes = Table(
    "link_codes",
    metadata,
    Column("handle", String(4), primary_key=True),
    Column("salt", String(32), nullable=False),
    Column("hashed", String(64), nullable=False),
    Column("system", String(64), nullable=False),
    Column("workspace", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("ended", String(16), nullable=False),
)

tries = Table(
    "tries",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("what", String(16), nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("tries_by_who", "what", "who", "at"),
)

factors = Table(
    "factors",
    metadata,
    Column("person", Text, primary_key=True),
    Column("sealed", Text, nullable=False),  # the secret, encrypted with the key in the data folder
    Column("enrolled_at", Instant, nullable=False),
    Column("last_counter", BigInteger, nullable=False),  # the newest code that was used
    Column("locked_until", Instant),
)

freezes = Table(
    "freezes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("what", Text, nullable=False),
    Column("clusters", Text, nullable=False),  # JSON list, sorted
    Column("tiers", Text, nullable=False),  # JSON list, sorted
    Column("everything", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("until", Instant),
    Column("lifted_at", Instant),
    Column("lifted_by", Text),
    Column("lifted_because", Text),
    Index("freezes_by_lifting", "lifted_at"),  # those that stand are few among those that did
)

reviews = Table(
    "reviews",
    metadata,
    Column("request_id", String(64), primary_key=True),
    Column("open", Integer),  # 1 until it is reviewed, then NULL: there is never more than one open
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("groups", Text, nullable=False),  # JSON list, sorted
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("reviewed_by", Text),
    Column("reviewed_at", Instant),
    Column("finding", Text, nullable=False),
    Index("reviews_open", "open", unique=True),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
