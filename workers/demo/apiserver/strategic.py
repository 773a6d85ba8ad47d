"""Strategic merge patch: like a merge patch, but lists with a merge key are merged item by item.

Directives and their meaning: k8s.io/apimachinery/pkg/util/strategicpatch/patch.go, v1.36. `$setElementOrder` is read
and not needed: new items are appended.
"""

from __future__ import annotations

from typing import Any

from workers.demo.apiserver import errors
from workers.demo.apiserver.errors import StatusError
from workers.demo.apiserver.merge_keys import ListRule, rule
from workers.demo.apiserver.resources import Object

DELETE_FROM = "$deleteFromPrimitiveList/"
ORDER = "$setElementOrder/"
RETAIN = "$retainKeys"
DIRECTIVE = "$patch"


def apply_strategic(original: Object, patch: Object, name: str = "") -> Object:
    """A new object. `name` is the field the objects are the value of."""
    directive = patch.get(DIRECTIVE)
    if directive == "replace":
        return {key: _clean(value) for key, value in patch.items() if key != DIRECTIVE}
    if directive == "delete":
        return {}
    if directive not in {None, "merge"}:
        raise errors.bad_request(f"Unknown patch type: {directive}")
    merged = dict(original)
    retained = patch.get(RETAIN)
    if retained is not None:
        merged = {key: value for key, value in merged.items() if key in retained}
    for key, value in patch.items():
        if key in {DIRECTIVE, RETAIN} or key.startswith(ORDER):
            continue
        if key.startswith(DELETE_FROM):
            field = key[len(DELETE_FROM) :]
            merged[field] = [item for item in merged.get(field) or () if item not in value]
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(name, key, merged.get(key), value)
            if merged[key] == [] and original.get(key):
                del merged[key]  # a list whose last item went: the real server's types leave it out
    return merged


def _merge(parent: str, name: str, old: Any, new: Any) -> Any:
    if isinstance(new, dict):
        return apply_strategic(old if isinstance(old, dict) else {}, new, name)
    if not isinstance(new, list):
        return new
    how = rule(parent, name)
    if how is not None and how.is_set:
        kept = list(old or ())
        return kept + [item for item in new if item not in kept]
    if how is None or not all(isinstance(item, dict) for item in new):
        return _clean(new)
    return _merge_items(list(old or ()), new, how, name)


def _merge_items(old: list[Object], new: list[Object], how: ListRule, name: str) -> list[Object]:
    if any(item.get(DIRECTIVE) == "replace" and how.merge_key not in item for item in new):
        return [_clean(item) for item in new if set(item) != {DIRECTIVE}]
    merged = list(old)
    for item in new:
        if how.merge_key not in item:
            raise _without_key(item, how.merge_key)
        at = next((i for i, one in enumerate(merged) if one.get(how.merge_key) == item[how.merge_key]), None)
        if item.get(DIRECTIVE) == "delete":
            merged = [one for one in merged if one.get(how.merge_key) != item[how.merge_key]]
        elif at is None:
            merged.append(apply_strategic({}, {**item, DIRECTIVE: "merge"}, name))
        else:
            merged[at] = apply_strategic(merged[at], item, name)
    return merged


def _without_key(item: Object, key: str) -> StatusError:
    shown = "map[" + " ".join(f"{name}:{value}" for name, value in sorted(item.items())) + "]"
    return StatusError(500, "", f"map: {shown} does not contain declared merge key: {key}")


def _clean(value: Any) -> Any:
    """Without directives and nulls, for parts that replace instead of merging."""
    if isinstance(value, dict):
        return {key: _clean(inner) for key, inner in value.items() if inner is not None and not key.startswith("$")}
    return [_clean(item) for item in value] if isinstance(value, list) else value
