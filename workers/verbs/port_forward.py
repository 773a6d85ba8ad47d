"""`port_forward`: a port of a pod on one's own machine; only as the command for a terminal."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from workers.domain.action import Action, Verb
from workers.domain.value import Value
from workers.verbs.command import kubectl, named
from workers.verbs.spec import LocalSpec

PORTS = re.compile(r"[0-9]{1,5}(?::[0-9]{1,5})?(?:[ ,][0-9]{1,5}(?::[0-9]{1,5})?){0,9}")
HIGHEST = 65535


def _ports(text: str) -> str:
    if not PORTS.fullmatch(text) or any(int(one) > HIGHEST for one in re.findall(r"[0-9]+", text)):
        raise ValueError("not ports")
    return text


class Params(Value):
    ports: Annotated[str, BeforeValidator(str), AfterValidator(_ports)] | None = Field(
        None, description="a port, or your own and the pod's: 8080:80"
    )


class PortForward(LocalSpec):
    verb = Verb.PORT_FORWARD
    params = Params
    kinds = ("pod", "service", "deployment", "statefulset", "daemonset", "replicaset")
    because = "a forwarded port ends at the machine of whoever runs the command"
    example = "port forward to the web service on 8080:80 in dev"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        ports = re.split(r"[ ,]", str(action.params.get("ports", "PORT")))
        what = named(action.target) if action.target.name else f"{action.target.kind}/NAME"
        return kubectl(action.target, "port-forward", what, *ports)
