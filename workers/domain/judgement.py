"""What a policy says of steps under their circumstances: every rule is asked, the most restrictive answer wins."""

import shlex
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple

from workers.domain import freeze
from workers.domain.action import Effect, Verb
from workers.domain.approval import Needed
from workers.domain.break_glass import BreakGlass
from workers.domain.circumstances import Circumstances
from workers.domain.command import why_not
from workers.domain.hours import FreezeWindow
from workers.domain.matching import Sight, fits, matches, sight, values
from workers.domain.policy import Outcome, Policy, PolicyDecision, Rule, RuleHit
from workers.domain.value import Digest


class Hit(NamedTuple):
    """One rule, or one guard beside the rules, that speaks of a step."""

    rule: Rule
    then: Outcome  # what comes of it: a reason that is missing makes a refusal of what the rule says
    seen: Sight
    text: str = ""  # instead of the rule's own
    do: str = ""  # what to do about it; empty: whoever keeps the policy can
    gives_way: bool = False  # to broken glass

    @property
    def said(self) -> RuleHit:
        """With the values that its conditions were compared with; made for what decides, not for all that speaks."""
        return RuleHit(
            rule=self.rule.name,
            text=self.text or self.rule.text,
            step=self.seen.step.number,
            about=self.seen.action.text,
            matched=values(self.rule.when, self.seen),
            then=self.do,
        )


def decide(policy: Policy, policy_digest: Digest, circumstances: Circumstances) -> PolicyDecision:
    """The most restrictive outcome over all steps; a step that no rule is known to match is refused.

    A rule that may match - what it asks for is not known - restricts as one that does, and allows nothing.
    """
    hits = _asked(policy, circumstances, _soonest)
    outcome = max((hit.then for hit in hits), default=Outcome.REFUSE)
    deciding = [hit for hit in hits if hit.then is outcome]
    waits = outcome in (Outcome.CONFIRM, Outcome.APPROVE)
    glass = policy.break_glass if circumstances.break_glass and waits else None
    shortest = 24 * 60 if glass is None else glass.window_minutes
    return PolicyDecision(
        outcome=outcome,
        needed=_needed(outcome, [hit.rule for hit in deciding]),
        because=tuple(dict.fromkeys(hit.said for hit in deciding)),
        approve_within=timedelta(minutes=min(policy.approve_within_minutes, shortest)),
        run_within=timedelta(minutes=min(policy.run_within_minutes, shortest)),
        policy_digest=policy_digest,
        second_factor=waits
        and (any(h.rule.second_factor for h in hits) or (glass is not None and glass.second_factor)),
        break_glass=glass is not None,
        glass=glass,
        keepers=policy.keepers.said,
    )


def spoken(policy: Policy, circumstances: Circumstances) -> list[Hit]:
    """Everything that speaks of the steps, also what does not decide; steps in their order."""
    return _asked(policy, circumstances, _all)


def _asked(policy: Policy, circumstances: Circumstances, asking: "Asking") -> list[Hit]:
    hits = [hit for step in circumstances.steps for hit in _judged(policy, sight(step, circumstances), asking)]
    return _broken(policy.break_glass, circumstances, hits) if circumstances.break_glass else hits


def _all(rules: Iterable[Rule], seen: Sight) -> list[tuple[Rule, bool | None]]:
    return [(rule, held) for rule in rules if (held := matches(rule.when, seen)) is not False]


def _soonest(rules: Iterable[Rule], seen: Sight) -> list[tuple[Rule, bool | None]]:
    """What can refuse is asked first: when one surely does, what the others say decides nothing."""
    found = _all((rule for rule in rules if _can_refuse(rule)), seen)
    is_refused = any(held and rule.then is Outcome.REFUSE for rule, held in found)
    return found if is_refused else found + _all((rule for rule in rules if not _can_refuse(rule)), seen)


def _can_refuse(rule: Rule) -> bool:
    return rule.then is Outcome.REFUSE or rule.reason_required or rule.ticket_required


Asking = Callable[[Iterable[Rule], Sight], list[tuple[Rule, bool | None]]]


def _judged(policy: Policy, seen: Sight, asking: Asking) -> list[Hit]:
    """Everything that speaks of one step, as far as it is asked."""
    found = asking(policy.rules, seen)
    hits = [Hit(rule, rule.then, seen) for rule, _ in found]
    if not any(held for _, held in found):
        where = f"{seen.target.cluster} (tier {seen.tier})"
        hits.append(_refusing("no-rule", f"no rule of the policy speaks of {seen.action.verb} in {where}", seen))
    for rule, _ in found:
        hits += _missing(policy, rule, seen)
    return hits + _unlisted(policy, seen) + _frozen(policy, seen)


def _refusing(name: str, text: str, seen: Sight, do: str = "") -> Hit:
    return Hit(Rule(name=name, then=Outcome.REFUSE, text=text), Outcome.REFUSE, seen, do=do)


def _missing(policy: Policy, rule: Rule, seen: Sight) -> Iterable[Hit]:
    """A reason or a ticket that the rule asks for, and that was not given."""
    if rule.reason_required and not seen.around.reason:
        text = f"{rule.text}; give one: add 'because ...'"
        yield Hit(rule, Outcome.REFUSE, seen, text, "ask again, with 'because ...' at the end")
    if rule.ticket_required and not seen.around.ticket:  # broken glass opens a ticket of its own
        text = f"{rule.text}; the reason names no ticket ({policy.ticket_pattern})"
        yield Hit(rule, Outcome.REFUSE, seen, text, "ask again, with the ticket in 'because ...'", gives_way=True)


def _unlisted(policy: Policy, seen: Sight) -> list[Hit]:
    """A command that is not on the list is refused, whatever the rules say."""
    if seen.action.verb is not Verb.EXEC:
        return []
    why = why_not(policy.exec, str(seen.action.params.get("command", "")))
    by_hand = f"run it yourself: `{shlex.join(seen.step.kubectl)}`"
    return [_refusing("exec", f"{why}; {by_hand}", seen)] if why else []


def _frozen(policy: Policy, seen: Sight) -> list[Hit]:
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


def _broken(glass: BreakGlass | None, around: Circumstances, hits: list[Hit]) -> list[Hit]:
    """Without freezes and other people's approval; refused for whoever may not break the glass here, or says no why."""
    refused = [hit for step in around.steps for hit in _unbreakable(glass, sight(step, around))]
    if refused:
        return hits + refused[:1]
    left = [hit for hit in hits if not hit.gives_way]
    return [hit._replace(then=Outcome.CONFIRM) if hit.then is Outcome.APPROVE else hit for hit in left]


def _unbreakable(glass: BreakGlass | None, seen: Sight) -> Iterable[Hit]:
    if glass is None:
        yield _refusing("break-glass", "the policy lets nobody break the glass", seen)
    elif not glass.groups & seen.around.actor.groups:
        yield _refusing("break-glass", f"only {' and '.join(sorted(glass.groups))} may break the glass", seen)
    elif (cooling := seen.around.actor.cooling_until) is not None:
        late = f"an account that was linked lately may not break the glass before {cooling:%Y-%m-%d %H:%M} UTC"
        yield _refusing("break-glass", late, seen)
    elif glass.tiers and seen.tier not in glass.tiers and seen.action.effect is not Effect.READ:
        text = f"the glass is for {' and '.join(sorted(glass.tiers))}, and {seen.target.cluster} is {seen.tier}"
        yield _refusing("break-glass", text, seen, "ask again without breaking the glass")
    elif not seen.around.reason:
        yield _refusing("break-glass", "broken glass needs a reason", seen, "ask again, with 'because ...' at the end")


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
