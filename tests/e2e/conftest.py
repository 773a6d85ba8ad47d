"""One fleet and the stacks on it, for all tests of the walk in one test process."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.processes import served
from bot.wiring import connect, settings_of
from tests.e2e.stack import Stack, World
from tests.servers.postgres import TEMPLATE, Postgres
from workers.demo.process import running_fleet
from workers.settings import DEFAULTS


@pytest.fixture(scope="session")
def shared_world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    with running_fleet(folder, incident=True, speed=20) as fleet:
        made = World(fleet)
        yield made
        made.check()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """Healthy before and after the test."""
    yield shared_world
    shared_world.heal()


@contextmanager
def a_stack(world: World, run_workers: int = 1, **given: Any) -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    usual = {"kubeconfig": world.fleet.kubeconfig, "http_port": 0, "rollout_seconds": 20, "doubt_seconds": 3}
    unpaced = {"person_per_minute": 100_000, "channel_per_minute": 100_000}  # tests are faster than people
    settings = settings_of(folder, {}, **(usual | unpaced | given))
    said: list[str] = []
    with served(settings, run_workers=run_workers, with_bot=False, say=said.append) as processes:
        instance = connect(settings)
        made = Stack(world, instance, processes)
        try:
            yield made
            made.check()
        finally:
            instance.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_stack(shared_world: World) -> Iterator[Stack]:
    with a_stack(shared_world) as made:
        yield made


@pytest.fixture
def stack(shared_stack: Stack, world: World) -> Stack:
    """As `kubechat up` serves a folder when nobody sets anything."""
    return shared_stack


@pytest.fixture(scope="session")
def shared_hasty(shared_world: World) -> Iterator[Stack]:
    with a_stack(shared_world, run_workers=2, lease_seconds=2, read_seconds=1.5) as made:
        yield made


@pytest.fixture
def hasty(shared_hasty: Stack, world: World) -> Stack:
    """With a short lease and little patience for silent servers, so that what is lost is found soon."""
    return shared_hasty


@pytest.fixture(scope="session")
def shared_commanding(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    policy = tmp_path_factory.mktemp("policy") / "policy.yaml"
    shipped = (DEFAULTS / "policy.yaml").read_text()
    lines = "  - {program: sleep, arguments: ['#']}\n  - {program: 'yes'}\n  - {program: 'false'}\n"
    policy.write_text(shipped.replace("\nexec:\n", f"\nexec:\n{lines}"))
    with a_stack(shared_world, policy=policy, exec_idle_seconds=1) as made:
        yield made


@pytest.fixture
def commanding(shared_commanding: Stack, world: World) -> Stack:
    """With commands on the list that fail or do not end, and little patience for silent ones."""
    return shared_commanding


@pytest.fixture(scope="session")
def shared_on_postgres(shared_world: World, postgres: Postgres) -> Iterator[Stack]:
    url = postgres.database(TEMPLATE)
    with a_stack(shared_world, database_url=url, lease_seconds=2, read_seconds=2) as made:
        yield made
    postgres.drop(url)


@pytest.fixture
def on_postgres(shared_on_postgres: Stack, world: World) -> Stack:
    return shared_on_postgres
