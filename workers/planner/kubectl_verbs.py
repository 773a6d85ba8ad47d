"""The verbs of kubectl: which they are here, what their arguments name, and which flags are their parameters."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workers.domain.action import Parameter, Verb
from workers.domain.kind import KIND_BY_WORD
from workers.planner import kubectl_reads
from workers.planner.ask import Mention
from workers.planner.frame import whole
from workers.planner.kubectl_flags import Heard, Line
from workers.planner.kubectl_patch import patched

CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
SHELLS = frozenset({"sh", "bash", "/bin/sh", "/bin/bash", "ash", "zsh"})


@dataclass(frozen=True, slots=True)
class Form:
    verb: str
    read: Callable[[list[str], Line, Heard], None]
    kind: str | None = None  # of bare names
    takes: Mapping[str, str] = field(default_factory=dict)  # flag: parameter
    used: frozenset[str] = frozenset()  # flags that `read` looks at
    needs: tuple[str, str] = ("", "")  # a parameter, and how to say it


def heard(form: Form, rest: list[str], line: Line) -> Heard:
    found = Heard()
    for flag, name in form.takes.items():
        if flag in line.flags:
            _param(found, flag, name, line.flags[flag])
    form.read(_named(form, rest, found), line, found)
    name, wording = form.needs
    if name and name not in found.params and not found.problem:
        found.problem = f"it has no {wording} that can be read"
    if found.mentions and found.kinds != ["event"]:
        found.kinds = []
    return found


NUMBERS = frozenset({"replicas", "revision", "tail", "min", "max", "cpu_percent", "grace_period"})


def _param(found: Heard, flag: str, name: str, value: str) -> None:
    if name in NUMBERS:
        number = whole(value)
        if number is None:
            found.problem = f"--{flag} is a number"
        else:
            found.params[name] = number
    elif value in ("true", "false"):
        found.params |= {name: True} if value == "true" else {}
    elif value:
        found.params[name] = value


def _named(form: Form, rest: list[str], found: Heard) -> list[str]:
    """`deploy web`, `deploy/web`, `deploy,rs`, a bare name of the verb's own kind; gives what names nothing."""
    left: list[str] = []
    kind = form.kind
    for word in rest:
        head, slash, name = word.partition("/")
        if "=" in word or (form.verb == Verb.CP) or word.endswith("-"):
            left.append(word)
        elif slash and head.lower() in KIND_BY_WORD and name:
            found.mentions.append(Mention(name=name, kind=KIND_BY_WORD[head.lower()].name))
        elif kind is None and not found.kinds and all(part.lower() in KIND_BY_WORD for part in word.split(",")):
            found.kinds = [KIND_BY_WORD[part.lower()].name for part in word.split(",")]
            kind = found.kinds[0]
        elif form.verb in (Verb.CREATE, Verb.RUN, Verb.APPLY) or (
            found.mentions and form.verb in (Verb.EXEC, Verb.PORT_FORWARD)
        ):
            left.append(word)
        else:
            found.mentions += [Mention(name=word, kind=one) for one in (*found.kinds, *([] if found.kinds else [kind]))]
    return left


def _plain(left: list[str], _line: Line, found: Heard) -> None:
    if left:
        found.problem = f"'{left[0]}' is not understood"


def _delete(left: list[str], line: Line, found: Heard) -> None:
    _plain(left, line, found)
    kubectl_reads.selected(found, line, verb="delete")
    if "now" in line.flags:
        found.params["grace_period"] = 1


def _rollback(left: list[str], line: Line, found: Heard) -> None:
    _plain(left, line, found)
    if found.params.get("revision") == 0:
        del found.params["revision"]


def _image(left: list[str], _line: Line, found: Heard) -> None:
    for word in left:
        container, equals, image = word.partition("=")
        if not equals or "image" in found.params or not CONTAINER.fullmatch(container):
            found.problem = "one container and one image at a time"
        found.params |= {"container": container, "image": image}


