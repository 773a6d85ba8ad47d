"""`delete_pod`: one pod goes; its controller, when it has one, makes another."""

from collections.abc import Generator, Mapping
from typing import Any

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.errors import Mistake
from workers.domain.kind import KINDS
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import departure
from workers.verbs.command import flags, kubectl
from workers.verbs.fields import text, uid
from workers.verbs.grammar import Name, Uid, Whole, Word, Words
from workers.verbs.pods import is_leaving
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment
from workers.verbs.workload import read


class Params(Value):
    grace_period: Whole | None = Field(None, ge=0, le=3600, description="seconds from 0 to 3600")
    force: bool | None = Field(None, description="true or false")
    status: Word | None = Field(None, description="of many, those in a status: CrashLoopBackOff")
    node: Name | None = Field(None, description="of many, those on a node")
    uid: Uid | None = Field(None, description="the pod's uid; Kubechat sets it when it plans")
    owner: Words | None = Field(None, description="the pod's controller; Kubechat sets it when it plans")
    ready: Whole | None = Field(None, ge=0, description="ready pods of the controller; Kubechat sets it when it plans")


class DeletePod(ChangeSpec):
    verb = Verb.DELETE_POD
    params = Params
    kinds = ("pod",)
    example = "delete pod redis-0 in staging"

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
        pinned = yield from departure.pins(action, found)
        return action.model_copy(update={"params": {**kept, **pinned}})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        """Raises NotThere when the pod is gone."""
        found = yield from read(action.target)
        return Live(object=found, pods=1, facts=departure.facts(found))

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
        return departure.undo(live.object)

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        return (yield from departure.moment(action))

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:  # noqa: ARG002  # leaves none
        return departure.applied(action, live.object)
