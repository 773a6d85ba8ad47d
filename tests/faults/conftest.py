"""One fleet and one served data folder for the fault experiments of one module.

Not for longer: a thread of it reads every card, and a test that forks must not meet it inside SQLite.
"""

from collections.abc import Iterator

import pytest

from tests.faults.bench import Bench, a_bench, a_world


@pytest.fixture(scope="module")
def shared_bench() -> Iterator[Bench]:
    with a_world() as world, a_bench(world) as bench:
        yield bench


@pytest.fixture
def bench(shared_bench: Bench) -> Iterator[Bench]:
    """Healthy before and after the experiment, without orders that nobody has taken."""
    yield shared_bench
    shared_bench.orders.withdraw()
    shared_bench.world.heal()
