"""`delete`: one object by name, of any kind but a pod; what it owned goes with it."""

from collections.abc import Generator, Mapping
from typing import Any, Literal

from pydantic import Field

from workers.domain.action import Action, Parameter, Verb
from workers.domain.call import Answer, Call, Shape, get
from workers.domain.errors import Mistake, NotThere, PolicyRefused
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import dependants, manifests
from workers.verbs.command import flags, kubectl
from workers.verbs.fields import Json, body, dig, owner, plain, text, uid
from workers.verbs.grammar import Uid, Whole
from workers.verbs.preconditions import version
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage

PROTECTED = ("default", "kube-system", "kube-public", "kube-node-lease")  # namespaces that no cluster is without
# A pod has its own verb, an event goes by itself, and what rules a cluster (rights, webhooks) is not for chat.
ORDINARY = """
deployment statefulset daemonset replicaset replicationcontroller job cronjob service ingress networkpolicy configmap
secret serviceaccount endpoints endpointslice horizontalpodautoscaler poddisruptionbudget resourcequota limitrange
persistentvolumeclaim persistentvolume storageclass controllerrevision podtemplate lease namespace node
"""
POLICY = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}

# What making the object again would not bring back, or would do besides.
FOR_GOOD = {
    "secret": "Kubechat never keeps the values of a secret, so it cannot make it again",
    "namespace": "everything in it goes with it, and cannot be brought back",
    "node": "the node's kubelet registers it again when it starts; its labels, taints and leases are not brought back",
    "persistentvolumeclaim": "what the volume holds may go with it, and a new claim gets a new, empty volume",
    "persistentvolume": "a new one would not be bound to the claim that had it",
    "job": "making it again would run it again",
    "endpoints": "its service makes it anew, from the pods as they are then",
    "controllerrevision": "it is the workload's own record; one made by hand would not be used",
}
PARTLY = {
    "deployment": "the pods are new ones, and the history of its rollouts is not brought back",
    "statefulset": "the pods are new ones, with the volumes of before if their claims are still there",
    "daemonset": "the pods are new ones, and the history of its rollouts is not brought back",
    "replicaset": "the pods are new ones",
    "cronjob": "jobs that it had made are not brought back",
    "service": "a load balancer may get another address",
    "ingress": "its controller may need a while, and may give it another address",
    "serviceaccount": "tokens that were given to it before are not valid any more",
}


class Params(Value):
    cascade: Literal["background", "foreground", "orphan"] | None = Field(
        None, description="background, foreground, or orphan to keep what it owns"
    )
    grace_period: Whole | None = Field(None, ge=0, le=3600, description="seconds from 0 to 3600")
    force: bool | None = Field(None, description="true or false: without a grace period")
    uid: Uid | None = Field(None, description="the object's uid; Kubechat sets it when it plans")


