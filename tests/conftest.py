"""Fixtures over real servers: SQLite, PostgreSQL and Valkey, one set for each test process."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from tests.servers import guard
from tests.servers.postgres import TEMPLATE, Postgres
from workers.bus import RedisBus, connect
from workers.embedded import QueueServer
from workers.store.store import SqlStore
from workers.store.upgrade import upgrade

Golden = Callable[[str, str], None]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--goldens", action="store_true", help="rewrite the recorded texts instead of comparing")


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    """Fails a test that tries to leave this machine."""
    guard.install()
    guard.taken()
    yield
    assert guard.taken() == ()


@pytest.fixture(autouse=True)
def logs_as_they_come() -> Iterator[None]:
    """What a test has set up for logs ends with it: its standard error is closed then."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 20, 10, 0, tzinfo=UTC))


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder with a short path: sockets have room in it."""
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    try:
        server.start()
        first = server.database()
        upgrade(first)
        server.make_template(first)
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    upgrade(f"sqlite:///{folder / 'template.sqlite3'}")
    yield folder / "template.sqlite3"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_url(data: Path, sqlite_template: Path) -> str:
    shutil.copy(sqlite_template, data / "kubechat.sqlite3")
    return f"sqlite:///{data / 'kubechat.sqlite3'}"


@pytest.fixture
def postgresql_url(postgres: Postgres) -> Iterator[str]:
    url = postgres.database(TEMPLATE)
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database with the newest schema; each test that takes it runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(database_url: str, data: Path) -> Iterator[SqlStore]:
    opened = SqlStore(database_url, data / "audit.head")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def queue_server() -> Iterator[QueueServer]:
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    with QueueServer(folder) as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_url(queue_server: QueueServer) -> str:
    client = connect(queue_server.url)
    client.flushall()
    client.close()
    return queue_server.url


@pytest.fixture
def bus(redis_url: str) -> Iterator[RedisBus]:
    opened = RedisBus(redis_url)
    yield opened
    opened.close()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden("cards/first.txt", text)`: compares with the file beside the test, or rewrites it with --goldens."""
    folder = Path(request.node.path).parent

    def compare(name: str, text: str) -> None:
        file = folder / name
        if request.config.getoption("--goldens"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{name} is not recorded yet: run `make goldens` and review it"
        assert file.read_text(encoding="utf-8") == text

    return compare
