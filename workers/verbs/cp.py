"""`cp`: a file out of a pod or into one; only as the command for a terminal."""

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.value import Value
from workers.verbs.command import flags, kubectl
from workers.verbs.grammar import Container, FileName
from workers.verbs.spec import LocalSpec

HERE = "."


class Params(Value):
    src: FileName | None = Field(None, description="a path: /var/log/app.log is in the pod, ./app.log is not")
    dest: FileName | None = Field(None, description="a path, as src")
    container: Container | None = Field(None, description="the name of a container")


class Cp(LocalSpec):
    verb = Verb.CP
    params = Params
    kinds = ("pod", "deployment", "statefulset", "daemonset")
    because = "a copied file ends on the machine of whoever runs the command, and chat has none"
    example = "copy /var/log/app.log from kafka-0 in dev"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        """Out of the pod, unless the destination is what lies in it."""
        target, params = action.target, action.params
        pod = str(target.name) if target.kind == "pod" and target.name else "POD"
        src, dest = str(params.get("src", "PATH")), str(params.get("dest", HERE))
        into = not src.startswith("/") and dest.startswith("/")
        words = (src, f"{pod}:{dest}") if into else (f"{pod}:{src}", dest)
        return kubectl(target, "cp", *words, *flags(container=params.get("container")))
