"""Every verb, by its word. A verb that is not in this table does not exist."""

from collections.abc import Mapping

from pydantic import ValidationError

from workers.domain.action import Action, Effect, Verb
from workers.domain.errors import InvalidParameter
from workers.domain.target import EVERYWHERE
from workers.verbs import (
    cordon,
    delete_pod,
    describe,
    events,
    get,
    logs,
    restart,
    rollback,
    rollout_reads,
    scale,
    set_image,
    top,
)
from workers.verbs.spec import ChangeSpec, ReadSpec, Spec

SPECS: Mapping[Verb, Spec] = {
    spec.verb: spec
    for spec in (
        get.SPEC,
        describe.SPEC,
        logs.SPEC,
        events.SPEC,
        top.SPEC,
        rollout_reads.STATUS,
        rollout_reads.HISTORY,
        scale.SPEC,
        restart.SPEC,
        rollback.SPEC,
        set_image.SPEC,
        cordon.CORDON,
        cordon.UNCORDON,
        delete_pod.SPEC,
    )
}


def spec(verb: Verb) -> Spec:
    return SPECS[verb]


def read_spec(verb: Verb) -> ReadSpec:
    found = SPECS[verb]
    if not isinstance(found, ReadSpec):
        raise TypeError(f"{verb} does not only read")
    return found


def change_spec(verb: Verb) -> ChangeSpec:
    found = SPECS[verb]
    if not isinstance(found, ChangeSpec):
        raise TypeError(f"{verb} changes nothing")
    return found


def validated(action: Action) -> Action:
    """The action with its parameters in their types and limits, absent ones left out; raises InvalidParameter."""
    found = SPECS[action.verb]
    if found.kinds and action.target.kind not in found.kinds:
        raise InvalidParameter(
            f"{action.verb} does not apply to a {action.target.kind}", now=f"it applies to {', '.join(found.kinds)}"
        )
    if action.effect is not Effect.READ and (action.target.name is None or action.target.namespace == EVERYWHERE):
        raise InvalidParameter(f"{action.verb} needs one object by name", now=f"it was given {action.target.text}")
    try:
        params = found.params.model_validate(dict(action.params))
    except ValidationError as error:
        raise _explained(action, error) from error
    return action.model_copy(update={"params": params.model_dump(exclude_unset=True, exclude_none=True)})


def _explained(action: Action, error: ValidationError) -> InvalidParameter:
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    given = str(first.get("input"))[:60]
    if first["type"] == "extra_forbidden":
        known = ", ".join(SPECS[action.verb].params.model_fields) or "none"
        return InvalidParameter(f"{action.verb} has no parameter '{name}'", now=f"its parameters are: {known}")
    said = first["msg"].removeprefix("Input ").lower()
    return InvalidParameter(
        f"{action.verb} {action.target.name or action.target.kind}: {name} '{given}' is out of its range",
        now=f"it {said}",
        then=f"say it again with another {name}",
    )
