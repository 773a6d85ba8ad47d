"""Everything that must still be true at the moment of the write, asked again of store, policy and clusters."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from workers.domain import freeze
from workers.domain.action import Effect
from workers.domain.actor import Actor
from workers.domain.approval import Withdrawal
from workers.domain.circumstances import Circumstances
from workers.domain.errors import AccessDenied, Broken, ClusterChanged, Frozen, PolicyRefused
from workers.domain.observed import Observed
from workers.domain.plan import Step
from workers.domain.policy import Outcome
from workers.domain.request import Request
from workers.driving import each
from workers.planned import refusal
from workers.planning import Planning
from workers.ports import Directory
from workers.preview import Previewer, mark_of
from workers.verbs.registry import change_spec
from workers.verbs.spec import Live


class Drift(NamedTuple):
    """What the clusters say of an approved plan, beside its preview."""

    changed: tuple[str, ...]  # a sentence each
    lost: tuple[Withdrawal, ...]  # approvers without the right, when somebody is missing without them


class _Found(NamedTuple):
    changed: str
    seen: Observed | None = None
    lost: tuple[Withdrawal, ...] = ()


class Recheck:
    def __init__(self, planning: Planning, previewer: Previewer, people: Directory) -> None:
        self._planning = planning
        self._deciding = planning.deciding
        self._previewer = previewer
        self._people = people

    def clearance(self, request: Request) -> tuple[Withdrawal, ...]:
        """The stored plan is the approved one, and today's policy still lets it run.

        Gives the approvals that do not count any more, when somebody is missing without them.

        Digests are computed from the stored values, so a row that was altered after the approval matches no approval.
        """
        if request.plan is None or request.preview is None or request.decision is None:
            raise Broken(f"{request.id} is ready without a plan")
        if not request.plan.steps:
            raise Broken(f"{request.id} has no steps; doing nothing is not success")
        if not request.is_cleared or request.preview.plan_digest != request.plan.digest:
            raise PolicyRefused(
                f"{request.id} does not carry the approvals that its plan and preview need",
                now="what is stored differs from what people approved",
                then="ask again; if nobody edited it, somebody changed the database",
            )
        self._asker(request)
        today = self._today(request)
        if not today.is_cleared:
            return self._outdated(request, today)
        self._planning.holding.check(request.plan, request.intent)
        around = self._deciding.circumstances(request.plan.steps, request.intent, request.preview.by_step(request.plan))
        self._decided(request, today, around)
        allows = self._deciding.allowing(around)
        refused = [check.why for check in request.plan.checks if not allows(check.action)]
        if refused:
            raise PolicyRefused(
                "the policy does not let the suggested looks be taken any more",
                now=", ".join(refused),
                then="ask again: they are left out then",
            )
        return ()

    def _decided(self, request: Request, today: Request, around: Circumstances) -> None:
        """Today's policy, asked with today's circumstances, is content with the approvals that there are."""
        now = self._deciding.judge(around)
        if self._is_promised(request) and now.outcome is not Outcome.REFUSE:
            return
        if not today.model_copy(update={"decision": now}).is_cleared:
            if frozen := [hit for hit in now.because if hit.rule == freeze.RULE]:
                raise Frozen(now="; ".join(hit.sentence for hit in frozen), then="; ".join(hit.then for hit in frozen))
            said = "the policy asks for more now than when this was approved"
            if now.outcome is Outcome.REFUSE:
                raise PolicyRefused(said, now=refusal(now).now, then=refusal(now).then)
            raise PolicyRefused(said, now=", ".join(needed.text for needed in now.needed), then="ask again")

    def _is_promised(self, request: Request) -> bool:
        """Whether it runs because it was approved with what it undoes; raises PolicyRefused when that is not so."""
        at_once = request.decision is not None and request.decision.outcome is Outcome.ALLOW
        if not request.promised or not at_once or request.plan is None:
            return False
        if why := self._planning.promises.broken(request, request.plan):
            raise PolicyRefused(
                f"{request.id} is not the undo that was approved", now=why, then=f"type: undo {request.undoes}"
            )
        return True

    def _today(self, request: Request) -> Request:
        """With each approver in the groups of today; without those who are not known any more."""
        known = [(given, self._people.as_now(given.actor)) for given in request.approvals]
        still = tuple(given.model_copy(update={"actor": actor}) for given, actor in known if actor is not None)
        return request.model_copy(update={"approvals": still})

    def _outdated(self, request: Request, today: Request) -> tuple[Withdrawal, ...]:
        """Those who are not known any more, or not in the groups any more with which they approved."""
        still = {given.actor.person_id: given.actor for given in today.yes}
        needed = [one for one in (request.decision.needed if request.decision else ()) if one.role == "approver"]
        lost = []
        for given in request.yes:
            now = still.get(given.actor.person_id)
            if given.role == "approver" and (now is None or now.groups != given.actor.groups):
                groups = "not in the people file any more" if now is None else f"now in {_list(now)}"
                because = f"{groups}; it needs {' and '.join(one.text for one in needed)}"
                lost.append(Withdrawal(person_id=given.actor.person_id, name=given.actor.name, because=because))
        return tuple(lost)

    def _asker(self, request: Request) -> None:
        """The requester is known and in the groups with which this was asked."""
        asker = self._people.as_now(request.intent.actor)
        if asker is None:
            raise PolicyRefused(
                f"{request.requester} is not known here any more",
                now=f"they left the people file, or the account {request.intent.actor.account.text} is not theirs now",
                then="have them added or linked again, or ask for it yourself",
            )
        if asker.groups != request.intent.actor.groups:
            raise PolicyRefused(
                f"{request.requester} is not in the groups any more that this was asked with",
                now=f"asked with {_list(request.intent.actor)}; the people file has {_list(asker)}",
                then="ask again",
            )

    def noting(self, note: Callable[[str], None]) -> "Recheck":
        """The same; tells `note` the Audit-Id of every call."""
        return Recheck(self._planning, self._previewer.noting(note), self._people)

    def drift(self, request: Request) -> Drift:
        """What has changed since the preview, and which approvers have lost the right; empty when all still holds.

        Raises AccessDenied when the requester has lost the right, ClusterChanged when a context points to another
        cluster than the one that was shown, PolicyRefused when what is there now asks for more.
        """
        plan, preview = request.plan, request.preview
        if plan is None or preview is None:
            raise Broken(f"{request.id} is ready without a plan")
        changing = [step for step in plan.steps if step.action.effect is not Effect.READ]
        today = self._today(request)
        approvers = {given.actor.person_id: given.actor for given in today.yes}
        approvers.pop(request.requester, None)
        for name, identity in self._previewer.identities(plan, request.intent.actor).items():
            if identity != preview.identities.get(name):
                raise ClusterChanged(
                    f"'{name}' is not the cluster that was previewed",
                    now=f"its kube-system namespace has uid {identity.uid}",
                    then="have the kubeconfig checked before anybody asks again",
                )
        found = each(lambda step: self._step(request, step, list(approvers.values())), changing) if changing else []
        sentences = tuple(one.changed for one in found if one.changed)
        if changing and not sentences:  # labels and counts are in no digest, and the policy may speak of them
            live = {step.number: one.seen for step, one in zip(changing, found, strict=True) if one.seen is not None}
            self._decided(request, today, self._deciding.circumstances(plan.steps, request.intent, live))
        lost = {one.person_id: one for step in found for one in step.lost}
        without = tuple(given for given in today.approvals if given.actor.person_id not in lost)
        enough = today.model_copy(update={"approvals": without}).is_cleared
        return Drift(sentences, () if enough else tuple(lost.values()))

    def _step(self, request: Request, step: Step, approvers: Sequence[Actor]) -> _Found:
        preview = request.preview
        target = step.action.target
        before = seen_at_preview(request, step)
        identity = preview.identities[target.cluster] if preview else None
        if before is None or identity is None:
            return _Found(f"{target.text} was not in the preview")
        live, now = self._previewer.look(step, request.intent.actor, identity)
        mark = mark_of(request.id, request.revision, step.number)
        if lacking := self._previewer.lacks(step, live, request.intent.actor, mark):
            raise AccessDenied(
                f"{request.intent.actor.name} has no right to this any more: {target.text}",
                now=f"access was asked again: {lacking}",
                then="have the right given again, and ask again",
            )
        lost = lacking_rights(self._previewer, step, live, approvers, mark)
        if change_spec(step.action.verb).already(step.action, live):
            return _Found("", now, lost)  # what was approved has come true without us; the step will say so
        if now.uid != before.uid:
            return _Found(f"{target.text} was replaced by another object of the same name", now)
        if now.touched_digest != before.touched_digest:
            return _Found(f"{target.text} changed: {_facts(before)} -> {_facts(now)}", now)
        return _Found("", now, lost)


def lacking_rights(
    previewer: Previewer, step: Step, live: Live, approvers: Sequence[Actor], mark: str
) -> tuple[Withdrawal, ...]:
    """Who of them may not do what they approved, asked of the cluster as each of them."""
    asked = ((person, previewer.lacks(step, live, person, mark)) for person in approvers)
    return tuple(Withdrawal(person_id=p.person_id, name=p.name, because=why) for p, why in asked if why)


def seen_at_preview(request: Request, step: Step) -> Observed | None:
    """What the preview saw of a changing step."""
    if request.plan is None or request.preview is None:
        return None
    return request.preview.by_step(request.plan).get(step.number)


def _list(person: Actor) -> str:
    return ", ".join(sorted(person.groups)) or "no group"


def _facts(seen: Observed) -> str:
    return ", ".join(f"{name} {value}" for name, value in seen.facts.items()) or seen.touched_digest[:8]
