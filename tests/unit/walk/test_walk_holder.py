"""Two requests about one object: the second keeps its approvals and waits, and says for whom and for what."""

import pytest

from tests.unit.walk.rehearsal import Rehearsal, SmallFleet, deployment
from workers.domain.call import Call
from workers.domain.request import Request
from workers.domain.state import State


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def test_a_locked_object_is_waited_for_and_its_holder_named(stage: Rehearsal) -> None:
    """Who holds it, for whom, what it does, since when, and what to type."""
    first = stage.allowed(stage.ask("scale api to 5 in dev"))
    second = stage.allowed(stage.ask("set api to v2 in dev", "bob"))
    seen: list[Request] = []

    def before(call: Call, dry_run: bool) -> None:
        if call.writes and not dry_run and not seen:
            seen.append(stage.run(second))

    stage.fleet.before = before
    done = stage.run(first)

    (waiting,) = seen
    assert (done.state, waiting.state) == (State.SUCCEEDED, State.READY)
    assert waiting.yes == second.yes
    for part in ("deployment/api in dev/payments", first.id, "for Alice", "scale deployment api", "since", "UTC"):
        assert part in waiting.notice
