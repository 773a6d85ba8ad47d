"""Who may do what, and whose yes it takes: rules as data, the most restrictive match wins."""

import re
import shlex
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, Self

from pydantic import Field, field_validator, model_validator

from workers.domain import freeze
from workers.domain.action import Effect, Verb
from workers.domain.approval import Needed
from workers.domain.break_glass import BreakGlass
from workers.domain.circumstances import Circumstances
from workers.domain.command import Allowed, why_not
from workers.domain.freeze import FreezeRights
from workers.domain.hours import FreezeWindow
from workers.domain.matching import Match, Sight, fits, matches, sight, values
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
        about = f" ({self.about})" if self.about else ""
        matched = f" ({', '.join(self.matched)})" if self.matched else ""
        return f"step {self.step}{about}, rule '{self.rule}'{matched}: {self.text}"


class PolicyDecision(Value):
    outcome: Outcome
    needed: tuple[Needed, ...]
    because: tuple[RuleHit, ...]  # the rules that decided, or for a refusal the ones that refused
    approve_within: timedelta
    run_within: timedelta
    policy_digest: Digest  # of the policy that decided
    second_factor: bool = False  # every yes needs a fresh one-time password
    break_glass: bool = False  # without other people, and in spite of a freeze
    keepers: str = KEEPERS

    @property
    def after_drift(self) -> Self:
        """What would have run at once has changed its effects: the requester sees it first."""
        if self.outcome is not Outcome.ALLOW:
            return self
        return self.model_copy(update={"outcome": Outcome.CONFIRM, "needed": (Needed(role="requester", count=1),)})


class _Hit(NamedTuple):
    rule: Rule
    then: Outcome
    said: RuleHit
    gives_way: bool = False  # to broken glass


def tier(policy: Policy, name: ClusterName) -> str:
    """The cluster's tier; a cluster that no line names is production."""
    for line in policy.tiers:
        if any(fnmatchcase(name, pattern) for pattern in line.clusters):
            return line.tier
    return "production"


def ticket_in(policy: Policy, reason: str | None) -> str | None:
    """The ticket that a reason names, by the policy's pattern."""
    found = re.search(policy.ticket_pattern, reason) if policy.ticket_pattern and reason else None
    return (found.group(0) or None) if found else None


def decide(policy: Policy, policy_digest: Digest, circumstances: Circumstances) -> PolicyDecision:
    """The most restrictive outcome over all steps; a step that no rule is known to match is refused.

    A rule that may match - what it asks for is not known - restricts as one that does, and allows nothing.
    """
    hits = [hit for step in circumstances.steps for hit in _judged(policy, sight(step, circumstances))]
    if circumstances.break_glass:
        hits = _broken(policy.break_glass, circumstances, hits)
    outcome = max((hit.then for hit in hits), default=Outcome.REFUSE)
    deciding = [hit for hit in hits if hit.then is outcome]
    waits = outcome in (Outcome.CONFIRM, Outcome.APPROVE)
    glass = policy.break_glass if circumstances.break_glass and waits else None
    window = policy.run_within_minutes if glass is None else min(glass.window_minutes, policy.run_within_minutes)
    return PolicyDecision(
        outcome=outcome,
        needed=_needed(outcome, [hit.rule for hit in deciding]),
        because=tuple(dict.fromkeys(hit.said for hit in deciding)),
        approve_within=timedelta(minutes=policy.approve_within_minutes),
        run_within=timedelta(minutes=window),
        policy_digest=policy_digest,
        second_factor=waits
        and (any(h.rule.second_factor for h in hits) or (glass is not None and glass.second_factor)),
        break_glass=glass is not None,
        keepers=policy.keepers.said,
    )


def _judged(policy: Policy, seen: Sight) -> list[_Hit]:
    """Everything that speaks of one step."""
    found = [(rule, held) for rule in policy.rules if (held := matches(rule.when, seen)) is not False]
    hits = [_hit(rule, rule.then, seen, values(rule.when, seen)) for rule, _ in found]
    if not any(held for _, held in found):
        where = f"{seen.target.cluster} (tier {seen.tier})"
        hits.append(_refusing("no-rule", f"no rule of the policy speaks of {seen.action.verb} in {where}", seen))
    for rule, _ in found:
        hits += _missing(policy, rule, seen)
    return hits + _unlisted(policy, seen) + _frozen(policy, seen)


