"""Which pods a controller counts as its own: one that its selector no longer finds is let go, a lone one is taken.

Rules: pkg/controller/controller_ref_manager.go, Kubernetes 1.36.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from workers.demo import pods
from workers.demo.controllers.actions import Plan, Update
from workers.demo.identity import Json
from workers.demo.objects import reference, selects, terminating


def settle(owner: Json, owned: Sequence[Json], alone: Iterable[Json], plan: Plan) -> list[Json]:
    """The pods that are the owner's from now on; says in `plan` which references are written for that."""
    mine = []
    for pod in owned:
        if terminating(pod) or _fits(owner, pod):
            mine.append(pod)
        else:
            plan.add(Update(_with_owners(pod, [one for one in _owners(pod) if one["uid"] != owner["metadata"]["uid"]])))
    for pod in alone:
        if pods.is_active(pod) and _fits(owner, pod):
            taken = _with_owners(pod, [*_owners(pod), reference(owner)])
            plan.add(Update(taken))
            mine.append(taken)
    return mine


def _fits(owner: Json, pod: Json) -> bool:
    return selects(owner["spec"].get("selector") or {}, pod["metadata"].get("labels") or {})


def _owners(pod: Json) -> list[dict[str, Any]]:
    return list(pod["metadata"].get("ownerReferences") or ())


def _with_owners(pod: Json, owners: list[dict[str, Any]]) -> Json:
    metadata = {key: value for key, value in pod["metadata"].items() if key != "ownerReferences"}
    return {**pod, "metadata": {**metadata, **({"ownerReferences": owners} if owners else {})}}
