"""Who may do what, and whose yes it takes: rules as data, the most restrictive match wins."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Literal, Self

from pydantic import Field

from workers.domain.action import Effect, Verb
from workers.domain.approval import Needed
from workers.domain.cluster import Cluster, tier_of
from workers.domain.command import Allowed, why_not
from workers.domain.plan import Step
from workers.domain.value import ClusterName, Digest, Value


class Outcome(IntEnum):
    """In order of restriction."""

    ALLOW = 1  # runs at once
    CONFIRM = 2  # the requester's own Run
    APPROVE = 3  # the requester's Run, and other people
    REFUSE = 4


class Match(Value):
    """All named conditions hold; an empty one holds always."""

    effects: frozenset[Effect] = frozenset()
    verbs: frozenset[Verb] = frozenset()
    besides: frozenset[Verb] = frozenset()  # verbs that it does not hold for
    tiers: frozenset[str] = frozenset()
    clusters: frozenset[str] = frozenset()  # names or shell patterns
    namespaces: frozenset[str] = frozenset()  # names or shell patterns
    kinds: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()  # of objects, or shell patterns


class Rule(Value):
    name: str
    when: Match = Match()
    then: Outcome
    approvers: int = Field(default=1, ge=1, le=20)  # for APPROVE
    groups: frozenset[str] = frozenset()  # whose approval counts; empty: anybody known
    reason_required: bool = False
    text: str  # why the rule is there, for the card


class Tiers(Value):
    """Which tier a cluster is in, by name or shell pattern, in order; anything else is production."""

    tier: str
    clusters: tuple[str, ...]


class ClusterNames(Value):
    """What people call clusters, besides their own names."""

    aliases: Mapping[ClusterName, tuple[str, ...]] = {}
    groups: Mapping[str, tuple[str, ...]] = {}  # group -> names or patterns
    group_aliases: Mapping[str, tuple[str, ...]] = {}


class Policy(Value):
    version: Literal[1] = 1
    tiers: tuple[Tiers, ...] = ()
    names: ClusterNames = ClusterNames()
    rules: tuple[Rule, ...]
    exec: tuple[Allowed, ...] = ()  # commands that may run in containers; none of them without a rule
    approve_within_minutes: int = Field(default=30, gt=0, le=24 * 60)
    run_within_minutes: int = Field(default=10, gt=0, le=24 * 60)


class RuleHit(Value):
    rule: str
    text: str
    step: int


class PolicyDecision(Value):
    outcome: Outcome
    needed: tuple[Needed, ...]
    because: tuple[RuleHit, ...]  # the rules that decided, or for a refusal the ones that refused
    approve_within: timedelta
    run_within: timedelta
    policy_digest: Digest  # of the policy that decided

    @property
    def after_drift(self) -> Self:
        """What would have run at once has changed its effects: the requester sees it first."""
        if self.outcome is not Outcome.ALLOW:
            return self
        return self.model_copy(update={"outcome": Outcome.CONFIRM, "needed": (Needed(role="requester", count=1),)})


def tier(policy: Policy, name: ClusterName) -> str:
    """The cluster's tier; a cluster that no line names is production."""
    for line in policy.tiers:
        if any(fnmatchcase(name, pattern) for pattern in line.clusters):
            return line.tier
    return "production"


def decide(
    policy: Policy, digest: Digest, steps: Sequence[Step], clusters: Mapping[ClusterName, Cluster], reason: str | None
) -> PolicyDecision:
    """The most restrictive outcome over all steps; a step that no rule matches is refused."""
    hits: list[tuple[Rule, RuleHit]] = []
    for step in steps:
        rules = [rule for rule in policy.rules if _matches(rule.when, step, clusters)]
        if not rules:
            rules = [
                Rule(
                    name="no-rule",
                    then=Outcome.REFUSE,
                    text=f"no rule of the policy speaks of {step.action.verb} in {step.action.target.cluster}",
                )
            ]
        rules += _unlisted(policy, step)
        hits += [(rule, RuleHit(rule=rule.name, text=rule.text, step=step.number)) for rule in rules]
        hits += [
            (
                _without_reason(rule),
                RuleHit(rule=rule.name, text=f"{rule.text}; give one: add 'because ...'", step=step.number),
            )
            for rule in rules
            if rule.reason_required and not reason
        ]
    outcome = max(rule.then for rule, _ in hits)
    deciding = [(rule, hit) for rule, hit in hits if rule.then is outcome]
    return PolicyDecision(
        outcome=outcome,
        needed=_needed(outcome, [rule for rule, _ in deciding]),
        because=tuple(dict.fromkeys(hit for _, hit in deciding)),
        approve_within=timedelta(minutes=policy.approve_within_minutes),
        run_within=timedelta(minutes=policy.run_within_minutes),
        policy_digest=digest,
    )


def _unlisted(policy: Policy, step: Step) -> list[Rule]:
    """A command that is not on the list is refused, whatever the rules say."""
    if step.action.verb is not Verb.EXEC:
        return []
    why = why_not(policy.exec, str(step.action.params.get("command", "")))
    by_hand = f"run it yourself: `{shlex.join(step.kubectl)}`"
    return [Rule(name="exec", then=Outcome.REFUSE, text=f"{why}; {by_hand}")] if why else []


def _without_reason(rule: Rule) -> Rule:
    return rule.model_copy(update={"then": Outcome.REFUSE})


def _needed(outcome: Outcome, rules: Iterable[Rule]) -> tuple[Needed, ...]:
    """The requester for every change; for approvals the largest count for each set of groups."""
    if outcome in (Outcome.ALLOW, Outcome.REFUSE):
        return ()
    requester = Needed(role="requester", count=1)
    if outcome is Outcome.CONFIRM:
        return (requester,)
    counts: dict[frozenset[str], int] = {}
    for rule in rules:
        counts[rule.groups] = max(rule.approvers, counts.get(rule.groups, 0))
    return (requester, *(Needed(role="approver", count=count, groups=groups) for groups, count in counts.items()))


def _matches(when: Match, step: Step, clusters: Mapping[ClusterName, Cluster]) -> bool:
    action, target = step.action, step.action.target
    return (
        (not when.effects or action.effect in when.effects)
        and (not when.verbs or action.verb in when.verbs)
        and action.verb not in when.besides
        and (not when.tiers or tier_of(clusters, target.cluster) in when.tiers)
        and _any(when.clusters, target.cluster)
        and (not when.namespaces or (target.namespace is not None and _any(when.namespaces, target.namespace)))
        and (not when.kinds or target.kind in when.kinds)
        and (not when.names or (target.name is not None and _any(when.names, target.name)))
    )


def _any(patterns: frozenset[str], name: str) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
