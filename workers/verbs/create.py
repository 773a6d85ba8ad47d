"""`create`: a namespace, a configmap, a deployment, a pod, a cronjob, a job; or an object as it was before.

What each of them looks like: kubectl/pkg/cmd/create, Kubernetes 1.36.
"""

import re
import shlex
from collections.abc import Generator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, get
from workers.domain.errors import Mistake
from workers.domain.kind import KINDS
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import making, manifests
from workers.verbs.command import flags, kubectl
from workers.verbs.fields import Json, body, dig, plain, text, uid
from workers.verbs.grammar import HIDDEN, LABEL, Command, Image, Whole
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment

MADE = ("namespace", "configmap", "deployment", "pod", "job", "cronjob")
# Only as a manifest says: what was deleted, made again.
AGAIN = """
statefulset daemonset replicaset replicationcontroller service ingress networkpolicy serviceaccount endpointslice
horizontalpodautoscaler poddisruptionbudget resourcequota limitrange storageclass podtemplate lease
"""
FROM = "cronjob/"
KEY = r"[-._A-Za-z0-9]{1,253}"
PAIRS = re.compile(rf"{KEY}=[^\x00]*", re.DOTALL)
NEXT = re.compile(rf",(?={KEY}=)")
LONGEST_JOB = 63  # its name is a label of its pods


def _pairs(data: str) -> str:
    if not PAIRS.fullmatch(data) or HIDDEN.search(data):
        raise ValueError("not KEY=value,KEY2=value2")
    return data


def _source(source: str) -> str:
    if not source.startswith(FROM) or not LABEL.fullmatch(source.removeprefix(FROM)):
        raise ValueError("not cronjob/NAME")
    return source


Text = StringConstraints(min_length=1, max_length=4000)


class Params(Value):
    image: Image | None = Field(None, description="an image reference: registry.example.com/team/app:v1.2.3")
    replicas: Whole | None = Field(None, ge=0, le=1000, description="of a deployment, a whole number from 0 to 1000")
    data: Annotated[str, Text, AfterValidator(_pairs)] | None = Field(
        None, description="of a configmap: KEY=value,KEY2=value2"
    )
    command: Command | None = Field(None, description="what is run in the container, one line: sleep 60")
    schedule: Annotated[str, StringConstraints(pattern=r"^[-*/,0-9A-Za-z@ ]{3,100}$")] | None = Field(
        None, description="of a cronjob, five fields: */5 * * * *"
    )
    source: Annotated[str, AfterValidator(_source)] | None = Field(
        None, alias="from", description="of a job: cronjob/NAME"
    )
    manifest: Annotated[str, StringConstraints(max_length=manifests.MOST_CHARACTERS)] | None = Field(
        None, description="the whole object as JSON; Kubechat sets it when it takes back a deletion"
    )


class Create(ChangeSpec):
    verb = Verb.CREATE
    params = Params
    kinds = (*MADE, *AGAIN.split())
    names_itself = True
    ours = frozenset({"manifest"})
    editable = frozenset({"image", "replicas", "schedule"})
    example = "create deployment hello with image nginx in default on dev"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        target, params = action.target, action.params
        if "manifest" in params:
            return kubectl(target, "create", "-f", "-")
        said = {name: params.get(name) for name in ("image", "replicas", "schedule", "from") if name in params}
        literals = [f"--from-literal={pair}" for pair in NEXT.split(str(params["data"]))] if "data" in params else []
        command = ("--", *shlex.split(str(params["command"]))) if "command" in params else ()
        if target.kind == "pod":
            return kubectl(target, "run", str(target.name), "--restart=Always", *flags(**said), *_run(command))
        return kubectl(target, "create", target.kind, str(target.name), *flags(**said), *literals, *command)

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:
        """With a name; raises Mistake when the name is taken, or when something is missing."""
        _check(action)
        if action.target.name is None:
            named = action.target.model_copy(update={"name": _name(action, marks)})
            action = action.model_copy(update={"target": named})
        found = yield from making.there(action.target)
        making.check_is_new(action.target, found)
        if "from" in action.params:
            yield from _cronjob(action)  # raises NotThere now rather than later
        return action

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        found = yield from making.there(action.target)
        more = (yield from _cronjob(action)) if "from" in action.params else {}
        kind, params = action.target.kind, action.params
        pods = {"deployment": int(params.get("replicas", 1)), "pod": 1, "job": 1}.get(kind, 0)
        facts = {"now": "there" if found else "not there yet"}
        if "manifest" in params:
            spec = manifests.parsed(str(params["manifest"]), action.target).get("spec") or {}
            replicas = spec.get("replicas", 1)
            pods = replicas if kind in ("deployment", "statefulset", "replicaset") else pods
        return Live(object=found, pods=None if kind == "daemonset" else pods, facts=facts, more=more)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # that there is none, and the model
        return {"uid": uid(live.object), "template": plain(dig(live.more, "spec", "jobTemplate", default={}))}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        if "manifest" in action.params:
            made = manifests.parsed(str(action.params["manifest"]), action.target)
        elif "from" in action.params:
            made = _job_of(live.more)
        else:
            made = _made(action)
        return making.post(action.target, mark, made)

    def already(self, action: Action, live: Live) -> str:  # noqa: ARG002  # what somebody else made is not ours
        return ""

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # what is made now is taken away again
        return making.unmade(action)

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        found = yield from making.there(action.target)
        return making.moment(action.target, found)

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        return making.applied(action, live, mark)


