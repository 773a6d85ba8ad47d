"""A pod that goes: whose it is, and whether another one has come in its place."""

from collections.abc import Generator

from workers.domain.action import Action, Parameter
from workers.domain.call import Answer, Call, get, list_of
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import KIND_BY_WORD, KINDS, Kind
from workers.domain.plan import Undo
from workers.verbs import rollout
from workers.verbs.fields import Json, body, items, owner, selector, text, uid
from workers.verbs.pods import is_leaving, is_over, is_ready, restarts, status
from workers.verbs.spec import Moment, Stage
from workers.verbs.workload import is_owned_by, replacing

REPLACING = ("replicaset", "statefulset", "daemonset")  # controllers that put another pod in the place of one


def pins(action: Action, pod: Json) -> Generator[Call, Answer, dict[str, Parameter]]:
    """The uid, the controller, and how many of its pods are ready now: what there must be again afterwards."""
    pinned: dict[str, Parameter] = {"uid": uid(pod)}
    reference = owner(pod)
    kind = kind_of(reference)
    if reference is not None and kind is not None and kind.name in REPLACING:
        by = f"{kind.name}/{text(reference, 'name')}"
        pinned["owner"] = by
        siblings = yield from _siblings(action, by)
        if siblings is not None:
            pinned["ready"] = sum(is_ready(pod) for pod in siblings[1])
    return pinned


def facts(pod: Json) -> dict[str, str]:
    return {
        "status": status(pod),
        "restarts": str(restarts(pod)),
        "node": text(pod, "spec", "nodeName") or "none yet",
        "controller": controller(pod) or "none: nothing makes it anew",
    }


def undo(pod: Json) -> Undo:
    """There is none; what comes instead depends on the controller."""
    by = controller(pod)
    kind = kind_of(owner(pod))
    if kind is not None and kind.name in REPLACING:
        gone = "what it held in memory and on its own disk is gone"
        return Undo(because=f"its {kind.name} makes another pod in its place; {gone}")
    if by:
        return Undo(because=f"it belongs to {by}, which decides whether another one is made")
    return Undo(because="it has no controller: the pod is gone for good")


def moment(action: Action) -> Generator[Call, Answer, Moment]:
    """Done when the pod of a pinned action is gone, and as many pods of its controller are ready as before."""
    target, wanted_uid = action.target, action.params.get("uid")
    try:
        answer = yield get(target.resource, target.namespace, str(target.name))
    except NotThere:
        pass
    else:
        found = body(answer.body, target.text)
        if wanted_uid in (None, uid(found)):
            said = "is shutting down" if is_leaving(found) else "is still there"
            return Moment(stage=Stage.MOVING, text=f"{target.name} {said}")
    by = str(action.params.get("owner", ""))
    siblings = (yield from _siblings(action, by)) if by else None
    if siblings is None:
        return Moment(stage=Stage.DONE, text=f"{target.name} is gone")
    by_object, pods = siblings
    desired = rollout.desired(by.partition("/")[0], by_object)
    ready = sum(is_ready(pod) for pod in pods)
    enough = min(int(action.params.get("ready", desired)), desired)
    said = f"{target.name} is gone, {by} has {ready} of {desired} pods ready"
    if ready >= enough and len(pods) >= desired:
        return Moment(stage=Stage.DONE, text=said)
    return replacing(pods, desired, said)


def applied(action: Action, pod: Json) -> tuple[bool | None, str]:
    """Asked when a pod of that name is there: this one, or its successor."""
    wanted, now = action.params.get("uid"), uid(pod)
    if wanted != now:
        return True, f"the pod with uid {wanted} is gone; {now} has its name now"
    if is_leaving(pod):
        return None, f"{action.target.text} is being deleted; who asked for it cannot be told"
    return False, f"{action.target.text} is still there with uid {now}, and nobody has asked it to go"


def kind_of(reference: Json | None) -> Kind | None:
    return KIND_BY_WORD.get(text(reference, "kind").lower())


def controller(pod: Json) -> str:
    """`replicaset/payment-api-7c9f8d5b6`; empty when it has none."""
    reference = owner(pod)
    return f"{text(reference, 'kind').lower()}/{text(reference, 'name')}" if reference else ""


def _siblings(action: Action, by: str) -> Generator[Call, Answer, tuple[Json, list[Json]] | None]:
    """The controller and its pods that are to stay; None when they cannot be seen."""
    word, _, name = by.partition("/")
    try:
        answer = yield get(KINDS[word], action.target.namespace, name)
        found = body(answer.body, by)
        answer = yield list_of(KINDS["pod"], action.target.namespace, query={"labelSelector": selector(found)})
    except (AccessDenied, NotThere):
        return None
    mine = [pod for pod in items(answer.body) if is_owned_by(pod, found)]
    return found, [pod for pod in mine if not is_leaving(pod) and not is_over(pod)]
