"""What the policy would say of a text: drafted like a request, looked at, judged; nothing runs and nothing is kept."""

from collections.abc import Mapping
from datetime import datetime

from workers.domain.action import Effect
from workers.domain.circumstances import Circumstances
from workers.domain.errors import KubechatError
from workers.domain.judgement import spoken
from workers.domain.observed import Observed
from workers.domain.plan import Intent, Plan, Question, Step
from workers.domain.policy import Outcome, PolicyDecision, RuleHit
from workers.domain.request import Request
from workers.domain.value import RequestId, Value
from workers.driving import each
from workers.guard.deciding import Deciding
from workers.planner.result import Refused, Reply
from workers.planning import Planning
from workers.preview import Previewer

UNSTORED = RequestId("req-00000000")  # of a request that is never kept


class Spoken(Value):
    """One rule that speaks of a step, and what would come of it alone."""

    then: Outcome
    hit: RuleHit


class Explained(Value):
    plan: Plan
    decision: PolicyDecision
    spoken: tuple[Spoken, ...]  # everything that speaks of the steps, the strictest first
    unseen: tuple[str, ...]  # targets that could not be looked at, which counts as the worst
    at: datetime


class Explaining:
    def __init__(self, *, planning: Planning, previewer: Previewer) -> None:
        self._planning = planning
        self._deciding: Deciding = planning.deciding
        self._previewer = previewer

    def explain(self, intent: Intent, at: datetime | None = None) -> Explained | Question | Refused | Reply:
        """At another time when one is given; raises what the clusters and the verbs say."""
        request = Request(id=UNSTORED, intent=intent, opened_at=intent.received_at)
        drafted = self._planning.draft(request)
        if not isinstance(drafted, tuple):
            return drafted
        told, plan = drafted
        observed = self._look(plan, told)
        around = self._around(plan, told, observed, at)
        decision = self._deciding.judge(around)
        hits = [Spoken(then=hit.then, hit=hit.said) for hit in spoken(self._deciding.policy, around)]
        changing = [step for step in plan.steps if step.action.effect is not Effect.READ]
        return Explained(
            plan=plan,
            decision=decision,
            spoken=tuple(sorted(hits, key=lambda one: (-one.then, one.hit.step))),
            unseen=tuple(step.action.target.text for step in changing if step.number not in observed),
            at=around.at,
        )

    def _around(
        self, plan: Plan, intent: Intent, observed: Mapping[int, Observed], at: datetime | None
    ) -> Circumstances:
        now = self._deciding.circumstances(plan.steps, intent, observed)
        if at is None:
            return now
        standing = tuple(one for one in now.freezes if one.at <= at and (one.until is None or at < one.until))
        return now.model_copy(update={"at": at, "freezes": standing})

    def _look(self, plan: Plan, intent: Intent) -> dict[int, Observed]:
        """What can be seen of the changing steps, as the person."""
        changing = [step for step in plan.steps if step.action.effect is not Effect.READ]
        identities = self._previewer.identities(plan, intent.actor) if changing else {}

        def seen(step: Step) -> Observed | None:
            try:
                return self._previewer.look(step, intent.actor, identities[step.action.target.cluster])[1]
            except KubechatError:
                return None

        found = zip(changing, each(seen, changing) if changing else (), strict=True)
        return {step.number: one for step, one in found if one is not None}
