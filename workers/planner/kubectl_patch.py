"""A patch as kubectl takes it, as fields and values: one for each leaf; what cannot be said so is a problem."""

import json
import re
from collections.abc import Iterator
from typing import Any

from workers.domain.action import Parameter
from workers.verbs.fields import DEEPEST, is_shallow

MOST = 20  # leaves
LONGEST = 10_000  # more than a message may have
LIST = re.compile(r"(?:spec\.)?(?:template\.)?(?:spec\.)?(?:containers)\.(\d{1,2})\.")
PREFIXES = ("spec.jobTemplate.spec.template.spec.", "spec.template.spec.", "spec.")
STORAGE = "resources.requests.storage"
Leaf = tuple[str, Any, str]  # path, value, container


def patched(text: str) -> tuple[list[dict[str, Parameter]], str]:
    """Steps of field and value, and what is wrong."""
    patch, problem = _read(text)
    if problem:
        return [], problem
    found = _operations(patch) if isinstance(patch, list) else list(_leaves(patch, "", ""))
    if not found:
        return [], "of JSON patches only add and replace are planned"
    if len(found) > MOST:
        return [], f"it changes {len(found)} fields; at most {MOST} at once"
    if any(not isinstance(value, str | int | float) for _, value, _ in found):
        return [], "it takes away fields, or replaces lists"
    return [_step(leaf) for leaf in found], ""


def _read(text: str) -> tuple[Any, str]:
    """An object or a list, or what is wrong."""
    if len(text) > LONGEST:
        return None, f"its patch is longer than {LONGEST} characters"
    try:
        patch = json.loads(text)
    except (ValueError, RecursionError):
        return None, "its patch is not JSON"
    if not isinstance(patch, dict | list):
        return None, "its patch is no object"
    return patch, "" if is_shallow(patch) else f"it is nested more than {DEEPEST} levels deep"


def _step(leaf: Leaf) -> dict[str, Parameter]:
    path, value, container = leaf
    for prefix in PREFIXES:
        if path.startswith(prefix):
            path = path.removeprefix(prefix)
            break
    text = str(value).lower() if isinstance(value, bool) else str(value)
    step: dict[str, Parameter] = {"field": "storage" if path == STORAGE and not container else path, "value": text}
    return step | ({"container": container} if container else {})


def _leaves(value: Any, path: str, container: str) -> Iterator[Leaf]:
    """Containers and variables are lists that are merged by name; any other list is a leaf."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key), container)
    elif path.endswith("containers") and isinstance(value, list) and all(_name(item) for item in value):
        for item in value:
            inner = {key: one for key, one in item.items() if key != "name"}
            yield from _leaves(inner, path.removesuffix("containers").rstrip("."), _name(item))
    elif path.endswith("env") and isinstance(value, list) and all(_name(item) and "value" in item for item in value):
        for item in value:
            yield f"{path}.{_name(item)}", item["value"], container
    else:
        yield path, value, container


def _name(item: Any) -> str:
    return str(item.get("name", "")) if isinstance(item, dict) else ""


def _operations(patch: list[Any]) -> list[Leaf]:
    """`[{"op": "replace", "path": "/spec/replicas", "value": 3}]`; only of the first container."""
    found: list[Leaf] = []
    for one in patch:
        if not isinstance(one, dict) or one.get("op") not in ("replace", "add") or "value" not in one:
            return []
        path = str(one.get("path", "")).strip("/").replace("/", ".").replace("~1", "/").replace("~0", "~")
        where = LIST.match(path)
        if where and where[1] != "0":
            return []
        found.append((path[where.end() :] if where else path, one["value"], ""))
    return found
