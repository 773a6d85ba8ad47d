"""The clusters that this folder's tests talk to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet_fixtures import Cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that the tests of a module only read, or change in places of their own."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()
