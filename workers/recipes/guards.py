"""What a recipe may ask to hold before it writes: each a question to the live cluster, with the answer in words.

A guard that cannot be answered does not hold. A new guard is a function here and a line in CHECKS.
"""

from collections.abc import Callable, Generator, Mapping
from decimal import Decimal

from workers.domain.call import Answer, Call, get, list_of
from workers.domain.errors import KubechatError
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.target import Target
from workers.domain.value import ClusterName, Value
from workers.recipes.filling import Found
from workers.verbs import revisions, rollout
from workers.verbs.fields import Json, body, containers, dig, items, owner, text
from workers.verbs.pods import is_over, is_ready
from workers.verbs.quantity import amount
from workers.verbs.spec import Stage


class Subject(Value):
    """What one guard is asked of."""

    cluster: ClusterName
    found: Found | None  # the object; None for a guard that is about the cluster
    limit: int | None = None


class Verdict(Value):
    holds: bool
    text: str  # what was seen: "3 of 4 pods ready"


Asking = Generator[Call, Answer, Verdict]


def settled(subject: Subject) -> Asking:
    """No rollout of the workload is under way, stuck or paused."""
    workload, kind = yield from _workload(subject)
    if rollout.is_paused(workload):
        return Verdict(holds=False, text="its rollout is paused")
    moment = rollout.progress(kind, workload)
    return Verdict(holds=moment.stage is Stage.DONE, text=moment.text)


def ready(subject: Subject) -> Asking:
    """Every pod that the workload wants is ready."""
    workload, kind = yield from _workload(subject)
    wanted, have = rollout.desired(kind, workload), rollout.ready(kind, workload)
    return Verdict(holds=have >= wanted, text=f"{have} of {wanted} pods ready")


def replicas_at_least(subject: Subject) -> Asking:
    """The workload wants so many pods, so that restarting one leaves others."""
    workload, kind = yield from _workload(subject)
    wanted = rollout.desired(kind, workload)
    return Verdict(holds=subject.limit is not None and wanted >= subject.limit, text=f"it wants {wanted} pods")


def has_earlier_revision(subject: Subject) -> Asking:
    """There is something to roll back to."""
    workload, kind = yield from _workload(subject)
    found = _found(subject)
    target = Target(cluster=subject.cluster, namespace=found.namespace, kind=kind, name=found.name)
    known = yield from revisions.of_workload(target, workload)
    return Verdict(holds=len(known) > 1, text=f"{len(known)} revisions are kept")


def nodes_left(subject: Subject) -> Asking:
    """So many other nodes are ready and take pods."""
    answer = yield list_of(KINDS["node"], None)
    others = [node for node in items(answer.body) if text(node, "metadata", "name") != _found(subject).name]
    able = [node for node in others if is_ready(node) and not dig(node, "spec", "unschedulable")]
    return Verdict(
        holds=subject.limit is not None and len(able) >= subject.limit,
        text=f"{len(able)} other nodes are ready and take pods",
    )


def is_controlled(subject: Subject) -> Asking:
    """A controller makes another pod in this one's place."""
    found = _found(subject)
    answer = yield get(KINDS["pod"], found.namespace, found.name)
    reference = owner(body(answer.body, found.name))
    if reference is None:
        return Verdict(holds=False, text="it has no controller: nothing takes its place")
    return Verdict(holds=True, text=f"it belongs to {text(reference, 'kind').lower()}/{text(reference, 'name')}")


def pods_at_most(subject: Subject) -> Asking:
    """The object's namespace has no more pods than this."""
    answer = yield list_of(KINDS["pod"], _found(subject).namespace)
    count = sum(not is_over(pod) for pod in items(answer.body))
    return Verdict(holds=subject.limit is not None and count <= subject.limit, text=f"{count} pods")


def expandable(subject: Subject) -> Asking:
    """The volume claim's storage class lets volumes grow."""
    found = _found(subject)
    answer = yield get(KINDS["persistentvolumeclaim"], found.namespace, found.name)
    name = text(body(answer.body, found.name), "spec", "storageClassName")
    if not name:
        return Verdict(holds=False, text="the claim names no storage class")
    answer = yield get(KINDS["storageclass"], None, name)
    allowed = bool(dig(body(answer.body, name), "allowVolumeExpansion"))
    return Verdict(holds=allowed, text=f"storage class {name} {'lets' if allowed else 'does not let'} volumes grow")


def quota_room(subject: Subject) -> Asking:
    """The namespace's quotas leave room for the workload at `limit` pods."""
    workload, kind = yield from _workload(subject)
    if subject.limit is None:
        return Verdict(holds=False, text="no number of pods is given")
    more = max(0, subject.limit - rollout.desired(kind, workload))
    answer = yield list_of(KINDS["resourcequota"], _found(subject).namespace)
    quotas = items(answer.body)
    if not quotas:
        return Verdict(holds=True, text="the namespace has no quota")
    needs = _needs(workload, more)
    for quota in quotas:
        name = text(quota, "metadata", "name")
        hard, used = dig(quota, "status", "hard", default={}), dig(quota, "status", "used", default={})
        for what, need in needs.items():
            if what not in hard:
                continue
            left = amount(str(hard[what])) - amount(str(used.get(what, "0")))
            if need > left:
                return Verdict(
                    holds=False,
                    text=f"quota {name} has {_plain(left)} {what} left; {more} more pods need {_plain(need)}",
                )
    return Verdict(holds=True, text=f"the quotas leave room for {more} more pods")


CHECKS: Mapping[str, Callable[[Subject], Asking]] = {
    "settled": settled,
    "ready": ready,
    "replicas-at-least": replicas_at_least,
    "has-earlier-revision": has_earlier_revision,
    "nodes-left": nodes_left,
    "is-controlled": is_controlled,
    "pods-at-most": pods_at_most,
    "expandable": expandable,
    "quota-room": quota_room,
}


def ask(check: str, subject: Subject) -> Asking:
    """The verdict; whatever the cluster refuses or does not have is a guard that does not hold."""
    try:
        return (yield from CHECKS[check](subject))
    except KubechatError as error:
        return Verdict(holds=False, text=f"it could not be checked: {error.message}")


def _found(subject: Subject) -> Found:
    return subject.found or Found(kind="node", namespace=None, name="")


def _workload(subject: Subject) -> Generator[Call, Answer, tuple[Json, str]]:
    found = _found(subject)
    kind = found.kind if found.kind in WORKLOADS else "deployment"
    answer = yield get(KINDS[kind], found.namespace, found.name)
    return body(answer.body, found.name), kind


def _needs(workload: Json, pods: int) -> dict[str, Decimal]:
    """What so many more pods would take of a quota, by the quota's own names."""
    needs = {"pods": Decimal(pods), "count/pods": Decimal(pods)}
    for container in containers(dig(workload, "spec", "template", default={})):
        for bound in ("requests", "limits"):
            for resource, value in dig(container, "resources", bound, default={}).items():
                name = f"{bound}.{resource}"
                needs[name] = needs.get(name, Decimal(0)) + amount(str(value)) * pods
                if bound == "requests":
                    needs[resource] = needs[name]
    return needs


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
