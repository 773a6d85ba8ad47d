"""What people read at the end: the summary's facts, and sections through the choke point."""

import pytest

from tests.unit.domain.making import ALICE, BOB, NOW, approved, awaiting, plan, seen, step, target
from workers.domain.action import Action, Verb
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.plan import Undo
from workers.domain.request import Request
from workers.domain.section import Diff, FieldChange, Fields, Log, Section, Table, Text
from workers.redaction import clean, clean_changes, clean_section
from workers.summary import summarise

TWO = plan(step(), step(2, Verb.LOGS), explanation="scale and look")
BACK = Undo(action=Action(verb=Verb.SCALE, target=target(), params={"replicas": 4}))


def result(number: int, outcome: StepOutcome, message: str = "") -> StepResult:
    after = seen(step(), touched=5) if outcome is StepOutcome.DONE and number == 1 else None
    undo = BACK if number == 1 else None
    return StepResult(
        step=number, outcome=outcome, started_at=NOW, ended_at=NOW, message=message, after=after, undo=undo
    )


def ran(*results: StepResult) -> Request:
    request = approved(awaiting(of=TWO), ALICE, BOB).started()
    for one in results:
        request = request.step_finished(one)
    return request


def test_a_success_says_what_was_done_and_how_to_take_it_back() -> None:
    """Each fact names its source; a read speaks through its output."""
    summary = summarise(ran(result(1, StepOutcome.DONE, "5 ready"), result(2, StepOutcome.DONE)), good=True)

    assert summary.headline == "scale and look"
    assert [(fact.text, fact.source) for fact in summary.facts] == [
        ("scale prod-eu/payments deployment/payment-api: done: 5 ready", "prod-eu deployments.apps")
    ]
    assert summary.follow_ups == ("undo req-7f3k2m9q",)
    assert summary.author == "rules"


def test_a_failure_names_the_step_and_offers_no_undo_of_nothing() -> None:
    """What was not written needs no undo."""
    summary = summarise(
        ran(result(1, StepOutcome.FAILED, "nothing was written"), result(2, StepOutcome.SKIPPED)), good=False
    )

    assert summary.headline == "scale and look: did not succeed (step 1: nothing was written)"
    assert "not done: nothing was written" in summary.facts[0].text
    assert summary.follow_ups == ("continue req-7f3k2m9q",)


def test_a_failure_without_a_failed_step_says_so() -> None:
    """No empty brackets: the worker may have been lost between two steps."""
    assert summarise(ran(), good=False).headline == "scale and look: did not succeed (not every step was carried out)"


def test_an_unknown_outcome_is_called_neither_done_nor_failed() -> None:
    """The step in doubt is named as such, the one after it as not started."""
    summary = summarise(ran().intending(1, NOW), good=None, because="its worker was lost")

    assert summary.headline == "scale and look: outcome unknown, its worker was lost"
    assert [fact.text.partition(": ")[2] for fact in summary.facts] == [
        "was about to be sent, no answer is recorded",
        "not started",
    ]
    assert summary.follow_ups == ("show req-7f3k2m9q",)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (Text(text="password=hunter2\x1b[0m"), Text(text="password=[REDACTED:assignment]")),
        (Fields(rows=(("DB_PASSWORD", "two words"),)), Fields(rows=(("DB_PASSWORD", "[REDACTED:named]"),))),
        (Fields(rows=(("image", "r/p:1"),)), Fields(rows=(("image", "r/p:1"),))),
        (
            Table(columns=("A",), rows=(("token=hunter2", "a\u202eb"),)),
            Table(columns=("A",), rows=(("token=[REDACTED:assignment]", "a\\u202eb"),)),
        ),
        (
            Log(lines=("-----BEGIN PRIVATE KEY-----", "hunter2", "-----END PRIVATE KEY-----", "next")),
            Log(lines=("[REDACTED:private-key]", "next")),
        ),
        (
            Diff(changes=(FieldChange(path="spec.env[API_TOKEN].value", before=None, after="a b"),)),
            Diff(changes=(FieldChange(path="spec.env[API_TOKEN].value", before=None, after="[REDACTED:named]"),)),
        ),
    ],
)
def test_every_kind_of_section_goes_through_the_choke_point(section: Section, expected: Section) -> None:
    """What a cluster said is redacted and made visible before it is stored or shown."""
    cleaned = clean_section(section)

    assert "hunter2" not in cleaned.model_dump_json()
    assert expected == cleaned


def test_an_environment_entry_that_comes_or_goes_is_redacted_whole() -> None:
    """A rollback may bring an old password back into the diff."""
    entry = FieldChange(
        path="spec.template.spec.containers[api].env[DB_PASSWORD]", before=None, after="{name: DB_PASSWORD, value: s3}"
    )
    listed = FieldChange(path="spec.containers", before="[{env: [{name: DB_PASSWORD, value: s3}]}]", after=None)

    assert "s3" not in str(clean_changes((entry, listed)))


def test_cleaning_twice_changes_nothing() -> None:
    """Text may pass the choke point more than once on its way."""
    text = "Authorization: Basic hunter2\x07 and \u200b"

    assert clean(text) == clean(clean(text))
