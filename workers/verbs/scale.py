"""`scale`: how many pods a workload has."""

from collections.abc import Generator, Mapping
from typing import Any

from pydantic import Field, model_validator

from workers.domain.action import Action, Verb
from workers.domain.call import MERGE_PATCH, Answer, Call, list_of
from workers.domain.errors import AccessDenied, InvalidParameter, Mistake, NotThere
from workers.domain.kind import KINDS
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import rollout
from workers.verbs.command import flags, kubectl, named
from workers.verbs.fields import Json, dig, items, number, rows, text
from workers.verbs.grammar import Whole
from workers.verbs.preconditions import MANAGER, QUERY, version
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage
from workers.verbs.workload import pods_of, read, replacing

MOST = 1000
NUMBERS = ("replicas", "delta", "percent")


class Params(Value):
    replicas: Whole | None = Field(None, ge=0, le=MOST, description=f"a whole number from 0 to {MOST}")
    delta: Whole | None = Field(None, ge=-MOST, le=MOST, description=f"a difference from -{MOST} to {MOST}")
    percent: Whole | None = Field(None, ge=-100, le=900, description="a change from -100 to 900 percent")

    @model_validator(mode="after")
    def _is_one_number(self) -> "Params":
        if sum(getattr(self, name) is not None for name in NUMBERS) != 1:
            raise ValueError("exactly one of replicas, delta and percent says how many")
        return self


class Scale(ChangeSpec):
    verb = Verb.SCALE
    params = Params
    kinds = ("deployment", "statefulset")
    editable = frozenset({"replicas"})
    example = "scale payment-api to 5 in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        return kubectl(action.target, "scale", named(action.target), *flags(replicas=action.params.get("replicas")))

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # absolute as it is
        found = yield from read(action.target)
        now, wanted = _replicas(found), _wanted(action, found)
        if not 0 <= wanted <= MOST:
            raise InvalidParameter(
                f"scale {action.target.name} by {_relative(action)} would give {wanted} replicas",
                now=f"it has {now}; allowed are 0 to {MOST}",
                then=f"type an absolute number: 'scale {action.target.name} to 3 in {action.target.cluster}'",
            )
        if wanted == now:
            raise Mistake(
                f"{action.target.text} already has {now} {_pods(now)}",
                now="there is nothing to do",
                then=f"name another number: 'scale {action.target.name} to {now + 1} in {action.target.cluster}'",
            )
        return action.model_copy(update={"params": {"replicas": wanted}})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        found = yield from read(action.target)
        facts = rollout.facts(action.target.kind, found)
        scaler = yield from _scaler(action)
        if scaler:
            facts["hpa"] = scaler
        return Live(object=found, pods=abs(_replicas(found) - _wanted(action, found)), facts=facts)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # the number alone
        return {"replicas": _replicas(live.object)}

    def write(self, action: Action, live: Live, mark: str) -> Call:  # noqa: ARG002  # a Scale carries no annotations of ours
        kind = action.target.resource
        return Call(
            method="PATCH",
            group=kind.group,
            version=kind.version,
            resource=kind.plural,
            namespace=action.target.namespace,
            name=action.target.name,
            subresource="scale",
            query=QUERY,
            body={"metadata": version(live.object), "spec": {"replicas": _wanted(action, live.object)}},
            content_type=MERGE_PATCH,
        )

    def undo(self, action: Action, live: Live) -> Undo:
        return Undo(action=action.model_copy(update={"params": {"replicas": _replicas(live.object)}}))

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        target = action.target
        found = yield from read(target)
        wanted, now = _wanted(action, found), _replicas(found)
        if now != wanted:
            return Moment(
                stage=Stage.STUCK, text=f"somebody else set it to {now} replicas meanwhile; {wanted} were asked"
            )
        there, ready = number(found, "status", "replicas"), rollout.ready(target.kind, found)
        seen = rollout.is_observed(found)
        if wanted and seen and there == ready == wanted:
            return Moment(stage=Stage.DONE, text=f"{ready} of {wanted} {_pods(wanted)} ready")
        pods = yield from pods_of(target, found)
        if not wanted:
            left = max(there, len(pods)) if seen else max(1, there, len(pods))
            stage = Stage.MOVING if left else Stage.DONE
            return Moment(stage=stage, text=f"{left} {_pods(left)} stopping" if left else "no pods left")
        return replacing(pods, wanted, f"{ready} of {wanted} {_pods(wanted)} ready, {there} there")

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:  # noqa: ARG002  # leaves none
        wanted, now = _wanted(action, live.object), _replicas(live.object)
        ours = [
            text(entry, "time")
            for entry in rows(live.object, "metadata", "managedFields")
            if entry.get("manager") == MANAGER and entry.get("subresource") == "scale"
        ]
        said = f"{action.target.text} has {now} replicas, {wanted} were asked"
        if now == wanted:
            if ours:
                return True, f"{said}; Kubechat set them last at {max(ours)}"
            return None, f"{said}, but the server's field record does not name Kubechat: somebody else may have done it"
        if "hpa" in live.facts:
            return None, f"{said}; a HorizontalPodAutoscaler may have changed them since"
        return False, said


def _replicas(workload: Json) -> int:
    return number(workload, "spec", "replicas", default=1)


def _wanted(action: Action, workload: Json) -> int:
    """Absolute; halves of a percentage are rounded up."""
    params, now = action.params, _replicas(workload)
    if "replicas" in params:
        return int(params["replicas"])
    if "delta" in params:
        return now + int(params["delta"])
    return (now * (100 + int(params.get("percent", 0))) * 2 + 100) // 200


def _relative(action: Action) -> str:
    if "delta" in action.params:
        return f"{int(action.params['delta']):+d}"
    return f"{int(action.params.get('percent', 0)):+d} %" if "percent" in action.params else "that"


def _scaler(action: Action) -> Generator[Call, Answer, str]:
    """Which autoscaler sets the replicas of this workload by itself; empty when none does."""
    target = action.target
    try:
        answer = yield list_of(KINDS["horizontalpodautoscaler"], target.namespace)
    except (AccessDenied, NotThere):
        return "unknown: HorizontalPodAutoscalers may not be listed"
    for one in items(answer.body):
        reference = dig(one, "spec", "scaleTargetRef", default={})
        if (text(reference, "kind"), text(reference, "name")) == (target.resource.title, target.name):
            low, high = number(one, "spec", "minReplicas", default=1), number(one, "spec", "maxReplicas")
            return f"{text(one, 'metadata', 'name')} keeps {low} to {high} replicas and may set another number again"
    return ""


def _pods(count: int) -> str:
    return "pod" if count == 1 else "pods"
