"""What the verbs that make something new have in common: create, run, and an object that was deleted made again."""

from collections.abc import Generator
from typing import Any

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, get
from workers.domain.errors import Mistake, NotThere
from workers.domain.plan import Undo
from workers.domain.redact import redact
from workers.domain.target import Target
from workers.verbs import rollout
from workers.verbs.fields import Json, body, dig, number, rows, text, uid
from workers.verbs.manifests import HIDDEN
from workers.verbs.pods import is_ready, status, trouble
from workers.verbs.preconditions import MARK, QUERY, is_marked
from workers.verbs.spec import Live, Moment, Stage

SHORTEST_IMAGE_NAME = "pod"


def there(target: Target) -> Generator[Call, Answer, Json]:
    """The object, or nothing where there is none yet."""
    try:
        answer = yield get(target.resource, target.namespace, str(target.name))
    except NotThere:
        return {}
    return body(answer.body, target.text)


def check_is_new(target: Target, found: Json) -> None:
    """Raises Mistake when the name is taken."""
    if found:
        raise Mistake(
            f"{target.text} is there already",
            now=f"since {text(found, 'metadata', 'creationTimestamp') or 'some time'}",
            then=f"choose another name, or look with 'describe {target.kind} {target.name} in {target.cluster}'",
        )


def check_is_plain(**values: object) -> None:
    """What looks like a secret was hidden before it came here; raises Mistake rather than write what hides it."""
    for name, value in values.items():
        if value is not None and (HIDDEN in str(value) or redact(str(value)) != str(value)):
            raise Mistake(
                f"{name} holds what looks like a secret",
                now="Kubechat does not take secrets in chat, and has hidden it",
                then="make it in a terminal, or have it read from a Secret",
            )


def post(target: Target, mark: str, obj: dict[str, Any]) -> Call:
    """Makes the object, with our mark on it; the server refuses when the name is taken."""
    kind = target.resource
    metadata = dict(obj.get("metadata") or {})
    metadata["name"] = target.name
    if target.namespace:
        metadata["namespace"] = target.namespace
    metadata["annotations"] = {**(metadata.get("annotations") or {}), MARK: mark}
    head = {"apiVersion": f"{kind.group}/{kind.version}" if kind.group else kind.version, "kind": kind.title}
    return Call(
        method="POST",
        group=kind.group,
        version=kind.version,
        resource=kind.plural,
        namespace=target.namespace,
        query=QUERY,
        body={**obj, **head, "metadata": metadata},
    )


def unmade(action: Action) -> Undo:
    """The inverse: this very object is deleted; its uid is filled in when it is known."""
    verb = Verb.DELETE_POD if action.target.kind == "pod" else Verb.DELETE
    return Undo(action=action.model_copy(update={"verb": verb, "params": {}}))


def applied(action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
    where = action.target.text
    if not live.object:
        return False, f"there is no {where}"
    if is_marked(live.object, mark):
        return True, f"{where} carries the mark {mark}"
    return False, f"{where} is there without the mark {mark}: somebody else made it"


def moment(target: Target, found: Json) -> Moment:
    """How far a new object has come, by its kind."""
    if not found:
        return Moment(stage=Stage.STUCK, text=f"{target.text} is gone again")
    match target.kind:
        case "deployment" | "statefulset" | "daemonset":
            return rollout.progress(target.kind, found)
        case "job":
            return _job(target, found)
        case "pod":
            return pod_moment(target, found)
    return Moment(stage=Stage.DONE, text=f"{target.kind}/{target.name} is there, uid {uid(found)}")


def pod_moment(target: Target, found: Json) -> Moment:
    """Done when it runs, or has run to its end well."""
    said = f"{target.name} is {status(found)}"
    failing = trouble(found)
    if failing is not None or dig(found, "status", "phase") == "Failed":
        return Moment(stage=Stage.STUCK, text=failing.text if failing else said)
    if is_ready(found) or dig(found, "status", "phase") == "Succeeded":
        return Moment(stage=Stage.DONE, text=said)
    return Moment(stage=Stage.MOVING, text=said)


def image_name(image: str) -> str:
    """`registry.example.com/team/app:v1` is called `app`, as kubectl calls its container."""
    last = image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    return "".join(c if c.isalnum() or c == "-" else "-" for c in last).strip("-")[:40] or SHORTEST_IMAGE_NAME


def _job(target: Target, found: Json) -> Moment:
    conditions = {text(c, "type"): c for c in rows(found, "status", "conditions") if c.get("status") == "True"}
    if "Complete" in conditions:
        return Moment(stage=Stage.DONE, text=f"{target.name} has completed")
    if "Failed" in conditions:
        return Moment(stage=Stage.STUCK, text=f"{target.name} has failed: {text(conditions['Failed'], 'message')}")
    if number(found, "status", "ready"):
        return Moment(stage=Stage.DONE, text=f"{target.name} has started and runs; it has not ended yet")
    failed = number(found, "status", "failed")
    more = f", {failed} of its pods failed" if failed else ""
    return Moment(stage=Stage.MOVING, text=f"{target.name} is starting{more}")
