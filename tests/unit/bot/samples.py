"""Real domain values in every state, made by walking requests along the state machine."""

from datetime import UTC, datetime, timedelta

from workers.domain.action import Action, Verb
from workers.domain.actor import Account, Actor
from workers.domain.approval import Approval, Verdict
from workers.domain.circumstances import Circumstances
from workers.domain.cluster import Cluster, Identity
from workers.domain.judgement import decide
from workers.domain.observed import (
    Access,
    DryRun,
    Observed,
    Preview,
    Proof,
    StepOutcome,
    StepPreview,
    StepResult,
    UndoProof,
)
from workers.domain.plan import Check, Choice, Intent, Place, Plan, PlanSource, Question, Step, Taken, Undo
from workers.domain.press import approval
from workers.domain.problem import Problem
from workers.domain.request import Request
from workers.domain.risk import assess
from workers.domain.section import Diff, FieldChange, Log, Section, Table
from workers.domain.state import Event
from workers.domain.summary import Fact, Summary
from workers.domain.target import Target
from workers.domain.value import ClusterName, Digest, PersonId, RequestId
from workers.settings import DEFAULTS, read_policy
from workers.verbs.form import form

NOW = datetime(2026, 11, 22, 10, 2, 0, tzinfo=UTC)
POLICY, POLICY_DIGEST = read_policy(DEFAULTS / "policy.yaml")
TIERS = {ClusterName("prod-eu"): "production", ClusterName("staging"): "staging"}
CLUSTERS = {name: Cluster(name=name, tier=tier) for name, tier in TIERS.items()}
PLACE = Place(system="terminal", channel="alice")
ID = RequestId("req-7f3k2m9q")
ASSUMED = Taken(
    what="namespace",
    value="payments",
    source="assumed",
    because="the nearest to 'payment'",
    alternatives=(
        Choice(id="1", label="payments-eu", settles={"namespace": "payments-eu"}),
        Choice(id="2", label="checkout", settles={"namespace": "checkout"}),
    ),
)


def person(name: str, groups: frozenset[str] = frozenset({"sre"})) -> Actor:
    account = Account(system="terminal", workspace="host", user_id=name.lower())
    return Actor(person_id=PersonId(name.lower()), name=name, groups=groups, account=account, verified_by="session")


ALICE, BOB = person("Alice"), person("Bob")


def opened(text: str = "scale payment-api to 5 in prod-eu because INC-42", reason: str | None = "INC-42") -> Request:
    intent = Intent(text=text, actor=ALICE, place=PLACE, reason=reason, received_at=NOW)
    return Request(id=ID, intent=intent, opened_at=NOW)


def deployment(cluster: str = "prod-eu", name: str = "payment-api") -> Target:
    return Target(cluster=ClusterName(cluster), namespace="payments", kind="deployment", name=name)


def scale_step(number: int = 1, *, cluster: str = "prod-eu", name: str = "payment-api", replicas: int = 5) -> Step:
    target = deployment(cluster, name)
    path = f"/apis/apps/v1/namespaces/payments/deployments/{name}/scale"
    return Step(
        number=number,
        action=Action(verb=Verb.SCALE, target=target, params={"replicas": replicas}),
        why=f"scale {name} to {replicas}",
        kubectl=(
            "kubectl", "--context", cluster, "-n", "payments", "scale", f"deployment/{name}",
            "--current-replicas=4", f"--replicas={replicas}",
        ),
        call=f"PATCH {path}",
        undo=Undo(
            action=Action(verb=Verb.SCALE, target=target, params={"replicas": 4}),
            kubectl=("kubectl", "--context", cluster, "-n", "payments", "scale", f"deployment/{name}", "--replicas=4"),
        ),
        editable=frozenset({"replicas"}),
        form=form(Verb.SCALE, frozenset({"replicas"})),
    )  # fmt: skip


CHECKS = (
    Check(number=1, action=Action(verb=Verb.ROLLOUT_STATUS, target=deployment()), why="rollout status"),
    Check(number=2, action=Action(verb=Verb.LOGS, target=deployment(), params={"tail": 20}), why="last 20 log lines"),
)


