"""Sets of fields as managedFields writes them (fieldsV1), computed from plain objects.

A path is a tuple of `f:name` (a field), `k:{"name":"web"}` (an item of a list with keys) and `v:"x"` (an item of a
set). Format: sigs.k8s.io/structured-merge-diff/v6/fieldpath/serialize-pe.go.
"""

from __future__ import annotations

import json
from typing import Any

from workers.demo.apiserver.merge_keys import ATOMIC_MAPS, KEY_DEFAULTS, ListRule, rule
from workers.demo.apiserver.resources import Object

Path = tuple[str, ...]
Leaves = dict[Path, Any]

ITEM = object()  # the value of "this keyed item is there", a leaf beside the item's own fields

# The server's own metadata, and what identifies the object, belong to no manager.
UNMANAGED = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        ("f:metadata",),  # empty
        *(
            ("f:metadata", f"f:{name}")
            for name in (
                "name",
                "namespace",
                "uid",
                "resourceVersion",
                "generation",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "managedFields",
                "selfLink",
            )
        ),
    }
)


def item_key(item: Any, how: ListRule) -> str:
    if how.is_set:
        return "v:" + json.dumps(item, separators=(",", ":"))
    keys = {key: item.get(key, KEY_DEFAULTS.get(key)) for key in how.map_keys or (how.merge_key,)}
    return "k:" + json.dumps({k: v for k, v in keys.items() if v is not None}, separators=(",", ":"), sort_keys=True)


def leaves(obj: Object) -> Leaves:
    """Every field that somebody can own, with its value."""
    found: Leaves = {}
    for name, value in obj.items():
        _walk(found, (f"f:{name}",), "", name, value)
    return found


def _walk(found: Leaves, path: Path, parent: str, name: str, value: Any) -> None:
    if path in UNMANAGED and not (value and len(path) == 1 and isinstance(value, dict)):
        return
    if isinstance(value, dict) and value and name not in ATOMIC_MAPS:
        for key, child in value.items():
            _walk(found, (*path, f"f:{key}"), name, key, child)
        return
    how = rule(parent, name) if isinstance(value, list) and value else None
    if how is None or not (how.is_set or (how.map_keys and all(isinstance(item, dict) for item in value))):
        found[path] = value
        return
    for item in value:
        here = (*path, item_key(item, how))
        found[here] = ITEM
        if isinstance(item, dict):
            for key, child in item.items():
                _walk(found, (*here, f"f:{key}"), name, key, child)


def to_tree(paths: set[Path]) -> Object:
    """fieldsV1 of a set of paths."""
    tree: Object = {}
    for path in sorted(paths):
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        if not path[-1].startswith("f:"):
            node["."] = {}
    return tree


def from_tree(tree: Object, above: Path = ()) -> set[Path]:
    found: set[Path] = set()
    for step, below in tree.items():
        if step == ".":
            found.add(above)
        elif not below:
            found.add((*above, step))
        else:
            found |= from_tree(below, (*above, step))
    return found


def shown(path: Path) -> str:
    """`.spec.template.spec.containers[name="web"].image`, as conflicts print it."""
    text = ""
    for step in path:
        if step.startswith("f:"):
            text += "." + step[2:]
        elif step.startswith("v:"):
            text += f"[={step[2:]}]"
        else:
            keys = json.loads(step[2:])
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in keys.items()) + "]"
    return text
