"""How objects end: preconditions, grace periods, finalizers, owners and their dependents, namespaces.

Rules: k8s.io/apiserver/pkg/registry/rest/delete.go, pkg/controller/garbagecollector, v1.36. The garbage collector and
the namespace controller of a real cluster act a moment later; here they act at once.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from workers.demo.apiserver import errors, metadata
from workers.demo.apiserver.resources import by_kind, resource
from workers.demo.apiserver.shelf import clone

if TYPE_CHECKING:
    from workers.demo.apiserver.resources import Object, Resource
    from workers.demo.apiserver.shelf import Stored
    from workers.demo.apiserver.store import Store

FOREGROUND = "foregroundDeletion"
Place = tuple[str, str, str]  # storage, namespace, name


def delete(store: Store, of: Resource, stored: Stored, options: Object, *, dry_run: bool) -> Object:
    """Delete one object as far as its finalizers and grace period allow now."""
    current = stored.value["metadata"]
    wanted = options.get("preconditions") or {}
    check_delete_preconditions(of, current, wanted.get("uid"), wanted.get("resourceVersion"))
    policy = options.get("propagationPolicy") or ("Orphan" if options.get("orphanDependents") else "Background")
    grace = _grace_seconds(of, stored, options.get("gracePeriodSeconds"))
    finalizers = [one for one in current.get("finalizers") or () if one not in {FOREGROUND, "orphan"}]
    if policy == "Foreground" and _dependents(store, current["uid"]):
        finalizers.append(FOREGROUND)
    waits = bool(finalizers) or grace > 0 or of.kind == "Namespace"
    if dry_run:
        return _marked(store, of, stored, finalizers, grace) if waits else stored.copy()
    if policy == "Orphan":
        _orphan(store, current["uid"])
    if not waits:
        return remove(store, of, stored)
    if not current.get("deletionTimestamp") or finalizers != current.get("finalizers", []):
        stored = store.commit("MODIFIED", of, _marked(store, of, stored, finalizers, grace), stored)
        if grace > 0:
            store.schedule(store.pod_grace_seconds, partial(_grace_over, store, of, stored))
    last = stored.copy()
    if policy == "Foreground":
        _collect(store, current["uid"], {"propagationPolicy": "Foreground"})
        _owner_maybe_done(store, of, stored.namespace, stored.name)
    if of.kind == "Namespace":
        _empty_namespace(store, stored.name)
    return last


def check_delete_preconditions(of: Resource, current: Object, uid: str | None, version: str | None) -> None:
    if uid and uid != current["uid"]:
        why = (
            f"the UID in the precondition ({uid}) does not match the UID in record ({current['uid']}). "
            "The object might have been deleted and then recreated"
        )
        raise errors.conflict(of, current["name"], why, kind=of.kind)
    if version and version != current["resourceVersion"]:
        why = (
            f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record "
            f"({current['resourceVersion']}). The object might have been modified"
        )
        raise errors.conflict(of, current["name"], why, kind=of.kind)


def remove(store: Store, of: Resource, stored: Stored) -> Object:
    """Take the object away, then what it owned, then whatever only waited for it."""
    value = {**stored.value, "metadata": dict(stored.value["metadata"])}
    gone = store.commit("DELETED", of, value, stored)
    _collect(store, gone.value["metadata"]["uid"], {"propagationPolicy": "Background"})
    for reference in gone.value["metadata"].get("ownerReferences") or ():
        owner = _owner(store, reference, gone.namespace)
        if owner is not None:
            _owner_maybe_done(store, *owner)
    if gone.namespace:
        _namespace_maybe_done(store, gone.namespace)
    return gone.copy()


def finalizers_done(store: Store, of: Resource, stored: Stored) -> None:
    """The last finalizer of a deleted object was taken off: it goes, unless its grace period still runs."""
    if of.kind == "Pod" and stored.value["metadata"].get("deletionGracePeriodSeconds"):
        return
    if of.kind == "Namespace" and not store.empty(stored.name):
        return
    remove(store, of, stored)


def index_owners(dependents: dict[str, set[Place]], of: Resource, before: Stored | None, now: Stored | None) -> None:
    """Keep owner uid -> dependents up to date with one change."""
    for stored, present in ((before, False), (now, True)):
        if stored is None:
            continue
        place = (of.storage, stored.namespace, stored.name)
        for reference in stored.value["metadata"].get("ownerReferences") or ():
            if present:
                dependents.setdefault(reference["uid"], set()).add(place)
            else:
                dependents.get(reference["uid"], set()).discard(place)


def _grace_seconds(of: Resource, stored: Stored, asked: int | None) -> int:
    """Only pods that run on a node are stopped gracefully; 30 s when nobody says otherwise."""
    if of.kind != "Pod":
        return 0
    spec, status = stored.value.get("spec", {}), stored.value.get("status", {})
    if not spec.get("nodeName") or status.get("phase") in {"Succeeded", "Failed"}:
        return 0
    if asked is not None:
        return max(0, asked)
    return int(spec.get("terminationGracePeriodSeconds", 30))


def _marked(store: Store, of: Resource, stored: Stored, finalizers: list[str], grace: int) -> Object:
    value = stored.copy()
    meta = value["metadata"]
    if not meta.get("deletionTimestamp"):
        meta["deletionTimestamp"] = metadata.timestamp(store.clock() + timedelta(seconds=grace))
        meta["deletionGracePeriodSeconds"] = grace
        if "generation" in meta:
            meta["generation"] += 1
    if finalizers:
        meta["finalizers"] = finalizers
    if of.kind == "Namespace":
        value.setdefault("status", {})["phase"] = "Terminating"
    return value


def _grace_over(store: Store, of: Resource, stored: Stored) -> None:
    current = store.shelf(of).get(stored.namespace, stored.name)
    if current is None or current.value["metadata"]["uid"] != stored.value["metadata"]["uid"]:
        return
    if current.value["metadata"].get("finalizers"):
        value = {**current.value, "metadata": {**current.value["metadata"], "deletionGracePeriodSeconds": 0}}
        store.commit("MODIFIED", of, value, current)
    else:
        remove(store, of, current)


def _dependents(store: Store, uid: str) -> list[tuple[Resource, Stored]]:
    found = []
    for storage, namespace, name in sorted(store.dependents.get(uid, ())):
        row = store.by_storage(storage)
        stored = store.shelf(row).get(namespace, name)
        if stored is not None:
            found.append((row, stored))
    return found


def _collect(store: Store, uid: str, options: Object) -> None:
    """Delete dependents that have no other living owner; others only lose the reference."""
    for row, stored in _dependents(store, uid):
        current = store.shelf(row).get(stored.namespace, stored.name)
        if current is None:
            continue
        others = [one for one in current.value["metadata"]["ownerReferences"] if one["uid"] != uid]
        if any(_owner(store, one, current.namespace) is not None for one in others):
            _drop_reference(store, row, current, uid)
        elif not current.value["metadata"].get("deletionTimestamp"):
            delete(store, row, current, options, dry_run=False)
    if not store.dependents.get(uid):
        store.dependents.pop(uid, None)


def _orphan(store: Store, uid: str) -> None:
    for row, stored in _dependents(store, uid):
        _drop_reference(store, row, stored, uid)


def _drop_reference(store: Store, row: Resource, stored: Stored, uid: str) -> None:
    value = clone(stored.value)
    left = [one for one in value["metadata"]["ownerReferences"] if one["uid"] != uid]
    value["metadata"]["ownerReferences"] = left
    if not left:
        del value["metadata"]["ownerReferences"]
    store.commit("MODIFIED", row, value, stored)


def _owner(store: Store, reference: Object, namespace: str) -> tuple[Resource, str, str] | None:
    """Where the living owner is, if it still is the object the reference means."""
    row = by_kind(str(reference.get("apiVersion")), str(reference.get("kind")))
    if row is None:
        return None
    place = namespace if row.namespaced else ""
    stored = store.shelf(row).get(place, str(reference.get("name")))
    if stored is None or stored.value["metadata"]["uid"] != reference.get("uid"):
        return None
    return row, place, stored.name


def _owner_maybe_done(store: Store, row: Resource, namespace: str, name: str) -> None:
    """A foreground-deleted owner goes when its last blocking dependent has gone."""
    owner = store.shelf(row).get(namespace, name)
    if owner is None or FOREGROUND not in (owner.value["metadata"].get("finalizers") or ()):
        return
    uid = owner.value["metadata"]["uid"]
    for _, stored in _dependents(store, uid):
        references = stored.value["metadata"]["ownerReferences"]
        if any(one["uid"] == uid and one.get("blockOwnerDeletion") for one in references):
            return
    value = owner.copy()
    value["metadata"]["finalizers"].remove(FOREGROUND)
    now = store.commit("MODIFIED", row, value, owner)
    if not value["metadata"]["finalizers"]:
        remove(store, row, now)


def _empty_namespace(store: Store, name: str) -> None:
    for row, stored in store.contents(name):
        current = store.shelf(row).get(name, stored.name)
        if current is not None:
            delete(store, row, current, {}, dry_run=False)
    _namespace_maybe_done(store, name)


def _namespace_maybe_done(store: Store, name: str) -> None:
    row = resource("namespaces")
    stored = store.shelf(row).get("", name)
    if stored is None or not stored.value["metadata"].get("deletionTimestamp") or not store.empty(name):
        return
    if not stored.value["metadata"].get("finalizers"):
        remove(store, row, stored)
