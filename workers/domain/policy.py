"""Who may do what, and whose yes it takes: rules as data, the most restrictive match wins."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from workers.domain.approval import Needed
from workers.domain.break_glass import BreakGlass
from workers.domain.cluster import Cluster
from workers.domain.command import Allowed
from workers.domain.freeze import FreezeRights
from workers.domain.hours import FreezeWindow
from workers.domain.matching import Match
from workers.domain.value import ClusterName, Digest, Value

KEEPERS = "whoever keeps the policy can change it"


class Outcome(IntEnum):
    """In order of restriction."""

    ALLOW = 1  # runs at once
    CONFIRM = 2  # the requester's own Run
    APPROVE = 3  # the requester's Run, and other people
    REFUSE = 4


class Rule(Value):
    name: str
    when: Match = Match()
    then: Outcome
    approvers: int = Field(default=1, ge=1, le=20)  # for APPROVE
    groups: frozenset[str] = frozenset()  # whose approval counts; empty: anybody known
    reason_required: bool = False
    ticket_required: bool = False  # found in the reason by the policy's pattern
    second_factor: bool = False  # a fresh one-time password with every yes
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


class Keepers(Value):
    """Who changes the policy: whom a refusal names."""

    groups: frozenset[str] = frozenset()
    text: str = ""  # "ask in #platform"

    @property
    def said(self) -> str:
        """`sre-leads keep the policy: ask in #platform`."""
        who = f"{' and '.join(sorted(self.groups))} keep the policy" if self.groups else KEEPERS
        return f"{who}: {self.text}" if self.text else who


class Policy(Value):
    version: Literal[1] = 1
    keepers: Keepers = Keepers()
    tiers: tuple[Tiers, ...] = ()
    names: ClusterNames = ClusterNames()
    rules: tuple[Rule, ...]
    freezes: tuple[FreezeWindow, ...] = ()
    break_glass: BreakGlass | None = None  # None: nobody may
    exec: tuple[Allowed, ...] = ()  # commands that may run in containers; none of them without a rule
    ticket_pattern: str = ""  # a regular expression: "INC-[0-9]+"
    freeze: FreezeRights = FreezeRights()
    approve_within_minutes: int = Field(default=30, gt=0, le=24 * 60)
    run_within_minutes: int = Field(default=10, gt=0, le=24 * 60)

    @field_validator("ticket_pattern")
    @classmethod
    def _is_an_expression(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"'{pattern}' is no regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _knows_tickets(self) -> Self:
        asking = [rule.name for rule in self.rules if rule.ticket_required]
        if asking and not self.ticket_pattern:
            raise ValueError(f"rule '{asking[0]}' asks for a ticket, and there is no ticket_pattern")
        return self


class RuleHit(Value):
    rule: str
    text: str
    step: int
    about: str = ""  # "delete prod-eu namespace/payments"
    matched: tuple[str, ...] = ()  # which condition matched with which value: "tier production"
    then: str = ""  # what to do about it; empty: whoever keeps the policy can

    @property
    def sentence(self) -> str:
        """`step 1 (delete prod-eu namespace/payments), rule 'x' (verb delete, tier production): why`."""
        return self._said(1)

    def _said(self, steps: int) -> str:
        about = f" ({self.about})" if self.about else ""
        more = f" and {steps - 1} more" if steps > 1 else ""
        matched = f" ({', '.join(self.matched)})" if self.matched else ""
        return f"step {self.step}{about}{more}, rule '{self.rule}'{matched}: {self.text}"


def sentences(hits: Iterable[RuleHit]) -> tuple[str, ...]:
    """One for each rule and what it matched with: of steps that are alike in that the first is named."""
    alike: dict[tuple[str, str, tuple[str, ...]], list[RuleHit]] = {}
    for hit in hits:
        alike.setdefault((hit.rule, hit.text, hit.matched), []).append(hit)
    return tuple(same[0]._said(len(same)) for same in alike.values())


class PolicyDecision(Value):
    outcome: Outcome
    needed: tuple[Needed, ...]
    because: tuple[RuleHit, ...]  # the rules that decided, or for a refusal the ones that refused
    approve_within: timedelta
    run_within: timedelta
    policy_digest: Digest  # of the policy that decided
    second_factor: bool = False  # every yes needs a fresh one-time password
    break_glass: bool = False  # without other people, and in spite of a freeze
    glass: BreakGlass | None = None  # by what it was allowed, and who reviews it
    keepers: str = KEEPERS

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


def known_as(policy: Policy, name: ClusterName) -> Cluster:
    """The cluster as the policy knows it: its tier, groups and aliases."""
    groups = {group for group, patterns in policy.names.groups.items() if any(fnmatchcase(name, p) for p in patterns)}
    aliases = frozenset(policy.names.aliases.get(name, ()))
    return Cluster(name=name, tier=tier(policy, name), groups=frozenset(groups), aliases=aliases)


def ticket_in(policy: Policy, reason: str | None) -> str | None:
    """The ticket that a reason names, by the policy's pattern."""
    found = re.search(policy.ticket_pattern, reason) if policy.ticket_pattern and reason else None
    return (found.group(0) or None) if found else None