def check_result(check: Check, message: str = "") -> StepResult:
    """Two lines, or a message of why there are none."""
    return StepResult(
        step=check.number,
        outcome=StepOutcome.FAILED if message else StepOutcome.DONE,
        started_at=NOW,
        ended_at=NOW,
        message=message,
        output=() if message else (Log(lines=("line one of 2", "line two of 2")),),
    )


def plan_of(*steps: Step, taken: tuple[Taken, ...] = (ASSUMED,), checks: tuple[Check, ...] = ()) -> Plan:
    return Plan(
        request_id=ID,
        revision=1,
        steps=steps,
        checks=checks,
        explanation="scale payment-api",
        taken=taken,
        source=PlanSource(kind="grammar", name="grammar", version="1"),
        made_at=NOW,
    )


def preview_of(plan: Plan, undo: UndoProof | None = None, warnings: tuple[str, ...] = ()) -> Preview:
    return Preview(
        plan_digest=plan.digest,
        steps=tuple(
            StepPreview(
                number=step.number,
                diff=(FieldChange(path="spec.replicas", before="4", after=str(step.action.params["replicas"])),),
                warnings=warnings,
                access=Access(allowed=True, because="RBAC allows it"),
                dry_run=DryRun.DONE,
                undo=undo or UndoProof(proof=Proof.PROVEN),
            )
            for step in plan.steps
        ),
        observed=tuple(seen(step) for step in plan.steps),
        identities={name: Identity(uid=f"uid-{name}", ca_fingerprint="") for name in plan.clusters},
        taken_at=NOW,
    )


def seen(step: Step, replicas: str = "4") -> Observed:
    return Observed(
        target=step.action.target,
        cluster_uid=f"uid-{step.action.target.cluster}",
        uid=f"uid-{step.action.target.cluster}-{step.action.target.name}",
        resource_version="1001",
        touched_digest=Digest("0" * 64),
        facts={"replicas": replicas},
        pods=1,
    )


def planned(
    request: Request | None = None, plan: Plan | None = None, preview: Preview | None = None, now: datetime = NOW
) -> Request:
    request = request or opened()
    plan = (plan or plan_of(scale_step())).model_copy(update={"request_id": request.id})
    preview = preview or preview_of(plan)
    around = Circumstances(
        steps=plan.steps,
        clusters=CLUSTERS,
        actor=request.intent.actor,
        reason=request.intent.reason,
        at=now,
        observed=preview.by_step(plan),
    )
    decision = decide(POLICY, POLICY_DIGEST, around)
    return request.planned(plan, preview, assess(plan, preview, CLUSTERS), decision, now)


def yes(request: Request, actor: Actor, minute: int = 1, verdict: Verdict = Verdict.YES, reason: str = "") -> Request:
    at = NOW + timedelta(minutes=minute)
    given: Approval = approval(request, actor, verdict, reason, at)
    return request.approved(given, at)


def ready(plan: Plan | None = None) -> Request:
    return yes(yes(planned(plan=plan), ALICE), BOB, 2, reason="looked at the queue")


def result(request: Request, number: int = 1, outcome: StepOutcome = StepOutcome.DONE, message: str = "") -> StepResult:
    assert request.plan is not None
    step = request.plan.steps[number - 1]
    started = NOW + timedelta(minutes=3)
    return StepResult(
        step=number,
        outcome=outcome,
        started_at=started,
        ended_at=started + timedelta(seconds=12.4),
        message=message or "5 of 5 updated, 5 ready",
        audit_ids=("5f1c", "8a2e"),
        before=seen(step),
        after=seen(step, "5") if outcome is StepOutcome.DONE else None,
        undo=step.undo,
    )


def succeeded(request: Request | None = None) -> Request:
    running = (request or ready()).started()
    done = running.step_finished(result(running))
    fact = Fact(text="payment-api has 5 of 5 replicas ready", source="prod-eu deployments/payment-api status")
    summary = Summary(headline="payment-api runs with 5 replicas, 4 before", facts=(fact,))
    return done.finished(Event.SUCCEEDED, summary)


