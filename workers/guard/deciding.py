"""What the policy says of steps, asked with the circumstances of this moment: who, why, when, and what was seen."""

from collections.abc import Callable, Mapping, Sequence

from workers.domain.action import Action, Effect
from workers.domain.circumstances import Circumstances
from workers.domain.cluster import Cluster
from workers.domain.judgement import decide
from workers.domain.observed import Observed
from workers.domain.plan import Intent, Step
from workers.domain.policy import Outcome, Policy, PolicyDecision, RuleHit, ticket_in
from workers.domain.value import ClusterName, Digest
from workers.ports import Fleet, Store

Clusters = Mapping[ClusterName, Cluster]


class Deciding:
    def __init__(self, *, store: Store, fleet: Fleet, policy: Policy, policy_digest: Digest) -> None:
        self._store = store
        self._fleet = fleet
        self._policy = policy
        self._policy_digest = policy_digest
        self._problem = ""

    def take(self, policy: Policy, policy_digest: Digest, problem: str) -> None:
        """Another policy from now on; with a problem the last good one for reads, and no changes at all."""
        self._policy, self._policy_digest, self._problem = policy, policy_digest, problem

    @property
    def policy(self) -> Policy:
        return self._policy

    def decide(self, steps: Sequence[Step], intent: Intent, observed: Mapping[int, Observed]) -> PolicyDecision:
        """`observed` by the step's number; a step that it lacks is not known, which is never safe."""
        return self.judge(self.circumstances(steps, intent, observed))

    def judge(self, around: Circumstances) -> PolicyDecision:
        found = decide(self._policy, self._policy_digest, around)
        changing = [step for step in around.steps if step.action.effect is not Effect.READ]
        return _unreadable(found, changing[0], self._problem) if self._problem and changing else found

    def allowing(self, around: Circumstances) -> Callable[[Action], bool]:
        """Whether the policy lets a look be taken without anybody's yes; all of them in the same circumstances."""

        def allows(look: Action) -> bool:
            alone = around.model_copy(update={"steps": (Step(number=1, action=look, why=""),), "observed": {}})
            return decide(self._policy, self._policy_digest, alone).outcome is Outcome.ALLOW

        return allows

    def circumstances(self, steps: Sequence[Step], intent: Intent, observed: Mapping[int, Observed]) -> Circumstances:
        """As of now, by the database's clock; raises when the freezes cannot be read."""
        changes = any(step.action.effect is not Effect.READ for step in steps)
        return Circumstances(
            steps=tuple(steps),
            clusters=self.clusters(),
            actor=intent.actor,
            reason=intent.reason,
            ticket=ticket_in(self._policy, intent.reason),
            at=self._store.now(),
            observed=observed,
            freezes=self._store.freezes() if changes else (),
            break_glass=intent.break_glass,
        )

    def configured(self) -> Clusters:
        """With tier and groups, whether they answer or not."""
        return {cluster.name: cluster for cluster in self._fleet.clusters()}

    def clusters(self) -> Clusters:
        """As configured, with what the prober last saw of them."""
        seen = {cluster.name: cluster for cluster in self._store.clusters()}
        return {name: _with_health(cluster, seen.get(name)) for name, cluster in self.configured().items()}


def _unreadable(found: PolicyDecision, step: Step, problem: str) -> PolicyDecision:
    """A guard that is down stops every change."""
    hit = RuleHit(
        rule="unreadable-policy",
        text=f"the policy file cannot be used, so nothing is changed: {problem}",
        step=step.number,
        about=step.action.text,
        then="have the policy mended: `kubechat policy lint` says where",
    )
    because = (*found.because, hit) if found.outcome is Outcome.REFUSE else (hit,)
    return found.model_copy(update={"outcome": Outcome.REFUSE, "needed": (), "because": because})


def _with_health(cluster: Cluster, seen: Cluster | None) -> Cluster:
    if seen is None or not cluster.reachable:
        return cluster
    return cluster.model_copy(update={"reachable": seen.reachable, "detail": seen.detail})
