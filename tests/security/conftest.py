"""One fleet and one served folder for the threats that need the whole product, in one test process."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import a_stack
from tests.e2e.stack import Stack, World
from workers.demo.process import running_fleet


@pytest.fixture(scope="session")
def guarded_world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    with running_fleet(folder, incident=True, speed=20) as fleet:
        made = World(fleet)
        yield made
        made.check()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def world(guarded_world: World) -> Iterator[World]:
    """Healthy before and after the test."""
    yield guarded_world
    guarded_world.heal()


@pytest.fixture(scope="session")
def guarded_stack(guarded_world: World) -> Iterator[Stack]:
    with a_stack(guarded_world) as made:
        yield made


@pytest.fixture
def stack(guarded_stack: Stack, world: World) -> Stack:
    """As `kubechat up` serves a folder when nobody sets anything."""
    return guarded_stack
