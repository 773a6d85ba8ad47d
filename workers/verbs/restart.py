"""`restart`: every pod of a workload is replaced by an equal one, by the workload's own rollout."""

from collections.abc import Generator

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.errors import Mistake
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs.command import kubectl, named
from workers.verbs.fields import dig, text
from workers.verbs.grammar import Moment
from workers.verbs.preconditions import patch
from workers.verbs.revisions import RESTARTED_AT
from workers.verbs.rollout import is_paused, waits_for_deletion
from workers.verbs.spec import Live, Marks
from workers.verbs.workload import TemplateChange, read


class Params(Value):
    at: Moment | None = Field(None, description="a time as RFC 3339 writes it; Kubechat sets it when it plans")


class Restart(TemplateChange):
    verb = Verb.RESTART
    params = Params
    example = "restart payment-worker in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        return kubectl(action.target, "rollout", "restart", named(action.target))

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:
        """The time of the plan is the effect: written twice it changes nothing the second time."""
        found = yield from read(action.target)
        if is_paused(found):
            raise Mistake(
                f"{action.target.text} cannot be restarted",
                now="its rollout is paused",
                then=f"resume it first: kubectl rollout resume {named(action.target)}",
            )
        if waits_for_deletion(found):
            raise Mistake(
                f"{action.target.text} does not restart by itself",
                now="its pods are replaced only when somebody deletes them (OnDelete)",
                then="delete its pods one by one: 'delete pod NAME'",
            )
        at = marks.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return action.model_copy(update={"params": {"at": at}})

    def write(self, action: Action, live: Live, mark: str) -> Call:
        noted = {"template": {"metadata": {"annotations": {RESTARTED_AT: action.params["at"]}}}}
        return patch(action.target, live.object, mark, noted)

    def undo(self, action: Action, live: Live) -> Undo:  # noqa: ARG002  # the same for all
        return Undo(because="the pods are replaced by equal ones; there is nothing to put back")

    def holds(self, action: Action, live: Live) -> bool:
        notes = dig(live.object, "spec", "template", "metadata", "annotations", default={})
        return text(notes, RESTARTED_AT) == action.params.get("at")
