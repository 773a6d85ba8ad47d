"""`autoscale`: the HorizontalPodAutoscaler of a workload, made or changed."""

import json
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, get, list_of
from workers.domain.errors import InvalidParameter, Mistake, NotThere
from workers.domain.kind import KINDS
from workers.domain.plan import Undo
from workers.domain.target import Target
from workers.domain.value import Value
from workers.verbs import making, preconditions
from workers.verbs.command import flags, kubectl, named
from workers.verbs.fields import Json, body, dig, items, name, number, plain, rows, text
from workers.verbs.grammar import Name, Whole
from workers.verbs.preconditions import is_marked
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage
from workers.verbs.workload import read

HPA = KINDS["horizontalpodautoscaler"]
MOST = 1000
BY_ITSELF = 80  # percent of the CPU request that the server aims at when nothing is said


class Params(Value):
    min: Whole | None = Field(None, ge=1, le=MOST, description=f"the fewest replicas, from 1 to {MOST}")
    max: Whole | None = Field(None, ge=1, le=MOST, description=f"the most replicas, from 1 to {MOST}")
    cpu_percent: Whole | None = Field(None, ge=1, le=1000, description="percent of the CPU request, from 1 to 1000")
    scaler: Name | None = Field(
        None, description="the HorizontalPodAutoscaler there is; Kubechat sets it when it plans"
    )

    @model_validator(mode="after")
    def _is_a_range(self) -> "Params":
        if self.min is None and self.max is None and self.cpu_percent is None:
            raise ValueError("min, max or cpu_percent says how it should scale")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is at most max")
        return self


class Autoscale(ChangeSpec):
    verb = Verb.AUTOSCALE
    params = Params
    kinds = ("deployment", "statefulset")
    editable = frozenset({"min", "max", "cpu_percent"})
    example = "autoscale payment-api between 2 and 6 at 70% cpu in staging"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        target, params = action.target, action.params
        if "scaler" not in params:
            said = {key: params.get(key) for key in ("min", "max", "cpu_percent")}
            return kubectl(target, "autoscale", named(target), *flags(**said))
        spec = json.dumps({"spec": {**_bounds(action), **_metrics(action, {})}}, separators=(",", ":"))
        return kubectl(target, "patch", "hpa", str(params["scaler"]), "-p", spec)

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # needs no time
        """Both bounds and the target, and which autoscaler is changed if there is one."""
        yield from read(action.target)
        known = yield from _scalers(action.target)
        if len(known) > 1:
            raise Mistake(
                f"{action.target.text} has {len(known)} HorizontalPodAutoscalers, which work against each other",
                now=", ".join(name(one) for one in known),
                then="delete all but one of them first",
            )
        params = {key: value for key, value in action.params.items() if key != "scaler"}
        action = action.model_copy(update={"params": params})
        if known:
            params = _filled(params, known[0])
        elif "max" not in params:
            raise Mistake(
                f"{action.target.text} has no HorizontalPodAutoscaler yet",
                now="a new one needs to know the most replicas",
                then=f"type, for example: 'autoscale {action.target.name} min 2 max 6 in {action.target.cluster}'",
            )
        else:
            making.check_is_new(_named(action.target, str(action.target.name)), (yield from _scaler(action)))
            params = {"min": 1, "cpu_percent": BY_ITSELF, **params}
        _check_is_a_range(action, params)
        done = action.model_copy(update={"params": params})
        if known and _is_so(done, known[0]):
            raise Mistake(f"{name(known[0])} already is so", now=_told(known[0]), then="name other bounds")
        return done

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        """The autoscaler is the object; the workload is beside it."""
        workload = yield from read(action.target)
        found = yield from _scaler(action)
        replicas = number(workload, "spec", "replicas", default=1)
        low, high = (int(action.params.get(key, replicas)) for key in ("min", "max"))
        facts = {"replicas": str(replicas), "autoscaler": _told(found) if found else "none yet"}
        unasked = [text(one, "name") for one in _containers(workload) if not text(one, "resources", "requests", "cpu")]
        if unasked:
            facts["warning"] = f"{', '.join(unasked)} requests no CPU, so a percentage of it cannot be computed"
        moved = abs(replicas - min(max(replicas, low), high))
        return Live(object=found, pods=moved, facts=facts, more=workload)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # all that it scales by
        return {"spec": plain(dig(live.object, "spec", default={}))}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        spec = {**_bounds(action), **_metrics(action, live.object)}
        if "scaler" in action.params:
            where = _named(action.target, str(action.params["scaler"]))
            return preconditions.patch(where, live.object, mark, spec)
        kind = action.target.resource
        scaled = {"apiVersion": f"{kind.group}/{kind.version}", "kind": kind.title, "name": action.target.name}
        where = _named(action.target, str(action.target.name))
        return making.post(where, mark, {"spec": {"scaleTargetRef": scaled, **spec}})

    def undo(self, action: Action, live: Live) -> Undo:
        if "scaler" not in action.params:
            where = _named(action.target, str(action.target.name))
            because = "the replicas stay as the autoscaler left them"
            return Undo(action=Action(verb=Verb.DELETE, target=where), because=because)
        before: dict[str, str | int | bool] = {
            "min": number(live.object, "spec", "minReplicas", default=1),
            "max": number(live.object, "spec", "maxReplicas"),
            "scaler": name(live.object),
        }
        if "cpu_percent" not in action.params:
            return Undo(action=action.model_copy(update={"params": before}))
        aimed = _cpu(live.object)
        if aimed is None:
            return Undo(
                action=action.model_copy(update={"params": before}),
                because="the bounds go back, but the target for CPU, which is new, stays",
            )
        return Undo(action=action.model_copy(update={"params": {**before, "cpu_percent": aimed}}))

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        found = yield from _scaler(action)
        if not found or not _is_so(action, found):
            return Moment(stage=Stage.STUCK, text="somebody else has changed the autoscaler meanwhile")
        return Moment(stage=Stage.DONE, text=_told(found))

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        if not live.object:
            return False, f"{action.target.text} has no HorizontalPodAutoscaler"
        said = _told(live.object)
        if is_marked(live.object, mark):
            return True, f"{said}; it carries the mark {mark}"
        if _is_so(action, live.object):
            return None, f"{said}, but without the mark {mark}: somebody else may have done it"
        return False, f"{said}, without the mark {mark}"


