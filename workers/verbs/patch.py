"""`patch`: one field of a workload, a claim, an autoscaler, a cronjob; only those that `patchable` lists."""

import json
from collections.abc import Generator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.errors import InvalidParameter, Mistake
from workers.domain.plan import Undo
from workers.domain.redact import redact
from workers.domain.value import Value
from workers.verbs import patchable, preconditions, rollout
from workers.verbs.command import kubectl, named
from workers.verbs.fields import Json, dig, number, rows, text
from workers.verbs.grammar import HIDDEN, Container
from workers.verbs.patchable import Typed
from workers.verbs.quantity import amount
from workers.verbs.spec import Live, Marks, Moment, Stage
from workers.verbs.workload import TemplateChange, pods_of, read, replacing, template

REDACTED = "[REDACTED"
CRONJOB = "cronjob"
FIELD = r"^[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9_/-]{1,253}){0,16}$"


def _as_text(value: Any) -> Any:
    """A number or a switch as YAML spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value


def _visible(value: str) -> str:
    if HIDDEN.search(value):
        raise ValueError("control or invisible characters")
    return value


Said = Annotated[str, BeforeValidator(_as_text), StringConstraints(max_length=4000), AfterValidator(_visible)]


class Params(Value):
    field: Annotated[str, StringConstraints(pattern=FIELD, max_length=300)] = Field(
        description="resources.limits.memory, env.NAME, storage, maxReplicas, suspend, replicas, ..."
    )
    value: Said | None = Field(None, description="the new value, at most 4000 characters")
    container: Container | None = Field(None, description="the name of a container")
    remove: bool | None = Field(None, description="true to take the field away instead of setting it")

    @model_validator(mode="after")
    def _is_one_change(self) -> "Params":
        if (self.value is None) == (not self.remove):
            raise ValueError("either a value is set or the field is removed")
        return self


class Patch(TemplateChange):
    verb = Verb.PATCH
    params = Params
    kinds = ()  # of a kind that has no field on the list each is refused by the list's own name
    editable = frozenset({"value"})
    example = "set memory limit of payment-api to 768Mi in staging"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        target, row = action.target, _row(action)
        inside = ("-c", str(action.params["container"])) if "container" in action.params else ()
        value = action.params.get("value")
        if row.path[0] == "env":
            said = f"{row.path[1]}-" if value is None else f"{row.path[1]}={value}"
            return kubectl(target, "set", "env", named(target), *inside, said)
        if row.path[0] == "resources" and row.place == "container" and value is not None:
            return kubectl(target, "set", "resources", named(target), *inside, f"--{row.path[1]}={row.path[2]}={value}")
        body = json.dumps({"spec": _spec(action)}, separators=(",", ":"))
        return kubectl(target, "patch", target.kind, str(target.name), "-p", body)

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # absolute as it is
        """The field and value as the API spells them, and the name of the container."""
        row = _row(action)
        params: dict[str, str | int | bool] = {"field": row.name}
        wanted = None
        if action.params.get("remove"):
            _check_can_go(row)
            params["remove"] = True
        else:
            wanted = patchable.typed(row, str(action.params["value"]))
            _check_is_plain(row, str(wanted))
            params["value"] = _spelled(wanted)
        found = yield from read(action.target)
        if row.place == "container":
            params["container"] = text(_container(action, found), "name")
        action = action.model_copy(update={"params": params})
        _check_fits(action, row, found, wanted)
        now = _now(action, found)
        if (now is None) if wanted is None else _same(row, now, wanted):
            raise Mistake(
                f"{row.name} of {action.target.text} is already {'not set' if wanted is None else _spelled(wanted)}",
                now="there is nothing to do",
                then="name another value",
            )
        return action

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        row, target = _row(action), action.target
        found = yield from read(target)
        facts = rollout.facts(target.kind, found) if target.kind in ("deployment", "statefulset", "daemonset") else {}
        now = _now(action, found)
        facts[row.name] = "not set" if now is None else _spelled(now)
        pods = 0
        if row.place != "object":
            pods = 0 if target.kind == CRONJOB else rollout.desired(target.kind, found)
        elif row.name == "replicas":
            pods = abs(int(str(action.params.get("value", 0))) - number(found, "spec", "replicas", default=1))
        return Live(object=found, pods=pods, facts=facts)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:
        """Of a template all of it: it is rolled out as a whole."""
        own = {_row(action).name: _now(action, live.object)}
        return own if _row(action).place == "object" else {"template": template(_templated(action, live.object)), **own}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        return preconditions.patch(action.target, live.object, mark, _spec(action))

    def undo(self, action: Action, live: Live) -> Undo:
        row, now = _row(action), _now(action, live.object)
        kept: dict[str, str | int | bool] = {k: v for k, v in action.params.items() if k in ("field", "container")}
        if now is None and row.unset:
            return Undo(action=action.model_copy(update={"params": {**kept, "value": row.unset}}))
        if now is None:
            if not row.can_go:
                return Undo(because=f"{row.name} was not set before, and the server sets it by itself")
            return Undo(action=action.model_copy(update={"params": {**kept, "remove": True}}))
        before = _spelled(now)
        if redact(f"{row.path[-1]}={before}") != f"{row.path[-1]}={before}":
            return Undo(because="the value of before looks like a secret, which is never kept")
        if row.takes == "storage" and row.place == "object":
            return Undo(because="a volume never becomes smaller")
        return Undo(action=action.model_copy(update={"params": {**kept, "value": before}}))

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        row, target = _row(action), action.target
        if row.place != "object" and target.kind != CRONJOB:
            return (yield from super().watch(action))
        found = yield from read(target)
        if not self.holds(action, Live(object=found, pods=None)):
            return Moment(stage=Stage.STUCK, text=f"somebody else has changed {row.name} of {target.name} meanwhile")
        if row.name == "replicas":
            pods, wanted = (yield from pods_of(target, found)), number(found, "spec", "replicas")
            ready = rollout.ready(target.kind, found)
            if rollout.is_observed(found) and number(found, "status", "replicas") == ready == wanted:
                return Moment(stage=Stage.DONE, text=f"{ready} of {wanted} pods ready")
            return replacing(pods, wanted, f"{ready} of {wanted} pods ready")
        if row.takes == "storage":
            return _resizing(target.name or "", found)
        return Moment(stage=Stage.DONE, text=f"{row.name} is {action.params.get('value', 'not set')}")

    def holds(self, action: Action, live: Live) -> bool:
        now, value = _now(action, live.object), action.params.get("value")
        if value is None:
            return now is None
        row = _row(action)
        return _same(row, now, patchable.typed(row, str(value)))


def _row(action: Action) -> patchable.Field:
    """Raises PolicyRefused for any field that is not on the list: nothing else can become part of a call."""
    return patchable.field(action.target.kind, str(action.params["field"]))


def _spec(action: Action) -> dict[str, Any]:
    """The spec of a strategic merge patch; null takes a field away."""
    row, value = _row(action), action.params.get("value")
    wanted = None if value is None else patchable.typed(row, str(value))
    if row.path[0] == "env":
        one = {"name": row.path[1]}
        made: dict[str, Any] = {"env": [{**one, "$patch": "delete"} if wanted is None else {**one, "value": wanted}]}
    else:
        made = _nested(row.path, wanted)
    if row.place == "container":
        made = {"containers": [{"name": action.params.get("container", "CONTAINER"), **made}]}
    if row.place == "object":
        return made
    made = {"template": {"spec": made}}
    return {"jobTemplate": {"spec": made}} if action.target.kind == CRONJOB else made


def _templated(action: Action, obj: Json) -> Json:
    """What has the pod template in its spec: the workload, or the job that a cronjob makes."""
    found: Json = dig(obj, "spec", "jobTemplate", default={}) if action.target.kind == CRONJOB else obj
    return found


def _nested(path: tuple[str, ...], value: Typed | None) -> dict[str, Any]:
    head, *rest = path
    return {head: _nested(tuple(rest), value) if rest else value}


def _now(action: Action, obj: Json) -> Typed | None:
    """What the field is now; None where it is not set."""
    row = _row(action)
    below: Any = dig(obj, "spec") if row.place == "object" else dig(_templated(action, obj), "spec", "template", "spec")
    if row.place == "container":
        below = _container(action, obj)
    if row.path[0] == "env":
        below = next((one for one in rows(below, "env") if one.get("name") == row.path[1]), None)
        return None if below is None else text(below, "value")
    found = dig(below, *row.path)
    return found if isinstance(found, (str, int, bool)) else None


def _container(action: Action, workload: Json) -> Json:
    """The named one, or the first, which is the main one; raises Mistake naming what there is."""
    found = rows(_templated(action, workload), "spec", "template", "spec", "containers")
    wanted = action.params.get("container")
    chosen = found[:1] if wanted is None else [one for one in found if one.get("name") == wanted]
    if not chosen:
        names = ", ".join(text(one, "name") for one in found) or "none"
        raise Mistake(
            f"{action.target.text} has no container '{wanted}'", now=f"its containers: {names}", then="name one of them"
        )
    return chosen[0]


def _check_can_go(row: patchable.Field) -> None:
    if not row.can_go:
        raise Mistake(f"{row.name} cannot be removed", now="it always has a value", then="set another one")


def _check_is_plain(row: patchable.Field, value: str) -> None:
    """What looks like a secret was hidden before it came here; raises Mistake rather than write what hides it."""
    said = f"{row.path[-1]}={value}"
    if REDACTED in said or redact(said) != said:
        raise Mistake(
            f"the value of {row.name} looks like a secret",
            now="whoever may look at the workload can read its environment",
            then="put it in a Secret from a terminal, and let the container read it from there",
        )


def _check_fits(action: Action, row: patchable.Field, obj: Json, wanted: Typed | None) -> None:
    """Raises what the server would refuse later, or what would do something else than was meant."""
    if row.path[0] == "env":
        _check_is_literal(action, row, obj)
    if row.needed and not isinstance(dig(_container(action, obj), *row.needed), Mapping):
        raise Mistake(
            f"{action.target.text} has no {row.needed[0]}",
            now="a probe is changed here, never made",
            then="add it first",
        )
    if wanted is None:
        return
    if row.path[0] == "resources" and row.place == "container":
        _check_order(action, row, obj, str(wanted))
    if row.name in ("minReplicas", "maxReplicas"):
        low = wanted if row.name == "minReplicas" else number(obj, "spec", "minReplicas", default=1)
        high = wanted if row.name == "maxReplicas" else number(obj, "spec", "maxReplicas")
        if int(low) > int(high):
            raise InvalidParameter(
                f"{action.target.text} cannot keep at least {low} and at most {high} replicas",
                then="name a smaller minimum or a larger maximum",
            )
    now = _now(action, obj)
    if row.takes == "storage" and row.place == "object" and now is not None and amount(str(wanted)) < amount(str(now)):
        raise InvalidParameter(
            f"{action.target.text} cannot shrink to {wanted}", now=f"it has {now}", then="name a larger size"
        )


def _check_is_literal(action: Action, row: patchable.Field, obj: Json) -> None:
    one = next((one for one in rows(_container(action, obj), "env") if one.get("name") == row.path[1]), {})
    if "valueFrom" in one:
        source = next(iter(dig(one, "valueFrom", default={})), "elsewhere").removesuffix("KeyRef").removesuffix("Ref")
        raise Mistake(
            f"{row.path[1]} of {action.target.text} has no value of its own",
            now=f"it is read from a {source}",
            then="change it there",
        )


def _check_order(action: Action, row: patchable.Field, obj: Json, wanted: str) -> None:
    other = "requests" if row.path[1] == "limits" else "limits"
    against = text(_container(action, obj), "resources", other, row.path[2])
    if not against:
        return
    request, limit = (wanted, against) if row.path[1] == "requests" else (against, wanted)
    if amount(request) > amount(limit):
        raise InvalidParameter(
            f"{row.path[2]} of {action.target.text}: a request of {request} is more than a limit of {limit}",
            now="a container is never promised more than it may use",
            then=f"change the {other.removesuffix('s')} first",
        )


def _same(row: patchable.Field, now: Typed | None, wanted: Typed) -> bool:
    if now is not None and row.takes in ("cpu", "memory", "storage"):
        return amount(str(now)) == amount(str(wanted))
    return now == wanted


def _spelled(value: Typed) -> str:
    return str(_as_text(value))


def _resizing(name: str, claim: Json) -> Moment:
    wanted = text(claim, "spec", "resources", "requests", "storage")
    has = text(claim, "status", "capacity", "storage")
    if amount(has) >= amount(wanted):
        return Moment(stage=Stage.DONE, text=f"{name} has {has}")
    waits = next((text(c, "message") or text(c, "type") for c in rows(claim, "status", "conditions")), "")
    return Moment(
        stage=Stage.MOVING, text=f"{name} has {has or 'nothing'} of {wanted}" + (f"; {waits}" if waits else "")
    )
