"""Domain values for tests, each with a sensible default for whatever a test does not speak of."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from workers.domain.action import Action, Effect, Parameter, Verb
from workers.domain.actor import Account, Actor
from workers.domain.approval import Approval, Needed, Verdict
from workers.domain.canonical import digest
from workers.domain.circumstances import Circumstances
from workers.domain.cluster import Cluster, Identity
from workers.domain.observed import Access, DryRun, Observed, Preview, Proof, StepPreview, UndoProof
from workers.domain.plan import Intent, Place, Plan, PlanSource, Step, Undo
from workers.domain.policy import Outcome, PolicyDecision
from workers.domain.press import approval
from workers.domain.request import Request
from workers.domain.risk import BlastRadius, Risk, RiskLevel
from workers.domain.section import FieldChange
from workers.domain.target import Target
from workers.domain.value import ClusterName, Digest, PersonId, RequestId

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ID = RequestId("req-7f3k2m9q")
PLACE = Place(system="terminal", channel="alice")
LOW = Risk(level=RiskLevel.LOW, reasons=(), blast_radius=BlastRadius(clusters=1, namespaces=1, objects=1, pods=1))
PROVEN = UndoProof(proof=Proof.PROVEN)
REQUESTER = Needed(role="requester", count=1)
CLUSTERS = {
    ClusterName(name): Cluster(name=ClusterName(name), tier=tier)
    for name, tier in {"prod-eu": "production", "prod-us": "production", "staging": "staging"}.items()
}


def actor(person: str, *groups: str) -> Actor:
    account = Account(system="terminal", workspace="host", user_id=person)
    return Actor(
        person_id=PersonId(person),
        name=person.title(),
        groups=frozenset(groups),
        account=account,
        verified_by="session",
    )


ALICE, BOB, DORA, CAROL = actor("alice", "sre"), actor("bob", "sre"), actor("dora", "sre"), actor("carol", "developers")


def target(
    name: str | None = "payment-api",
    *,
    cluster: str = "prod-eu",
    namespace: str | None = "payments",
    kind: str = "deployment",
) -> Target:
    return Target(cluster=ClusterName(cluster), namespace=namespace, kind=kind, name=name)


def step(
    number: int = 1,
    verb: Verb = Verb.SCALE,
    *,
    at: Target | None = None,
    undo: Undo | None = None,
    why: str = "it was asked for",
    **params: Parameter,
) -> Step:
    if verb is Verb.SCALE:
        params = {"replicas": 5} | params
    return Step(number=number, action=Action(verb=verb, target=at or target(), params=params), why=why, undo=undo)


def plan(*steps: Step, revision: int = 1, explanation: str = "scale payment-api") -> Plan:
    return Plan(
        request_id=ID,
        revision=revision,
        steps=steps or (step(),),
        explanation=explanation,
        source=PlanSource(kind="grammar", name="grammar", version="1"),
        made_at=NOW,
    )


def seen(
    of: Step,
    *,
    uid: str = "u-1",
    version: str = "100",
    touched: object = 4,
    pods: int | None = 4,
    labels: Mapping[str, str] | None = None,
) -> Observed:
    return Observed(
        target=of.action.target,
        cluster_uid=f"cluster-{of.action.target.cluster}",
        uid=uid,
        resource_version=version,
        touched_digest=digest(touched),
        pods=pods,
        labels=labels,
    )


def step_preview(
    number: int = 1,
    *,
    before: str = "4",
    dry_run: DryRun = DryRun.DONE,
    undo: UndoProof | None = PROVEN,
) -> StepPreview:
    return StepPreview(
        number=number,
        diff=(FieldChange(path="spec.replicas", before=before, after="5"),),
        access=Access(allowed=True, because="allowed"),
        dry_run=dry_run,
        undo=undo,
    )


def around(
    of: Plan, *, reason: str | None = None, clusters: Mapping[ClusterName, Cluster] = CLUSTERS, **more: Any
) -> Circumstances:
    """Alice asks, at NOW, and everything that is changed was seen."""
    changing = [s for s in of.steps if s.action.effect is not Effect.READ]
    known = {"actor": ALICE, "at": NOW, "observed": {s.number: seen(s, uid=f"u-{s.number}") for s in changing}}
    return Circumstances.model_validate({"steps": of.steps, "clusters": clusters, "reason": reason, **known, **more})


def preview(
    of: Plan, *, steps: Iterable[StepPreview] | None = None, observed: Iterable[Observed] | None = None
) -> Preview:
    changing = [s for s in of.steps if s.action.effect is not Effect.READ]
    return Preview(
        plan_digest=of.digest,
        steps=tuple(steps if steps is not None else (step_preview(s.number) for s in of.steps)),
        observed=tuple(observed if observed is not None else (seen(s, uid=f"u-{s.number}") for s in changing)),
        identities={name: Identity(uid=f"cluster-{name}", ca_fingerprint="ab") for name in of.clusters},
        taken_at=NOW,
    )


def decision(outcome: Outcome, *needed: Needed) -> PolicyDecision:
    return PolicyDecision(
        outcome=outcome,
        needed=needed,
        because=(),
        approve_within=timedelta(minutes=30),
        run_within=timedelta(minutes=10),
        policy_digest=Digest("0" * 64),
    )


def approvers(count: int = 1, *groups: str) -> Needed:
    return Needed(role="approver", count=count, groups=frozenset(groups))


def opened(requester: Actor = ALICE) -> Request:
    intent = Intent(text="scale payment-api to 5 in prod-eu", actor=requester, place=PLACE, received_at=NOW)
    return Request(id=ID, intent=intent, opened_at=NOW)


def awaiting(*needed: Needed, requester: Actor = ALICE, of: Plan | None = None) -> Request:
    """Planned and previewed; a production change by default: the requester, and one other of `sre`."""
    made = of or plan()
    wanted = needed or (REQUESTER, approvers(1, "sre"))
    return opened(requester).planned(made, preview(made), LOW, decision(Outcome.APPROVE, *wanted), NOW)


def yes(request: Request, by: Actor, verdict: Verdict = Verdict.YES) -> Approval:
    return approval(request, by, verdict, "", NOW)


def approved(request: Request, *people: Actor) -> Request:
    for person in people:
        request = request.approved(yes(request, person), NOW)
    return request
