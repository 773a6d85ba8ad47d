"""What the database's edge gives when things are not as they should be: errors, files, forks, a killed server."""

import os
import socket
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.servers.postgres import TEMPLATE, Postgres
from tests.servers.samples import a_request, stored
from workers.audit.verify import verify
from workers.domain.audit import AuditEvent
from workers.domain.errors import Broken, InvalidConfiguration, StoreUnavailable
from workers.domain.value import RequestId
from workers.store.change import SqlChange
from workers.store.engine import Database, parse, spoken
from workers.store.store import SqlStore
from workers.store.tables import metadata
from workers.store.upgrade import upgrade


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that a test may kill."""
    server = Postgres()
    try:
        server.start()
        first = server.database()
        upgrade(first)
        server.make_template(first)
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://a@b/c", "postgresql+pg8000"),
        ("postgresql+psycopg2://a@b/c", "postgresql+pg8000"),
        ("sqlite:////var/x.sqlite3", "sqlite"),
    ],
)
def test_an_address_gets_the_driver_that_we_ship(url: str, driver: str) -> None:
    """Whatever driver other tools would take."""
    assert parse(url).drivername == driver


@pytest.mark.parametrize("url", ["mysql://a/b", "nonsense", "", "sqlite://", "sqlite:///:memory:", "oracle://x"])
def test_another_database_is_a_mistake(url: str) -> None:
    """Said at the start, in words about DATABASE_URL, never with the address (it may hold a password)."""
    with pytest.raises(InvalidConfiguration, match="DATABASE_URL"):
        parse(url)


def test_a_mode_of_tls_that_may_be_plain_is_refused() -> None:
    """`prefer` means: silently without."""
    store = SqlStore("postgresql://kubechat@127.0.0.1:1/x?sslmode=prefer")

    with pytest.raises(InvalidConfiguration, match="sslmode 'prefer'"):
        store.check()


def test_a_server_without_tls_is_not_spoken_to_when_tls_is_wanted(postgres: Postgres) -> None:
    """`require` is not taken for `prefer`."""
    store = SqlStore(postgres.url(TEMPLATE) + "?sslmode=require")

    with pytest.raises(StoreUnavailable):
        store.check()


def test_a_server_elsewhere_is_not_spoken_to_without_tls(postgres: Postgres) -> None:
    """Plain text over a network has to be asked for by name."""
    elsewhere = postgres.url(TEMPLATE).replace("127.0.0.1", "127.0.0.2")
    server = SqlStore(elsewhere)

    with pytest.raises(StoreUnavailable):
        server.check()


def test_a_socket_folder_is_spelled_as_in_libpq(postgres: Postgres) -> None:
    """`?host=/folder` with the port beside it."""
    folder = postgres.folder
    store = SqlStore(f"postgresql://kubechat@/{TEMPLATE}?host={folder}&port={postgres.port}")

    store.check()

    store.close()


def test_a_dead_server_is_told_quickly() -> None:
    """Refused at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = SqlStore(f"postgresql://kubechat:hunter2@127.0.0.1:{port}/x")
    begun = time.monotonic()

    with pytest.raises(StoreUnavailable) as caught, store.change():
        pass

    assert time.monotonic() - begun < 1
    assert "hunter2" not in caught.value.text


def test_a_silent_server_is_told_after_three_seconds() -> None:
    """Something that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = SqlStore(f"postgresql://kubechat@127.0.0.1:{silent.getsockname()[1]}/x")
        begun = time.monotonic()

        with pytest.raises(StoreUnavailable):
            store.request(RequestId("req-7f3k2m9q"))

    assert 2 < time.monotonic() - begun < 5


def test_a_database_without_tables_is_unavailable(postgres: Postgres, data: Path) -> None:
    """Nobody has migrated it yet: try later."""
    empty = postgres.database()
    for url in (f"sqlite:///{data / 'empty.sqlite3'}", empty):
        store = SqlStore(url)
        with pytest.raises(StoreUnavailable):
            store.cursor()
        store.close()
    postgres.drop(empty)


def test_a_file_that_is_no_database_is_broken_not_overwritten(data: Path) -> None:
    """The file may be somebody's."""
    file = data / "kubechat.sqlite3"
    file.write_bytes(b"something else entirely" * 100)
    store = SqlStore(f"sqlite:///{file}")

    with pytest.raises((StoreUnavailable, Broken)):
        store.check()

    store.close()
    assert file.read_bytes() == b"something else entirely" * 100


def test_the_files_are_for_their_owner_only(sqlite_url: str, data: Path) -> None:
    """A new database, its log and its index, whatever the umask is."""
    before = os.umask(0)
    try:
        url = f"sqlite:///{data / 'new' / 'kubechat.sqlite3'}"
        upgrade(url)
        store = SqlStore(url)
        stored(store)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (data / "new").iterdir()}
        store.close()
    finally:
        os.umask(before)

    assert len(modes) == 3
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((data / "new").stat().st_mode) == 0o700


def test_sqlite_is_set_to_lose_nothing(sqlite_url: str) -> None:
    """Write-ahead log, every commit synced, and no way past the triggers."""
    database = Database(sqlite_url)
    with database.transaction("looking") as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}
    database.close()

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
def test_replacing_a_record_is_refused_to_any_sqlite_client(sqlite_url: str, data: Path, verb: str) -> None:
    """The triggers are in the file: they hold for the sqlite3 shell too."""
    store = SqlStore(sqlite_url)
    with store.change() as change:
        change.leaf(AuditEvent.PLAN_MADE, request_id=None, actor=None)
    store.close()
    client = sqlite3.connect(data / "kubechat.sqlite3")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        client.execute(
            f"{verb} INTO audit_leaves SELECT 1, x'00', previous_hash, hash, at, event, NULL FROM audit_leaves"
        )
    client.close()

    assert verify(store.records()).ok
    store.close()


