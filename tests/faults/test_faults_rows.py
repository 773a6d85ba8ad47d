"""F28 and F29 in the short profile: what is true at the claim decides, not what was true at the approval."""

import pytest

from tests.faults import rows

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
    assert outcome.counts["mutations"] == 150
