"""What the changes of a pod template have in common: restart, set image, rollback."""

from collections.abc import Generator, Mapping
from typing import Any, ClassVar

from workers.domain.action import Action
from workers.domain.call import Answer, Call, get, list_of
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.target import Target
from workers.verbs import revisions, rollout
from workers.verbs.fields import Json, body, dig, items, owner, plain, selector, text, uid
from workers.verbs.pods import is_leaving, is_ready, told, troubles, unschedulable
from workers.verbs.preconditions import is_marked
from workers.verbs.revisions import timeless
from workers.verbs.spec import ChangeSpec, Live, Moment, Stage


def read(target: Target) -> Generator[Call, Answer, Json]:
    """The object that a change is about; raises NotThere."""
    answer = yield get(target.resource, target.namespace, target.name or "")
    return body(answer.body, target.text)


def pods_of(target: Target, workload: Json) -> Generator[Call, Answer, list[Json]]:
    """The pods that the workload's selector selects; none when they may not be listed."""
    labels = selector(workload)
    if not labels:
        return []
    try:
        answer = yield list_of(KINDS["pod"], target.namespace, query={"labelSelector": labels})
    except (AccessDenied, NotThere):
        return []
    return items(answer.body)


def template(workload: Json) -> dict[str, Any]:
    """What of the pod template counts as changed: not when it was last restarted."""
    found: dict[str, Any] = plain(timeless(dig(workload, "spec", "template", default={})))
    return found


def settled(kind: str, workload: Json) -> Moment:
    """How far the newest template has come."""
    if rollout.is_paused(workload):
        stage = Stage.DONE if rollout.is_observed(workload) else Stage.MOVING
        return Moment(stage=stage, text="written; the rollout is paused, so no pod changes until it is resumed")
    moment = rollout.progress(kind, workload)
    if moment.stage is not Stage.MOVING:
        return moment
    return Moment(stage=Stage.MOVING, text=rollout.counts(kind, workload))


class TemplateChange(ChangeSpec):
    """Writes a new pod template and waits for its rollout."""

    kinds: ClassVar[tuple[str, ...]] = WORKLOADS

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        found = yield from read(action.target)
        kind = action.target.kind
        return Live(object=found, pods=rollout.desired(kind, found), facts=rollout.facts(kind, found))

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # for those who override
        return {"template": template(live.object)}

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        """As `kubectl rollout status`, and STUCK as soon as a pod of the new revision cannot run."""
        target = action.target
        found = yield from read(target)
        moment = settled(target.kind, found)
        if moment.stage is Stage.DONE or not rollout.is_observed(found):
            return moment
        failing = yield from self._failing(target, found)
        if not failing:
            return moment
        return Moment(stage=Stage.STUCK, text=f"{moment.text}; {failing}")

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        if is_marked(live.object, mark):
            return True, f"{action.target.text} carries the mark {mark}"
        if self.holds(action, live):
            return (
                None,
                f"{action.target.text} is as wanted, but without the mark {mark}: somebody else may have done it",
            )
        return False, f"{action.target.text} carries no mark {mark}, and is not as wanted"

    def holds(self, action: Action, live: Live) -> bool:  # noqa: ARG002  # for those who override
        """Whether the object is as the action wants it, whoever made it so."""
        return False

    def _failing(self, target: Target, workload: Json) -> Generator[Call, Answer, str]:
        try:
            known = yield from revisions.of_workload(target, workload)
        except (AccessDenied, NotThere):
            return ""
        new = revisions.current(workload, known)
        pods = yield from pods_of(target, workload)
        mine = [pod for pod in pods if new is not None and revisions.is_of(new, workload, pod)]
        return told(troubles(mine))


def replacing(pods: list[Json], wanted: int, said: str) -> Moment:
    """How far pods have come that only have to be there and ready; `wanted` of them."""
    active = [pod for pod in pods if not is_leaving(pod)]
    waiting = [pod for pod in active if not is_ready(pod)]
    failing = troubles(active)
    if len(active) == wanted and waiting and len(failing) == len(waiting):
        return Moment(stage=Stage.STUCK, text=f"{said}; {told(failing)}")
    nowhere = next((why for pod in waiting if (why := unschedulable(pod))), "")
    return Moment(stage=Stage.MOVING, text=f"{said}; {nowhere}" if nowhere else said)


def is_owned_by(pod: Json, workload: Json) -> bool:
    return text(owner(pod), "uid") == uid(workload)
