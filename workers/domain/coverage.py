"""What can be said of rules without any request: which can never hold, which never decide, and what nobody decides."""

from collections.abc import Iterable, Mapping

from workers.domain.action import Effect, Verb
from workers.domain.kind import KINDS
from workers.domain.matching import Match, fits
from workers.domain.policy import Outcome, Policy, Rule

WILD = frozenset("*?[")
AS_ITS_PARTS = frozenset({Verb.DRAIN, Verb.CP})  # judged as what it stands for; never run, only shown
SETS = ("tiers", "cluster_groups", "kinds", "asked_by_groups")
PATTERNS = ("clusters", "namespaces", "names", "asked_by")
NARROWING = (*SETS[1:], *PATTERNS, "labels", "more_than_objects", "more_than_pods", "during", "outside")


def never(when: Match) -> str:
    """Why it can never hold; empty when it can."""
    verbs = when.possible
    if not verbs:
        return "no verb is left by effects, verbs and besides"
    kinds = [KINDS[kind] for kind in when.kinds if kind in KINDS]
    if when.namespaces and kinds and not any(kind.namespaced for kind in kinds):
        return f"{', '.join(sorted(when.kinds))} has no namespace"
    counts = (when.more_than_objects, when.more_than_pods) != (None, None)
    if counts and all(verb.effect is Effect.READ for verb in verbs):
        return "what is only read changes no objects and touches no pods"
    if when.during and set(when.during) <= set(when.outside):
        return "it is never during and outside of the same hours"
    return ""


def covers(wide: Match, narrow: Match) -> bool:
    """Whether the wide one surely holds whenever the narrow one does."""
    return (
        narrow.possible <= wide.possible
        and wide.besides_parts_of <= narrow.besides_parts_of
        and all(_among(getattr(wide, name), getattr(narrow, name)) for name in SETS)
        and all(_fit(getattr(wide, name), getattr(narrow, name)) for name in PATTERNS)
        and _labels(wide.labels, narrow.labels)
        and _more(wide.more_than_objects, narrow.more_than_objects)
        and _more(wide.more_than_pods, narrow.more_than_pods)
        and (not wide.during or (bool(narrow.during) and set(narrow.during) <= set(wide.during)))
        and set(wide.outside) <= set(narrow.outside)
    )


def _among(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    return not wide or (bool(narrow) and narrow <= wide)


def _fit(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """A pattern is covered by itself only, a name by every pattern that it fits."""
    return not wide or (bool(narrow) and all(_is_covered(wide, one) for one in narrow))


def _is_covered(wide: frozenset[str], one: str) -> bool:
    return one in wide or (not WILD & set(one) and fits(wide, one))


def _labels(wide: Mapping[str, str], narrow: Mapping[str, str]) -> bool:
    return all(key in narrow and value in ("*", narrow[key]) for key, value in wide.items())


def _more(wide: int | None, narrow: int | None) -> bool:
    return wide is None or (narrow is not None and narrow >= wide)


def shadowing(policy: Policy, rule: Rule) -> Rule | None:
    """A rule that holds whenever this one does and leaves nothing for it to decide; of two alike the first."""
    at = policy.rules.index(rule)
    for number, other in enumerate(policy.rules):
        if number == at or not covers(other.when, rule.when) or not _is_stricter(other, rule):
            continue
        mutual = covers(rule.when, other.when) and _is_stricter(rule, other)
        if not mutual or number < at:
            return other
    return None


def _is_stricter(one: Rule, other: Rule) -> bool:
    """At least as strict in everything."""
    if one.then is Outcome.REFUSE:
        return True
    if one.then < other.then:
        return False
    asks = all(getattr(one, name) or not getattr(other, name) for name in ("reason_required", "ticket_required"))
    asks = asks and (one.second_factor or not other.second_factor)
    return asks and (one.then > other.then or (one.groups == other.groups and one.approvers >= other.approvers))


def undecided(policy: Policy) -> Mapping[str, tuple[Verb, ...]]:
    """By tier, the verbs that change something and that no rule without further conditions speaks of."""
    tiers = dict.fromkeys([*(line.tier for line in policy.tiers), "production"])
    found = {tier: tuple(_unspoken(policy.rules, tier)) for tier in tiers}
    return {tier: verbs for tier, verbs in found.items() if verbs}


def _unspoken(rules: Iterable[Rule], tier: str) -> Iterable[Verb]:
    plain = [
        rule.when
        for rule in rules
        if not set(rule.when.named) & set(NARROWING) and (not rule.when.tiers or tier in rule.when.tiers)
    ]
    spoken = frozenset[Verb]().union(*(when.possible for when in plain))
    return (v for v in Verb if v.effect is not Effect.READ and v not in AS_ITS_PARTS and v not in spoken)
