"""cordon and uncordon: whether a node takes new pods."""

from collections.abc import Generator, Mapping
from typing import Any

from workers.domain.action import Action, Verb
from workers.domain.call import STRATEGIC_PATCH, Answer, Call, get
from workers.domain.errors import Mistake
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs.commands import command
from workers.verbs.preconditions import EXECUTION, marked, metadata, patch
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage


class Params(Value):
    """None: the verb says it all."""


class _Schedulable(ChangeSpec):
    """Sets `spec.unschedulable` to `wanted`."""

    params = Params
    kinds = ("node",)
    wanted: bool
    opposite: Verb

    def kubectl(self, action: Action) -> tuple[str, ...]:
        return command(action, self.verb.value, str(action.target.name))

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # nothing to mark
        live = yield from self.observe(action)
        if _unschedulable(live) is self.wanted:
            raise Mistake(f"{action.target.text} is {_word(self.wanted)} already", now="nothing would change")
        return action

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        answer = yield get(action.target.resource, None, action.target.name or "")
        live = Live(object=answer.body, pods=0)
        return live.model_copy(update={"facts": {"scheduling": _word(_unschedulable(live))}})

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # the port's signature
        return {"unschedulable": _unschedulable(live)}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        wanted = True if self.wanted else None  # kubectl removes the field too
        body = {"metadata": metadata(live, annotations={EXECUTION: mark}), "spec": {"unschedulable": wanted}}
        return patch(action, body, STRATEGIC_PATCH)

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # the port's signature
        return Undo(action=action.model_copy(update={"verb": self.opposite}))

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        live = yield from self.observe(action)
        done = _unschedulable(live) is self.wanted
        return Moment(
            stage=Stage.DONE if done else Stage.MOVING, text=f"{action.target.name} is {live.facts['scheduling']}"
        )

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        now = _word(_unschedulable(live))
        if marked(live, mark):
            return True, f"its annotation {EXECUTION} is {mark}, and {action.target.name} is {now}"
        if _unschedulable(live) is self.wanted:
            return None, f"it is {now}, but without our mark: somebody else may have done it"
        return False, f"it is {now}, and lacks our mark"


class Cordon(_Schedulable):
    verb = Verb.CORDON
    wanted = True
    opposite = Verb.UNCORDON


class Uncordon(_Schedulable):
    verb = Verb.UNCORDON
    wanted = False
    opposite = Verb.CORDON


def _unschedulable(live: Live) -> bool:
    return bool((live.object.get("spec") or {}).get("unschedulable"))


def _word(unschedulable: bool) -> str:  # two words for two values
    return "cordoned: no new pods" if unschedulable else "taking pods"


CORDON = Cordon()
UNCORDON = Uncordon()
