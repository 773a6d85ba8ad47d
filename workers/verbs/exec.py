"""`exec`: one command of the policy's list in one container; everything else only as the command for a terminal."""

from collections.abc import Generator, Mapping
from typing import Any

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.command import argv, why_by_hand
from workers.domain.errors import Mistake, NotThere
from workers.domain.kind import KINDS
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs.command import kubectl, named
from workers.verbs.fields import Json, annotation, name, rows, text, uid
from workers.verbs.grammar import Command, Container, Uid
from workers.verbs.pods import is_leaving, is_ready, state, status
from workers.verbs.spec import CommandSpec, Live, Marks, Moment, Stage
from workers.verbs.workload import pods_of, read

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
NO_UNDO = "what a command did in a container cannot be known, and so not be taken back"


class Params(Value):
    command: Command | None = Field(None, description="one line: df -h; a shell is sh")
    container: Container | None = Field(None, description="the name of a container")
    uid: Uid | None = Field(None, description="the pod's uid; Kubechat sets it when it plans")


class Exec(CommandSpec):
    verb = Verb.EXEC
    params = Params
    kinds = ("pod", "deployment", "statefulset", "daemonset", "replicaset", "job")
    untriable = "a command cannot be tried beforehand"
    ours = frozenset({"uid"})
    example = "run df -h in kafka-0 prod-eu"

    def elsewhere(self, action: Action) -> str:
        """A shell, a session, or what only a shell understands."""
        command = action.params.get("command")
        return why_by_hand(str(command)) if command else "no command is named, and chat opens no session in a container"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        command = str(action.params.get("command", "sh"))
        by_hand = why_by_hand(command)
        what = named(action.target) if action.target.name else f"{action.target.kind}/NAME"
        container = ("-c", str(action.params["container"])) if "container" in action.params else ()
        start = (*(("-it",) if by_hand else ()), what, *container, "--")
        return kubectl(action.target, "exec", *start, *(_in_a_shell(command) if by_hand else argv(command)))

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # needs no time
        """One running pod, by its uid, and one container of it."""
        target = action.target
        found = yield from read(target)
        if target.kind != "pod":
            ready = [pod for pod in (yield from pods_of(target, found)) if is_ready(pod) and not is_leaving(pod)]
            if not ready:
                raise Mistake(
                    f"{target.text} has no pod that is ready",
                    now="a command needs a container that runs",
                    then=f"look with 'get pods of {target.name} in {target.cluster}'",
                )
            found = min(ready, key=name)
            target = target.model_copy(update={"kind": "pod", "name": name(found)})
        container = str(action.params.get("container") or _default_container(found))
        _check_runs(target.text, found, container)
        params = {"command": action.params["command"], "container": container, "uid": uid(found)}
        return action.model_copy(update={"target": target, "params": params})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        """Raises Mistake when the pod that was pinned is gone or another: a gone pod proves nothing about a command."""
        wanted = action.params.get("uid")
        try:
            found = yield from read(action.target)
        except NotThere:
            if wanted is None:
                raise
            found = {}
        if wanted is not None and uid(found) != wanted:
            now = f"a pod with uid {uid(found)} has its name" if found else "no pod has its name"
            raise Mistake(f"{action.target.text} is not the pod any more that this was planned for", now=now)
        facts = {"status": status(found), "container": str(action.params.get("container", ""))}
        return Live(object=found, pods=1, facts=facts)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:
        """Which pod, and what image the container has."""
        wanted = action.params.get("container")
        images = [text(one, "image") for one in rows(live.object, "spec", "containers") if text(one, "name") == wanted]
        return {"uid": uid(live.object), "container": wanted, "images": images}

    def write(self, action: Action, live: Live, mark: str) -> Call:  # noqa: ARG002  # a command leaves no mark
        pod = KINDS["pod"]
        return Call(
            method="POST",
            group=pod.group,
            version=pod.version,
            resource=pod.plural,
            namespace=action.target.namespace,
            name=action.target.name,
            subresource="exec",
            body={"command": list(argv(str(action.params["command"]))), "container": action.params["container"]},
        )

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # there is never one
        return Undo(because=NO_UNDO)

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:  # noqa: ARG002  # its transcript has told all
        yield from ()
        return Moment(stage=Stage.DONE, text="")

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:  # noqa: ARG002  # leaves none
        return None, "a command leaves no mark: whether it ran to its end cannot be seen from outside"


def _default_container(pod: Json) -> str:
    """The one that kubectl would take."""
    known = [text(one, "name") for one in rows(pod, "spec", "containers")]
    said = annotation(pod, DEFAULT_CONTAINER)
    return said if said in known else next(iter(known), "")


def _check_runs(what: str, pod: Json, container: str) -> None:
    known = [text(one, "name") for one in rows(pod, "spec", "containers")]
    if container not in known:
        raise Mistake(f"{what} has no container '{container}'", now=f"its containers: {', '.join(known)}")
    found = [state(one) for one in rows(pod, "status", "containerStatuses") if text(one, "name") == container]
    if found != ["Running"]:
        raise Mistake(f"container '{container}' of {what} does not run", now=f"it is {(found or ['unknown'])[0]}")


def _in_a_shell(command: str) -> tuple[str, ...]:
    """For a terminal: a shell as it is, anything else within one."""
    return (command,) if len(command.split()) == 1 else ("sh", "-c", command)
