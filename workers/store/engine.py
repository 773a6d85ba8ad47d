"""Connections to SQLite or PostgreSQL, and the one place where the library's exceptions become ours."""

import os
import socket
import ssl
import threading
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from workers.domain.errors import Broken, InvalidConfiguration, StoreUnavailable
from workers.domain.redact import redact

CONNECT_SECONDS = 3
ANSWER_SECONDS = 30  # of one statement; a server that is silent for longer is taken for dead
BUSY_MILLISECONDS = 5_000  # how long a change waits for another one's end
_HERE = (None, "", "localhost", "127.0.0.1", "::1")  # where plain is as good as TLS
_WRITES = {"kubechat_writes": True}
# SQLSTATE classes and codes that pass or that an operator mends: connection, authorization, no such database,
# rollback by the server, out of resources, lock not available, shutdown, no such table (not migrated yet)
_PASSING = ("08", "28", "3D", "40", "53", "55P03", "57", "42P01", "25006")


class Database:
    """Lazily connected, safe to share between threads, and across fork: a child opens its own connections."""

    def __init__(self, url: str) -> None:
        self.url = parse(url)
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        _alive.add(self)

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self, doing: str, *, writes: bool = False) -> Iterator[Connection]:
        """Committed at the end of the block, rolled back on an exception; raises StoreUnavailable, Broken."""
        with spoken(doing):
            connection = self._connected()
        try:
            with spoken(doing):
                connection = connection.execution_options(**_WRITES) if writes else connection
                connection.begin()
            yield connection
            with spoken(doing, committing=writes):
                connection.commit()
        finally:
            with spoken(doing):
                connection.close()

    def close(self) -> None:
        """Closes idle connections; the next use opens new ones, and finds its statements compiled as before."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()

    def forget(self) -> None:
        """In a forked child: leaves the parent's connections alone."""
        self._lock = threading.Lock()
        if self._engine is not None:
            self._engine.dispose(close=False)

    def _connected(self) -> Connection:
        with self._lock:
            if self._engine is None:
                self._engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url)
            engine = self._engine
        return engine.connect()


def parse(url: str) -> URL:
    """The address with the driver that we ship; raises InvalidConfiguration."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise InvalidConfiguration(
            "DATABASE_URL cannot be read", then="write sqlite:///... or postgresql://..."
        ) from error
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise InvalidConfiguration("DATABASE_URL names no file", then="write sqlite:////path/to/kubechat.sqlite3")
        return parsed.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+pg8000")
    raise InvalidConfiguration(f"DATABASE_URL speaks of '{backend}'", now="SQLite and PostgreSQL are supported")


@contextmanager
def spoken(doing: str, *, committing: bool = False) -> Iterator[None]:
    """Translates what SQLAlchemy and the drivers raise; `doing` says what was tried: "reading a request"."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise _translated(error, doing, committing) from error


def _translated(error: SQLAlchemyError | OSError, doing: str, committing: bool) -> StoreUnavailable | Broken:
    said = redact(_said(error))
    if _passes(error):
        if committing:  # a server that was lost then may have done it
            return StoreUnavailable(
                f"{doing}: {said}", now="whether it was stored is unknown", then="look with `list` before trying again"
            )
        return StoreUnavailable(f"{doing}: {said}", now="nothing was changed", then="try again")
    return Broken(f"{doing}: {said}")


def _passes(error: SQLAlchemyError | OSError) -> bool:
    """Whether trying later can help; not when the statement itself was at fault."""
    if isinstance(error, (OSError, PoolTimeout)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if state := _sqlstate(error):
        return state.startswith(_PASSING)
    return not isinstance(error, (DataError, IntegrityError, NotSupportedError, ProgrammingError))


def _sqlstate(error: DBAPIError) -> str:
    facts = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return str(facts.get("C", "")) if isinstance(facts, dict) else ""


def _said(error: SQLAlchemyError | OSError) -> str:
    """The driver's sentence, without the statement and its parameters."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        facts = error.orig.args[0] if error.orig.args else ""
        return str(facts.get("M", "")) if isinstance(facts, dict) else str(error.orig)
    return str(error).partition("\n")[0]


def _sqlite(url: URL) -> Engine:
    file = Path(url.database or "")
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The driver would use the umask. Only a file that is new is opened here: closing one takes away every lock that
    # SQLite holds on it in this process, and then another process may reset the log under our feet.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    engine = create_engine(url, pool_size=5, max_overflow=30, pool_timeout=BUSY_MILLISECONDS / 1000)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin and end transactions ourselves
        for pragma in (
            f"busy_timeout={BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # without it INSERT OR REPLACE goes past the triggers of the audit trail
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("kubechat_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    import pg8000

    query = dict(url.query)
    folder = query.pop("host", None)  # as libpq spells a socket folder
    port = url.port or int(str(query.pop("port", 5432)))
    address = f"{folder}/.s.PGSQL.{port}" if folder else (url.host or "127.0.0.1", port)
    mode = str(query.pop("sslmode", "disable" if folder or url.host in _HERE else "require"))
    arguments: dict[str, Any] = {
        "ssl_context": _tls(mode, query.pop("sslrootcert", None)),
        "application_name": "kubechat",
        "startup_params": {
            "lock_timeout": f"{BUSY_MILLISECONDS}ms",
            "idle_in_transaction_session_timeout": f"{ANSWER_SECONDS}s",
        },
    }
    engine = create_engine(
        url.set(query=query),
        isolation_level="READ COMMITTED",
        pool_size=5,
        max_overflow=10,
        pool_timeout=BUSY_MILLISECONDS / 1000,
        pool_pre_ping=True,
        connect_args=arguments,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Dialect, _record: object, given: Any, options: dict[str, Any]) -> Any:
        """With our own socket: the driver leaves one open when a server is silent, and has one timeout for all."""
        with ExitStack() as failing:
            line = failing.enter_context(_line(address))
            connection: Any = pg8000.Connection(*given, sock=line, **options)
            failing.pop_all()
        connection._usock.settimeout(ANSWER_SECONDS)
        return connection

    return engine


def _line(address: str | tuple[str, int]) -> socket.socket:
    if isinstance(address, tuple):
        line = socket.create_connection(address, CONNECT_SECONDS)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return line
    line = socket.socket(socket.AF_UNIX)
    try:
        line.settimeout(CONNECT_SECONDS)
        line.connect(address)
    except OSError:
        line.close()
        raise
    return line


def _tls(mode: str, authority: object) -> ssl.SSLContext | Literal[False]:
    """As libpq's sslmode; "prefer" and "allow" are not offered, because they may silently be plain."""
    match mode:
        case "disable":
            return False
        case "require":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return context
        case "verify-full":
            return ssl.create_default_context(cafile=str(authority) if authority else None)
        case _:
            raise InvalidConfiguration(
                f"DATABASE_URL: sslmode '{mode}' is not supported", then="use disable, require or verify-full"
            )


# SQLite keeps its file locks per process and believes after a fork that it still holds them: a child that writes while
# the parent closes its last connection can lose the write-ahead log. So no SQLite connection lives through a fork.
_alive: "weakref.WeakSet[Database]" = weakref.WeakSet()


def _before_fork() -> None:
    for database in list(_alive):
        if database.is_sqlite:
            database.close()


def _in_child() -> None:
    for database in list(_alive):
        database.forget()


os.register_at_fork(before=_before_fork, after_in_child=_in_child)
