"""Brings the schema to the newest step; called when a process starts, from as many processes as there are."""

from pathlib import Path

from sqlalchemy import func, inspect, select, text

from workers.domain.errors import InvalidConfiguration
from workers.store.engine import Database, spoken

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMA_LOCK = 0x6B756266  # the advisory lock in PostgreSQL under which one process at a time migrates
NEWEST = "0003"


def upgrade(url: str) -> None:
    """In one transaction, under a lock; raises StoreUnavailable, or InvalidConfiguration for a newer database."""
    database = Database(url)
    doing = "bringing the database up to date"
    try:
        with database.transaction(doing, writes=True) as connection, spoken(doing):
            if not database.is_sqlite:  # a writing transaction is the lock in SQLite
                connection.execute(select(func.pg_advisory_xact_lock(SCHEMA_LOCK)))
            if inspect(connection).has_table("alembic_version"):
                found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
                if found == NEWEST:
                    return
                if found is not None and found > NEWEST:
                    raise InvalidConfiguration(
                        f"the database was written by a newer Kubechat (schema {found})",
                        now=f"this one knows schema {NEWEST}",
                        then="install the newer version",
                    )
            from alembic import command
            from alembic.config import Config

            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        database.close()
