"""delete_pod: one pod, known by its uid; its controller, if it has one, makes another."""

from collections.abc import Generator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, get
from workers.domain.errors import NotThere
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs.commands import command
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage


class Params(Value):
    grace_period: Annotated[int, Field(ge=0, le=3600)] | None = None  # seconds; absent: the pod's own
    force: bool = False  # at once, without waiting for the kubelet
    uid: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F-]{1,64}$")] | None = None  # pinned


class DeletePod(ChangeSpec):
    verb = Verb.DELETE_POD
    params = Params
    kinds = ("pod",)
    editable = frozenset({"grace_period"})

    def kubectl(self, action: Action) -> tuple[str, ...]:
        grace = (f"--grace-period={action.params['grace_period']}",) if "grace_period" in action.params else ()
        force = ("--force",) if action.params.get("force") else ()
        return command(action, "delete", "pod", str(action.target.name), *grace, *force)

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # nothing to mark
        live = yield from self.observe(action)
        uid = str((live.object.get("metadata") or {}).get("uid"))
        return action.model_copy(update={"params": {**action.params, "uid": uid}})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        """Raises NotThere also when the name belongs to another pod by now."""
        answer = yield get(action.target.resource, action.target.namespace, action.target.name or "")
        pod: Mapping[str, Any] = answer.body
        metadata = pod.get("metadata") or {}
        if action.params.get("uid") not in (None, metadata.get("uid")):
            raise NotThere(f"{action.target.text} with uid {action.params['uid']} is gone", now="another has its name")
        facts = {"phase": str((pod.get("status") or {}).get("phase", "")), "owner": _owner(pod) or "none"}
        return Live(object=pod, pods=1, facts=facts)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # the port's signature
        metadata, spec = live.object.get("metadata") or {}, live.object.get("spec") or {}
        return {"uid": metadata.get("uid"), "node": spec.get("nodeName"), "owner": _owner(live.object)}

    def write(self, action: Action, live: Live, mark: str) -> Call:  # noqa: ARG002  # nothing is left to mark
        kind = action.target.resource
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": (live.object.get("metadata") or {}).get("uid")},
            "propagationPolicy": "Background",
        }
        if action.params.get("force"):
            body["gracePeriodSeconds"] = 0
        elif "grace_period" in action.params:
            body["gracePeriodSeconds"] = int(action.params["grace_period"])
        return Call(
            method="DELETE",
            group=kind.group,
            version=kind.version,
            resource=kind.plural,
            namespace=action.target.namespace,
            name=action.target.name,
            body=body,
        )

    def undo(self, action: Action, live: Live) -> Undo:
        owner = _owner(live.object)
        if owner:
            return Undo(because=f"this pod does not come back; {owner} makes another in its place")
        return Undo(because=f"{action.target.name} has no controller: nothing makes another")

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        try:
            yield from self.observe(action)
        except NotThere:
            return Moment(stage=Stage.DONE, text=f"{action.target.name} is gone")
        return Moment(stage=Stage.MOVING, text=f"{action.target.name} is ending")

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:  # noqa: ARG002  # see write
        """The reconciler takes NotThere from `observe` as applied: the pod with this uid is gone."""
        if (live.object.get("metadata") or {}).get("deletionTimestamp"):
            return None, "it is ending, but who asked for that cannot be told"
        return False, "it is still there and is not ending"


def _owner(pod: Mapping[str, Any]) -> str:
    """`ReplicaSet payment-worker-5b9f`, or empty."""
    owners = (pod.get("metadata") or {}).get("ownerReferences") or ()
    return next((f"{o.get('kind')} {o.get('name')}" for o in owners if o.get("controller")), "")


SPEC = DeletePod()
