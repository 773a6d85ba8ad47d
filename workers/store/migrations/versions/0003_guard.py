"""The guard: what is undone by which request, freezes, break-glass and its reviews."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    instant: sa.types.TypeEngine[Any] = sa.DateTime(timezone=True) if postgresql else sa.String(27)
    op.create_index("requests_by_undoes", "requests", ["undoes"])
    op.add_column("requests", sa.Column("continues", sa.String(64)))
    op.create_index("requests_by_continues", "requests", ["continues"])
    _freezes()

    # Versions of the policy.
    op.create_table(
        "policy_versions",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("at", instant, nullable=False),
    )
    op.create_index("policy_versions_by_digest", "policy_versions", ["digest"])


def downgrade() -> None:
    op.drop_table("policy_versions")
    op.drop_table("tickets")
    op.drop_table("reviews")
    op.drop_table("freezes")
    op.drop_index("requests_by_continues", "requests")
    op.drop_column("requests", "continues")
    op.drop_index("requests_by_undoes", "requests")


def _freezes() -> None:
    """What is frozen; what was done under break-glass, its review, and its line for the tracker."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    instant: sa.types.TypeEngine[Any] = sa.DateTime(timezone=True) if postgresql else sa.String(27)
    number: sa.types.TypeEngine[Any] = sa.BigInteger() if postgresql else sa.Integer()
    op.create_table(
        "freezes",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("clusters", sa.Text, nullable=False),
        sa.Column("tiers", sa.Text, nullable=False),
        sa.Column("everything", sa.Boolean, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("until", instant),
        sa.Column("lifted_at", instant),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lifted_because", sa.Text),
    )
    op.create_table(
        "reviews",
        sa.Column("request_id", sa.String(64), primary_key=True),
        sa.Column("open", sa.Integer),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("groups", sa.Text, nullable=False),
        sa.Column("opened_at", instant, nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("reviewed_by", sa.Text),
        sa.Column("reviewed_at", instant),
        sa.Column("finding", sa.Text, nullable=False),
    )
    op.create_index("reviews_open", "reviews", ["open"], unique=True)
    op.create_table(
        "tickets",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sqlite_autoincrement=True,
    )
