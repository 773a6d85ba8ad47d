"""`exec`: a command in a container; only as the command for a terminal."""

import shlex

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.value import Value
from workers.verbs.command import kubectl, named
from workers.verbs.grammar import Command, Container
from workers.verbs.spec import LocalSpec

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "/bin/sh", "/bin/bash"})


class Params(Value):
    command: Command | None = Field(None, description="one line: df -h; a shell is sh")
    container: Container | None = Field(None, description="the name of a container")


class Exec(LocalSpec):
    verb = Verb.EXEC
    params = Params
    kinds = ("pod", "deployment", "statefulset", "daemonset", "replicaset", "job")
    because = "Kubechat runs no commands in containers: what they do can be neither tried beforehand nor taken back"
    example = "run df -h in kafka-0 prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        argv = shlex.split(str(action.params.get("command", "COMMAND")))
        what = named(action.target) if action.target.name else f"{action.target.kind}/NAME"
        terminal = ("-it",) if argv[0] in SHELLS and len(argv) == 1 else ()
        container = ("-c", str(action.params["container"])) if "container" in action.params else ()
        return kubectl(action.target, "exec", *terminal, what, *container, "--", *argv)
