"""rollback: the pod template of an earlier revision, as `kubectl rollout undo` does.

Deployments keep their revisions as ReplicaSets. StatefulSets and DaemonSets keep them as ControllerRevisions.
"""

from collections.abc import Generator, Mapping
from copy import deepcopy
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from workers.domain.action import Action, Verb
from workers.domain.call import JSON_PATCH, Answer, Call, list_of
from workers.domain.canonical import digest
from workers.domain.errors import Mistake
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import rollout
from workers.verbs.commands import command, object_of
from workers.verbs.preconditions import EXECUTION, marked, patch
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment

REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"
Revisions = dict[int, dict[str, Any]]


class Params(Value):
    revision: Annotated[int, Field(ge=1, le=2**31)] | None = None  # absent: the one before the current
    template_digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None  # pinned


class Rollback(ChangeSpec):
    verb = Verb.ROLLBACK
    params = Params
    kinds = WORKLOADS
    editable = frozenset({"revision"})

    def kubectl(self, action: Action) -> tuple[str, ...]:
        revision = (f"--to-revision={action.params['revision']}",) if "revision" in action.params else ()
        return command(action, "rollout", "undo", object_of(action), *revision)

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # nothing to mark
        live = yield from rollout.observe(action)
        revisions = yield from _revisions(action, live.object)
        params, current = Params.model_validate(dict(action.params)), _current(live.object, revisions)
        if "paused" in live.facts:
            raise Mistake(f"{action.target.text} is paused", now="a rollback would do nothing", then="resume it first")
        known = ", ".join(str(number) for number in sorted(revisions)) or "none"
        earlier = [number for number in sorted(revisions) if number != current]
        wanted = params.revision if params.revision is not None else (earlier[-1] if earlier else None)
        if wanted is None:
            raise Mistake(f"{action.target.text} has no earlier revision", now=f"it keeps {known}")
        if wanted not in revisions:
            raise Mistake(f"{action.target.text} has no revision {wanted}", now=f"it keeps {known}", then="name one")
        if wanted == current:
            raise Mistake(f"{action.target.text} is at revision {wanted} already", now=f"it keeps {known}")
        return action.model_copy(update={"params": _pinned(wanted, revisions)})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        live = yield from rollout.observe(action)
        revisions = yield from _revisions(action, live.object)
        wanted = action.params.get("template_digest")
        template = next((t for t in revisions.values() if _digest(t) == wanted), None)
        if template is None:
            raise Mistake(
                f"revision {action.params.get('revision')} of {action.target.text} is not kept any more",
                now=f"it keeps {', '.join(str(number) for number in sorted(revisions)) or 'none'}",
                then="look with `rollout history`",
            )
        current = _current(live.object, revisions)
        more = {"template": template, "undo": _pinned(current, revisions) if current is not None else {}}
        facts = dict(live.facts) | ({"revision": str(current)} if current is not None else {})
        return live.model_copy(update={"more": more, "facts": facts})

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:
        now = rollout.spelled(rollout.template(live.object))
        return {"template": now, "target": action.params["template_digest"]}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        found = live.object.get("metadata") or {}
        annotation: dict[str, Any] = {"op": "add", "path": "/metadata/annotations", "value": {EXECUTION: mark}}
        if found.get("annotations"):
            name = EXECUTION.replace("~", "~0").replace("/", "~1")  # RFC 6901
            annotation = {"op": "add", "path": f"/metadata/annotations/{name}", "value": mark}
        body = [
            {"op": "test", "path": "/metadata/uid", "value": found.get("uid")},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": found.get("resourceVersion")},
            {"op": "replace", "path": "/spec/template", "value": live.more["template"]},
            annotation,
        ]
        return patch(action, body, JSON_PATCH)

    def undo(self, action: Action, live: Live) -> Undo:
        back = live.more.get("undo") or {}
        if not back:
            return Undo(because="the template it runs now is no kept revision")
        return Undo(action=action.model_copy(update={"params": back}))

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        return (yield from rollout.watch(action))

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        if marked(live, mark):
            return True, f"its annotation {EXECUTION} is {mark}"
        if _digest(rollout.template(live.object)) == action.params["template_digest"]:
            return None, "it runs the wanted template, but without our mark: somebody else may have set it"
        return False, "it runs another template, and lacks our mark"


def _pinned(revision: int, revisions: Revisions) -> dict[str, str | int | bool]:
    return {"revision": revision, "template_digest": _digest(revisions[revision])}


def _digest(template: Mapping[str, Any]) -> str:
    return digest(rollout.spelled(template))


def _current(workload: Mapping[str, Any], revisions: Revisions) -> int | None:
    """The kept revision whose template the workload has now."""
    now = _digest(rollout.template(workload))
    return next(
        (number for number, template in sorted(revisions.items(), reverse=True) if _digest(template) == now), None
    )


def _revisions(action: Action, workload: Mapping[str, Any]) -> Generator[Call, Answer, Revisions]:
    """Revision number -> pod template as the workload would have it."""
    query = {"labelSelector": rollout.selector(workload), "limit": "500"}
    kept = KINDS["replicaset" if action.target.kind == "deployment" else "controllerrevision"]
    answer = yield list_of(kept, action.target.namespace, query=query)
    uid = (workload.get("metadata") or {}).get("uid")
    found: Revisions = {}
    for item in answer.body.get("items", ()):
        owners = (item.get("metadata") or {}).get("ownerReferences") or ()
        if not any(owner.get("uid") == uid and owner.get("controller") for owner in owners):
            continue
        number, template = _from_replicaset(item) if kept.name == "replicaset" else _from_revision(item, workload)
        if number:
            found[number] = template
    return found


def _from_replicaset(item: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    template: dict[str, Any] = deepcopy((item.get("spec") or {}).get("template") or {})
    labels = (template.get("metadata") or {}).get("labels") or {}
    labels.pop(HASH, None)
    annotations = (item.get("metadata") or {}).get("annotations") or {}
    number = str(annotations.get(REVISION, ""))
    return (int(number) if number.isdigit() else 0), template


def _from_revision(item: Mapping[str, Any], workload: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """`data` is a patch of the workload that replaces the whole template."""
    template = deepcopy(((item.get("data") or {}).get("spec") or {}).get("template") or rollout.template(workload))
    template.pop("$patch", None)
    return int(item.get("revision", 0)), template


SPEC = Rollback()
