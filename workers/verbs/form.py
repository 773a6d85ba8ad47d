"""What of a verb's parameters a person may change, as the fields of a form: read off its parameter types."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic.fields import FieldInfo

from workers.domain.action import Verb
from workers.domain.plan import FormField
from workers.verbs.registry import spec

TYPES = ("integer", "string", "boolean")


def form(verb: Verb, editable: frozenset[str]) -> tuple[FormField, ...]:
    """One field for each editable parameter, by name; the limits are those that `validated` keeps to."""
    return tuple(field for field in _fields(verb) if field.name in editable)


@cache
def _fields(verb: Verb) -> tuple[FormField, ...]:
    params = spec(verb).params
    properties: dict[str, dict[str, Any]] = params.model_json_schema()["properties"]
    found = {info.alias or name: info for name, info in params.model_fields.items()}
    return tuple(sorted(_made(found, properties), key=lambda field: field.name))


def _made(found: dict[str, FieldInfo], properties: dict[str, dict[str, Any]]) -> Iterator[FormField]:
    for name, info in found.items():
        schema = properties[name]
        types = [one["type"] for one in (schema, *schema.get("anyOf", ())) if one.get("type") in TYPES]
        if types:
            yield FormField(
                name=name,
                type=types[0],
                minimum=_limit(info, "ge"),
                maximum=_limit(info, "le"),
                description=info.description or "",
            )


def _limit(info: FieldInfo, which: str) -> int | None:
    return next((limit for data in info.metadata if (limit := getattr(data, which, None)) is not None), None)
