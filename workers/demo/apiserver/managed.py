"""metadata.managedFields after an ordinary write: what changed belongs to the writer and to nobody else.

Rules: k8s.io/apimachinery/pkg/util/managedfields and structured-merge-diff's merge.Updater.Update.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workers.demo.apiserver.fields import Path, from_tree, leaves, to_tree

if TYPE_CHECKING:
    from workers.demo.apiserver.resources import Object

Key = tuple[str, str, str, str]  # manager, operation, apiVersion ("" for apply), subresource


def key(entry: Object) -> Key:
    """Who an entry is about; an applier is the same one whatever version it applies."""
    version = "" if entry.get("operation") == "Apply" else str(entry.get("apiVersion", ""))
    return (entry.get("manager", ""), entry.get("operation", ""), version, entry.get("subresource", ""))


def entry(who: Key, api_version: str, paths: set[Path], now: str) -> Object:
    manager, operation, _, subresource = who
    made: Object = {
        "manager": manager,
        "operation": operation,
        "apiVersion": api_version,
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": to_tree(paths),
    }
    if subresource:
        made["subresource"] = subresource
    return made


def owned(entries: list[Object]) -> list[tuple[Object, set[Path]]]:
    return [(one, from_tree(one.get("fieldsV1", {}))) for one in entries]


def after_update(
    before: Object | None, new: Object, manager: str, api_version: str, subresource: str, now: str
) -> list[Object]:
    """The new managedFields; entries nobody lost or won a field in are kept as they are."""
    old_leaves = leaves(before) if before else {}
    new_leaves = leaves(new)
    gone = old_leaves.keys() - new_leaves.keys()
    won = {path for path, value in new_leaves.items() if path not in old_leaves or old_leaves[path] != value}
    me: Key = (manager, "Update", api_version, subresource)
    entries: list[Object] = []
    mine: tuple[Object, set[Path]] | None = None
    for one, paths in owned(new["metadata"].get("managedFields") or []):
        if key(one) == me:
            mine = (one, paths)
            continue
        left = paths - gone - won
        if left:
            entries.append(one if left == paths else {**one, "fieldsV1": to_tree(left)})
    if mine is not None or won:
        old, paths = mine or ({}, set())
        now_owned = (paths - gone) | won
        if now_owned == paths:
            entries.append(old)
        elif now_owned:
            entries.append(entry(me, api_version, now_owned, now))
    return in_order(entries)


def in_order(entries: list[Object]) -> list[Object]:
    """Appliers first, then by time, then by name."""
    names = ("operation", "time", "manager", "apiVersion", "subresource")
    return sorted(entries, key=lambda one: tuple(str(one.get(name, "")) for name in names))
