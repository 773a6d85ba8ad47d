"""All rules over one body of evidence: causes first, what they explain folded under them, each family once."""

from collections.abc import Sequence

from workers.diagnosis import crashes, nodes, places, probes, recent, rollouts, scheduling, starts
from workers.diagnosis.evidence import Evidence
from workers.diagnosis.finding import Finding, Rule, Sure

# In the order in which causes come before their effects: node, admission, settings and images, place, container,
# probe, what changed, service.
RULES: tuple[Rule, ...] = (
    nodes.nodes,
    nodes.evictions,
    rollouts.rollouts,
    places.claims,
    starts.settings,
    starts.mounts,
    starts.images,
    scheduling.scheduling,
    crashes.crashes,
    probes.probes,
    recent.recent,
    rollouts.jobs,
    rollouts.scalers,
    places.services,
)
SYMPTOMS = ("W1", "W6", "N2")  # told only when nothing explains them
MOST = 12


def judge(seen: Evidence) -> tuple[Finding, ...]:
    """Most telling first; empty when nothing is wrong."""
    found = _once([finding for rule in RULES for finding in rule(seen)])
    if any(one.rule not in SYMPTOMS and one.sure <= Sure.LIKELY for one in found):
        found = [one for one in found if one.rule not in SYMPTOMS]
    return tuple(sorted(found, key=lambda one: (one.sure is Sure.INFORMATION, one.sure)))


def _once(found: Sequence[Finding]) -> list[Finding]:
    """Pods of one owner mostly fail alike: the first speaks for them."""
    first: dict[str, Finding] = {}
    for one in found:
        key = one.family or f"{one.about}/{one.rule}"
        known = first.get(key)
        first[key] = one if known is None else known.model_copy(update={"alike": known.alike + 1})
    return list(first.values())
