"""Server-side apply: merge what a manager declares, remember it as theirs, refuse to take what others own.

Algorithm: sigs.k8s.io/structured-merge-diff/v6/merge/update.go (Updater.Apply); conflict texts:
k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go, v1.36.
"""

from __future__ import annotations

from typing import Any

from workers.demo.apiserver import managed
from workers.demo.apiserver.errors import StatusError
from workers.demo.apiserver.fields import Path, from_tree, item_key, leaves, shown, to_tree
from workers.demo.apiserver.merge_keys import ATOMIC_MAPS, rule
from workers.demo.apiserver.resources import Object
from workers.demo.apiserver.shelf import clone

Conflict = tuple[str, str, Path]  # manager as shown, manager, field


def apply(
    live: Object, config: Object, *, manager: str, api_version: str, subresource: str, force: bool, now: str
) -> tuple[Object, list[Object]]:
    """The merged object and its managedFields; 409 with every conflict unless forced."""
    me: managed.Key = (manager, "Apply", "", subresource)
    declared = leaves(config)
    before = leaves(live)
    merged: Object = clone(_merge("", "", live, config))
    after = leaves(merged)
    changed = {path for path in declared if path not in before or before[path] != after.get(path, before[path])}
    entries = managed.owned(live.get("metadata", {}).get("managedFields") or [])
    others = [(one, paths) for one, paths in entries if managed.key(one) != me]
    mine = next(((one, paths) for one, paths in entries if managed.key(one) == me), None)
    conflicts = [(_named(one), one["manager"], path) for one, paths in others for path in sorted(paths & changed)]
    if conflicts and not force:
        raise _refusal(conflicts)
    given_up = (mine[1] if mine else set()) - declared.keys()
    kept = {path for _, paths in others for path in paths}
    for path in sorted(given_up, key=len):  # items before their fields, while their keys are still there
        if path not in kept and not (path[-1][0] in "kv" and any(other[: len(path)] == path for other in kept)):
            _remove(merged, path)
    rest = [(one, paths - changed if force else paths) for one, paths in others]
    result = [
        one if set(left) == from_tree(one["fieldsV1"]) else {**one, "fieldsV1": to_tree(left)}
        for one, left in rest
        if left
    ]
    own = set(declared)
    if mine is not None and mine[1] == own:
        result.append(mine[0])
    elif own:
        result.append(managed.entry(me, api_version, own, now))
    return merged, managed.in_order(result)


def _merge(parent: str, name: str, old: Any, new: Any) -> Any:
    if isinstance(new, dict) and isinstance(old, dict) and name not in ATOMIC_MAPS:
        merged = dict(old)
        for key, value in new.items():
            if value is not None:
                merged[key] = _merge(name, key, old.get(key), value)
        return merged
    how = rule(parent, name) if isinstance(new, list) and isinstance(old, list) else None
    if how is None or not (how.is_set or how.map_keys):
        return new
    items = {item_key(item, how): item for item in old}
    for item in new:
        key = item_key(item, how)
        items[key] = _merge_item(name, items[key], item) if key in items and not how.is_set else item
    return list(items.values())


def _merge_item(name: str, old: Object, new: Object) -> Object:
    merged = dict(old)
    for key, value in new.items():
        merged[key] = _merge(name, key, old.get(key), value)
    return merged


def _remove(document: Object, path: Path) -> None:
    """Take a field or a list item away, and the maps that are empty then."""
    trail: list[tuple[Any, Any]] = []
    node: Any = document
    at: Any
    parent = name = ""
    for step in path:
        if isinstance(node, list):
            how = rule(parent, name)
            at = next((i for i, item in enumerate(node) if how and item_key(item, how) == step), None)
        else:
            at = step[2:] if isinstance(node, dict) and step[2:] in node else None
            parent, name = name, step[2:]
        if at is None:
            return
        trail.append((node, at))
        node = node[at]
    holder, at = trail.pop()
    del holder[at]
    while trail and not holder and isinstance(holder, dict):
        holder, at = trail.pop()
        del holder[at]


def _named(one: Object) -> str:
    text = f'"{one["manager"]}"'
    if one.get("subresource"):
        text += f' with subresource "{one["subresource"]}"'
    return f"{text} using {one['apiVersion']}" if one["operation"] == "Update" else text


def _refusal(conflicts: list[Conflict]) -> StatusError:
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": shown(path)}
        for who, _, path in conflicts
    ]
    if len(conflicts) == 1:
        who, _, path = conflicts[0]
        text = f"Apply failed with 1 conflict: conflict with {who}: {shown(path)}"
    else:
        lines = []
        for who in sorted({who for who, _, _ in conflicts}):
            lines.append(f"conflicts with {who}:")
            lines += [f"- {shown(path)}" for other, _, path in conflicts if other == who]
        text = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
    return StatusError(409, "Conflict", text, {"causes": causes})
