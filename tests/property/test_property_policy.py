"""Random policies under random circumstances: more rules and less knowledge never ease; order does not matter."""

from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.domain.making import ALICE, CAROL, CLUSTERS, NOW, plan, seen, step, target
from workers.domain.action import Effect, Verb
from workers.domain.approval import Needed
from workers.domain.break_glass import BreakGlass
from workers.domain.circumstances import Circumstances
from workers.domain.coverage import covers, never, shadowing
from workers.domain.hours import Hours
from workers.domain.judgement import decide, spoken
from workers.domain.matching import Match, matches, sight
from workers.domain.observed import Observed
from workers.domain.policy import Outcome, Policy, PolicyDecision, Rule
from workers.domain.value import Digest

DIGEST = Digest("1" * 64)
VERBS = (Verb.GET, Verb.SCALE, Verb.RESTART, Verb.DELETE_POD, Verb.EVICT)
OFFICE = Hours.model_validate({"days": ["mon", "fri"], "from": "09:00", "to": "17:00", "zone": "Europe/Berlin"})
NIGHT = Hours.model_validate({"from": "22:00", "to": "06:00", "zone": "UTC"})
LOST = OFFICE.model_copy(update={"zone": "Europe/Atlantis"})


def some(*values: object) -> st.SearchStrategy[frozenset[object]]:
    """Mostly nothing: rules with many conditions never hold."""
    return st.just(frozenset()) | st.frozensets(st.sampled_from(values), max_size=2)


HOURS = st.just(()) | st.sampled_from([(OFFICE,), (NIGHT,), (OFFICE, NIGHT), (LOST,)])
MATCHES = st.builds(
    Match,
    effects=some(*Effect),
    verbs=some(*VERBS),
    besides=some(*VERBS),
    besides_parts_of=some(Verb.DRAIN),
    tiers=some("production", "staging"),
    clusters=some("prod-*", "staging", "gone"),
    cluster_groups=some("prod"),
    namespaces=some("payments", "kube-*"),
    kinds=some("deployment", "pod"),
    names=some("payment-*", "*"),
    labels=st.just({}) | st.sampled_from([{"data": "pci*"}, {"data": "*", "app": "x"}]),
    more_than_objects=st.none() | st.integers(0, 2),
    more_than_pods=st.none() | st.integers(0, 9),
    during=HOURS,
    outside=HOURS,
    asked_by=some("alice", "c*"),
    asked_by_groups=some("sre", "developers"),
)
RULES = st.builds(
    Rule,
    name=st.sampled_from(["a", "b", "c"]),
    when=MATCHES,
    then=st.sampled_from(Outcome),
    approvers=st.integers(1, 3),
    groups=some("sre", "dba"),
    reason_required=st.booleans(),
    ticket_required=st.booleans(),
    second_factor=st.booleans(),
    text=st.just("why"),
)
SOME_RULES = st.lists(RULES, max_size=5).map(tuple)
BASE = Rule(name="base", then=Outcome.ALLOW, text="whatever no other rule speaks of")
STEPS = st.lists(
    st.builds(
        lambda verb, at, part_of: step(verb=verb, at=at).model_copy(update={"part_of": part_of}),
        st.sampled_from(VERBS),
        st.sampled_from(
            [
                target(),
                target("web", cluster="staging", kind="pod"),
                target("dns", namespace="kube-system", kind="pod"),
                target(None, cluster="gone", namespace="*"),
            ]
        ),
        st.none() | st.just(Verb.DRAIN),
    ),
    min_size=1,
    max_size=3,
)
LABELS = st.none() | st.sampled_from([{}, {"data": "pci-1"}, {"data": "x", "app": "x"}])


@st.composite
def circumstances(draw: st.DrawFn) -> Circumstances:
    steps = [one.model_copy(update={"number": number}) for number, one in enumerate(draw(STEPS), 1)]
    observed: dict[int, Observed] = {}
    for one in steps:
        if one.action.effect is not Effect.READ and draw(st.booleans()):
            pods, labels = draw(st.none() | st.integers(0, 9)), draw(LABELS)
            observed[one.number] = seen(one, uid=f"u-{one.number}", pods=pods, labels=labels)
    at: datetime = NOW + timedelta(hours=draw(st.integers(0, 7 * 24)))
    return Circumstances(
        steps=plan(*steps).steps,
        clusters=CLUSTERS,
        actor=draw(st.sampled_from([ALICE, CAROL])),
        reason=draw(st.none() | st.just("INC-1")),
        ticket=draw(st.none() | st.just("INC-1")),
        at=at,
        observed=observed,
    )


def policy(*rules: Rule) -> Policy:
    return Policy(rules=rules, ticket_pattern="INC-[0-9]+")


def decided(rules: tuple[Rule, ...], around: Circumstances) -> PolicyDecision:
    return decide(policy(*rules), DIGEST, around)


def is_as_strict(one: PolicyDecision, other: PolicyDecision) -> bool:
    """Whoever satisfies the one has satisfied the other."""
    if one.outcome is Outcome.REFUSE:
        return True
    return (
        one.outcome >= other.outcome
        and one.second_factor >= other.second_factor
        and all(any(_is_as_much(mine, theirs) for mine in one.needed) for theirs in other.needed)
    )


def _is_as_much(mine: Needed, theirs: Needed) -> bool:
    return (mine.role, mine.groups) == (theirs.role, theirs.groups) and mine.count >= theirs.count