def _hit(rule: Rule, then: Outcome, seen: Sight, matched: tuple[str, ...], text: str = "", do: str = "") -> _Hit:
    said = RuleHit(
        rule=rule.name,
        text=text or rule.text,
        step=seen.step.number,
        about=seen.action.text,
        matched=matched,
        then=do,
    )
    return _Hit(rule, then, said)


def _refusing(name: str, text: str, seen: Sight, do: str = "") -> _Hit:
    return _hit(Rule(name=name, then=Outcome.REFUSE, text=text), Outcome.REFUSE, seen, (), do=do)


def _missing(policy: Policy, rule: Rule, seen: Sight) -> Iterable[_Hit]:
    """A reason or a ticket that the rule asks for, and that was not given."""
    matched = values(rule.when, seen)
    if rule.reason_required and not seen.around.reason:
        text = f"{rule.text}; give one: add 'because ...'"
        yield _hit(rule, Outcome.REFUSE, seen, matched, text, "ask again, with 'because ...' at the end")
    if rule.ticket_required and not seen.around.ticket:
        text = f"{rule.text}; the reason names no ticket ({policy.ticket_pattern})"
        yield _hit(rule, Outcome.REFUSE, seen, matched, text, "ask again, with the ticket in 'because ...'")._replace(
            gives_way=True  # broken glass opens a ticket of its own
        )


def _unlisted(policy: Policy, seen: Sight) -> list[_Hit]:
    """A command that is not on the list is refused, whatever the rules say."""
    if seen.action.verb is not Verb.EXEC:
        return []
    why = why_not(policy.exec, str(seen.action.params.get("command", "")))
    by_hand = f"run it yourself: `{shlex.join(seen.step.kubectl)}`"
    return [_refusing("exec", f"{why}; {by_hand}", seen)] if why else []


def _frozen(policy: Policy, seen: Sight) -> list[_Hit]:
    """Freezes that somebody called, and those that the policy has for these days; reads go on."""
    if seen.action.effect is Effect.READ:
        return []
    around, cluster = seen.around, seen.target.cluster
    called = [one for one in around.freezes if freeze.holds(one, cluster, around.clusters)]
    planned = [window for window in policy.freezes if _is_in(window, seen) and window.holds(around.at)]
    hits = [_refusing(freeze.RULE, one.text, seen, one.lifting) for one in called]
    hits += [
        _refusing(freeze.RULE, f"{w.name}, {w.start} to {w.end} ({w.zone}): {w.text}", seen, "wait until it is over")
        for w in planned
    ]
    return [hit._replace(gives_way=True) for hit in hits]


def _is_in(window: FreezeWindow, seen: Sight) -> bool:
    if not window.tiers and not window.clusters:
        return True
    return seen.tier in window.tiers or fits(window.clusters, seen.target.cluster)


def _broken(glass: BreakGlass | None, around: Circumstances, hits: list[_Hit]) -> list[_Hit]:
    """Without freezes and other people's approval; refused for whoever may not break the glass, or says no reason."""
    refused: list[_Hit] = []
    for step in around.steps[:1]:
        seen = sight(step, around)
        if glass is None or not glass.groups & around.actor.groups:
            may = f"only {' and '.join(sorted(glass.groups))} may" if glass else "the policy lets nobody"
            refused.append(_refusing("break-glass", f"{may} break the glass", seen))
        elif not around.reason:
            refused.append(
                _refusing(
                    "break-glass", "broken glass needs a reason", seen, "ask again, with 'because ...' at the end"
                )
            )
    if refused:
        return hits + refused
    left = [hit for hit in hits if not hit.gives_way]
    return [hit._replace(then=Outcome.CONFIRM) if hit.then is Outcome.APPROVE else hit for hit in left]


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
