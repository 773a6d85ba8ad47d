"""What another policy would have made of stored requests, and what it makes of a text now."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.walk.rehearsal import PLACE, Rehearsal, SmallFleet, deployment
from workers.domain.matching import Match
from workers.domain.plan import Intent, Question
from workers.domain.policy import Outcome, Policy, Rule
from workers.domain.value import Digest
from workers.drafting import Drafting
from workers.guard.explaining import Explained, Explaining
from workers.guard.replay import Judge, Replayed, Sort, replay
from workers.planner.result import Refused, Reply
from workers.planning import Planning
from workers.preview import Previewer
from workers.settings import DEFAULTS, read_policy
from workers.walk import utc_now

SHIPPED, DIGEST = read_policy(DEFAULTS / "policy.yaml")
NEW = Digest("1" * 64)
LAST_WEEK = timedelta(days=7)


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def changed(name: str, **changes: object) -> Policy:
    rules = tuple(rule.model_copy(update=changes) if rule.name == name else rule for rule in SHIPPED.rules)
    return SHIPPED.model_copy(update={"rules": rules})


def with_rule(rule: Rule) -> Policy:
    return SHIPPED.model_copy(update={"rules": (*SHIPPED.rules, rule)})


def replayed(stage: Rehearsal, policy: Policy) -> Replayed:
    old, new = Judge(policy=SHIPPED, digest=DIGEST), Judge(policy=policy, digest=NEW)
    return replay(stage.store, stage.store.now() - LAST_WEEK, old, new)


@pytest.mark.parametrize(
    ("policy", "sort", "after"),
    [
        (changed("changes-in-production", then=Outcome.REFUSE), Sort.BLOCKED, "refuse"),
        (
            changed("changes-in-production", approvers=2),
            Sort.STRICTER,
            "approve: the requester's own Run, 2 other people from sre",
        ),
        (changed("changes-in-production", then=Outcome.CONFIRM), Sort.EASED, "confirm: the requester's own Run"),
        (
            changed("changes-in-production", groups=frozenset({"owners"})),
            Sort.OTHER,
            "approve: the requester's own Run, 1 other person from owners",
        ),
        (
            changed("changes-in-production", second_factor=True),
            Sort.STRICTER,
            "approve: the requester's own Run, 1 other person from sre, a fresh one-time password",
        ),
    ],
)
def test_what_another_policy_would_have_made_of_a_request(
    stage: Rehearsal, policy: Policy, sort: Sort, after: str
) -> None:
    """A read stays a read, and a change says what it would have needed, and why."""
    asked = stage.ask("scale api to 5 in prod-eu")
    stage.ask("show deployments in payments in dev")
    stage.ask("hello")

    found = replayed(stage, policy)

    assert found.counts == {sort: 1, Sort.SAME: 1}
    (one,) = found.differences
    assert (one.request_id, one.after, one.before) == (
        asked.id,
        after,
        "approve: the requester's own Run, 1 other person from sre",
    )
    assert "rule 'changes-in-production' (effect change, tier production)" in one.because[0]
    assert found.without_plan == 1


def test_the_same_policy_makes_no_difference(stage: Rehearsal) -> None:
    """Not even of requests that it refused."""
    stage.ask("scale api to 5 in prod-eu")
    stage.ask("delete pod api-1 in kube-system in dev")

    assert replayed(stage, SHIPPED).differences == ()


def test_requests_are_read_on_after_a_full_page(stage: Rehearsal) -> None:
    """None is lost and none is counted twice, however many were opened at one time."""
    for _ in range(3):
        stage.ask("scale api to 5 in prod-eu")
    one = stage.store.requests(limit=1)[0]
    with stage.store.change() as change:
        for number in range(250):
            change.save(one.model_copy(update={"id": f"req-{number:08}", "version": 0}))

    found = replayed(stage, changed("changes-in-production", then=Outcome.REFUSE))

    assert (found.counts, len(found.differences)) == ({Sort.BLOCKED: 253}, 20)


def test_requests_of_before_are_not_replayed(stage: Rehearsal) -> None:
    """Only those of the last days are asked for."""
    stage.ask("scale api to 5 in prod-eu")
    judge = Judge(policy=SHIPPED, digest=DIGEST)

    assert replay(stage.store, stage.store.now() + timedelta(seconds=1), judge, judge).counts == {}


def explained(
    stage: Rehearsal, text: str, policy: Policy = SHIPPED, at: datetime | None = None
) -> Explained | Question | Refused | Reply:
    previewer = Previewer(stage.fleet, utc_now)
    planning = Planning(
        store=stage.store,
        bus=stage.bus,
        fleet=stage.fleet,
        previewer=previewer,
        drafting=Drafting(stage.fleet, previewer, utc_now),
        policy=policy,
        policy_digest=DIGEST,
    )
    intent = Intent(text=text, actor=stage.actor("alice"), place=PLACE, received_at=stage.store.now())
    return Explaining(planning=planning, previewer=previewer).explain(intent, at)


def test_a_decision_is_explained_and_nothing_is_left_of_it(stage: Rehearsal) -> None:
    """What decides, what it matched with, and what else speaks; no request, no leaf, no write."""
    big = Rule(name="many", when=Match(more_than_pods=1), then=Outcome.CONFIRM, text="many pods")
    found = explained(stage, "scale api to 5 in prod-eu", with_rule(big))

    assert isinstance(found, Explained)
    assert found.decision.outcome is Outcome.APPROVE
    assert [(one.then, one.hit.rule, one.hit.matched) for one in found.spoken] == [
        (Outcome.APPROVE, "changes-in-production", ("effect change", "tier production")),
        (Outcome.CONFIRM, "many", ("touches 3 pods, more than 1",)),
    ]
    assert (stage.store.requests(), tuple(stage.store.records()), stage.fleet.writes) == ((), (), [])


def test_a_reason_in_the_words_counts(stage: Rehearsal) -> None:
    """As it would if the same was asked in earnest."""
    policy = changed("changes-in-production", reason_required=True)
    without = explained(stage, "scale api to 5 in prod-eu", policy)
    given = explained(stage, "scale api to 5 in prod-eu because INC-42", policy)

    assert isinstance(without, Explained) and isinstance(given, Explained)
    assert (without.decision.outcome, given.decision.outcome) == (Outcome.REFUSE, Outcome.APPROVE)


def test_another_time_is_asked_about(stage: Rehearsal) -> None:
    """A rule with hours answers for them, not for now."""
    hours = Match.model_validate({"outside": [{"from": "09:00", "to": "17:00", "zone": "UTC"}]})
    night = with_rule(Rule(name="night", when=hours, then=Outcome.REFUSE, text="not at night"))
    at = [datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (10, 22)]
    found = [explained(stage, "scale api to 5 in dev", night, moment) for moment in at]

    outcomes = [one.decision.outcome for one in found if isinstance(one, Explained)]
    assert outcomes == [Outcome.CONFIRM, Outcome.REFUSE]


def test_words_that_leave_something_open_are_asked_about(stage: Rehearsal) -> None:
    """A question is no decision of the policy."""
    assert isinstance(explained(stage, "scale api to 5"), Question)
    assert isinstance(explained(stage, "hello"), Reply)
