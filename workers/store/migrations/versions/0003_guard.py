"""The guard: what is undone by which request."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    instant: sa.types.TypeEngine[Any] = sa.DateTime(timezone=True) if postgresql else sa.String(27)
    op.create_index("requests_by_undoes", "requests", ["undoes"])

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
    op.drop_index("requests_by_undoes", "requests")