def _env(left: list[str], _line: Line, found: Heard) -> None:
    steps: list[dict[str, Parameter]] = []
    for word in left:
        key, equals, value = word.partition("=")
        if not equals:
            found.problem = f"'{word}' is not KEY=VALUE"
        steps.append({"field": f"env.{key}", "value": value})
    _steps(found, steps, "KEY=VALUE")


def _resources(_left: list[str], line: Line, found: Heard) -> None:
    steps: list[dict[str, Parameter]] = []
    for bound in ("requests", "limits"):
        for pair in line.flags.get(bound, "").split(",") if bound in line.flags else ():
            name, _, value = pair.partition("=")
            steps.append({"field": f"resources.{bound}.{name}", "value": value})
    _steps(found, steps, "--limits or --requests")


def _patch(_left: list[str], line: Line, found: Heard) -> None:
    text = line.flags.get("patch") or line.flags.get("previous") or ""
    steps, found.problem = patched(text)
    _steps(found, steps, "-p JSON")


def _steps(found: Heard, steps: Sequence[dict[str, Parameter]], wanted: str) -> None:
    """One step a field, each in the container that is named."""
    if not steps:
        found.problem = found.problem or f"it has no {wanted} that can be read"
        return
    shared = dict(found.params)
    found.params = {**shared, **steps[0]}
    found.more = [{**shared, **step} for step in steps[1:]]


def _marks(name: str) -> Callable[[list[str], Line, Heard], None]:
    def read(left: list[str], _line: Line, found: Heard) -> None:
        if left:
            found.params[name] = ",".join(left)

    return read


def _command(left: list[str], line: Line, found: Heard) -> None:
    words = line.command or tuple(left)
    if words:
        found.params["command"] = "sh" if " ".join(words) in SHELLS else shlex.join(words)


def _create(left: list[str], line: Line, found: Heard) -> None:
    kind = found.kinds[0] if found.kinds else ""
    found.kinds = []
    names = [word for word in left if word != "generic"]
    if not kind or len(names) != 1:
        found.problem = "say 'create KIND NAME'"
        return
    found.new = (kind, names[0])
    pairs = line.many.get("from-literal", [])
    if pairs:
        found.params["data"] = ",".join(pairs)
    if "from" in line.flags and not line.flags["from"].startswith(("cronjob/", "cj/", "cronjobs/")):
        found.problem = "a job is made of cronjob/NAME"
    elif "from" in line.flags:
        found.params.pop("from", None)
        found.mentions.append(Mention(name=line.flags["from"].partition("/")[2], kind="cronjob"))
    _command([], line, found)


def _run(left: list[str], line: Line, found: Heard) -> None:
    if not left:
        found.problem = "say 'run NAME --image=IMAGE'"
        return
    found.new = ("pod", left[0])
    _command(left[1:], line, found)


def _apply(left: list[str], line: Line, found: Heard) -> None:
    files = [*line.many.get("filename", []), *line.many.get("kustomize", [])]
    if len(files) != 1 or left:
        found.problem = "one -f FILE or -k FOLDER"
    else:
        found.params["filename"] = files[0]


def _copy(left: list[str], _line: Line, found: Heard) -> None:
    """`NAMESPACE/POD:PATH`, on either side."""
    if len(left) != 2:
        found.problem = "say 'cp POD:PATH PATH'"
        return
    for name, word in zip(("src", "dest"), left, strict=True):
        place, colon, path = word.partition(":")
        if not colon:
            found.params[name] = word
            continue
        space, slash, pod = place.partition("/")
        found.mentions.append(Mention(name=pod if slash else space))
        found.namespace = space if slash else None
        found.params[name] = path
    if len(found.mentions) != 1:
        found.problem = "one side is a pod"


def _ports(left: list[str], _line: Line, found: Heard) -> None:
    if len(left) == 1:
        found.params["ports"] = left[0]
    else:
        found.problem = "one pair of ports: 8080:80"


LOG_FLAGS = {"tail": "tail", "since": "since", "container": "container", "since-time": "since_time",
    "previous": "previous", "all-containers": "all_containers"}  # fmt: skip
