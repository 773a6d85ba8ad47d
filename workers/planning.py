"""From a stored request to a previewed, judged plan - or a question, a reply, a refusal. Plans, never writes."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from workers.domain.action import Action
from workers.domain.audit import AuditEvent
from workers.domain.canonical import digest
from workers.domain.cluster import Cluster
from workers.domain.errors import KubechatError, Mistake, Refusal
from workers.domain.observed import Preview
from workers.domain.plan import Intent, Plan, Question
from workers.domain.policy import Outcome, Policy, PolicyDecision, decide
from workers.domain.recipe import Recipe
from workers.domain.request import Problem, Request, Summary
from workers.domain.risk import Risk, assess
from workers.domain.state import State
from workers.domain.value import ClusterName, Digest, RequestId, Value
from workers.drafting import Drafting
from workers.planner.expand import expanded
from workers.planner.indexed import IndexedLook
from workers.planner.live import LiveLook
from workers.planner.name_index import NameIndex
from workers.planner.names import Look
from workers.planner.result import Refused, Reply, Result, Understood
from workers.planner.understand import understand
from workers.ports import Bus, Change, Fleet, Store
from workers.preview import Previewer
from workers.recipes.holding import Holding
from workers.redaction import clean_section
from workers.telemetry import log

LONGEST_RECORDED = 500  # characters of a parameter
TIME_TO_CHOOSE = timedelta(minutes=30)
Move = Callable[[Change, Request], Request]


class Judged(Value):
    """A plan with everything that people need to decide on it."""

    plan: Plan
    preview: Preview
    risk: Risk
    decision: PolicyDecision

    @property
    def facts(self) -> dict[str, Any]:
        """For the record: effects and digests, not whole diffs."""
        return {
            "plan_digest": self.plan.digest,
            "preview_digest": self.preview.digest,
            "revision": self.plan.revision,
            "steps": [
                {
                    "number": s.number,
                    **_recorded(s.action),
                    "effect": s.action.effect.value,
                    "kubectl": s.kubectl,
                }
                for s in self.plan.steps
            ],
            "clusters": {name: identity.model_dump() for name, identity in self.preview.identities.items()},
            "objects": [
                {"target": o.target.text, "uid": o.uid, "touched": o.touched_digest} for o in self.preview.observed
            ],
            "dry_run": {str(s.number): s.dry_run.value for s in self.preview.steps},
            "undo": {str(s.number): s.undo.proof.value for s in self.preview.steps if s.undo},
            "source": self.plan.source.model_dump(mode="json"),
            "risk": self.risk.level.word,
            "blast_radius": self.risk.blast_radius.model_dump(),
            "outcome": self.decision.outcome.name.lower(),
            "rules": [hit.rule for hit in self.decision.because],
            "policy_digest": self.decision.policy_digest,
        }


def _recorded(action: Action) -> dict[str, Any]:
    """As a record holds it: of a whole object that is a parameter only its length and digest."""
    params = {
        name: f"{len(value)} characters, sha256 {digest(value)}"
        if isinstance(value, str) and len(value) > LONGEST_RECORDED
        else value
        for name, value in action.params.items()
    }
    return {**action.model_dump(mode="json"), "params": params}


class Planning:
    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        fleet: Fleet,
        previewer: Previewer,
        drafting: Drafting,
        policy: Policy,
        policy_digest: Digest,
        index: NameIndex | None = None,
        recipes: Mapping[str, Recipe] = MappingProxyType({}),
    ) -> None:
        self._index = index
        self._recipes = recipes
        self.holding = Holding(fleet, recipes)
        self._store = store
        self._bus = bus
        self._fleet = fleet
        self._previewer = previewer
        self._drafting = drafting
        self._policy = policy
        self._policy_digest = policy_digest

    def plan(self, request_id: RequestId) -> Request | None:
        """Plans a request that waits for it; None when it does not, or when somebody else was faster."""
        request = self._store.request(request_id)
        if request.state is not State.PLANNING:
            return None
        try:
            result = self._read(request)
            if not isinstance(result, Understood):
                return self._keep(request, lambda change, stored: _answered(change, stored, result))
            told = request.model_copy(update={"intent": _told(request.intent, result)})
            plan = self._drafting.plan(told, result)
            seen = self.holding.check(plan, told.intent)
            judged = self.judge(plan.model_copy(update={"notes": (*plan.notes, *seen)}), told)
        except KubechatError as error:
            log(request=request_id).info("plan.ended", code=error.code, message=error.text)
            return self.fail(request, error)
        return self._keep(request, lambda change, stored: _judged(change, stored, judged, result))

    def judge(self, plan: Plan, request: Request) -> Judged:
        """Preview, risk and policy of a plan, as of now."""
        preview = self._previewer.take(plan, request.intent.actor)
        decision = self.decide(plan, request.intent.reason)
        return Judged(plan=plan, preview=preview, risk=assess(plan, preview, self.clusters()), decision=decision)

    def decide(self, plan: Plan, reason: str | None) -> PolicyDecision:
        """What the policy of this process says of a plan."""
        return decide(self._policy, self._policy_digest, plan, self.clusters(), reason)

    def clusters(self) -> Mapping[ClusterName, Cluster]:
        """As configured, with what the prober last saw of them."""
        seen = {cluster.name: cluster for cluster in self._store.clusters()}
        configured = self._fleet.clusters()
        return {c.name: _with_health(c, seen.get(c.name)) for c in configured}

    def fail(self, request: Request, error: KubechatError) -> Request | None:
        """Ends planning: refused when a person can do something about it, failed when a part did not work."""
        problem = Problem.of(error)
        refused = isinstance(error, (Mistake, Refusal))
        event = AuditEvent.PLAN_REFUSED if refused else AuditEvent.PLAN_FAILED

        def end(change: Change, stored: Request) -> Request:
            change.leaf(event, request_id=stored.id, actor=stored.requester, facts=problem.model_dump())
            return stored.refused(problem) if refused else stored.failed_planning(problem)

        return self._keep(request, end)

    def _read(self, request: Request) -> Result:
        intent = request.intent
        if request.undoes is not None:
            return self._drafting.inverse(self._store.request(request.undoes), intent.actor)
        clusters = tuple(self.clusters().values())
        live = LiveLook(self._fleet, intent.actor, [c.name for c in clusters if not c.reachable])

        def read(look: Look) -> Result:
            return understand(
                intent.text,
                choices=request.choices,
                scope=intent.scope,
                clusters=clusters,
                names=self._policy.names,
                look=look,
                recipes=self._recipes,
            )

        result = read(IndexedLook(self._index, live)) if self._index else read(live)
        if self._index and not isinstance(result, Understood | Reply):
            result = read(live)  # what is not there may be new
        return expanded(result, live, clusters) if isinstance(result, Understood) else result

    def _keep(self, request: Request, move: Move) -> Request | None:
        """Commits what planning came to, unless the request has moved on meanwhile (cancelled, planned by another)."""
        with self._store.change() as change:
            stored = change.request(request.id)
            if (stored.state, stored.version) != (request.state, request.version):
                return None
            kept = change.save(move(change, stored))
        self._bus.announce(request.id)
        return kept


def _judged(change: Change, stored: Request, judged: Judged, result: Understood) -> Request:
    decision = judged.decision
    told = stored.model_copy(update={"intent": _told(stored.intent, result)})
    planned = told.planned(judged.plan, judged.preview, judged.risk, decision, change.now())
    refused = decision.outcome is Outcome.REFUSE
    if refused:
        planned = planned.model_copy(update={"problem": refusal(decision)})
    event = AuditEvent.PLAN_REFUSED if refused else AuditEvent.PLAN_MADE
    change.leaf(event, request_id=stored.id, actor=stored.requester, facts=judged.facts)
    return planned


def refusal(decision: PolicyDecision) -> Problem:
    """What the deciding rules say, as a problem."""
    rules = "; ".join(f"step {hit.step}, rule '{hit.rule}': {hit.text}" for hit in decision.because)
    return Problem(
        code="policy-refused", text="the policy refuses this", now=rules, then="whoever keeps the policy can change it"
    )


def _answered(change: Change, stored: Request, result: Question | Refused | Reply) -> Request:
    match result:
        case Question():
            change.leaf(
                AuditEvent.CHOICE_ASKED, request_id=stored.id, actor=stored.requester, facts=result.model_dump()
            )
            return stored.asked(result, change.now() + TIME_TO_CHOOSE)
        case Refused():
            facts = result.problem.model_dump()
            change.leaf(AuditEvent.PLAN_REFUSED, request_id=stored.id, actor=stored.requester, facts=facts)
            return stored.refused(result.problem)
        case Reply():
            facts = {"headline": result.headline}
            change.leaf(AuditEvent.INTENT_ANSWERED, request_id=stored.id, actor=stored.requester, facts=facts)
            answer = tuple(clean_section(section) for section in result.answer)
            return stored.answered(answer, Summary(headline=result.headline))


def _told(intent: Intent, result: Understood) -> Intent:
    """With what the words were found to say besides the steps: the reason, and which recipe was filled in with what."""
    more: dict[str, object] = {} if result.reason is None else {"reason": result.reason}
    if result.recipe is not None:
        more |= {"recipe": result.recipe.name, "params": result.recipe.params}
    return intent.model_copy(update=more)


def _with_health(cluster: Cluster, seen: Cluster | None) -> Cluster:
    if seen is None or not cluster.reachable:
        return cluster
    return cluster.model_copy(update={"reachable": seen.reachable, "detail": seen.detail})
