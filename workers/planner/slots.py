"""What a model may fill in: a few steps of closed words. Its answer is read like a stranger's."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationError

from workers.domain.action import Parameter, Verb
from workers.domain.kind import KINDS
from workers.domain.value import Value

MOST_STEPS = 5
LONGEST = 200
# Only what can be found again in the words; everything else the grammar asks for.
PARAMS = ("replicas", "revision", "tag", "image", "container", "tail", "since", "grep", "status")
NUMBERS = frozenset({"replicas", "revision", "tail"})
VERBS = (
    Verb.GET, Verb.DESCRIBE, Verb.LOGS, Verb.EVENTS, Verb.TOP, Verb.DIAGNOSE, Verb.ROLLOUT_STATUS,
    Verb.ROLLOUT_HISTORY, Verb.SCALE, Verb.RESTART, Verb.ROLLBACK, Verb.SET_IMAGE, Verb.CORDON, Verb.UNCORDON,
    Verb.DELETE_POD, Verb.PAUSE, Verb.RESUME,
)  # fmt: skip


class SlotParam(Value):
    name: str
    value: str = Field(max_length=LONGEST)


class Slot(Value):
    """One step. Clusters and namespaces are no slots: they come from the words and the place, never from a model."""

    verb: str
    kind: str
    name: str = Field(max_length=253)
    params: tuple[SlotParam, ...] = Field(max_length=8)

    @property
    def values(self) -> dict[str, Parameter]:
        return {one.name: _typed(one.name, one.value) for one in self.params if one.value}


class Slots(Value):
    steps: tuple[Slot, ...] = Field(max_length=MOST_STEPS)


def schema(names: Sequence[str]) -> Mapping[str, Any]:
    """JSON schema within what every provider enforces: closed lists, bounded texts, every field required."""
    param = _object({"name": _one_of(PARAMS), "value": {"type": "string", "maxLength": LONGEST}})
    step = _object(
        {
            "verb": _one_of([verb.value for verb in VERBS]),
            "kind": _one_of(["", *KINDS]),
            "name": _one_of(["", *names]),
            "params": {"type": "array", "items": param, "maxItems": 8},
        }
    )
    return _object({"steps": {"type": "array", "items": step, "maxItems": MOST_STEPS}})


def read(text: str, names: Sequence[str]) -> Slots | None:
    """None for anything that is not exactly what was asked for: a schema that a provider enforces is only its word."""
    try:
        slots = Slots.model_validate_json(text)
    except (ValidationError, ValueError):
        return None
    verbs = {verb.value for verb in VERBS}
    for step in slots.steps:
        closed = step.verb in verbs and (step.kind == "" or step.kind in KINDS) and step.name in {"", *names}
        if not closed or any(param.name not in PARAMS for param in step.params):
            return None
    return slots


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _one_of(words: Sequence[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(dict.fromkeys(words))}


def _typed(name: str, value: str) -> Parameter:
    return int(value) if name in NUMBERS and value.isascii() and value.isdecimal() and len(value) < 10 else value
