"""Rules as data: the most restrictive match decides, and what no rule speaks of is refused."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.domain.making import REQUESTER, approvers, around, plan, step, target
from workers.domain.action import Effect, Verb
from workers.domain.approval import Needed
from workers.domain.judgement import decide
from workers.domain.matching import Match
from workers.domain.plan import Plan
from workers.domain.policy import Outcome, Policy, PolicyDecision, Rule, Tiers, tier
from workers.domain.value import ClusterName, Digest

DIGEST = Digest("1" * 64)


def rule(name: str, then: Outcome, when: dict[str, Any] | None = None, **more: Any) -> Rule:
    return Rule(name=name, then=then, when=Match.model_validate(when or {}), text=f"text of {name}", **more)


def decided(*rules: Rule, of: Plan | None = None, reason: str | None = None) -> PolicyDecision:
    return decide(Policy(rules=rules), DIGEST, around(of or plan(), reason=reason))


ALLOW, CONFIRM = rule("allow", Outcome.ALLOW), rule("confirm", Outcome.CONFIRM)
APPROVE, REFUSE = rule("approve", Outcome.APPROVE), rule("refuse", Outcome.REFUSE)


@pytest.mark.parametrize(
    ("rules", "outcome", "because"),
    [
        ((), Outcome.REFUSE, ["no-rule"]),
        ((ALLOW,), Outcome.ALLOW, ["allow"]),
        ((ALLOW, CONFIRM), Outcome.CONFIRM, ["confirm"]),
        ((APPROVE, ALLOW, CONFIRM), Outcome.APPROVE, ["approve"]),
        ((ALLOW, REFUSE, APPROVE), Outcome.REFUSE, ["refuse"]),
        ((APPROVE, rule("also", Outcome.APPROVE)), Outcome.APPROVE, ["approve", "also"]),
    ],
)
def test_the_most_restrictive_match_decides(rules: tuple[Rule, ...], outcome: Outcome, because: list[str]) -> None:
    """The order of rules does not matter, and no permission outweighs a refusal."""
    found = decided(*rules)

    assert (outcome, because) == (found.outcome, [hit.rule for hit in found.because])
    assert (DIGEST, timedelta(minutes=30), timedelta(minutes=10)) == (
        found.policy_digest,
        found.approve_within,
        found.run_within,
    )


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, True),
        ({"effects": [Effect.CHANGE]}, True),
        ({"effects": [Effect.READ, Effect.DESTROY]}, False),
        ({"verbs": [Verb.SCALE]}, True),
        ({"verbs": [Verb.RESTART]}, False),
        ({"tiers": ["production"]}, True),
        ({"tiers": ["staging"]}, False),
        ({"clusters": ["prod-*"]}, True),
        ({"clusters": ["prod-us", "prod-e?"]}, True),
        ({"clusters": ["PROD-*"]}, False),
        ({"clusters": ["prod"]}, False),
        ({"namespaces": ["pay*"]}, True),
        ({"namespaces": ["kube-*"]}, False),
        ({"kinds": ["deployment"]}, True),
        ({"kinds": ["pod"]}, False),
        ({"effects": [Effect.CHANGE], "tiers": ["staging"]}, False),
    ],
)
def test_a_rule_matches_when_all_its_conditions_hold(when: dict[str, Any], expected: bool) -> None:
    """Conditions are joined by and, the entries of one by or; an empty one always holds."""
    assert expected == (decided(rule("it", Outcome.ALLOW, when)).outcome is Outcome.ALLOW)


def test_a_rule_about_namespaces_does_not_speak_of_what_has_none() -> None:
    """A node is in no namespace, not in every one."""
    node = plan(step(verb=Verb.CORDON, at=target("n1", namespace=None, kind="node")))

    assert Outcome.REFUSE is decided(rule("it", Outcome.ALLOW, {"namespaces": ["*"]}), of=node).outcome


def test_one_step_without_a_rule_refuses_the_plan() -> None:
    """Rules that know the other steps do not help."""
    both = plan(step(), step(2, at=target(cluster="staging")))
    found = decided(rule("eu", Outcome.ALLOW, {"clusters": ["prod-eu"]}), of=both)

    assert (found.outcome, [(hit.rule, hit.step) for hit in found.because]) == (Outcome.REFUSE, [("no-rule", 2)])


@pytest.mark.parametrize(
    ("reason", "expected"), [(None, Outcome.REFUSE), ("", Outcome.REFUSE), ("INC-42", Outcome.APPROVE)]
)
def test_a_required_reason_that_is_not_given_refuses(reason: str | None, expected: Outcome) -> None:
    """The refusal says what to add."""
    found = decided(rule("it", Outcome.APPROVE, reason_required=True), reason=reason)

    assert expected is found.outcome
    assert (expected is Outcome.REFUSE) == any("because" in hit.text for hit in found.because)


@pytest.mark.parametrize(
    ("rules", "needed"),
    [
        ((ALLOW,), ()),
        ((REFUSE,), ()),
        ((CONFIRM,), (REQUESTER,)),
        ((APPROVE,), (REQUESTER, approvers(1))),
        ((rule("a", Outcome.APPROVE, approvers=2, groups={"sre"}),), (REQUESTER, approvers(2, "sre"))),
        (
            (
                rule("a", Outcome.APPROVE, groups={"sre"}),
                rule("b", Outcome.APPROVE, approvers=3, groups={"sre"}),
                rule("c", Outcome.APPROVE, groups={"dba"}),
                CONFIRM,
            ),
            (REQUESTER, approvers(3, "sre"), approvers(1, "dba")),
        ),
    ],
)
def test_every_change_needs_its_requester_and_the_largest_count_of_each_group(
    rules: tuple[Rule, ...], needed: tuple[Needed, ...]
) -> None:
    """Several rules add up: the largest number for the same groups, and every set of groups."""
    assert needed == decided(*rules).needed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dev", "development"),
        ("dev-7", "staging"),
        ("dev-eu", "development"),
        ("prod-eu", "production"),
        ("x", "production"),
    ],
)
def test_a_cluster_that_no_line_names_is_production(name: str, expected: str) -> None:
    """The first line that matches gives the tier; unknown is never safe."""
    lines = (
        Tiers(tier="staging", clusters=("dev-7",)),
        Tiers(tier="development", clusters=("dev", "dev-*")),
    )

    assert expected == tier(Policy(rules=(), tiers=lines), ClusterName(name))


def test_a_cluster_that_is_gone_counts_as_production() -> None:
    """A context that was taken out of the kubeconfig does not become harmless."""
    gone = plan(step(at=target(cluster="gone")))

    assert Outcome.CONFIRM is decided(rule("it", Outcome.CONFIRM, {"tiers": ["production"]}), of=gone).outcome
