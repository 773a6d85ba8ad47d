"""Which thread a planned request belongs to: what the next words said there may go on from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("requests", sa.Column("thread", sa.String(64)))
    op.create_index("requests_by_thread", "requests", ["thread", "opened_at"])


def downgrade() -> None:
    op.drop_index("requests_by_thread", "requests")
    op.drop_column("requests", "thread")
