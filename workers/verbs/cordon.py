"""`cordon` and `uncordon`: whether new pods may be put on a node."""

from collections.abc import Generator, Mapping
from typing import Any, ClassVar

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.errors import Mistake
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs.command import kubectl
from workers.verbs.fields import Json, dig, rows
from workers.verbs.preconditions import is_marked, patch
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment, Stage
from workers.verbs.workload import read


class Params(Value):
    """None."""


class Scheduling(ChangeSpec):
    """Either of the two: `closed` says which."""

    params = Params
    kinds = ("node",)
    closed: ClassVar[bool]
    inverse: ClassVar[Verb]

    def kubectl(self, action: Action) -> tuple[str, ...]:
        return kubectl(action.target, self.verb.value, str(action.target.name))

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # absolute as it is
        found = yield from read(action.target)
        if _is_closed(found) == self.closed:
            raise Mistake(
                f"{action.target.text} is already {'cordoned' if self.closed else 'open for new pods'}",
                now="there is nothing to do",
                then=f"look with 'get node {action.target.name} in {action.target.cluster}'",
            )
        return action

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        found = yield from read(action.target)
        ready = next((c for c in rows(found, "status", "conditions") if c.get("type") == "Ready"), {})
        facts = {
            "new pods": "kept away" if _is_closed(found) else "taken",
            "ready": {"True": "yes", "False": "no"}.get(str(ready.get("status")), "unknown"),
        }
        return Live(object=found, pods=0, facts=facts)

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # the switch alone
        return {"unschedulable": _is_closed(live.object)}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        return patch(action.target, live.object, mark, {"unschedulable": True if self.closed else None})

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # the inverse is always the other verb
        return Undo(action=action.model_copy(update={"verb": self.inverse}))

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        found = yield from read(action.target)
        if _is_closed(found) == self.closed:
            said = "takes no new pods; those on it stay" if self.closed else "takes new pods again"
            return Moment(stage=Stage.DONE, text=f"{action.target.name} {said}")
        return Moment(stage=Stage.STUCK, text=f"somebody else has set {action.target.name} the other way meanwhile")

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        wanted = _is_closed(live.object) == self.closed
        state = f"{action.target.text} is {'cordoned' if _is_closed(live.object) else 'open for new pods'}"
        if is_marked(live.object, mark):
            return True, f"{state} and carries the mark {mark}"
        if wanted:
            return None, f"{state}, but without the mark {mark}: somebody else may have done it"
        return False, f"{state} and carries no mark {mark}"


class Cordon(Scheduling):
    verb = Verb.CORDON
    closed = True
    inverse = Verb.UNCORDON
    example = "cordon worker-3 in prod-eu"


class Uncordon(Scheduling):
    verb = Verb.UNCORDON
    closed = False
    inverse = Verb.CORDON
    example = "uncordon worker-3 in prod-eu"


def _is_closed(node: Json) -> bool:
    return bool(dig(node, "spec", "unschedulable"))
