"""What Alembic calls to run the steps; the connection comes from upgrade.py, which holds the lock."""

from alembic import context

from workers.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the transaction around all steps is upgrade.py's
)
context.run_migrations()
