"""How much a plan can hurt, with the reasons; from verbs, tiers and counts of live objects."""

from collections.abc import Mapping
from enum import IntEnum

from workers.domain.action import Effect, Verb
from workers.domain.cluster import Cluster, tier_of
from workers.domain.observed import DryRun, Preview, Proof
from workers.domain.plan import Plan
from workers.domain.value import ClusterName, Value

MANY_PODS = 20


class RiskLevel(IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class RiskReason(Value):
    code: str  # stable: "production", "scale-to-zero"
    text: str
    step: int | None = None


class BlastRadius(Value):
    """Counted from live objects; None is unknown and never lowers the level."""

    clusters: int
    namespaces: int
    objects: int
    pods: int | None

    @property
    def text(self) -> str:
        pods = "an unknown number of pods" if self.pods is None else _count(self.pods, "pod")
        counts = (self.clusters, "cluster"), (self.namespaces, "namespace"), (self.objects, "object")
        return ", ".join([*(_count(number, noun) for number, noun in counts), pods])


class Risk(Value):
    level: RiskLevel
    reasons: tuple[RiskReason, ...]
    blast_radius: BlastRadius


def assess(plan: Plan, preview: Preview, clusters: Mapping[ClusterName, Cluster]) -> Risk:
    """The risk of a previewed plan: the highest level that any reason asks for."""
    found: list[tuple[RiskLevel, RiskReason]] = []

    def because(level: RiskLevel, code: str, text: str, step: int | None = None) -> None:
        found.append((level, RiskReason(code=code, text=text, step=step)))

    previews = {step.number: step for step in preview.steps}
    radius = _radius(plan, preview)
    for step in plan.steps:
        action, target = step.action, step.action.target
        if action.effect is Effect.READ:
            continue
        if tier_of(clusters, target.cluster) == "production":
            because(RiskLevel.HIGH, "production", f"{target.cluster} is a production cluster", step.number)
        else:
            because(RiskLevel.MEDIUM, "change", f"changes {target.cluster}", step.number)
        if action.effect is Effect.DESTROY:
            because(RiskLevel.HIGH, "destroys", "what it removes cannot be put back", step.number)
        if action.verb is Verb.SCALE and action.params.get("replicas") == 0:
            because(RiskLevel.CRITICAL, "scale-to-zero", f"stops every pod of {target.name}", step.number)
        seen = previews.get(step.number)
        if seen is None or seen.dry_run is not DryRun.DONE:
            because(RiskLevel.CRITICAL, "no-dry-run", "the server could not try it beforehand", step.number)
        if seen is None or seen.undo is None or seen.undo.proof is Proof.IMPOSSIBLE:
            because(
                RiskLevel.MEDIUM,
                "no-undo",
                "there is no undo: " + (seen.undo.because if seen and seen.undo else "not examined"),
                step.number,
            )
    if found and radius.pods is None:
        because(RiskLevel.HIGH, "unknown-radius", "how many pods it touches is unknown")
    elif found and radius.pods is not None and radius.pods > MANY_PODS:
        because(RiskLevel.HIGH, "many-pods", f"touches {radius.pods} pods")
    if found and radius.clusters > 1:
        because(RiskLevel.HIGH, "several-clusters", f"changes {radius.clusters} clusters at once")
    level = max((level for level, _ in found), default=RiskLevel.LOW)
    return Risk(level=level, reasons=tuple(reason for _, reason in found), blast_radius=radius)


def _radius(plan: Plan, preview: Preview) -> BlastRadius:
    """Of the changing steps, or of all when nothing changes."""
    targets = [step.action.target for step in plan.steps if step.action.effect is not Effect.READ]
    targets = targets or [step.action.target for step in plan.steps]
    objects = {(t.cluster, t.namespace, t.kind, t.name, t.selector) for t in targets}
    changing = [step for step in plan.steps if step.action.effect is not Effect.READ]
    pods: int | None = None
    if len(preview.observed) >= len(changing) and not any(o.pods is None for o in preview.observed):
        touched: dict[tuple[object, ...], int] = {}
        for one in preview.observed:  # of several steps on one object the widest counts
            key = one.cluster_uid, one.uid or one.target
            touched[key] = max(one.pods or 0, touched.get(key, 0))
        pods = sum(touched.values())
    return BlastRadius(
        clusters=len({t.cluster for t in targets}),
        namespaces=len({(t.cluster, t.namespace) for t in targets if t.namespace}),
        objects=len(objects),
        pods=pods,
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
