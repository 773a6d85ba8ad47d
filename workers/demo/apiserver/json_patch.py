"""JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386) on plain JSON; a patch that does not apply is a 422."""

from __future__ import annotations

from typing import Any

from workers.demo.apiserver import errors
from workers.demo.apiserver.shelf import clone


def apply_json_patch(document: Any, operations: Any) -> Any:
    """A new document; the given one is not changed."""
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        text = "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"
        raise errors.bad_request(text)
    document = clone(document)
    for operation in operations:
        try:
            document = _operate(document, operation)
        except (KeyError, IndexError, ValueError, TypeError) as problem:
            raise errors.rejected_patch() from problem
    return document


def apply_merge_patch(document: Any, patch: Any) -> Any:
    """A new document; null removes a field."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = apply_merge_patch(merged.get(name), value)
    return merged


def _operate(document: Any, operation: dict[str, Any]) -> Any:
    path = _steps(operation["path"])
    match operation["op"]:
        case "add":
            return _add(document, path, operation["value"])
        case "remove":
            return _remove(document, path)
        case "replace":
            _find(document, path)
            return _add(_remove(document, path), path, operation["value"]) if path else operation["value"]
        case "move":
            source = _steps(operation["from"])
            value = _find(document, source)
            return _add(_remove(document, source), path, value)
        case "copy":
            return _add(document, path, clone(_find(document, _steps(operation["from"]))))
        case "test":
            wanted = operation.get("value")
            try:
                found = _find(document, path)
            except (KeyError, IndexError):
                found = None
            if found != wanted or isinstance(found, bool) is not isinstance(wanted, bool):
                raise ValueError(f"testing value {operation['path']} failed")
            return document
        case unknown:
            raise ValueError(f"unexpected kind: {unknown}")


def _steps(pointer: str) -> list[str]:
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise ValueError(f"not a JSON pointer: {pointer}")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]


def _index(items: list[Any], step: str) -> int:
    index = int(step)
    if not -len(items) <= index < len(items):
        raise IndexError(step)
    return index


def _find(node: Any, path: list[str]) -> Any:
    for step in path:
        node = node[_index(node, step)] if isinstance(node, list) else node[step]
    return node


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent, last = _find(document, path[:-1]), path[-1]
    if isinstance(parent, list):
        index = len(parent) if last == "-" else int(last)
        if not 0 <= index <= len(parent):
            raise IndexError(last)
        parent.insert(index, value)
    elif isinstance(parent, dict):
        parent[last] = value
    else:
        raise TypeError(last)
    return document


def _remove(document: Any, path: list[str]) -> Any:
    parent, last = _find(document, path[:-1]), path[-1]
    if isinstance(parent, list):
        del parent[_index(parent, last)]
    else:
        del parent[last]
    return document
