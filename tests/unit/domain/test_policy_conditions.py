"""What rules compare with: labels, counts, hours, people; and what is not known restricts and allows nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.domain.making import ALICE, CAROL, around, plan, seen, step, target
from workers.domain.action import Verb
from workers.domain.circumstances import Circumstances
from workers.domain.hours import Hours
from workers.domain.judgement import decide
from workers.domain.matching import Match
from workers.domain.plan import Plan
from workers.domain.policy import Outcome, Policy, Rule, sentences
from workers.domain.value import Digest

DIGEST = Digest("1" * 64)
BASE = Rule(name="base", then=Outcome.CONFIRM, text="the base")
OFFICE = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00", "zone": "Europe/Berlin"}
FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # 11:00 in Berlin
FRIDAY_EVENING = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # 17:00 in Berlin
SATURDAY = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def outcome(when: dict[str, Any], circumstances: Circumstances, then: Outcome = Outcome.REFUSE) -> Outcome:
    """Of one rule beside a base that everything matches."""
    rule = Rule(name="it", then=then, when=Match.model_validate(when), text="the text")
    return decide(Policy(rules=(BASE, rule)), DIGEST, circumstances).outcome


def held(when: dict[str, Any], circumstances: Circumstances) -> bool:
    return outcome(when, circumstances) is Outcome.REFUSE


def labelled(**labels: str) -> Circumstances:
    made = plan()
    return around(made, observed={1: seen(made.steps[0], labels=labels)})


@pytest.mark.parametrize(
    ("wanted", "labels", "expected"),
    [
        ({"data": "pci"}, {"data": "pci", "app": "x"}, True),
        ({"data": "pci*"}, {"data": "pci-1"}, True),
        ({"data": "pci"}, {"data": "none"}, False),
        ({"data": "*"}, {"app": "x"}, False),
        ({"data": "pci", "app": "x"}, {"data": "pci", "app": "y"}, False),
    ],
)
def test_labels_of_the_object_are_compared(wanted: dict[str, str], labels: dict[str, str], expected: bool) -> None:
    """All of them have to fit, each by its value or a pattern."""
    assert expected == held({"labels": wanted}, labelled(**labels))


def of_many(*pods: int | None) -> Circumstances:
    made = plan(*(step(number, at=target(f"d{number}")) for number, _ in enumerate(pods, 1)))
    found = zip(made.steps, pods, strict=True)
    return around(made, observed={s.number: seen(s, uid=f"u-{s.number}", pods=count) for s, count in found})


@pytest.mark.parametrize(
    ("when", "pods", "expected"),
    [
        ({"more_than_pods": 9}, (5, 5), True),
        ({"more_than_pods": 10}, (5, 5), False),
        ({"more_than_pods": 1000}, (5, None), True),
        ({"more_than_objects": 1}, (0, 0), True),
        ({"more_than_objects": 2}, (0, 0), False),
    ],
)
def test_what_the_whole_plan_touches_is_counted(
    when: dict[str, Any], pods: tuple[int | None, ...], expected: bool
) -> None:
    """A change cut into many steps is no smaller, and a number that is not known is more."""
    assert expected == held(when, of_many(*pods))


def test_a_read_touches_nothing() -> None:
    """Rules for large changes do not keep people from looking."""
    looking = around(plan(step(verb=Verb.GET)))

    assert not held({"more_than_pods": 0}, looking)


@pytest.mark.parametrize(
    ("at", "during", "outside"), [(FRIDAY, True, False), (FRIDAY_EVENING, False, True), (SATURDAY, False, True)]
)
def test_hours_are_those_of_their_zone(at: datetime, during: bool, outside: bool) -> None:
    """The end is the first minute that is not in them; a weekend is outside of office hours."""
    circumstances = around(plan(), at=at)

    assert (during, outside) == (held({"during": [OFFICE]}, circumstances), held({"outside": [OFFICE]}, circumstances))


@pytest.mark.parametrize("window", ["during", "outside"])
def test_hours_of_an_unknown_zone_restrict_and_never_allow(window: str) -> None:
    """Neither side of a window that cannot be evaluated eases anything."""
    when = {window: [{**OFFICE, "zone": "Europe/Atlantis"}]}
    rule = Rule(name="it", then=Outcome.ALLOW, when=Match.model_validate(when), text="the text")

    assert held(when, around(plan()))
    assert Outcome.REFUSE is decide(Policy(rules=(rule,)), DIGEST, around(plan())).outcome


@pytest.mark.parametrize(("hour", "expected"), [(21, False), (22, True), (23, True), (5, True), (6, False)])
def test_hours_that_end_before_they_begin_last_into_the_next_day(hour: int, expected: bool) -> None:
    """A night belongs to the day on which it begins; every day has one here."""
    night = Hours.model_validate({"from": 22 * 60, "to": "06:00", "zone": "UTC"})

    assert expected == night.hold(datetime(2026, 11, 20, hour, 0, tzinfo=UTC))
    assert night.text == "every day 22:00-06:00 UTC"


def test_a_night_of_friday_ends_on_saturday() -> None:
    """And does not begin again there."""
    night = Hours.model_validate({"days": ["fri"], "from": "22:00", "to": "06:00", "zone": "UTC"})
    at = [datetime(2026, 11, day, hour, 0, tzinfo=UTC) for day, hour in ((20, 23), (21, 5), (21, 23), (20, 5))]

    assert [night.hold(moment) for moment in at] == [True, True, False, False]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"asked_by": ["alice"]}, [True, False]),
        ({"asked_by": ["c*"]}, [False, True]),
        ({"asked_by_groups": ["developers", "interns"]}, [False, True]),
    ],
)
def test_who_asks_is_compared(when: dict[str, Any], expected: list[bool]) -> None:
    """The requester, not who approves."""
    assert expected == [held(when, around(plan(), actor=person)) for person in (ALICE, CAROL)]


@pytest.mark.parametrize(
    "when",
    [
        {"labels": {"data": "pci"}},
        {"more_than_pods": 1000},
        {"cluster_groups": ["lab"]},
        {"names": ["web"]},
        {"namespaces": ["payments"]},
    ],
)
def test_what_is_not_known_restricts_and_never_allows(when: dict[str, Any]) -> None:
    """Nothing was seen, the cluster is gone, and the objects are all of a kind everywhere."""
    unknown: Plan = plan(step(at=target(None, cluster="gone", namespace="*")))
    circumstances = around(unknown, observed={})
    rule = Rule(name="it", then=Outcome.ALLOW, when=Match.model_validate(when), text="the text")

    assert held(when, circumstances)
    assert Outcome.REFUSE is decide(Policy(rules=(rule,)), DIGEST, circumstances).outcome


@pytest.mark.parametrize(
    ("when", "circumstances", "expected"),
    [
        (
            {"verbs": ["scale"], "tiers": ["production"], "kinds": ["deployment"]},
            around(plan()),
            "(verb scale, tier production, kind deployment)",
        ),
        ({"besides": ["restart"]}, around(plan()), "'it': the text"),
        ({"clusters": ["prod-*"], "namespaces": ["pay*"]}, around(plan()), "(cluster prod-eu, namespace payments)"),
        ({"names": ["payment-*"], "asked_by": ["a*"]}, around(plan()), "(name payment-api, asked by alice)"),
        ({"asked_by_groups": ["sre", "dba"]}, around(plan()), "(alice is in sre)"),
        ({"more_than_pods": 3}, around(plan()), "(touches 4 pods, more than 3)"),
        (
            {"more_than_pods": 3},
            around(plan(), observed={}),
            "(how many pods it touches is not known, which counts as more than 3)",
        ),
        ({"more_than_objects": 0}, around(plan()), "(changes 1 object, more than 0)"),
        ({"labels": {"data": "pci*"}}, labelled(data="pci-1", app="x"), "(labels data=pci-1)"),
        ({"labels": {"data": "pci*"}}, around(plan()), "(its labels are not known, which counts as data=pci*)"),
        (
            {"outside": [OFFICE]},
            around(plan(), at=SATURDAY),
            "(it is sat 11:00 in Europe/Berlin, outside mon, tue, wed, thu, fri 09:00-17:00 Europe/Berlin)",
        ),
        (
            {"during": [{"zone": "Europe/Atlantis"}]},
            around(plan()),
            "(what time it is there is not known, in every day 00:00-24:00 Europe/Atlantis)",
        ),
    ],
)
def test_a_refusal_says_what_matched_with_which_value(
    when: dict[str, Any], circumstances: Circumstances, expected: str
) -> None:
    """Made of the conditions themselves, so that no condition can refuse without a word."""
    rule = Rule(name="it", then=Outcome.REFUSE, when=Match.model_validate(when), text="the text")
    (hit,) = decide(Policy(rules=(BASE, rule)), DIGEST, circumstances).because

    assert hit.sentence.startswith("step 1 (scale prod-eu/payments deployment/payment-api), rule 'it'")
    assert expected in hit.sentence


def test_steps_that_are_refused_alike_are_named_once() -> None:
    """A drain of fourteen pods is one sentence, not fourteen."""
    many = plan(*(step(number, at=target(f"d{number}")) for number in range(1, 5)))
    rule = Rule(name="it", then=Outcome.REFUSE, text="the text")
    found = decide(Policy(rules=(rule,)), DIGEST, around(many))

    assert sentences(found.because) == (
        "step 1 (scale prod-eu/payments deployment/d1) and 3 more, rule 'it': the text",
    )
