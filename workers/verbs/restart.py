"""restart: new pods from the same template, one after the other, as `kubectl rollout restart` does."""

from collections.abc import Generator, Mapping
from typing import Any

from workers.domain.action import Action, Verb
from workers.domain.call import STRATEGIC_PATCH, Answer, Call
from workers.domain.errors import Mistake
from workers.domain.kind import WORKLOADS
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import rollout
from workers.verbs.commands import command, object_of
from workers.verbs.preconditions import EXECUTION, marked, metadata, patch
from workers.verbs.spec import ChangeSpec, Live, Marks, Moment


class Params(Value):
    at: str | None = None  # pinned: RFC 3339; the same value twice restarts once


class Restart(ChangeSpec):
    verb = Verb.RESTART
    params = Params
    kinds = WORKLOADS

    def kubectl(self, action: Action) -> tuple[str, ...]:
        return command(action, "rollout", "restart", object_of(action))

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:
        live = yield from rollout.observe(action)
        if "paused" in live.facts:
            raise Mistake(
                f"{action.target.text} is paused, so a restart would not replace any pod",
                now="its rollout is paused",
                then="resume it first: kubectl rollout resume",
            )
        return action.model_copy(update={"params": {"at": marks.at.strftime("%Y-%m-%dT%H:%M:%SZ")}})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        return (yield from rollout.observe(action))

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # the port's signature
        return {"template": rollout.spelled(rollout.template(live.object))}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        annotation = {rollout.RESTARTED_AT: action.params["at"]}
        body = {
            "metadata": metadata(live, annotations={EXECUTION: mark}),
            "spec": {"template": {"metadata": {"annotations": annotation}}},
        }
        return patch(action, body, STRATEGIC_PATCH)

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # the port's signature
        return Undo(because="a restart replaces pods by equal ones; there is nothing to put back")

    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        return (yield from rollout.watch(action))

    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        if marked(live, mark):
            return True, f"its annotation {EXECUTION} is {mark}"
        annotations = (rollout.template(live.object).get("metadata") or {}).get("annotations") or {}
        if annotations.get(rollout.RESTARTED_AT) == action.params["at"]:
            return True, f"its pod template was restarted at {action.params['at']}"
        return False, f"neither our mark nor the restart time {action.params['at']} is on it"


SPEC = Restart()