def test_truncating_the_trail_is_refused(store: SqlStore, database_url: str) -> None:
    """PostgreSQL's short way to empty a table has a trigger of its own."""
    database = Database(database_url)
    if not database.is_sqlite:
        with pytest.raises(Broken, match="append-only"), database.transaction("emptying", writes=True) as connection:
            _run(connection, "TRUNCATE audit_leaves")
    database.close()


def _run(connection: object, statement: str) -> None:
    with spoken("emptying"):
        connection.exec_driver_sql(statement)  # type: ignore[attr-defined]


def test_the_migrations_lead_to_the_tables(database_url: str) -> None:
    """History and present are the same schema."""
    database = Database(database_url)
    with database.transaction("comparing") as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()

    assert differences == []


def test_many_processes_may_migrate_at_once(postgres: Postgres, data: Path) -> None:
    """One does it, the others wait and find it done."""
    empty = postgres.database()
    for url in (f"sqlite:///{data / 'fresh.sqlite3'}", empty):
        gate = threading.Barrier(6)

        def migrate(_index: int, url: str = url, gate: threading.Barrier = gate) -> None:
            gate.wait(10)
            upgrade(url)

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(migrate, range(6)))
        store = SqlStore(url)
        stored(store)
        store.close()
    postgres.drop(empty)


def test_a_newer_database_is_not_touched(sqlite_url: str, data: Path) -> None:
    """An old version says so instead of guessing."""
    client = sqlite3.connect(data / "kubechat.sqlite3")
    client.execute("UPDATE alembic_version SET version_num = '9999'")
    client.commit()
    client.close()

    with pytest.raises(InvalidConfiguration, match="newer Kubechat"):
        upgrade(sqlite_url)


def test_parent_and_child_both_write_after_a_fork(database_url: str, data: Path) -> None:
    """Neither uses the other's connection, and SQLite's locks hold between them."""
    store = SqlStore(database_url, data / "audit.head")

    def write() -> None:
        for _ in range(10):
            with store.change() as change:
                saved = change.save(a_request())
                change.leaf(AuditEvent.PLAN_MADE, request_id=saved.id, actor=None)

    write()
    children = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                store.dispose()
                write()
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
    write()
    store.close()  # the parent's last connection goes while children write
    codes = [os.waitpid(pid, 0)[1] for pid in children]

    assert codes == [0, 0, 0]
    found = verify(store.records(), data / "audit.head")
    assert (found.ok, found.records) == (True, 50)
    assert len(store.requests(limit=100)) == 50
    store.close()


def test_what_was_acknowledged_survives_a_killed_server(own_postgres: Postgres) -> None:
    """F13: each change is durable and recorded, or not acknowledged; afterwards the store works by itself."""
    store = SqlStore(own_postgres.database(TEMPLATE))
    acknowledged: list[RequestId] = []
    unavailable: list[Exception] = []
    enough = threading.Event()

    def write(_index: int) -> None:
        while True:
            try:
                with store.change() as change:
                    saved = change.save(a_request())
                    change.leaf(AuditEvent.APPROVAL_GIVEN, request_id=saved.id, actor=None)
            except StoreUnavailable as error:
                unavailable.append(error)
                return
            acknowledged.append(saved.id)
            if len(acknowledged) > 100:
                enough.set()

    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(write, index) for index in range(8)]
        assert enough.wait(20)
        own_postgres.kill()
        for done in writing:
            done.result(20)
    own_postgres.resume()

    records = list(store.records())
    recorded = {request.id for request in store.requests(limit=10_000)}
    assert len(unavailable) == 8
    assert set(acknowledged) <= recorded
    assert len(recorded) == len(records)
    assert verify(records).ok
    stored(store)
    store.close()


def test_a_cut_of_the_newest_records_is_seen(store: SqlStore, database_url: str, data: Path) -> None:
    """An administrator can drop the triggers; the file outside the database still knows."""
    for _ in range(5):
        with store.change() as change:
            change.leaf(AuditEvent.PLAN_MADE, request_id=None, actor=None)
    database = Database(database_url)
    with database.transaction("tampering", writes=True) as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER audit_leaves_no_delete")
        else:
            connection.exec_driver_sql("DROP TRIGGER audit_leaves_no_change ON audit_leaves")
        connection.exec_driver_sql("DELETE FROM audit_leaves WHERE sequence > 3")
    database.close()

    found = verify(store.records(), data / "audit.head")

    assert (found.ok, found.bad_sequence, found.reason) == (False, 4, "cut at the end: records 4..5 are missing")


def test_a_full_disk_loses_nothing_that_was_acknowledged(sqlite_url: str, data: Path) -> None:
    """SQLite refuses the change as a whole, and the store goes on when there is room again."""
    store = SqlStore(sqlite_url)
    kept = stored(store)
    database = Database(sqlite_url)
    store.close()
    with database.transaction("limiting", writes=True) as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailable), database.transaction("filling", writes=True) as connection:
        SqlChange(connection).save(a_request("x" * 100_000))
    database.close()

    assert store.requests() == (kept,)
    stored(store)
    store.close()


def test_a_commit_that_was_not_answered_is_not_called_unchanged(own_postgres: Postgres) -> None:
    """The server may have stored it before it was lost; before the commit it certainly had not."""
    database = Database(own_postgres.database(TEMPLATE))
    with (
        pytest.raises(StoreUnavailable) as caught,
        database.transaction("trying", writes=True) as connection,
    ):
        connection.exec_driver_sql("SELECT 1")
        own_postgres.kill()

    assert caught.value.now == "whether it was stored is unknown"
    own_postgres.resume()
    database.close()
