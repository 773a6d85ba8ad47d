"""Everything that must still be true at the moment of the write, asked again of store, policy and clusters."""

from collections.abc import Callable, Mapping, Sequence

from workers.domain.action import Effect
from workers.domain.actor import Actor
from workers.domain.errors import AccessDenied, Broken, ClusterChanged, PolicyRefused
from workers.domain.observed import Observed
from workers.domain.people import People
from workers.domain.plan import Step
from workers.domain.policy import Outcome
from workers.domain.request import Request
from workers.driving import each
from workers.planned import refusal
from workers.planning import Planning
from workers.preview import Previewer, mark_of
from workers.verbs.registry import change_spec


class Recheck:
    def __init__(self, planning: Planning, previewer: Previewer, people: People) -> None:
        self._planning = planning
        self._deciding = planning.deciding
        self._previewer = previewer
        self._people = people

    def clearance(self, request: Request) -> None:
        """The stored plan is the approved one, and today's policy still lets it run.

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
        today = self._today(request)
        self._standing(today)
        self._planning.holding.check(request.plan, request.intent)
        self._decided(request, today, request.preview.by_step(request.plan))
        allows = self._deciding.allowing(request.intent)
        refused = [check.why for check in request.plan.checks if not allows(check.action)]
        if refused:
            raise PolicyRefused(
                "the policy does not let the suggested looks be taken any more",
                now=", ".join(refused),
                then="ask again: they are left out then",
            )

    def _decided(self, request: Request, today: Request, observed: Mapping[int, Observed]) -> None:
        """Today's policy, asked with today's circumstances, is content with the approvals that there are."""
        now = self._deciding.decide(request.plan.steps if request.plan else (), request.intent, observed)
        if not today.model_copy(update={"decision": now}).is_cleared:
            why = refusal(now).now if now.outcome is Outcome.REFUSE else ", ".join(n.text for n in now.needed)
            raise PolicyRefused("the policy asks for more now than when this was approved", now=why, then="ask again")

    def _today(self, request: Request) -> Request:
        """With each approver in the groups of today; without those who are not known any more."""
        known = [(given, self._people.as_now(given.actor)) for given in request.approvals]
        still = tuple(given.model_copy(update={"actor": actor}) for given, actor in known if actor is not None)
        return request.model_copy(update={"approvals": still})

    def _standing(self, request: Request) -> None:
        """The requester is who asked, each approver still in a group whose approval counts."""
        asker = self._people.as_now(request.intent.actor)
        if asker is None:
            raise PolicyRefused(
                f"{request.requester} is not in the people file any more",
                now="nothing was written",
                then="have them added again, or ask for it yourself",
            )
        if asker.groups != request.intent.actor.groups:
            raise PolicyRefused(
                f"{request.requester} is not in the groups any more that this was asked with",
                now=f"asked with {_list(request.intent.actor)}; the people file has {_list(asker)}",
                then="ask again",
            )
        if not request.is_cleared:
            raise PolicyRefused(
                "somebody who approved this may not do so any more",
                now=f"still missing: {', '.join(needed.text for needed in request.missing)}",
                then="ask again, and have somebody else approve",
            )

    def noting(self, note: Callable[[str], None]) -> "Recheck":
        """The same; tells `note` the Audit-Id of every call."""
        return Recheck(self._planning, self._previewer.noting(note), self._people)

    def drift(self, request: Request) -> tuple[str, ...]:
        """What has changed since the preview, a sentence each; empty when the approved effects still hold.

        Raises AccessDenied when the requester or an approver has lost the right, ClusterChanged when a context points
        to another cluster than the one that was shown, PolicyRefused when what is there now asks for more.
        """
        plan, preview = request.plan, request.preview
        if plan is None or preview is None:
            raise Broken(f"{request.id} is ready without a plan")
        changing = [step for step in plan.steps if step.action.effect is not Effect.READ]
        today = self._today(request)
        approvers = {given.actor.person_id: given.actor for given in today.yes}
        people = {**approvers, request.requester: request.intent.actor}
        for name, identity in self._previewer.identities(plan, request.intent.actor).items():
            if identity != preview.identities.get(name):
                raise ClusterChanged(
                    f"'{name}' is not the cluster that was previewed",
                    now=f"its kube-system namespace has uid {identity.uid}",
                    then="have the kubeconfig checked before anybody asks again",
                )
        found = each(lambda step: self._step(request, step, list(people.values())), changing) if changing else []
        sentences = tuple(sentence for sentence, _ in found if sentence)
        if changing and not sentences:  # labels and counts are in no digest, and the policy may speak of them
            live = {step.number: seen for step, (_, seen) in zip(changing, found, strict=True) if seen is not None}
            self._decided(request, today, live)
        return sentences

    def _step(self, request: Request, step: Step, people: Sequence[Actor]) -> tuple[str, Observed | None]:
        preview = request.preview
        target = step.action.target
        before = seen_at_preview(request, step)
        identity = preview.identities[target.cluster] if preview else None
        if before is None or identity is None:
            return f"{target.text} was not in the preview", None
        live, now = self._previewer.look(step, request.intent.actor, identity)
        for person in people:
            access = self._previewer.may(step, live, person, mark_of(request.id, request.revision, step.number))
            if not access.allowed:
                raise AccessDenied(
                    f"{person.name} has no right to this any more: {target.text}",
                    now="access was asked again",
                    then=access.because,
                )
        if change_spec(step.action.verb).already(step.action, live):
            return "", now  # what was approved has come true without us; the step will say so
        if now.uid != before.uid:
            return f"{target.text} was replaced by another object of the same name", now
        if now.touched_digest != before.touched_digest:
            return f"{target.text} changed: {_facts(before)} -> {_facts(now)}", now
        return "", now


def seen_at_preview(request: Request, step: Step) -> Observed | None:
    """What the preview saw of a changing step."""
    if request.plan is None or request.preview is None:
        return None
    return request.preview.by_step(request.plan).get(step.number)


def _list(person: Actor) -> str:
    return ", ".join(sorted(person.groups)) or "no group"


def _facts(seen: Observed) -> str:
    return ", ".join(f"{name} {value}" for name, value in seen.facts.items()) or seen.touched_digest[:8]
