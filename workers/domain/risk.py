"""How much a plan can hurt, with the reasons; from verbs, tiers and counts of live objects."""

from collections.abc import Iterator, Mapping
from enum import IntEnum

from workers.domain.action import Action, Effect, Verb
from workers.domain.cluster import Cluster, tier_of
from workers.domain.observed import DryRun, Preview, Proof, StepPreview
from workers.domain.plan import Plan, Step
from workers.domain.value import ClusterName, Value

MANY_PODS = 20
# Nothing that runs is touched, and the inverse is always there.
GENTLE = frozenset({Verb.PAUSE, Verb.ANNOTATE})
STEERING = ("node", "namespace")  # pods are placed and judged by their labels
LOST_WITH = {
    "namespace": "everything in the namespace goes with it",
    "persistentvolumeclaim": "what is on the volume may be lost",
    "persistentvolume": "what is on the volume may be lost",
    "secret": "its values are kept nowhere else by Kubechat",
}


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


Found = Iterator[tuple[RiskLevel, RiskReason]]


def assess(plan: Plan, preview: Preview, clusters: Mapping[ClusterName, Cluster]) -> Risk:
    """The risk of a previewed plan: the highest level that any reason asks for."""
    previews = {step.number: step for step in preview.steps}
    radius = _radius(plan, preview)
    changing = [step for step in plan.steps if step.action.effect is not Effect.READ]
    found = [one for step in changing for one in _of_step(step, previews.get(step.number), clusters)]
    if found:
        found += _of_radius(radius)
    level = max((level for level, _ in found), default=RiskLevel.LOW)
    return Risk(level=level, reasons=tuple(reason for _, reason in found), blast_radius=radius)


def _of_step(step: Step, seen: StepPreview | None, clusters: Mapping[ClusterName, Cluster]) -> Found:
    action, target = step.action, step.action.target

    def because(level: RiskLevel, code: str, text: str) -> tuple[RiskLevel, RiskReason]:
        return level, RiskReason(code=code, text=text, step=step.number)

    if tier_of(clusters, target.cluster) == "production":
        level = RiskLevel.MEDIUM if action.verb in GENTLE else RiskLevel.HIGH
        yield because(level, "production", f"{target.cluster} is a production cluster")
    else:
        yield because(RiskLevel.MEDIUM, "change", f"changes {target.cluster}")
    undo = seen.undo if seen else None
    if action.effect is Effect.DESTROY and action.verb is not Verb.EXEC:
        partly = undo is not None and undo.proof is not Proof.IMPOSSIBLE
        said = "what it removes can be put back only in part" if partly else "what it removes cannot be put back"
        yield because(RiskLevel.HIGH, "destroys", said)
    if action.verb is Verb.DELETE and target.kind in LOST_WITH:
        yield because(RiskLevel.CRITICAL, "deletes-data", LOST_WITH[target.kind])
    for level, code, said in _of_effect(action):
        yield because(level, code, said)
    if seen is None or seen.dry_run is not DryRun.DONE:
        yield because(RiskLevel.CRITICAL, "no-dry-run", "the server could not try it beforehand")
    if undo is None or undo.proof is Proof.IMPOSSIBLE:
        why = undo.because if undo else "not examined"
        yield because(RiskLevel.MEDIUM, "no-undo", f"there is no undo: {why}")


def _of_effect(action: Action) -> Iterator[tuple[RiskLevel, str, str]]:
    """What the parameters would do, by whichever verb."""
    target, params = action.target, action.params
    if action.verb is Verb.EXEC:
        yield RiskLevel.CRITICAL, "command", "what a command does inside cannot be known beforehand"
    patched = str(params.get("field", "")) if action.verb is Verb.PATCH else ""
    scaled = (
        params.get("replicas") if action.verb is Verb.SCALE else params.get("value") if patched == "replicas" else 1
    )
    if str(scaled) == "0":
        yield RiskLevel.CRITICAL, "scale-to-zero", f"stops every pod of {target.name}"
    if patched == "suspend" and target.kind == "job" and params.get("value") == "true":
        yield RiskLevel.HIGH, "stops-job", "the job's pods are stopped, and start anew later"
    if patched and target.kind == "poddisruptionbudget":
        yield RiskLevel.HIGH, "protection", "it says how many pods may go at once"
    if action.verb is Verb.LABEL and target.kind in STEERING:
        yield (
            RiskLevel.HIGH,
            "steers",
            f"where pods run or what they may do can depend on the labels of a {target.kind}",
        )


def _of_radius(radius: BlastRadius) -> Found:
    if radius.pods is None:
        said = "how many pods it touches is unknown"
        yield RiskLevel.HIGH, RiskReason(code="unknown-radius", text=said)
    elif radius.pods > MANY_PODS:
        yield RiskLevel.HIGH, RiskReason(code="many-pods", text=f"touches {radius.pods} pods")
    if radius.clusters > 1:
        said = f"changes {radius.clusters} clusters at once"
        yield RiskLevel.HIGH, RiskReason(code="several-clusters", text=said)


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
