"""`rollback`: back to the pod template of an earlier revision, as `kubectl rollout undo` does it."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.errors import Mistake
from workers.domain.plan import Undo
from workers.domain.value import Value
from workers.verbs import revisions, rollout
from workers.verbs.command import flags, kubectl, named
from workers.verbs.fields import Json, annotation, dig, plain, stamp
from workers.verbs.grammar import Uid, Whole
from workers.verbs.preconditions import escaped, json_patch, patch
from workers.verbs.revisions import CAUSE, Revision, bare
from workers.verbs.spec import Live, Marks
from workers.verbs.workload import TemplateChange, read, template


class Params(Value):
    revision: Whole | None = Field(None, ge=1, le=10**9, description="the number of a revision, from 1")
    template_hash: Uid | None = Field(None, description="the hash of a pod template; Kubechat sets it when it plans")


class Rollback(TemplateChange):
    verb = Verb.ROLLBACK
    params = Params
    editable = frozenset({"revision"})
    example = "roll payment-worker back to revision 11 in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        number = action.params.get("revision")
        return kubectl(action.target, "rollout", "undo", named(action.target), *flags(to_revision=number))

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # needs no time
        """Number and template hash: "previous" means another revision after every rollout, the hash never does."""
        found = yield from read(action.target)
        if rollout.is_paused(found):
            raise Mistake(
                f"{action.target.text} cannot be rolled back",
                now="its rollout is paused",
                then=f"resume it first: kubectl rollout resume {named(action.target)}",
            )
        known = yield from revisions.of_workload(action.target, found)
        chosen = _asked(action, found, known)
        return action.model_copy(update={"params": {"revision": chosen.number, "template_hash": chosen.hash}})

    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        found = yield from read(action.target)
        known = yield from revisions.of_workload(action.target, found)
        chosen, now = _pinned(action, found, known), revisions.current(found, known)
        kind = action.target.kind
        facts = {
            "revision": str(now.number) if now else "not rolled out yet",
            "back to": f"revision {chosen.number} of {stamp(chosen.created)}: {rollout.images(chosen.template)}",
        }
        return Live(
            object=found,
            pods=rollout.desired(kind, found),
            facts={**rollout.facts(kind, found), **facts},
            more={"to": chosen.model_dump(), "now": now.model_dump() if now else None},
        )

    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:  # noqa: ARG002  # both ends of the change
        to = _to(live)  # with its content: a ReplicaSet's template can be edited, and keeps its hash label then
        return {"template": template(live.object), "to": to.hash, "writes": plain(to.template), "cause": to.cause}

    def write(self, action: Action, live: Live, mark: str) -> Call:
        to = _to(live)
        if action.target.kind != "deployment":
            # A ControllerRevision is itself the patch that brings its template back.
            back = {"template": {**to.template, "$patch": "replace"}}
            return patch(action.target, live.object, mark, back)
        operations: list[Json] = [{"op": "replace", "path": "/spec/template", "value": to.template}]
        cause = f"/metadata/annotations/{escaped(CAUSE)}"
        if to.cause:
            operations.append({"op": "add", "path": cause, "value": to.cause})
        elif annotation(live.object, CAUSE):
            operations.append({"op": "remove", "path": cause})
        return json_patch(action.target, live.object, mark, operations)

    def undo(self, action: Action, live: Live) -> Undo:
        now = live.more.get("now")
        if now is None:
            return Undo(because="the present template is in no revision that could be gone back to")
        revision = Revision.model_validate(now)
        params = {"revision": revision.number, "template_hash": revision.hash}
        return Undo(action=action.model_copy(update={"params": params}))

    def holds(self, action: Action, live: Live) -> bool:  # noqa: ARG002  # the revision is in `live`
        return bare(dig(live.object, "spec", "template", default={})) == _to(live).template


def _to(live: Live) -> Revision:
    return Revision.model_validate(live.more["to"])


def _asked(action: Action, workload: Json, known: Sequence[Revision]) -> Revision:
    """The named revision, or the newest that differs from the present one; raises Mistake."""
    what, number = action.target.text, action.params.get("revision")
    now = revisions.current(workload, known)
    if number is None:
        earlier = revisions.previous(workload, known)
        if earlier is None:
            raise Mistake(
                f"{what} has no earlier revision to go back to", now=f"it has {_list(known)}", then=_look(action)
            )
        return earlier
    chosen = next((one for one in known if one.number == number), None)
    if chosen is None:
        raise Mistake(f"{what} has no revision {number}", now=f"it has {_list(known)}", then=_look(action))
    if now is not None and chosen == now:
        raise Mistake(f"{what} is already at revision {number}", now=f"it has {_list(known)}", then=_look(action))
    return chosen


def _pinned(action: Action, workload: Json, known: Sequence[Revision]) -> Revision:
    """By the template's hash: numbers move when somebody rolls back; raises Mistake when the history has lost it."""
    mark = action.params.get("template_hash")
    if mark is None:
        return _asked(action, workload, known)
    chosen = next((one for one in known if one.hash == mark), None)
    if chosen is None:
        raise Mistake(
            f"{action.target.text} has no revision with the template {mark} any more",
            now=f"it has {_list(known)}",
            then=_look(action),
        )
    return chosen


def _list(known: Sequence[Revision]) -> str:
    if not known:
        return "no revisions"
    numbers = ", ".join(str(one.number) for one in known)
    return f"only revision {numbers}" if len(known) == 1 else f"revisions {numbers}"


def _look(action: Action) -> str:
    return f"look with 'rollout history of {action.target.name} in {action.target.cluster}'"
