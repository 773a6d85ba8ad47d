"""What was found in the clusters: live objects, dry-run results, step results."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import AwareDatetime

from workers.domain.action import Effect
from workers.domain.canonical import digest
from workers.domain.cluster import Identity
from workers.domain.plan import Plan, Undo
from workers.domain.section import FieldChange, Section
from workers.domain.target import Target
from workers.domain.value import ClusterName, Digest, Value


class Observed(Value):
    """One live object as a step saw it."""

    target: Target
    cluster_uid: str
    uid: str
    resource_version: str  # only the precondition of a write; never part of a digest
    touched_digest: Digest  # of the spec fields that the step reads or changes
    fields: Mapping[str, str] = {}  # the first of those, by path, redacted and cut: for people, in no digest
    generation: int | None = None  # of the spec, where the kind counts it; in no digest
    facts: Mapping[str, str] = {}  # for people: {"replicas": "4", "ready": "3"}
    pods: int | None = None  # pods that the change touches; None is unknown
    labels: Mapping[str, str] | None = (
        None  # for the policy, in no digest; None is unknown, as of what is not there yet
    )


class Access(Value):
    allowed: bool
    because: str  # the server's reason, or the shortest rule that would allow it


class DryRun(StrEnum):
    DONE = "done"
    UNSUPPORTED = "unsupported"  # an admission webhook cannot do dry-run; raises the risk
    FAILED = "failed"
    NOT_NEEDED = "not_needed"  # a read


class Proof(StrEnum):
    """How far the undo was proved before approval."""

    PROVEN = "proven"  # the inverse was dry-run on the server
    PARTIAL = "partial"
    IMPOSSIBLE = "impossible"


class UndoProof(Value):
    proof: Proof
    because: str = ""


class StepPreview(Value):
    number: int
    diff: tuple[FieldChange, ...] = ()
    warnings: tuple[str, ...] = ()
    access: Access
    dry_run: DryRun
    undo: UndoProof | None = None  # None for reads


class Preview(Value):
    plan_digest: Digest
    steps: tuple[StepPreview, ...]
    observed: tuple[Observed, ...]
    identities: Mapping[ClusterName, Identity] = {}
    taken_at: AwareDatetime

    def by_step(self, plan: Plan) -> Mapping[int, Observed]:
        """What was seen of each changing step, by its number; empty when this is not a preview of that plan's steps."""
        changing = [step.number for step in plan.steps if step.action.effect is not Effect.READ]
        if len(changing) != len(self.observed):
            return {}
        return dict(zip(changing, self.observed, strict=True))

    @property
    def digest(self) -> Digest:
        """Over plan digest, physical clusters, object uids, touched fields and diffs; not over resource versions."""
        return digest(
            {
                "plan": self.plan_digest,
                "clusters": {name: identity.model_dump() for name, identity in self.identities.items()},
                "objects": [[o.target.model_dump(), o.cluster_uid, o.uid, o.touched_digest] for o in self.observed],
                "diffs": [
                    [step.number, step.dry_run.value, [c.model_dump() for c in step.diff]] for step in self.steps
                ],
            }
        )


class StepOutcome(StrEnum):
    DONE = "done"
    FAILED = "failed"  # known not to have been applied, or applied and known not to have worked
    SKIPPED = "skipped"
    UNKNOWN = "unknown"  # sent, and no answer: never called failed


class StepResult(Value):
    step: int
    outcome: StepOutcome
    started_at: AwareDatetime
    ended_at: AwareDatetime
    message: str
    output: tuple[Section, ...] = ()  # what a read found, redacted
    audit_ids: tuple[str, ...] = ()  # the API server's Audit-Id of each call
    before: Observed | None = None
    after: Observed | None = None
    undo: Undo | None = None
