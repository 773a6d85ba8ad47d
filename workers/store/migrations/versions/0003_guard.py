"""The guard: what is undone by which request, freezes, break-glass, reviews, who an account is, what is on trial."""

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
    op.add_column("requests", sa.Column("remind_at", instant))
    op.create_index("requests_by_continues", "requests", ["continues"])
    _freezes()
    _identity()

    # Paces: how much a person, or a channel, may still ask for.
    op.create_table(
        "paces",
        sa.Column("bucket", sa.String(64), primary_key=True),
        sa.Column("full_at", instant, nullable=False),
    )

    # What is taken back by itself, and when.
    op.add_column("requests", sa.Column("keep_until", instant))
    op.create_index("requests_by_keeping", "requests", ["keep_until"])
    op.add_column("locks", sa.Column("since", instant))  # the beginning of a hold, for whoever waits for it

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
    op.drop_table("paces")
    for table in ("factors", "tries", "link_codes", "links"):
        op.drop_table(table)
    for column in ("authorities", "server"):
        op.drop_column("clusters", column)
    op.drop_table("policy_versions")
    op.drop_table("tickets")
    op.drop_table("reviews")
    op.drop_table("freezes")
    op.drop_index("requests_by_continues", "requests")
    op.drop_column("requests", "remind_at")
    op.drop_column("requests", "continues")
    op.drop_column("locks", "since")
    op.drop_index("requests_by_keeping", "requests")
    op.drop_column("requests", "keep_until")
    op.drop_index("requests_by_undoes", "requests")


def _identity() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    instant: sa.types.TypeEngine[Any] = sa.DateTime(timezone=True) if postgresql else sa.String(27)
    number: sa.types.TypeEngine[Any] = sa.BigInteger() if postgresql else sa.Integer()

    op.add_column("clusters", sa.Column("server", sa.Text, nullable=False, server_default=""))
    op.add_column("clusters", sa.Column("authorities", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "links",
        sa.Column("system", sa.String(64), primary_key=True),
        sa.Column("workspace", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("linked_at", instant, nullable=False),
        sa.Column("confirmed", sa.String(16), nullable=False),
        sa.Column("cluster", sa.Text),
        sa.Column("groups", sa.Text),
    )
    op.create_index("links_by_person", "links", ["person"])
    op.create_table(
        "link_codes",
        sa.Column("handle", sa.String(4), primary_key=True),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("hashed", sa.String(64), nullable=False),
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("ended", sa.String(16), nullable=False),
    )
    op.create_table(
        "tries",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
    )
    op.create_index("tries_by_who", "tries", ["what", "who", "at"])
    op.create_table(
        "factors",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("enrolled_at", instant, nullable=False),
        sa.Column("last_counter", sa.BigInteger, nullable=False),
        sa.Column("locked_until", instant),
    )


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
    op.create_index("freezes_by_lifting", "freezes", ["lifted_at"])
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
