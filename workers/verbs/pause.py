"""`pause` and `resume`: whether a deployment rolls out a new template, and whether a cronjob makes jobs."""

from collections.abc import Generator, Mapping
from typing import Any, ClassVar

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.errors import Mistake
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import rollout
from workers.verbs.command import kubectl, named
from workers.verbs.fields import Json, dig, number, rows, stamp, text
from workers.verbs.pods import told, troubles
from workers.verbs.preconditions import is_marked, patch
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage
from workers.verbs.workload import pods_of, read, settled

SWITCH = {"deployment": "paused", "cronjob": "suspend"}


class Params(Value):
    """None."""


class Holding(ChangeSpec):
    """Either of the two: `held` says which."""

    params = Params
    kinds = tuple(SWITCH)
    held: ClassVar[bool]
    inverse: ClassVar[Verb]

    def kubectl(self, action: Action) -> tuple[str, ...]:
        target = action.target
        if target.kind == "deployment":
            return kubectl(target, "rollout", self.verb.value, named(target))
        suspend = '{"spec":{"suspend":' + ("true" if self.held else "false") + "}}"
        return kubectl(target, "patch", target.kind, str(target.name), "-p", suspend)

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # absolute as it is
        found = yield from read(action.target)
        if _is_held(action, found) == self.held:
            word = "suspended" if action.target.kind == "cronjob" else "paused"
            raise Mistake(
                f"{action.target.text} is {'already' if self.held else 'not'} {word}",
                now="there is nothing to do",
                then=f"look with 'describe {action.target.kind} {action.target.name} in {action.target.cluster}'",
            )
        return action

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        """A pause touches no pod; a resume those that have waited for the new template."""
        found = yield from read(action.target)
        if action.target.kind == "cronjob":
            return Live(object=found, pods=0, facts=_schedule(found))
        waiting = max(0, rollout.desired("deployment", found) - rollout.updated("deployment", found))
        facts = rollout.facts("deployment", found)
        if waiting:
            facts["new template"] = f"{waiting} of {facts['replicas']} pods have yet to get it"
        return Live(object=found, pods=0 if self.held else waiting, facts=facts)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:
        return {SWITCH[action.target.kind]: _is_held(action, live.object)}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        return patch(action.target, live.object, mark, {SWITCH[action.target.kind]: self.held})

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # the inverse is always the other verb
        because = "" if self.held else _stays(action)
        return Undo(action=action.model_copy(update={"verb": self.inverse}), because=because)

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        """A resumed deployment is waited for as after any new template."""
        target = action.target
        found = yield from read(target)
        if _is_held(action, found) != self.held:
            return Moment(stage=Stage.STUCK, text=f"somebody else has set {target.name} the other way meanwhile")
        if target.kind == "cronjob":
            said = "makes no new jobs; those that run go on" if self.held else f"makes jobs again: {_when(found)}"
            return Moment(stage=Stage.DONE, text=f"{target.name} {said}")
        if self.held:
            if not rollout.is_observed(found):
                return Moment(stage=Stage.MOVING, text="written; its controller has not seen it yet")
            return Moment(stage=Stage.DONE, text=f"paused at {rollout.counts('deployment', found)}; its pods stay")
        moment = settled(target.kind, found)
        if moment.stage is not Stage.MOVING or not rollout.is_observed(found):
            return moment
        pods = yield from pods_of(target, found)
        failing = told(troubles(pods))
        return Moment(stage=Stage.STUCK, text=f"{moment.text}; {failing}") if failing else moment

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        state = f"{action.target.text} is {_state(action, live.object)}"
        if is_marked(live.object, mark):
            return True, f"{state} and carries the mark {mark}"
        if _is_held(action, live.object) == self.held:
            return None, f"{state}, but without the mark {mark}: somebody else may have done it"
        return False, f"{state} and carries no mark {mark}"


class Pause(Holding):
    verb = Verb.PAUSE
    held = True
    inverse = Verb.RESUME
    example = "pause the rollout of checkout-web in prod-eu"


class Resume(Holding):
    verb = Verb.RESUME
    held = False
    inverse = Verb.PAUSE
    example = "resume the rollout of checkout-web in prod-eu"


def _is_held(action: Action, obj: Json) -> bool:
    return bool(dig(obj, "spec", SWITCH[action.target.kind]))


def _state(action: Action, obj: Json) -> str:
    held = _is_held(action, obj)
    if action.target.kind == "cronjob":
        return "suspended" if held else "making jobs"
    return "paused" if held else "rolling out what is new"


def _stays(action: Action) -> str:
    return "jobs that it has made meanwhile go on" if action.target.kind == "cronjob" else "pods that are new stay so"


def _schedule(cronjob: Json) -> dict[str, str]:
    facts = {
        "schedule": _when(cronjob),
        "suspended": "yes" if dig(cronjob, "spec", "suspend") else "no",
        "running now": str(len(rows(cronjob, "status", "active"))),
        "last started": stamp(text(cronjob, "status", "lastScheduleTime")) or "never",
    }
    deadline = number(cronjob, "spec", "startingDeadlineSeconds")
    if dig(cronjob, "spec", "suspend"):
        facts["missed runs"] = (
            f"only those of the last {deadline} s are made up for" if deadline else "one of them starts at once"
        )
    return facts


def _when(cronjob: Json) -> str:
    zone = text(cronjob, "spec", "timeZone")
    return text(cronjob, "spec", "schedule") + (f" ({zone})" if zone else "")
