"""`set_image`: another image, or another tag of the same image, in one container of a workload."""

from collections.abc import Generator

from pydantic import Field, model_validator

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.errors import InvalidParameter, Mistake
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs.command import kubectl, named
from workers.verbs.fields import Json, containers, dig, rows, text
from workers.verbs.grammar import IMAGE, Container, Image, Tag
from workers.verbs.preconditions import patch
from workers.verbs.spec import Live, Marks
from workers.verbs.workload import TemplateChange, read


class Params(Value):
    image: Image | None = Field(None, description="an image reference: registry.example.com/team/app:v1.2.3")
    tag: Tag | None = Field(None, description="a tag of letters, digits, '.', '_' and '-', at most 128: v1.2.3")
    container: Container | None = Field(None, description="the name of a container")

    @model_validator(mode="after")
    def _is_one_image(self) -> "Params":
        if (self.image is None) == (self.tag is None):
            raise ValueError("exactly one of image and tag says what to run")
        return self


class SetImage(TemplateChange):
    verb = Verb.SET_IMAGE
    params = Params
    editable = frozenset({"image"})
    example = "set payment-api to v1.8.1 in staging"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        container, image = action.params.get("container", "CONTAINER"), action.params.get("image", "IMAGE")
        return kubectl(action.target, "set", "image", named(action.target), f"{container}={image}")

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # needs no time
        """A full image reference and the name of the container."""
        found = yield from read(action.target)
        container = _container(action, found)
        name, now = text(container, "name"), text(container, "image")
        image = str(action.params.get("image") or _tagged(now, str(action.params.get("tag"))))
        if not IMAGE.fullmatch(image):
            raise InvalidParameter(
                f"{name} of {action.target.text} runs '{now[:200]}', which has no tag to change",
                then="name the whole image: 'set image of NAME to registry.example.com/team/app:v1.2.3'",
            )
        if image == now:
            raise Mistake(
                f"{name} of {action.target.text} already runs {image}",
                now="there is nothing to do",
                then="name another",
            )
        return action.model_copy(update={"params": {"image": image, "container": name}})

    def write(self, action: Action, live: Live, mark: str) -> Call:
        container = _container(action, live.object)
        spec = dig(live.object, "spec", "template", "spec", default={})
        initial = container in rows(spec, "initContainers")
        changed = [{"name": container["name"], "image": action.params["image"]}]
        template = {"spec": {"initContainers" if initial else "containers": changed}}
        return patch(action.target, live.object, mark, {"template": template})

    def undo(self, action: Action, live: Live) -> Undo:
        container = _container(action, live.object)
        params = {"image": text(container, "image"), "container": text(container, "name")}
        return Undo(action=action.model_copy(update={"params": params}))

    def holds(self, action: Action, live: Live) -> bool:
        return text(_container(action, live.object), "image") == action.params.get("image")


def _container(action: Action, workload: Json) -> Json:
    """The named one, or the first, which is the main one; raises Mistake naming what there is."""
    found = list(containers(dig(workload, "spec", "template", default={})))
    wanted = action.params.get("container")
    chosen = found[:1] if wanted is None else [one for one in found if one.get("name") == wanted]
    if not chosen:
        names = ", ".join(text(one, "name") for one in found) or "none"
        raise Mistake(
            f"{action.target.text} has no container '{wanted}'", now=f"its containers: {names}", then="name one of them"
        )
    return chosen[0]


def _tagged(image: str, tag: str) -> str:
    """The same repository with another tag; a digest is dropped, because it would win over the tag."""
    repository = image.partition("@")[0]
    head, slash, last = repository.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}:{tag}"
