"""`evict`: one pod goes as far as its disruption budget allows; its controller makes another."""

from collections.abc import Generator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, list_of
from workers.domain.errors import AccessDenied, Mistake, NotThere
from workers.domain.kind import KINDS
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import departure
from workers.verbs.budgets import allowed, budgets_of, told
from workers.verbs.command import kubectl
from workers.verbs.fields import Json, items, text, uid
from workers.verbs.grammar import Name, Span, Uid, Whole, Word, Words, seconds
from workers.verbs.pods import is_leaving, is_over, is_ready
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment
from workers.verbs.workload import read

KEPT = ("grace_period", "force", "timeout")


class Params(Value):
    grace_period: Whole | None = Field(None, ge=0, le=3600, description="seconds from 0 to 3600")
    force: bool | None = Field(None, description="true or false: also a pod that nothing makes anew")
    timeout: Span | None = Field(None, description="how long a disruption budget is waited for: 30s, 5m")
    status: Word | None = Field(None, description="of many, those in a status: CrashLoopBackOff")
    node: Name | None = Field(None, description="of many, those on a node")
    uid: Uid | None = Field(None, description="the pod's uid; Kubechat sets it when it plans")
    owner: Words | None = Field(None, description="the pod's controller; Kubechat sets it when it plans")
    ready: Whole | None = Field(None, ge=0, description="ready pods of the controller; Kubechat sets it when it plans")


class Evict(ChangeSpec):
    verb = Verb.EVICT
    params = Params
    kinds = ("pod",)
    editable = frozenset({"grace_period", "timeout"})
    example = "evict redis-0 in staging"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        """The real one has no word for it: the eviction is posted as it is, and its body read from the terminal."""
        target = action.target
        path = f"/api/v1/namespaces/{target.namespace}/pods/{target.name}/eviction"
        return kubectl(target, "create", "--raw", path, "-f", "-")

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # needs no time
        """This very pod; raises Mistake when it is going already, or when nothing would make it anew."""
        found = yield from read(action.target)
        if is_leaving(found):
            since = text(found, "metadata", "deletionTimestamp")
            raise Mistake(
                f"{action.target.text} is already being deleted",
                now=f"it goes at {since}",
                then="wait until it is gone",
            )
        if not departure.controller(found) and not is_over(found) and not action.params.get("force"):
            raise Mistake(
                f"{action.target.text} has no controller",
                now="nothing would make it anew on another node",
                then=f"to evict it all the same: 'force evict {action.target.name} in {action.target.cluster}'",
            )
        if "timeout" not in action.params:
            yield from self._check_budget(action, found)
        kept = {name: value for name, value in action.params.items() if name in KEPT}
        pinned = yield from departure.pins(action, found)
        return action.model_copy(update={"params": {**kept, **pinned}})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        """Of a pod that has gone since it was pinned only that it is gone."""
        try:
            found = yield from read(action.target)
        except NotThere:
            if "uid" not in action.params:
                raise
            return Live(object={}, pods=0, facts={"status": "gone"})
        facts = departure.facts(found)
        budgets = yield from _budgets(action, found)
        if budgets is None:
            facts["disruption budget"] = "unknown: PodDisruptionBudgets may not be listed"
        elif budgets:
            facts["disruption budget"] = "; ".join(told(one) for one in budgets)
        return Live(object=found, pods=1, facts=facts)

    def _check_budget(self, action: Action, pod: Json) -> Generator[Call, Answer, None]:
        """Raises Mistake when a budget allows no disruption now; later the server has the last word."""
        budgets = yield from _budgets(action, pod)
        full = [one for one in budgets or () if not allowed(one)]
        if full and is_ready(pod):
            raise Mistake(
                f"{action.target.text} cannot be evicted now: its disruption budget {told(full[0])}",
                now="nothing was changed",
                then=f"to wait for it: 'evict {action.target.name} in {action.target.cluster} with timeout 5m'",
            )

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # which pod, and where
        return {"uid": uid(live.object), "node": text(live.object, "spec", "nodeName")}

    def write(self, action: Action, live: Live, mark: str) -> Call:  # noqa: ARG002  # what goes carries no mark
        """Only this very pod, and only if the server finds that its disruption budget allows it."""
        options: dict[str, Any] = {"preconditions": {"uid": action.params.get("uid") or uid(live.object)}}
        if "grace_period" in action.params:
            options["gracePeriodSeconds"] = action.params["grace_period"]
        pod = KINDS["pod"]
        return Call(
            method="POST",
            group=pod.group,
            version=pod.version,
            resource=pod.plural,
            namespace=action.target.namespace,
            name=action.target.name,
            subresource="eviction",
            body={
                "apiVersion": "policy/v1",
                "kind": "Eviction",
                "metadata": {"name": action.target.name, "namespace": action.target.namespace},
                "deleteOptions": options,
            },
        )

    def already(self, action: Action, live: Live) -> str:
        if not live.object:
            return f"{action.target.name} was gone already; nothing was evicted"
        if uid(live.object) != action.params.get("uid"):
            return f"{action.target.name} was gone already; another pod has its name now and is left alone"
        if is_leaving(live.object):
            return f"{action.target.name} was being deleted already; nothing was evicted"
        return ""

    def patience(self, action: Action) -> timedelta:
        return timedelta(seconds=seconds(str(action.params["timeout"]))) if "timeout" in action.params else timedelta()

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # it depends on the owner alone
        return departure.undo(live.object)

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        return (yield from departure.moment(action))

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:  # noqa: ARG002  # leaves none
        if not live.object:
            return True, f"{action.target.text} is gone"
        return departure.applied(action, live.object)


def _budgets(action: Action, pod: Json) -> Generator[Call, Answer, list[Json] | None]:
    """Those that guard the pod; None when they may not be listed."""
    try:
        answer = yield list_of(KINDS["poddisruptionbudget"], action.target.namespace)
    except (AccessDenied, NotThere):
        return None
    return budgets_of(pod, items(answer.body))