@given(rules=SOME_RULES, more=RULES, around=circumstances())
def test_one_rule_more_never_eases(rules: tuple[Rule, ...], more: Rule, around: Circumstances) -> None:
    """Where some rule speaks of every step already, another can only ask for as much or for more."""
    assert is_as_strict(decided((BASE, *rules, more), around), decided((BASE, *rules), around))


@given(rules=SOME_RULES, around=circumstances())
def test_what_is_not_asked_decides_nothing(rules: tuple[Rule, ...], around: Circumstances) -> None:
    """Once something surely refuses the others are not asked any more; asked all the same, they change nothing."""
    found, every = decided(rules, around), spoken(policy(*rules), around)
    outcome = max(hit.then for hit in every)

    assert found.outcome is outcome
    assert set(found.because) == {hit.said for hit in every if hit.then is outcome}


@given(rules=SOME_RULES, around=circumstances(), data=st.data())
def test_the_order_of_rules_does_not_matter(
    rules: tuple[Rule, ...], around: Circumstances, data: st.DataObject
) -> None:
    """Whoever writes a rule need not know where the others stand."""
    shuffled = tuple(data.draw(st.permutations(rules)))
    one, other = decided(rules, around), decided(shuffled, around)

    assert (one.outcome, set(one.needed), set(one.because), one.second_factor) == (
        other.outcome,
        set(other.needed),
        set(other.because),
        other.second_factor,
    )


def _forgotten(around: Circumstances, data: st.DataObject) -> Circumstances:
    """Without something that was known before."""
    kept: dict[int, Observed] = {}
    for number, one in around.observed.items():
        match data.draw(st.sampled_from(["kept", "labels", "pods", "all"])):
            case "labels":
                kept[number] = one.model_copy(update={"labels": None})
            case "pods":
                kept[number] = one.model_copy(update={"pods": None})
            case "kept":
                kept[number] = one
    return around.model_copy(update={"observed": kept})


@given(rules=SOME_RULES, around=circumstances(), data=st.data())
def test_to_know_less_never_eases(rules: tuple[Rule, ...], around: Circumstances, data: st.DataObject) -> None:
    """Labels, numbers of pods, or the whole object not seen: with and without a rule for everything."""
    less = _forgotten(around, data)

    assert is_as_strict(decided(rules, less), decided(rules, around))
    assert is_as_strict(decided((BASE, *rules), less), decided((BASE, *rules), around))


def _zoneless(rule: Rule) -> Rule:
    lost = {
        name: tuple(hours.model_copy(update={"zone": "Europe/Atlantis"}) for hours in getattr(rule.when, name))
        for name in ("during", "outside")
    }
    when = {name: getattr(rule.when, name) for name in Match.model_fields} | lost
    return rule.model_copy(update={"when": Match.model_validate(when)})


@given(rules=SOME_RULES, around=circumstances())
def test_hours_that_cannot_be_told_never_ease(rules: tuple[Rule, ...], around: Circumstances) -> None:
    """A machine without time zones decides as if it were the worst time."""
    lost = tuple(_zoneless(rule) for rule in rules)

    assert is_as_strict(decided((BASE, *lost), around), decided((BASE, *rules), around))


@given(rules=SOME_RULES, around=circumstances())
def test_broken_glass_never_passes_a_rule_that_refuses(rules: tuple[Rule, ...], around: Circumstances) -> None:
    """It stands for other people's approval only, takes a reason, and is seen by its requester first."""
    glass = BreakGlass(groups=frozenset({"sre"}))
    whole = policy(BASE, *rules)
    broken = decide(
        whole.model_copy(update={"break_glass": glass}), DIGEST, around.model_copy(update={"break_glass": True})
    )
    refusing = any(
        rule.then is Outcome.REFUSE and matches(rule.when, sight(one, around)) is not False
        for rule in rules
        for one in around.steps
    )

    assert broken.outcome is not Outcome.APPROVE
    if refusing or around.actor is CAROL or not around.reason:
        assert broken.outcome is Outcome.REFUSE


@given(wide=MATCHES, more=MATCHES, around=circumstances())
def test_what_is_covered_holds_only_together(wide: Match, more: Match, around: Circumstances) -> None:
    """What lint says of shadows is so in every case: the wide one holds whenever the narrow one does."""
    named = {name: getattr(wide, name) for name in Match.model_fields}
    narrow = Match.model_validate(named | {name: getattr(more, name) for name in more.named if name not in wide.named})
    pairs = [pair for pair in ((wide, narrow), (wide, more), (more, wide)) if covers(*pair)]

    for one in around.steps:
        seen_here = sight(one, around)
        assert all(matches(small, seen_here) is not True or matches(large, seen_here) for large, small in pairs)


@given(when=MATCHES, around=circumstances())
def test_what_can_never_hold_does_not(when: Match, around: Circumstances) -> None:
    """As far as lint says so."""
    held = any(matches(when, sight(one, around)) for one in around.steps)

    assert not (held and never(when))


@given(rules=SOME_RULES, around=circumstances())
def test_a_shadowed_rule_may_go(rules: tuple[Rule, ...], around: Circumstances) -> None:
    """Without it every decision asks for as much."""
    whole = policy(BASE, *rules)
    shadowed = [number for number, rule in enumerate(whole.rules) if shadowing(whole, rule) is not None]
    assume(shadowed and all(whole.rules.count(rule) == 1 for rule in whole.rules))
    less = tuple(rule for number, rule in enumerate(whole.rules) if number != shadowed[0])

    assert is_as_strict(decided(less, around), decided(whole.rules, around))
