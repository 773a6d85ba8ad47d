"""First tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    instant: sa.types.TypeEngine[Any] = sa.DateTime(timezone=True) if postgresql else sa.String(27)
    number: sa.types.TypeEngine[Any] = sa.BigInteger() if postgresql else sa.Integer()

    op.create_table(
        "requests",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("requester", sa.Text, nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("expires_at", instant),
        sa.Column("undoes", sa.String(64)),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("claimed_by", sa.Text),
        sa.Column("lease_until", instant),
        sa.Column("updated_at", instant, nullable=False),
    )
    op.create_index("requests_by_state", "requests", ["state"])
    op.create_index("requests_by_opening", "requests", ["opened_at"])
    op.create_table(
        "deliveries",
        sa.Column("system", sa.String(64), primary_key=True),
        sa.Column("delivery_id", sa.Text, primary_key=True),
        sa.Column("at", instant, nullable=False),
    )
    op.create_table(
        "audit_leaves",
        sa.Column("sequence", number, primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64)),
    )
    op.create_index("audit_leaves_by_request", "audit_leaves", ["request_id", "sequence"])
    op.create_table(
        "outgoing",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("outgoing_by_request", "outgoing", ["request_id", "id"])
    op.create_table(
        "locks",
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("namespace", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("until", instant, nullable=False),
    )
    op.create_index("locks_by_request", "locks", ["request_id"])
    op.create_table(
        "clusters",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("groups", sa.Text, nullable=False),
        sa.Column("aliases", sa.Text, nullable=False),
        sa.Column("reachable", sa.Boolean, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("checked_at", instant, nullable=False),
    )
    for statement in POSTGRESQL_APPEND_ONLY if postgresql else SQLITE_APPEND_ONLY:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("the audit trail is never taken back")


SQLITE_APPEND_ONLY = (
    "CREATE TRIGGER audit_leaves_no_update BEFORE UPDATE ON audit_leaves "
    "BEGIN SELECT RAISE(ABORT, 'audit_leaves is append-only'); END",
    "CREATE TRIGGER audit_leaves_no_delete BEFORE DELETE ON audit_leaves "
    "BEGIN SELECT RAISE(ABORT, 'audit_leaves is append-only'); END",
    # INSERT OR REPLACE deletes the old row without a trigger unless the connection asks for recursive ones
    "CREATE TRIGGER audit_leaves_no_replace BEFORE INSERT ON audit_leaves "
    "WHEN EXISTS (SELECT 1 FROM audit_leaves WHERE sequence = NEW.sequence) "
    "BEGIN SELECT RAISE(ABORT, 'audit_leaves is append-only'); END",
)
POSTGRESQL_APPEND_ONLY = (
    "CREATE FUNCTION audit_leaves_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit_leaves is append-only' USING ERRCODE = 'insufficient_privilege'; END $$",
    "CREATE TRIGGER audit_leaves_no_change BEFORE UPDATE OR DELETE ON audit_leaves "
    "FOR EACH ROW EXECUTE FUNCTION audit_leaves_refuse()",
    "CREATE TRIGGER audit_leaves_no_truncate BEFORE TRUNCATE ON audit_leaves "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_leaves_refuse()",
)
