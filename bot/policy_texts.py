"""What `kubechat policy` says, as lines of text: rules as sentences, versions, differences, explanations."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff

from workers.domain.hours import Hours
from workers.domain.matching import Match
from workers.domain.policy import Outcome, Policy, Rule, sentences
from workers.domain.policy_version import PolicyVersion
from workers.guard.explaining import Explained
from workers.guard.replay import MOST_KEPT, Replayed, Sort, said

PLACES = ("tiers", "clusters", "cluster_groups", "namespaces")
WORDS = {
    Sort.BLOCKED: "would have been refused",
    Sort.STRICTER: "would have needed more",
    Sort.EASED: "would have needed less",
    Sort.OTHER: "would have needed other people",
    Sort.SAME: "as before",
}
SHORT = 12  # characters of a digest


def shown(policy: Policy) -> Iterator[str]:
    """The whole policy, a sentence for each rule, the strictest first."""
    for line in policy.tiers:
        yield f"tier {line.tier}: {', '.join(line.clusters)}"
    yield "tier production: every other cluster"
    for rule in sorted(policy.rules, key=lambda one: -one.then):
        yield f"{rule.name}: {sentence(rule)}"
        yield f"   because {rule.text}"
    for window in policy.freezes:
        where = ", ".join(sorted(window.tiers | window.clusters)) or "everything"
        yield f"frozen: {where} from {window.start} to {window.end} ({window.zone}), {window.name}: {window.text}"
    if policy.break_glass is not None:
        glass = policy.break_glass
        yield f"broken glass: {' and '.join(sorted(glass.groups))}, for {glass.window_minutes} minutes"
    yield policy.keepers.said


def sentence(rule: Rule) -> str:
    """`destroy in tier production needs the requester's own Run and 1 other person from sre, with a reason`."""
    return f"{_what(rule.when)} {_then(rule)}"


def _then(rule: Rule) -> str:
    match rule.then:
        case Outcome.ALLOW:
            return "runs at once"
        case Outcome.REFUSE:
            return "is refused"
        case Outcome.CONFIRM:
            needs = "the requester's own Run"
        case Outcome.APPROVE:
            who = " or ".join(sorted(rule.groups)) or "anybody known here"
            people = "person" if rule.approvers == 1 else "people"
            needs = f"the requester's own Run and {rule.approvers} other {people} from {who}"
    extras = {
        "a reason": rule.reason_required,
        "a ticket": rule.ticket_required,
        "a one-time password": rule.second_factor,
    }
    more = " and ".join(text for text, wanted in extras.items() if wanted)
    return f"needs {needs}" + (f", with {more}" if more else "")


def _what(when: Match) -> str:
    """What it speaks of, as far as that is said in words."""
    effects = {effect.value: f"{effect.value}s" for effect in sorted(when.effects)}
    verbs = [verb.value.replace("_", " ") for verb in sorted(when.verbs)]
    parts = [" or ".join(verbs) or _any_of(list(effects)) or "everything"]
    if when.besides:
        parts.append(f"besides {', '.join(sorted(when.besides))}")
    if when.besides_parts_of:
        parts.append(f"besides the steps of a {' or '.join(sorted(when.besides_parts_of))}")
    for name, word in (("kinds", "of a"), ("names", "called")):
        if given := getattr(when, name):
            parts.append(f"{word} {' or '.join(sorted(given))}")
    if when.labels:
        parts.append(f"labelled {', '.join(f'{key}={value}' for key, value in sorted(when.labels.items()))}")
    for name in PLACES:
        if given := getattr(when, name):
            word = name.removesuffix("s").replace("_", " ")
            parts.append(f"in {word} {' or '.join(sorted(given))}")
    return " ".join([*parts, *_limits(when)])


def _any_of(effects: Sequence[str]) -> str:
    words = {"read": "a read", "change": "a change", "destroy": "a destruction"}
    return " or ".join(words[effect] for effect in effects)


def _limits(when: Match) -> Iterator[str]:
    if when.more_than_objects is not None:
        yield f"of more than {when.more_than_objects} objects"
    if when.more_than_pods is not None:
        yield f"that touches more than {when.more_than_pods} pods"
    if when.during:
        yield f"during {_hours(when.during)}"
    if when.outside:
        yield f"outside of {_hours(when.outside)}"
    people = sorted(when.asked_by | when.asked_by_groups)
    if people:
        yield f"asked by {' or '.join(people)}"


def _hours(windows: Iterable[Hours]) -> str:
    return " or ".join(window.text for window in windows)


def history(versions: Sequence[PolicyVersion]) -> Iterator[str]:
    """Newest first."""
    for number, one in enumerate(versions):
        who = f"{one.source} by {one.by}" if one.by else one.source
        mark = "in force" if not number else ""
        yield f"{one.number:>4}  {one.digest[:SHORT]}  {one.at:%Y-%m-%d %H:%M:%S} UTC  {who:<20} {mark}".rstrip()


def diff(old: PolicyVersion, new: PolicyVersion) -> Iterator[str]:
    """Unified; nothing when the texts are the same."""
    before, after = (f"{one.number} {one.digest[:SHORT]} since {one.at:%Y-%m-%d %H:%M:%S} UTC" for one in (old, new))
    yield from unified_diff(old.text.splitlines(), new.text.splitlines(), before, after, lineterm="")


def explained(found: Explained, digest: str) -> Iterator[str]:
    """The decision first, then every rule that speaks, then under what it was asked."""
    yield f"{found.plan.explanation}: {said(found.decision)}"
    yield from (f"   {text}" for text in sentences(found.decision.because))
    remedies = dict.fromkeys(hit.then or found.decision.keepers for hit in found.decision.because)
    if found.decision.outcome is Outcome.REFUSE:
        yield f"   next: {'; or '.join(remedies)}"
    for then in sorted(Outcome, reverse=True):
        others = [one.hit for one in found.spoken if one.then is then and one.hit not in found.decision.because]
        yield from (f"   also {then.name.lower()}: {text}" for text in sentences(others))
    for target in found.unseen:
        yield f"   not seen: {target}; what is not known counts as the worst"
    yield f"by policy {digest[:SHORT]}, as of {found.at:%Y-%m-%d %H:%M:%S} UTC; nothing was run or stored"


def replayed(found: Replayed, days: int, old: str, new: str) -> Iterator[str]:
    """Counts, then what would have been different, oldest first."""
    judged = sum(found.counts.values())
    requests = "1 request" if judged == 1 else f"{judged} requests"
    yield f"{requests} of the last {days} days, by policy {old[:SHORT]} in force and by {new[:SHORT]}"
    for sort in Sort:
        yield f"{found.counts.get(sort, 0):>6} {WORDS[sort]}"
    if found.without_plan:
        yield f"{found.without_plan:>6} had no plan to judge"
    for one in found.differences:
        yield f"{one.request_id}  {one.at:%Y-%m-%d %H:%M} UTC  {WORDS[one.sort]}: {one.text}"
        yield f"   {one.before}  ->  {one.after}"
        yield from (f"   {because}" for because in one.because)
    for sort in Sort:
        if sort is not Sort.SAME and found.counts.get(sort, 0) > MOST_KEPT:
            yield f"and {found.counts[sort] - MOST_KEPT} more that {WORDS[sort]}"
