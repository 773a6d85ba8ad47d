"""The guard: what is undone by which request."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index("requests_by_undoes", "requests", ["undoes"])


def downgrade() -> None:
    op.drop_index("requests_by_undoes", "requests")