GONE = {"force": "force", "grace-period": "grace_period"}
IMAGE = {"image": "image"}
CONTAINER_FLAG = {"container": "container"}
CHANGED = frozenset({"all"})

FORMS: Mapping[tuple[str, ...], Form] = {
    ("get",): Form(Verb.GET, kubectl_reads.get), ("describe",): Form(Verb.DESCRIBE, kubectl_reads.describe),
    ("logs",): Form(Verb.LOGS, kubectl_reads.logs, kind="pod", takes=LOG_FLAGS),
    ("log",): Form(Verb.LOGS, kubectl_reads.logs, kind="pod", takes=LOG_FLAGS),
    ("events",): Form(Verb.EVENTS, kubectl_reads.events, takes={"types": "type"}),
    ("top",): Form(Verb.TOP, kubectl_reads.get),
    ("rollout", "status"): Form(Verb.ROLLOUT_STATUS, kubectl_reads.describe),
    ("rollout", "history"): Form(Verb.ROLLOUT_HISTORY, kubectl_reads.describe, takes={"revision": "revision"}),
    ("rollout", "restart"): Form(Verb.RESTART, _plain),
    ("rollout", "undo"): Form(Verb.ROLLBACK, _rollback, takes={"to-revision": "revision"}),
    ("rollout", "pause"): Form(Verb.PAUSE, _plain), ("rollout", "resume"): Form(Verb.RESUME, _plain),
    ("scale",): Form(Verb.SCALE, _plain, takes={"replicas": "replicas"}, needs=("replicas", "--replicas"),
                     used=CHANGED),
    ("cordon",): Form(Verb.CORDON, _plain, kind="node"), ("uncordon",): Form(Verb.UNCORDON, _plain, kind="node"),
    ("drain",): Form(Verb.DRAIN, _plain, kind="node", takes={
        **GONE, "timeout": "timeout", "ignore-daemonsets": "ignore_daemonsets",
        "delete-emptydir-data": "delete_emptydir_data", "delete-local-data": "delete_emptydir_data"}),
    ("evict",): Form(Verb.EVICT, _plain, kind="pod", takes=GONE),
    ("delete",): Form("delete", _delete, takes=GONE, used=frozenset({"now", "field-selector", "all"})),
    ("set", "image"): Form(Verb.SET_IMAGE, _image, needs=("image", "CONTAINER=IMAGE")),
    ("set", "env"): Form(Verb.PATCH, _env, takes=CONTAINER_FLAG),
    ("set", "resources"): Form(Verb.PATCH, _resources, takes=CONTAINER_FLAG, used=frozenset({"limits", "requests"})),
    ("patch",): Form(Verb.PATCH, _patch, used=frozenset({"patch", "previous"})),
    ("label",): Form(Verb.LABEL, _marks("labels"), needs=("labels", "KEY=VALUE"), used=CHANGED),
    ("annotate",): Form(Verb.ANNOTATE, _marks("annotations"), needs=("annotations", "KEY=VALUE"), used=CHANGED),
    ("autoscale",): Form(Verb.AUTOSCALE, _plain, needs=("max", "--max"), takes={
        "min": "min", "max": "max", "cpu-percent": "cpu_percent", "cpu": "cpu_percent"}),
    ("exec",): Form(Verb.EXEC, _command, kind="pod", takes=CONTAINER_FLAG),
    ("create",): Form(Verb.CREATE, _create, used=frozenset({"from", "from-literal"}), takes={
        **IMAGE, "replicas": "replicas", "schedule": "schedule"}),
    ("run",): Form(Verb.RUN, _run, takes=IMAGE, used=frozenset({"rm", "restart"})),
    ("apply",): Form(Verb.APPLY, _apply, used=frozenset({"filename", "kustomize", "recursive"})),
    ("cp",): Form(Verb.CP, _copy, takes=CONTAINER_FLAG),
    ("port-forward",): Form(Verb.PORT_FORWARD, _ports, kind="pod", needs=("ports", "ports")),
}  # fmt: skip
