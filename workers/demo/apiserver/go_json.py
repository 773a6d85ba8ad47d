"""What Go's encoding/json says about text that is no JSON, and how Go prints a decoded object."""

from __future__ import annotations

import json
from typing import Any

WHERE = {
    "Expecting value": "looking for beginning of value",
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
}
NO_OBJECT = (
    'json: cannot unmarshal {} into Go value of type struct {{ APIVersion string "json:\\"apiVersion,omitempty\\""; '
    'Kind string "json:\\"kind,omitempty\\"" }}'
)


def problem_of(body: bytes) -> str:
    """The error for `body`, "" when it is JSON."""
    text = body.decode("latin-1")
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        if problem.pos >= len(text.rstrip()) or problem.msg not in WHERE:
            return "unexpected end of JSON input"
        return f"invalid character '{text[problem.pos]}' {WHERE[problem.msg]}"
    return ""


def kind_of(value: object) -> str:
    names = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def summary(body: bytes) -> str:
    """The body as a refusal quotes it."""
    if not body:
        return "<empty>"
    shown = body[:1024].decode(errors="replace") if body.startswith(b"{") else body[:1024].hex()
    return shown + (" ..." if len(body) > 1024 else "")


def as_map(value: Any) -> str:
    """`map[spec:map[replicas:x]]`: fmt's %v."""
    match value:
        case dict():
            return "map[" + " ".join(f"{key}:{as_map(value[key])}" for key in sorted(value)) + "]"
        case list():
            return "[" + " ".join(as_map(one) for one in value) + "]"
        case bool():
            return "true" if value else "false"
        case None:
            return "<nil>"
    return str(value)
