"""From a stored request to a previewed, judged plan - or a question, a reply, a refusal. Plans, never writes."""

import copy
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

from workers.checks import suggested
from workers.domain.action import Action, Effect
from workers.domain.errors import KubechatError
from workers.domain.plan import Intent, Plan, Question
from workers.domain.policy import Policy
from workers.domain.recipe import Recipe
from workers.domain.request import Request
from workers.domain.risk import assess
from workers.domain.state import State
from workers.domain.value import Digest, RequestId
from workers.drafting import Drafting, rest
from workers.execution.promise import Promises, check_undo, options_of
from workers.guard.deciding import Deciding
from workers.guard.emergency import reviewed_before
from workers.planned import Judged, keep_error, keep_judged, keep_result
from workers.planner.expand import expanded
from workers.planner.handover import Handover
from workers.planner.indexed import IndexedLook
from workers.planner.live import LiveLook
from workers.planner.name_index import NameIndex
from workers.planner.names import Look
from workers.planner.options import heard
from workers.planner.result import Refused, Reply, Result, Understood
from workers.planner.understand import context_of, understand
from workers.ports import Bus, Change, Fleet, Store
from workers.preview import Previewer
from workers.recipes.holding import Holding
from workers.telemetry import log

Move = Callable[[Change, Request], Request]


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
        handover: Handover | None = None,
    ) -> None:
        self._handover = handover
        self._index = index
        self._recipes = recipes
        self.holding = Holding(fleet, recipes)
        self._store = store
        self._bus = bus
        self._fleet = fleet
        self._previewer = previewer
        self._drafting = drafting
        self.promises = Promises(store=store, drafting=drafting)
        self.deciding = Deciding(store=store, fleet=fleet, policy=policy, policy_digest=policy_digest)

    def noting(self, note: Callable[[str], None]) -> "Planning":
        """The same; tells `note` the Audit-Id of every call."""
        made = copy.copy(self)
        made._fleet, made._previewer = self._fleet.noting(note), self._previewer.noting(note)
        made._drafting, made.holding = self._drafting.noting(note), self.holding.noting(note)
        return made

    def plan(self, request_id: RequestId) -> Request | None:
        """Plans a request that waits for it; None when it does not, or when somebody else was faster."""
        request = self._store.request(request_id)
        if request.state is not State.PLANNING:
            return None
        asked: list[str] = []
        return self.noting(asked.append)._planned(request, asked)

    def _planned(self, request: Request, asked: Sequence[str]) -> Request | None:
        """`asked` grows with every call to a cluster."""
        try:
            result = self._read(request)
            if not isinstance(result, Understood):
                return self._keep(request, lambda change, stored: keep_result(change, stored, result))
            told = request.model_copy(update={"intent": _told(request.intent, result)})
            plan = self._drafted(told, result)
            plan = plan.model_copy(update={"options": options_of(told, result.options, plan)})
            seen = self.holding.check(plan, told.intent)
            judged = self.judge(plan.model_copy(update={"notes": (*plan.notes, *seen)}), told)
        except KubechatError as error:
            log(request=request.id).info("plan.ended", code=error.code, message=error.text)
            return self.fail(request, error, asked)
        judged = judged.model_copy(update={"audit_ids": tuple(asked)})
        return self._keep(request, lambda change, stored: keep_judged(change, stored, judged, told.intent))

    def _drafted(self, request: Request, result: Understood) -> Plan:
        """With the checks that are suggested before it; what they need to know is asked beside the drafting."""
        actions = [draft.action for draft in result.drafts]
        if request.skips_checks or all(action.effect is Effect.READ for action in actions):
            return self._drafting.plan(request, result)
        allows = self.deciding.allowing(self.deciding.circumstances((), request.intent, {}))
        with ThreadPoolExecutor(max_workers=1) as pool:
            checks = pool.submit(suggested, actions, request.intent.actor, self._fleet, allows)
            plan = self._drafting.plan(request, result)
            return plan.model_copy(update={"checks": checks.result()})

    def draft(self, request: Request) -> tuple[Intent, Plan] | Question | Refused | Reply:
        """The plan that a request would get, and what its words say besides; nothing is previewed or kept."""
        result = self._read(request)
        if not isinstance(result, Understood):
            return result
        told = request.model_copy(update={"intent": _told(request.intent, result)})
        return told.intent, self._drafting.plan(told, result)

    def judge(self, plan: Plan, request: Request) -> Judged:
        """Preview, risk and policy of a plan, as of now."""
        preview = self._previewer.take(plan, request.intent.actor)
        check_undo(plan, preview)
        decision = self.deciding.decide(plan.steps, request.intent, preview.by_step(plan))
        decision, notice = self.promises.decided(request, plan, decision)
        if decision.break_glass:
            reviewed_before(self._store, request)
        risk = assess(plan, preview, self.deciding.clusters())
        return Judged(plan=plan, preview=preview, risk=risk, decision=decision, notice=notice)

    def fail(self, request: Request, error: KubechatError, audit_ids: Sequence[str] = ()) -> Request | None:
        """Ends planning with what went wrong."""
        return self._keep(request, lambda change, stored: keep_error(change, stored, error, audit_ids))

    def _read(self, request: Request) -> Result:
        if request.undoes is not None:
            return self._drafting.inverse(
                self._store.request(request.undoes), request.intent.actor, promised=request.promised
            )
        if request.continues is not None:
            return rest(self._store.request(request.continues))
        intent = request.intent
        clusters = tuple(self.deciding.clusters().values())
        before = self._before(request)
        live = LiveLook(self._fleet, intent.actor, [c.name for c in clusters if not c.reachable])

        def read(look: Look) -> Result:
            return understand(
                intent.text,
                choices=tuple(reversed(request.choices)),  # what was said last wins
                scope=intent.scope,
                clusters=clusters,
                names=self.deciding.policy.names,
                look=look,
                recipes=self._recipes,
                before=before,
            )

        result = read(IndexedLook(self._index, live)) if self._index else read(live)
        if self._index and not isinstance(result, Understood | Reply):
            result = read(live)  # what is not there may be new
        if self._handover is not None:
            context = context_of(
                choices=tuple(reversed(request.choices)),
                scope=intent.scope,
                clusters=clusters,
                names=self.deciding.policy.names,
                look=live,
            )
            text, options = heard(intent.text)  # a model is told the order alone
            told = request.model_copy(update={"intent": intent.model_copy(update={"text": text})})
            result = self._handover.answered(told, result, context)
            if isinstance(result, Understood):
                result = result.model_copy(update={"options": options})
        return expanded(result, live, clusters) if isinstance(result, Understood) else result

    def _before(self, request: Request) -> tuple[Action, ...]:
        """What the newest plan of the thread did, when this was asked."""
        plan = self._store.request(request.follows).plan if request.follows is not None else None
        return tuple(step.action for step in plan.steps) if plan is not None else ()

    def _keep(self, request: Request, move: Move) -> Request | None:
        """Commits what planning came to, unless the request has moved on meanwhile (cancelled, planned by another)."""
        with self._store.change() as change:
            stored = change.request(request.id)
            if (stored.state, stored.version) != (request.state, request.version):
                return None
            kept = change.save(move(change, stored))
        self._bus.announce(request.id)
        return kept


def _told(intent: Intent, result: Understood) -> Intent:
    """With what the words were found to say besides the steps: the reason, and which recipe was filled in with what."""
    more: dict[str, object] = {} if result.reason is None else {"reason": result.reason}
    if result.recipe is not None:
        more |= {"recipe": result.recipe.name, "params": result.recipe.params}
    return intent.model_copy(update=more)
