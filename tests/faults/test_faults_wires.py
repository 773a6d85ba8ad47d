"""F22 to F26 in the short profile: bad networks, and objects that change under the hands."""

from collections.abc import Iterator

import pytest

from tests.faults import wires
from tests.faults.outcome import Outcome

pytestmark = [pytest.mark.xdist_group("faults-4"), pytest.mark.slow]


@pytest.fixture(scope="module")
def line() -> Iterator[wires.Line]:
    with wires.a_line(22) as made:
        yield made


@pytest.mark.parametrize("experiment", wires.ALL)
def test_what_happens_between_us_and_a_cluster(line: wires.Line, experiment: wires.Experiment) -> None:
    """At most one request for a write, unknown while nobody can see, and the truth afterwards (F22-F26)."""
    outcome: Outcome = experiment(line)
    print(outcome.row)

    assert outcome.violations == []