def _scalers(target: Target) -> Generator[Call, Answer, list[Json]]:
    answer = yield list_of(HPA, target.namespace)
    wanted = (target.resource.title, target.name)
    found = [(one, dig(one, "spec", "scaleTargetRef", default={})) for one in items(answer.body)]
    return [one for one, reference in found if (text(reference, "kind"), text(reference, "name")) == wanted]


def _scaler(action: Action) -> Generator[Call, Answer, Json]:
    """The one that was there when it was planned; otherwise one of the workload's own name, or nothing."""
    wanted = str(action.params.get("scaler", action.target.name))
    try:
        answer = yield get(HPA, action.target.namespace, wanted)
    except NotThere:
        if "scaler" in action.params:
            raise
        return {}
    return body(answer.body, f"hpa/{wanted}")


def _named(target: Target, scaler: str) -> Target:
    return target.model_copy(update={"kind": HPA.name, "name": scaler})


def _filled(params: Mapping[str, str | int | bool], scaler: Json) -> dict[str, str | int | bool]:
    """Both bounds; the target for CPU only when it was said, so that nothing else is touched."""
    now: dict[str, str | int | bool] = {
        "min": number(scaler, "spec", "minReplicas", default=1),
        "max": number(scaler, "spec", "maxReplicas"),
    }
    return {**now, **params, "scaler": name(scaler)}


def _check_is_a_range(action: Action, params: Mapping[str, str | int | bool]) -> None:
    if int(params["min"]) > int(params["max"]):
        raise InvalidParameter(
            f"{action.target.text} cannot keep at least {params['min']} and at most {params['max']} replicas",
            then="name both bounds: 'min 2 max 6'",
        )


def _bounds(action: Action) -> dict[str, Any]:
    names = {"min": "minReplicas", "max": "maxReplicas"}
    return {field: int(action.params[key]) for key, field in names.items() if key in action.params}


def _metrics(action: Action, scaler: Json) -> dict[str, Any]:
    """The list is replaced as a whole: what else it scales by is kept."""
    if "cpu_percent" not in action.params:
        return {}
    aim = {"type": "Utilization", "averageUtilization": int(action.params["cpu_percent"])}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": aim}}
    others = [one for one in rows(scaler, "spec", "metrics") if not _is_cpu(one)]
    return {"metrics": [cpu, *others]}


def _is_cpu(metric: Json) -> bool:
    return text(metric, "type") == "Resource" and text(metric, "resource", "name") == "cpu"


def _cpu(scaler: Json) -> int | None:
    for one in rows(scaler, "spec", "metrics"):
        if _is_cpu(one):
            found = dig(one, "resource", "target", "averageUtilization")
            return found if isinstance(found, int) else None
    return None


def _is_so(action: Action, scaler: Json) -> bool:
    now = {
        "min": number(scaler, "spec", "minReplicas", default=1),
        "max": number(scaler, "spec", "maxReplicas"),
        "cpu_percent": _cpu(scaler),
    }
    return all(now[key] == action.params[key] for key in now if key in action.params)


def _told(scaler: Json) -> str:
    low, high = number(scaler, "spec", "minReplicas", default=1), number(scaler, "spec", "maxReplicas")
    aimed = _cpu(scaler)
    aim = f" at {aimed} % of the CPU that they request" if aimed is not None else ""
    return f"{name(scaler)} keeps {low} to {high} replicas{aim}, {number(scaler, 'status', 'currentReplicas')} now"


def _containers(workload: Json) -> Sequence[Json]:
    return rows(workload, "spec", "template", "spec", "containers")
