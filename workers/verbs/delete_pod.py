"""`delete_pod`: one pod goes; its controller, when it has one, makes another."""

from collections.abc import Generator, Mapping
from typing import Any

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, get, list_of
from workers.domain.errors import AccessDenied, Mistake, NotThere
from workers.domain.kind import KIND_BY_WORD, KINDS, Kind
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import rollout
from workers.verbs.command import flags, kubectl
from workers.verbs.fields import Json, body, items, owner, selector, text, uid
from workers.verbs.grammar import Uid, Whole, Words
from workers.verbs.pods import is_leaving, is_over, is_ready, restarts, status
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage
from workers.verbs.workload import is_owned_by, read, replacing

REPLACING = ("replicaset", "statefulset", "daemonset")  # controllers that put another pod in the place of one


class Params(Value):
    grace_period: Whole | None = Field(None, ge=0, le=3600, description="seconds from 0 to 3600")
    force: bool | None = Field(None, description="true or false")
    uid: Uid | None = Field(None, description="the pod's uid; Kubechat sets it when it plans")
    owner: Words | None = Field(None, description="the pod's controller; Kubechat sets it when it plans")
    ready: Whole | None = Field(None, ge=0, description="ready pods of the controller; Kubechat sets it when it plans")


class DeletePod(ChangeSpec):
    verb = Verb.DELETE_POD
    params = Params
    kinds = ("pod",)
    example = "delete pod payment-api-7c9f8d5b6-x2k4j in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        """As a person types it; that it must be this very pod (its uid) has no flag."""
        grace = 0 if action.params.get("force") else action.params.get("grace_period")
        more = flags(grace_period=grace, force=action.params.get("force"))
        return kubectl(action.target, "delete", "pod", str(action.target.name), *more)

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # needs no time
        """The uid, the controller, and how many of its pods are ready now: what there must be again afterwards."""
        found = yield from read(action.target)
        if is_leaving(found) and not action.params.get("force"):
            since = text(found, "metadata", "deletionTimestamp")
            raise Mistake(
                f"{action.target.text} is already being deleted",
                now=f"it goes at {since}",
                then=f"to end it at once: 'force delete pod {action.target.name} in {action.target.cluster}'",
            )
        kept = {name: value for name, value in action.params.items() if name in ("grace_period", "force")}
        pinned = {**kept, "uid": uid(found)}
        reference = owner(found)
        kind = _kind_of(reference)
        if reference is not None and kind is not None and kind.name in REPLACING:
            by = f"{kind.name}/{text(reference, 'name')}"
            pinned["owner"] = by
            siblings = yield from _siblings(action, by)
            if siblings is not None:
                pinned["ready"] = sum(is_ready(pod) for pod in siblings[1])
        return action.model_copy(update={"params": pinned})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        """Raises NotThere when the pod is gone."""
        found = yield from read(action.target)
        facts = {
            "status": status(found),
            "restarts": str(restarts(found)),
            "node": text(found, "spec", "nodeName") or "none yet",
            "controller": _owner_text(found) or "none: nothing makes it anew",
        }
        return Live(object=found, pods=1, facts=facts)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # which pod, and where
        return {"uid": uid(live.object), "node": text(live.object, "spec", "nodeName")}

    def write(self, action: Action, live: Live, mark: str) -> Call:  # noqa: ARG002  # what goes carries no mark
        """Only this very pod: another one of the same name is left alone."""
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": action.params.get("uid") or uid(live.object)},
            "propagationPolicy": "Background",
        }
        grace = 0 if action.params.get("force") else action.params.get("grace_period")
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        pod = KINDS["pod"]
        return Call(
            method="DELETE",
            group=pod.group,
            version=pod.version,
            resource=pod.plural,
            namespace=action.target.namespace,
            name=action.target.name,
            body=options,
        )

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # it depends on the owner alone
        by = _owner_text(live.object)
        kind = _kind_of(owner(live.object))
        if kind is not None and kind.name in REPLACING:
            return Undo(
                because=f"{by} makes another pod in its place; what this one held in memory and on its own disk is gone"
            )
        if by:
            return Undo(because=f"it belongs to {by}, which decides whether another one is made")
        return Undo(because="it has no controller: the pod is gone for good")

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
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
        controller, pods = siblings
        desired = rollout.desired(by.partition("/")[0], controller)
        ready = sum(is_ready(pod) for pod in pods)
        enough = min(int(action.params.get("ready", desired)), desired)
        said = f"{target.name} is gone, {by} has {ready} of {desired} pods ready"
        if ready >= enough and len(pods) >= desired:
            return Moment(stage=Stage.DONE, text=said)
        return replacing(pods, desired, said)

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:  # noqa: ARG002  # leaves none
        """Asked when a pod of that name is there: this one, or its successor."""
        wanted, now = action.params.get("uid"), uid(live.object)
        if wanted != now:
            return True, f"the pod with uid {wanted} is gone; {now} has its name now"
        if is_leaving(live.object):
            return None, f"{action.target.text} is being deleted; who asked for it cannot be told"
        return False, f"{action.target.text} is still there with uid {now}, and nobody has asked it to go"


def _kind_of(reference: Json | None) -> Kind | None:
    return KIND_BY_WORD.get(text(reference, "kind").lower())


def _owner_text(pod: Json) -> str:
    reference = owner(pod)
    return f"{text(reference, 'kind').lower()}/{text(reference, 'name')}" if reference else ""


def _siblings(action: Action, by: str) -> Generator[Call, Answer, tuple[Json, list[Json]] | None]:
    """The controller and its pods that are to stay; None when they cannot be seen."""
    word, _, name = by.partition("/")
    try:
        answer = yield get(KINDS[word], action.target.namespace, name)
        controller = body(answer.body, by)
        answer = yield list_of(KINDS["pod"], action.target.namespace, query={"labelSelector": selector(controller)})
    except (AccessDenied, NotThere):
        return None
    mine = [pod for pod in items(answer.body) if is_owned_by(pod, controller)]
    return controller, [pod for pod in mine if not is_leaving(pod) and not is_over(pod)]
