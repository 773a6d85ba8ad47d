"""The ControllerRevisions of StatefulSets and DaemonSets: one per template that was ever rolled out."""

import copy
from collections.abc import Sequence

from workers.demo.controllers.actions import Create, Delete, Plan, Update
from workers.demo.identity import Json, template_hash, without_hash
from workers.demo.objects import reference

HASH = "controller-revision-hash"


def find(owner: Json, owned: Sequence[Json]) -> Json | None:
    """The revision that holds the owner's present template."""
    wanted = without_hash(owner["spec"]["template"])
    return next((one for one in owned if without_hash(one["data"]["spec"]["template"]) == wanted), None)


def make(owner: Json, number: int) -> Json:
    """The revision of the owner's present template."""
    mark = template_hash(owner["spec"]["template"])
    template = copy.deepcopy(owner["spec"]["template"])
    template["$patch"] = "replace"
    meta = owner["metadata"]
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{meta['name']}-{mark}",
            "namespace": meta["namespace"],
            "labels": {**(owner["spec"]["template"]["metadata"].get("labels") or {}), HASH: mark_of(owner, mark)},
            "ownerReferences": [reference(owner)],
        },
        "data": {"spec": {"template": template}},
        "revision": number,
    }


def mark_of(owner: Json, mark: str) -> str:
    """The value of the hash label: a StatefulSet's has the set's name before it, a DaemonSet's has not."""
    return f"{owner['metadata']['name']}-{mark}" if owner["kind"] == "StatefulSet" else mark


def keep(owner: Json, owned: Sequence[Json], plan: Plan) -> Json | None:
    """The revision to roll out; None while it has just been planned to be made or renumbered.

    A template that is rolled back to gets its old revision, with the highest number.
    """
    latest = max((one["revision"] for one in owned), default=0)
    found = find(owner, owned)
    if found is None:
        plan.add(Create(make(owner, latest + 1)))
        return None
    if found["revision"] < latest:
        plan.add(Update({**found, "revision": latest + 1}))
        return None
    surplus = len(owned) - 1 - owner["spec"].get("revisionHistoryLimit", 10)
    oldest = sorted((one for one in owned if one is not found), key=lambda one: int(one["revision"]))
    plan.add(*(Delete(one) for one in oldest[: max(0, surplus)]))
    return found
