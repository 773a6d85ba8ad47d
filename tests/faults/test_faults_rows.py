"""F28 and F29 in the short profile: what is true at the claim decides, not what was true at the approval."""

import pytest

from tests.faults import rows
from workers.domain.errors import Broken

pytestmark = pytest.mark.xdist_group("faults-3")


def test_permission_that_ends_while_queued() -> None:
    """Refused at the claim, with the reason on the card and in the trail (F28)."""
    outcome = rows.queued(seed=28)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["refused"] == outcome.counts["queued"] == len(rows.QUEUED)


def test_rows_that_were_altered_after_approval() -> None:
    """Whichever field people had seen: refused, recorded, nothing written (F29)."""
    outcome = rows.altered(seed=29, mutations=150)
    print(outcome.row)

    assert outcome.violations == []
    assert outcome.counts["mutations"] > 100


def test_a_row_that_cannot_be_read_is_taken_up_once() -> None:
    """It is recorded and set aside with what is stored of it: no worker claims it again and again."""
    with rows.a_stage() as stage:
        request = rows.ready(stage)
        row = rows.row_of(stage, request)
        rows.put(stage, {**row, "body": "{}"})
        for _ in range(2):
            with pytest.raises(Broken):
                stage.walk.run(request.id, "worker")
        events = [leaf["event"] for leaf in rows.events(stage, request)]
        found = rows.row_of(stage, request)

    assert events[-2:] == ["exec.claimed", "plan.refused"] and events.count("exec.claimed") == 1
    assert (found["state"], found["body"], found["claimed_by"]) == ("refused", "{}", None)