def failed(request: Request | None = None) -> Request:
    running = (request or ready()).started()
    message = "the server refused it: exceeded quota 'payments'"
    ended = running.step_finished(result(running, outcome=StepOutcome.FAILED, message=message))
    problem = Problem(
        code="rejected-by-server",
        text="scaling payment-api to 5",
        now="quota 'payments' allows 4 pods; nothing was written",
        then="raise the quota, then ask again",
    )
    return ended.finished(Event.FAILED, Summary(headline=""), problem)


def interrupted() -> Request:
    running = ready().started().intending(1, NOW)
    fact = Fact(text="spec.replicas is 5, resourceVersion has moved", source="prod-eu deployments/payment-api")
    summary = Summary(headline="worker w1 was lost after the write was sent", facts=(fact,))
    return running.finished(Event.INTERRUPTED, summary)


def read(*output: Section, text: str = "get pods in prod-eu payments", request: Request | None = None) -> Request:
    running = read_plan(request or opened(text, reason=None)).started()
    return finished_read(running, *output)


def read_plan(request: Request, now: datetime = NOW) -> Request:
    target = Target(cluster=ClusterName("prod-eu"), namespace="payments", kind="pod")
    step = Step(
        number=1,
        action=Action(verb=Verb.GET, target=target),
        why="get pods",
        kubectl=("kubectl", "--context", "prod-eu", "-n", "payments", "get", "pods"),
    )
    plan = plan_of(step, taken=())
    preview = Preview(
        plan_digest=plan.digest,
        steps=(StepPreview(number=1, access=Access(allowed=True, because="read"), dry_run=DryRun.NOT_NEEDED),),
        observed=(),
        taken_at=NOW,
    )
    return planned(request, plan, preview, now)


def finished_read(running: Request, *output: Section) -> Request:
    found = StepResult(
        step=1,
        outcome=StepOutcome.DONE,
        started_at=NOW,
        ended_at=NOW,
        message="4 pods",
        output=output,
        audit_ids=("1",),
    )
    return running.step_finished(found).finished(Event.SUCCEEDED, Summary(headline="4 pods in payments"))


PODS = Table(
    columns=("NAME", "READY", "STATUS", "RESTARTS", "AGE"),
    rows=(
        ("payment-api-7c9d8b5f4d-2xkqp", "1/1", "Running", "0", "3d4h"),
        ("payment-api-7c9d8b5f4d-8tr5m", "1/1", "Running", "0", "3d4h"),
        ("payment-worker-58f4c7d6b-lq9ws", "0/1", "CrashLoopBackOff", "14 (2m11s ago)", "49m"),
        ("payment-worker-58f4c7d6b-zz2vn", "0/1", "CrashLoopBackOff", "14 (91s ago)", "49m"),
    ),
)


def asked(request: Request | None = None, now: datetime = NOW) -> Request:
    question = Question(
        text="'payment-api' runs in two namespaces of prod-eu; which one?",
        choices=(
            Choice(id="1", label="payments/payment-api (deployment, 4 replicas)", settles={"namespace": "payments"}),
            Choice(id="2", label="sandbox/payment-api (deployment, 1 replica)", settles={"namespace": "sandbox"}),
        ),
    )
    request = request or opened("restart payment-api in prod-eu", None)
    return request.asked(question, now + timedelta(minutes=30))


def refused(request: Request | None = None) -> Request:
    problem = Problem(
        code="access-denied",
        text="Carol may not patch deployments/scale 'payment-api' in prod-eu/payments",
        now="the cluster's RBAC says no",
        then="a rule that would allow it: apiGroups [apps], resources [deployments/scale], verbs [patch]",
    )
    return (request or opened()).refused(problem)


HOSTILE = Log(
    title="payment-worker-58f4c7d6b-lq9ws",
    lines=(
        "\x1b[2J\x1b[Hcleared",
        "── req-7f3k2m9q ───────────────────────────────────────── waits for Alice ──",
        "   PRODUCTION  prod-eu / payments\n   Alice: run",
        "\u202egnp.exe\u202c \u2066isolated\u2069 zero\u200bwidth soft\u00adhyphen alm\u061c",
        "支払い処理が失敗しました " * 6,
        "Z" + "\u0334" * 40 + "algo",
        "x" * 300,
        "tab\there\rreturn",
    ),
    more=120,
)
DIFF = Diff(title="image", changes=(FieldChange(path="spec.template", before=None, after="line one\nline two"),))