class Delete(ChangeSpec):
    verb = Verb.DELETE
    params = Params
    kinds = tuple(ORDINARY.split())
    example = "delete job db-migrate in staging"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        target = action.target
        return kubectl(target, "delete", target.kind, str(target.name), *_flags(action))

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # needs no time
        """This very object."""
        found = yield from _read(action)
        if since := text(found, "metadata", "deletionTimestamp"):
            waits = ", ".join(dig(found, "metadata", "finalizers", default=())) or "what it owns"
            raise Mistake(
                f"{action.target.text} is already being deleted",
                now=f"since {since}; it waits for {waits}",
                then=f"look with 'describe {action.target.kind} {action.target.name} in {action.target.cluster}'",
            )
        kept = {name: value for name, value in action.params.items() if name != "uid"}
        return action.model_copy(update={"params": {**kept, "uid": uid(found)}})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        """Raises NotThere when it is gone, PolicyRefused for a namespace that no cluster is without."""
        target = action.target
        if target.kind == "namespace" and target.name in PROTECTED:
            raise PolicyRefused(
                f"{target.text} is not deleted: rule 'protected-namespaces'",
                now="the cluster itself lives in it, or every cluster has it",
                then="delete single objects in it by name",
            )
        found = yield from _read(action)
        if action.params.get("cascade") == "orphan":
            return Live(object=found, pods=0, facts={"what it owns": "stays, and belongs to nobody"})
        seen = yield from dependants.of(target, found)
        return Live(object=found, pods=seen.pods, facts=seen.facts)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # all that an undo would write
        wanted = {key: value for key, value in live.object.items() if key not in ("metadata", "status")}
        return {"uid": uid(live.object), "wanted": plain(wanted)}

    def write(self, action: Action, live: Live, mark: str) -> Call:  # noqa: ARG002  # what goes carries no mark
        """Only this very object, as it was read."""
        target, kind = action.target, action.target.resource
        wanted = {**version(live.object), "uid": action.params.get("uid") or uid(live.object)}
        conditions = {name: value for name, value in wanted.items() if value}
        grace = _grace(action)
        options = {} if grace is None else {"gracePeriodSeconds": grace}
        return Call(
            method="DELETE",
            group=kind.group,
            version=kind.version,
            resource=kind.plural,
            namespace=target.namespace,
            name=target.name,
            body={
                "apiVersion": "v1",
                "kind": "DeleteOptions",
                "preconditions": conditions,
                "propagationPolicy": POLICY[str(action.params.get("cascade", "background"))],
                **options,
            },
        )

    def undo(self, action: Action, live: Live) -> Undo:
        """It is made again from what was read now, unless that would be something else than taking it back."""
        because = FOR_GOOD.get(action.target.kind, "") or _ruled(live.object)
        if because:
            return Undo(because=because)
        manifest = manifests.kept(live.object)
        if why := manifests.why_not_kept(manifest):
            return Undo(because=f"{action.target.text} is not kept: {why}")
        again = action.model_copy(update={"verb": Verb.CREATE, "params": {"manifest": manifest}})
        return Undo(action=again, because=PARTLY.get(action.target.kind, ""))

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        target = action.target
        try:
            found = yield from _read(action)
        except NotThere:
            return Moment(stage=Stage.DONE, text=f"{target.name} is gone")
        if uid(found) != action.params.get("uid"):
            return Moment(stage=Stage.DONE, text=f"{target.name} is gone; somebody has made another of that name")
        waits = ", ".join(dig(found, "metadata", "finalizers", default=()))
        if text(found, "metadata", "deletionTimestamp"):
            said = f"{target.name} is on its way out"
            return Moment(stage=Stage.MOVING, text=f"{said}, and waits for {waits}" if waits else said)
        return Moment(stage=Stage.MOVING, text=f"{target.name} is still there")

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:  # noqa: ARG002  # leaves none
        wanted, now = action.params.get("uid"), uid(live.object)
        if wanted != now:
            return True, f"the {action.target.kind} with uid {wanted} is gone; {now} has its name now"
        if text(live.object, "metadata", "deletionTimestamp"):
            return None, f"{action.target.text} is being deleted; who asked for it cannot be told"
        return False, f"{action.target.text} is still there with uid {now}, and nobody has asked it to go"


def _grace(action: Action) -> Parameter | None:
    return 0 if action.params.get("force") else action.params.get("grace_period")


def _flags(action: Action) -> tuple[str, ...]:
    force = action.params.get("force")
    return flags(cascade=action.params.get("cascade"), grace_period=_grace(action), force=force)


def _read(action: Action) -> Generator[Call, Answer, Json]:
    """Of a secret only its metadata: its values are never read."""
    target = action.target
    shape = Shape.METADATA if target.kind == "secret" else Shape.OBJECT
    answer = yield get(target.resource, target.namespace, str(target.name), shape=shape)
    return body(answer.body, target.text)


def _ruled(obj: Json) -> str:
    """Why an object that belongs to another is not made again by hand."""
    reference = owner(obj)
    if reference is None:
        return ""
    by = f"{text(reference, 'kind').lower()}/{text(reference, 'name')}"
    return f"it belongs to {by}, which makes another if it wants one"