def _check(action: Action) -> None:
    """Raises Mistake when what is asked cannot be made of what was said."""
    kind, params = action.target.kind, action.params
    if "manifest" in params:
        manifests.parsed(str(params["manifest"]), action.target)
        return
    making.check_is_plain(data=params.get("data"), command=params.get("command"))
    if kind not in MADE:
        raise Mistake(
            f"a {kind} is not made from a few words",
            now=f"what can be: {', '.join(MADE)}",
            then="write it as a file, and apply that in a terminal",
        )
    needed = {"deployment": ("image",), "pod": ("image",), "cronjob": ("image", "schedule")}.get(kind, ())
    missing = [name for name in needed if name not in params]
    if kind == "job" and not {"image", "from"} & set(params):
        missing = ["image, or the cronjob that it is made from"]
    if missing:
        raise Mistake(f"a {kind} needs its {' and its '.join(missing)}", then=f"type, for example: '{Create.example}'")
    if action.target.name is None and kind not in ("job", "pod"):
        raise Mistake(f"a {kind} needs a name", then=f"type, for example: '{Create.example}'")


def _name(action: Action, marks: Marks) -> str:
    """`nightly-report-1122214007` of a job made from a cronjob; `busybox-7f3k2m9q` of a pod."""
    if "from" in action.params:
        stamp = marks.at.strftime("%m%d%H%M%S")
        base = str(action.params["from"]).removeprefix(FROM)
        return f"{base[: LONGEST_JOB - len(stamp) - 1].rstrip('-')}-{stamp}"
    return f"{making.image_name(str(action.params['image']))}-{marks.request.removeprefix('req-')}"


def _cronjob(action: Action) -> Generator[Call, Answer, Json]:
    name = str(action.params["from"]).removeprefix(FROM)
    answer = yield get(KINDS["cronjob"], action.target.namespace, name)
    return body(answer.body, f"cronjob/{name}")


def _job_of(cronjob: Json) -> dict[str, Any]:
    """As `kubectl create job --from`: the cronjob's template, owned by it, marked as started by hand."""
    template = dig(cronjob, "spec", "jobTemplate", default={})
    annotations = {
        **dig(template, "metadata", "annotations", default={}),
        "cronjob.kubernetes.io/instantiate": "manual",
    }
    reference = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": text(cronjob, "metadata", "name"),
        "uid": uid(cronjob),
        "controller": True,
    }
    metadata = {
        "labels": dict(dig(template, "metadata", "labels", default={})),
        "annotations": annotations,
        "ownerReferences": [reference],
    }
    return {"metadata": metadata, "spec": dict(dig(template, "spec", default={}))}


def _made(action: Action) -> dict[str, Any]:
    name, params = str(action.target.name), action.params
    match action.target.kind:
        case "configmap":
            pairs = NEXT.split(str(params["data"])) if "data" in params else []
            return {"data": dict(pair.split("=", 1) for pair in pairs)}
        case "deployment":
            labels = {"app": name}
            template = {"metadata": {"labels": labels}, "spec": {"containers": [_container(action)]}}
            replicas = params.get("replicas", 1)
            spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
            return {"metadata": {"labels": labels}, "spec": spec}
        case "pod":
            return {"metadata": {"labels": {"run": name}}, "spec": {"containers": [_container(action)]}}
        case "job":
            return {"spec": {"template": _once(action, "Never")}}
        case "cronjob":
            job = {"spec": {"template": _once(action, "OnFailure")}}
            return {"spec": {"schedule": params["schedule"], "jobTemplate": job}}
    return {}


def _once(action: Action, policy: str) -> dict[str, Any]:
    return {"spec": {"containers": [_container(action)], "restartPolicy": policy}}


def _container(action: Action) -> dict[str, Any]:
    image = str(action.params["image"])
    name = str(action.target.name) if action.target.kind != "deployment" else making.image_name(image)
    made: dict[str, Any] = {"name": name[:63].rstrip("-."), "image": image}
    if "command" in action.params:
        made["command"] = shlex.split(str(action.params["command"]))
    return made


def _run(command: tuple[str, ...]) -> tuple[str, ...]:
    return ("--command", *command) if command else ()
