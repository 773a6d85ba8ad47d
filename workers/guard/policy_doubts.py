"""What a policy that loads probably does not mean: names that nothing has, rules that never decide, gaps."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from workers.domain.action import Effect
from workers.domain.coverage import WILD, never, shadowing, undecided
from workers.domain.hours import Hours, is_known_zone
from workers.domain.kind import KINDS
from workers.domain.matching import fits
from workers.domain.people import People
from workers.domain.policy import Outcome, Policy, Rule
from workers.domain.value import Value

MOST_NAMED = 6


class Known(Value):
    """What exists here; None is not known, and then nothing is said of it."""

    clusters: frozenset[str] | None = None
    people: People | None = None


class Doubt(Value):
    place: tuple[str | int, ...]  # where in the document: ("rules", 3, "when", "tiers")
    text: str
    write: str


def doubts(policy: Policy, known: Known) -> Iterator[Doubt]:
    """In no order."""
    yield from _twice(policy)
    for number, rule in enumerate(policy.rules):
        place = ("rules", number)
        yield from _words(policy, rule, place, known)
        yield from _people(rule, place, known)
        yield from _use(policy, rule, place)
    yield from _freezes(policy, known)
    yield from _gaps(policy)


def _twice(policy: Policy) -> Iterator[Doubt]:
    seen: dict[str, int] = {}
    for number, rule in enumerate(policy.rules):
        if rule.name in seen:
            text = f"two rules are called '{rule.name}'"
            yield Doubt(
                place=("rules", number, "name"), text=text, write="refusals name the rule: give it another name"
            )
        seen.setdefault(rule.name, number)


def _words(policy: Policy, rule: Rule, place: tuple[str | int, ...], known: Known) -> Iterator[Doubt]:
    """Values that name nothing."""
    when = rule.when
    tiers = {line.tier for line in policy.tiers} | {"production"}
    yield from _unknown((*place, "when", "tiers"), when.tiers, tiers, "no tier of this policy")
    yield from _unknown((*place, "when", "kinds"), when.kinds, KINDS, "no kind that Kubechat knows")
    groups = policy.names.groups
    yield from _unknown((*place, "when", "cluster_groups"), when.cluster_groups, groups, "no group of names.groups")
    yield from _clusters((*place, "when", "clusters"), when.clusters, known)
    for word, windows in (("during", when.during), ("outside", when.outside)):
        for number, hours in enumerate(windows):
            yield from _hours((*place, "when", word, number), hours)


def _hours(place: tuple[str | int, ...], hours: Hours) -> Iterator[Doubt]:
    if not hours.days:
        yield Doubt(
            place=place, text="hours without any day never come", write="write days: [mon, ...], or leave it out"
        )
    yield from _zone((*place, "zone"), hours.zone)


def _zone(place: tuple[str | int, ...], zone: str) -> Iterator[Doubt]:
    if not is_known_zone(zone):
        text = f"'{zone}' is no time zone that this machine knows, so the restrictive side holds all the time"
        yield Doubt(place=place, text=text, write="write one such as Europe/Berlin or UTC")


def _clusters(place: tuple[str | int, ...], patterns: Iterable[str], known: Known) -> Iterator[Doubt]:
    if known.clusters is None:
        return
    for pattern in sorted(patterns):
        if not any(fits(frozenset({pattern}), name) for name in known.clusters):
            what = "no cluster here fits" if WILD & set(pattern) else "there is no cluster here called"
            yield Doubt(place=place, text=f"{what} '{pattern}'", write=_near(pattern, known.clusters))


def _unknown(place: tuple[str | int, ...], given: Iterable[str], known: Iterable[str], what: str) -> Iterator[Doubt]:
    names = sorted(known)
    for word in sorted(set(given) - set(names)):
        have = f"there are {', '.join(names[:MOST_NAMED])}" if len(names) <= MOST_NAMED else "see docs/policy.md"
        yield Doubt(place=place, text=f"'{word}' is {what}", write=_near(word, names) or have)


def _near(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else ""


def _people(rule: Rule, place: tuple[str | int, ...], known: Known) -> Iterator[Doubt]:
    """Approvals that nobody could give."""
    if known.people is None:
        return
    people = known.people.people
    groups = sorted({group for person in people.values() for group in person.groups})
    yield from _unknown((*place, "groups"), rule.groups, groups, "no group of the people file")
    asked = rule.when.asked_by_groups
    yield from _unknown((*place, "when", "asked_by_groups"), asked, groups, "no group of the people file")
    if rule.then is not Outcome.APPROVE:
        return
    able = sum(1 for person in people.values() if not rule.groups or rule.groups & person.groups)
    if able < rule.approvers:
        who = " or ".join(sorted(rule.groups)) or "the people file"
        text = f"{rule.approvers} people have to approve, and {able} {'is' if able == 1 else 'are'} in {who}"
        yield Doubt(place=(*place, "approvers"), text=text, write="ask for fewer, or name another group")


def _use(policy: Policy, rule: Rule, place: tuple[str | int, ...]) -> Iterator[Doubt]:
    """Rules that never decide anything, or more than they seem to."""
    why = never(rule.when)
    if why:
        yield Doubt(
            place=place, text=f"rule '{rule.name}' can never hold: {why}", write="mend its conditions, or take it out"
        )
        return
    other = shadowing(policy, rule)
    if other is not None:
        text = f"rule '{rule.name}' never decides: '{other.name}' holds whenever it does and asks for as much"
        yield Doubt(place=place, text=text, write="take one of them out, or make the other narrower")
    if rule.when.labels and any(verb.effect is Effect.READ for verb in rule.when.possible):
        text = f"rule '{rule.name}' holds for every read too: the labels of what is only read are not known"
        yield Doubt(place=(*place, "when", "labels"), text=text, write="add effects: [change, destroy]")


def _freezes(policy: Policy, known: Known) -> Iterator[Doubt]:
    tiers = {line.tier for line in policy.tiers} | {"production"}
    for number, window in enumerate(policy.freezes):
        place = ("freezes", number)
        if window.end < window.start:
            text = f"'{window.name}' ends before it begins"
            yield Doubt(place=(*place, "to"), text=text, write="both ends belong to it: write a later day")
        yield from _zone((*place, "zone"), window.zone)
        yield from _unknown((*place, "tiers"), window.tiers, tiers, "no tier of this policy")
        yield from _clusters((*place, "clusters"), window.clusters, known)


def _gaps(policy: Policy) -> Iterator[Doubt]:
    for tier, verbs in undecided(policy).items():
        more = f" and {len(verbs) - MOST_NAMED} more" if len(verbs) > MOST_NAMED else ""
        what = f"{', '.join(verbs[:MOST_NAMED])}{more} in {tier}"
        text = f"nobody decides on {what}: no rule without further conditions speaks of it, so it is refused"
        yield Doubt(place=("rules",), text=text, write=f"add a rule for effects: [change, destroy], tiers: [{tier}]")
