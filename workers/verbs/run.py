"""`run`: one pod of an image, once, with as little power as it needs."""

import json
import shlex
from collections.abc import Generator, Mapping
from typing import Any

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.errors import Mistake
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import making
from workers.verbs.command import kubectl
from workers.verbs.fields import uid
from workers.verbs.grammar import Command, Image
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment


class Params(Value):
    image: Image | None = Field(None, description="an image reference: busybox:1.36")
    command: Command | None = Field(None, description="what is run in it, one line: nslookup payment-api")


class Run(ChangeSpec):
    verb = Verb.RUN
    params = Params
    kinds = ("pod",)
    names_itself = True
    editable = frozenset({"image", "command"})
    example = "run a busybox pod in checkout on staging"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        image, command = action.params.get("image", "IMAGE"), action.params.get("command")
        overrides = json.dumps({"spec": _powers(action)}, separators=(",", ":"))
        more = ("--command", "--", *shlex.split(str(command))) if command else ()
        start = ("run", str(action.target.name), f"--image={image}", "--restart=Never")
        return kubectl(action.target, *start, "--override-type=strategic", f"--overrides={overrides}", *more)

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:
        """With a name; raises Mistake when the name is taken, or no image is named."""
        if "image" not in action.params:
            raise Mistake("run needs an image", now="none is named", then=f"type, for example: '{self.example}'")
        making.check_is_plain(command=action.params.get("command"))
        if action.target.name is None:
            name = f"{making.image_name(str(action.params['image']))}-{marks.request.removeprefix('req-')}"
            action = action.model_copy(update={"target": action.target.model_copy(update={"name": name})})
        found = yield from making.there(action.target)
        making.check_is_new(action.target, found)
        return action

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        found = yield from making.there(action.target)
        return Live(object=found, pods=1, facts={"now": "there" if found else "not there yet"})

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # that there is none
        return {"uid": uid(live.object)}

    def write(self, action: Action, live: Live, mark: str) -> Call:  # noqa: ARG002  # there is nothing before it
        name = str(action.target.name)
        spec = _powers(action)
        container = {**spec["containers"][0], "image": action.params["image"]}
        if "command" in action.params:
            container["command"] = shlex.split(str(action.params["command"]))
        made = {"metadata": {"labels": {"run": name}}, "spec": {**spec, "containers": [container]}}
        made["spec"]["restartPolicy"] = "Never"
        return making.post(action.target, mark, made)

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # what is made now is taken away again
        gone = action.model_copy(update={"verb": Verb.DELETE_POD, "params": {}})
        return Undo(action=gone, because="what it did meanwhile stays done")

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        found = yield from making.there(action.target)
        return making.moment(action.target, found)

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        return making.applied(action, live, mark)


def _powers(action: Action) -> dict[str, Any]:
    """No token of the cluster, no way to more rights than it starts with."""
    confined = {"allowPrivilegeEscalation": False, "privileged": False}
    return {
        "automountServiceAccountToken": False,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": str(action.target.name)[:63].rstrip("-."), "securityContext": confined}],
    }
