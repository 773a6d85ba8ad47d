"""set_image: another image for one container of a workload's template."""

import re
from collections.abc import Generator, Mapping
from typing import Annotated, Any

from pydantic import StringConstraints

from workers.domain.action import Action, Verb
from workers.domain.call import STRATEGIC_PATCH, Answer, Call
from workers.domain.errors import InvalidParameter, Mistake
from workers.domain.kind import WORKLOADS
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import rollout
from workers.verbs.commands import command, object_of
from workers.verbs.preconditions import EXECUTION, marked, metadata, patch
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment

# a reference as of github.com/distribution/reference: host, path, tag, digest; bounded, without nested repetition
IMAGE = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,255}(@sha256:[0-9a-f]{64})?$"
TAG = r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"


class Params(Value):
    """A full reference, or the tag alone; a plan holds `image` and `container`."""

    image: Annotated[str, StringConstraints(pattern=IMAGE)] | None = None
    tag: Annotated[str, StringConstraints(pattern=TAG)] | None = None
    container: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")] | None = None


class SetImage(ChangeSpec):
    verb = Verb.SET_IMAGE
    params = Params
    kinds = WORKLOADS
    editable = frozenset({"image"})

    def kubectl(self, action: Action) -> tuple[str, ...]:
        container = action.params.get("container", "CONTAINER")
        return command(action, "set", "image", object_of(action), f"{container}={action.params.get('image', 'IMAGE')}")

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # nothing to mark
        live = yield from rollout.observe(action)
        params, images = Params.model_validate(dict(action.params)), _images(live.object)
        container = params.container or next(iter(images), "")
        if container not in images:
            have = ", ".join(images)
            raise Mistake(f"{action.target.text} has no container '{container}'", now=f"it has {have}", then="name one")
        if params.image is None and params.tag is None:
            raise InvalidParameter("set_image needs an image or a tag", now=f"{container} runs {images[container]}")
        image = params.image or f"{_without_tag(images[container])}:{params.tag}"
        if image == images[container]:
            raise Mistake(f"{container} of {action.target.text} runs {image} already", now="nothing would change")
        return action.model_copy(update={"params": {"image": image, "container": container}})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        return (yield from rollout.observe(action))

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # the port's signature
        return {"template": rollout.spelled(rollout.template(live.object))}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        container, image = str(action.params["container"]), str(action.params["image"])
        group = "initContainers" if container in _images(live.object, "initContainers") else "containers"
        body = {
            "metadata": metadata(live, annotations={EXECUTION: mark}),
            "spec": {"template": {"spec": {group: [{"name": container, "image": image}]}}},
        }
        return patch(action, body, STRATEGIC_PATCH)

    def undo(self, action: Action, live: Live) -> Undo:
        container = str(action.params["container"])
        image = _images(live.object).get(container)
        if image is None:
            return Undo(because=f"there is no container {container} to put back")
        return Undo(action=action.model_copy(update={"params": {"image": image, "container": container}}))

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        return (yield from rollout.watch(action))

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        now = _images(live.object).get(str(action.params["container"]))
        if marked(live, mark):
            return True, f"its annotation {EXECUTION} is {mark}, and it runs {now}"
        if now == action.params["image"]:
            return None, f"it runs {now}, but without our mark: somebody else may have set it"
        return False, f"it runs {now}, not {action.params['image']}, and lacks our mark"


def _images(workload: Mapping[str, Any], *groups: str) -> dict[str, str]:
    """Container name -> image, main containers first."""
    spec = rollout.template(workload).get("spec") or {}
    return {
        str(container.get("name")): str(container.get("image"))
        for group in groups or ("containers", "initContainers")
        for container in spec.get(group) or ()
    }


def _without_tag(image: str) -> str:
    """A colon after the last slash begins the tag; before it, it is the registry's port."""
    return re.sub(r":[^:/]*$", "", image.partition("@")[0])


SPEC = SetImage()
