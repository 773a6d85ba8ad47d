"""The use cases: the only door for the process that talks to people. It knows ports, never adapters."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from workers.clocks import agreed, local_now
from workers.domain.action import Parameter
from workers.domain.actor import Account, Actor
from workers.domain.approval import Verdict
from workers.domain.audit import AuditEvent
from workers.domain.errors import (
    AlreadyDecided,
    Mistake,
    RequestNotFound,
)
from workers.domain.pace import Paces
from workers.domain.plan import Choice, Edit, Intent, Place, Scope
from workers.domain.press import (
    alternative,
    approval,
    decision_facts,
    editing,
    in_doubt,
    is_of,
    is_requester,
    may_approve,
    may_say_yes,
    may_settle,
    may_undo,
    shows,
    waits,
)
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import Digest, RequestId
from workers.ending import note_end
from workers.guard.emergency import opened
from workers.guard.frozen import thawed
from workers.guard.pacing import Turnstile
from workers.ports import Bus, Change, Clock, Directory, Ids, Listed, Store
from workers.pressing import Pressing, cleaned, received
from workers.verbs.registry import validated

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
FOLLOWED_FOR = timedelta(hours=24)  # how long a plan may be what the next words of its thread go on from
LONGEST_REASON = 1_000
LONGEST_KEPT_TEXT = 4_200  # a little over what the planner accepts, so that it can say what the limit is


def new_id() -> RequestId:
    """40 random bits: short enough to type; a collision is refused by the primary key."""
    return RequestId("req-" + "".join(secrets.choice(ALPHABET) for _ in range(8)))


class Service:
    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        people: Directory,
        ids: Ids = new_id,
        settlers: frozenset[str] = frozenset(),
        paces: Paces | None = None,
        clock: Clock = local_now,
    ) -> None:
        self._store = store
        self._bus = bus
        self._people = people
        self._ids = ids
        self._clock = clock
        self._settlers = settlers  # groups that may say what an interrupted request did, when it needed no approver
        self._turnstile = Turnstile(store, paces) if paces else None  # None: whoever calls is trusted to stop
        self._pressing = Pressing(store=store, bus=bus)

    def actor(self, person_id: str, account: Account) -> Actor:
        """The person as they are now; raises UnknownPerson."""
        return self._people.actor(person_id, account)

    def open_request(
        self,
        text: str,
        actor: Actor,
        place: Place,
        *,
        scope: Scope | None = None,
        delivery: str = "",
        break_glass: bool = False,
    ) -> Request:
        """Writes the request down and wakes a worker; a delivery seen before gives AlreadyDecided and opens nothing.

        Raises TooFast, and then nothing is stored either. With `break_glass` it is asked for as an emergency; the
        policy says whether it may be one.
        """
        if self._turnstile:
            self._turnstile.look(actor, place)
        said = cleaned(text, LONGEST_KEPT_TEXT)
        with self._store.change() as change:
            if delivery and not change.delivery(place.system, delivery):
                raise AlreadyDecided(f"delivery '{delivery}' was received before")
            intent = Intent(
                text=said,
                actor=actor,
                place=place,
                scope=scope or Scope(),
                break_glass=break_glass,
                received_at=change.now(),
            )
            if self._turnstile:
                self._turnstile.take(change, intent)
            follows = change.newest_plan(place, intent.received_at - FOLLOWED_FOR)
            request = Request(id=self._ids(), intent=intent, follows=follows, opened_at=intent.received_at)
            request = change.save(request)
            shortened = len(text) > LONGEST_KEPT_TEXT
            received(change, request, {"text": said, "shortened": shortened, "break_glass": break_glass})
        self._pressing.ring("plan", request.id)
        return request

    def choose(self, request_id: RequestId, choice_id: str, actor: Actor) -> Request:
        """The requester's answer to the question on the card."""
        with self._pressing.press(request_id, actor, "choose") as (change, request):
            waits(request, State.AWAITING_CHOICE)
            is_requester(request, actor, "answer the question of")
            choices = request.question.choices if request.question else ()
            choice = next((choice for choice in choices if choice.id == choice_id), None)
            if choice is None:
                have = ", ".join(choice.id for choice in choices)
                raise Mistake(
                    f"there is no choice '{choice_id}'", now=f"the choices are {have}", then="press one of them"
                )
            saved = change.save(request.chosen(choice))
            facts = {"choice": choice.model_dump()}
            change.leaf(AuditEvent.CHOICE_MADE, request_id=request_id, actor=actor.person_id, facts=facts)
        self._pressing.ring("plan", request_id)
        return saved

    def edit(self, request_id: RequestId, step: int, params: Mapping[str, Parameter], actor: Actor) -> Request:
        """New parameters for a step: a new revision is planned and previewed, approvals are dropped.

        Raises InvalidParameter, and then nothing is stored: the card stays as it is.
        """
        with self._pressing.press(request_id, actor, "edit") as (change, request):
            waits(request, State.AWAITING_APPROVAL)
            is_requester(request, actor, "edit")
            given = {name: cleaned(value, 1000) if isinstance(value, str) else value for name, value in params.items()}
            validated(editing(request, step, given))
            about = next((s.action.text for s in request.plan.steps if s.number == step), "") if request.plan else ""
            saved = change.save(request.edited(Edit(step=step, params=given, about=about, by=actor.person_id)))
            facts = {"step": step, "params": given, "revision": saved.revision}
            change.leaf(AuditEvent.PLAN_EDITED, request_id=request_id, actor=actor.person_id, facts=facts)
        self._pressing.ring("plan", request_id)
        return saved

    def correct(
        self, request_id: RequestId, chip: str, actor: Actor, place: Place, *, plan_digest: Digest | None = None
    ) -> Request:
        """Another alternative of an assumption: a waiting plan is made again, a finished read is asked again."""
        with self._pressing.press(request_id, actor, "correct") as (change, request):
            is_requester(request, actor, "correct")
            if not request.has_read:
                waits(request, State.AWAITING_APPROVAL)
            if plan_digest is not None:
                is_of(request, plan_digest)
            choice = alternative(request, chip)
            if request.has_read:
                saved = self._ask_again(change, request, choice, actor, place)
            else:
                saved = change.save(request.corrected(choice))
                facts = {"choice": choice.model_dump(), "revision": saved.revision}
                change.leaf(AuditEvent.PLAN_EDITED, request_id=request_id, actor=actor.person_id, facts=facts)
        self._pressing.ring("plan", saved.id)
        return saved

    def _ask_again(self, change: Change, done: Request, choice: Choice, actor: Actor, place: Place) -> Request:
        """The words of a finished read once more, with one more choice; a second press finds what the first opened."""
        choices = (*done.choices, choice)
        for other in self._store.requests(limit=50, open_only=True):
            if (other.corrects, other.choices) == (done.id, choices):
                return other
        now = change.now()
        intent = done.intent.model_copy(update={"actor": actor, "place": place, "received_at": now})
        request = Request(
            id=self._ids(), intent=intent, choices=choices, corrects=done.id, follows=done.follows, opened_at=now
        )
        facts = {"text": intent.text, "corrects": done.id, "choice": choice.model_dump()}
        received(change, request, facts)
        return change.save(request)

    def skip_checks(self, request_id: RequestId, actor: Actor) -> Request:
        """Without the suggested checks: a new revision is planned and previewed, approvals are dropped."""
        with self._pressing.press(request_id, actor, "skip checks") as (change, request):
            waits(request, State.AWAITING_APPROVAL)
            is_requester(request, actor, "edit")
            if request.plan is None or not request.plan.checks:
                raise Mistake(f"{request_id} has no checks to skip", now="nothing is looked at before its first step")
            saved = change.save(request.without_checks())
            skipped = [check.action.model_dump(mode="json") for check in request.plan.checks]
            facts = {"skipped": skipped, "revision": saved.revision}
            change.leaf(AuditEvent.PLAN_EDITED, request_id=request_id, actor=actor.person_id, facts=facts)
        self._pressing.ring("plan", request_id)
        return saved

    def run(
        self,
        request_id: RequestId,
        actor: Actor,
        *,
        plan_digest: Digest | None,
        preview_digest: Digest | None,
    ) -> Request:
        """The requester's own yes to exactly this plan and preview; None is a press that names none: PlanUnnamed."""
        with self._pressing.press(request_id, actor, "run") as (change, request):
            waits(request, State.AWAITING_APPROVAL)
            is_requester(request, actor, "run")
            shows(request, plan_digest, preview_digest)
            saved = opened(change, self._yes(change, request, actor, ""))
        return self._if_ready(saved)

    def approve(
        self,
        request_id: RequestId,
        actor: Actor,
        *,
        plan_digest: Digest | None,
        preview_digest: Digest | None,
        reason: str = "",
    ) -> Request:
        """Another person's yes to exactly this plan and preview; None is a press that names none: PlanUnnamed."""
        with self._pressing.press(request_id, actor, "approve") as (change, request):
            waits(request, State.AWAITING_APPROVAL)
            may_approve(request, actor)
            shows(request, plan_digest, preview_digest)
            saved = self._yes(change, request, actor, reason)
        return self._if_ready(saved)

    def reject(self, request_id: RequestId, actor: Actor, reason: str) -> Request:
        """A no from somebody whose yes would count, or from the requester; it stops the request."""
        with self._pressing.press(request_id, actor, "reject") as (change, request):
            waits(request, State.AWAITING_APPROVAL)
            if actor.person_id != request.requester:
                may_approve(request, actor)
            given = approval(request, actor, Verdict.NO, cleaned(reason, 1000), change.now())
            saved = change.save(request.approved(given, change.now()))
            facts = decision_facts(given)
            change.leaf(AuditEvent.APPROVAL_DENIED, request_id=request_id, actor=actor.person_id, facts=facts)
        self._bus.announce(request_id)
        return saved

    def cancel(self, request_id: RequestId, actor: Actor) -> Request:
        """The requester takes the request back, as long as nothing runs."""
        with self._pressing.press(request_id, actor, "cancel") as (change, request):
            waits(request, State.PLANNING, State.AWAITING_CHOICE, State.AWAITING_APPROVAL, State.READY)
            is_requester(request, actor, "cancel")
            saved = change.save(request.cancelled())
            change.leaf(AuditEvent.PLAN_CANCELLED, request_id=request_id, actor=actor.person_id)
        self._bus.announce(request_id)
        return saved

    def undo(self, request_id: RequestId, actor: Actor, place: Place, *, emergency: str | None = None) -> Request:
        """A new request that takes back what this one did, on the same road: preview, people, record.

        With a reason why it is an `emergency` it is asked for under break-glass.
        """
        with self._store.change() as change:
            done = change.request(request_id)  # locked: of two presses in one moment the second sees the first
            may_undo(done)
            if other := change.under_way(request_id, "undoes"):
                raise AlreadyDecided(f"{request_id} is being undone", now=f"{other} does it", then=f"`show {other}`")
            now = change.now()
            intent = Intent(
                text=f"undo {request_id}",
                actor=actor,
                place=place,
                reason=done.intent.reason if emergency is None else cleaned(emergency, LONGEST_REASON) or None,
                break_glass=emergency is not None,
                received_at=now,
            )
            request = change.save(Request(id=self._ids(), intent=intent, undoes=request_id, opened_at=now))
            said = {"text": intent.text, "undoes": request_id, "break_glass": intent.break_glass}
            received(change, request, said)
        self._pressing.ring("plan", request.id)
        return request

    def settle(self, request_id: RequestId, actor: Actor, *, applied: bool, step: int | None = None) -> Request:
        """A person's word on what an interrupted request, or one step of it, did; recorded as theirs."""
        with self._pressing.press(request_id, actor, "settle") as (change, request):
            waits(request, State.INTERRUPTED)
            may_settle(request, actor, self._settlers)
            in_doubt(request, step)
            settled = request.settled(actor.person_id, applied=applied, now=change.now(), step=step)
            saved = change.save(settled.on_trial(change.now()))
            note_end(change, saved)
            steps = list(request.intended) if step is None else [step]
            facts = {"applied": applied, "by": "person", "steps": steps}
            change.leaf(AuditEvent.EXEC_VERIFIED, request_id=request_id, actor=actor.person_id, facts=facts)
        self._bus.announce(request_id)
        return saved

    def show(self, reference: str) -> Request:
        """By id or by its unmistakable beginning, with or without `req-`."""
        prefix = reference if reference.startswith("req-") else f"req-{reference}"
        found = self._store.find(prefix)
        if len(found) == 1:
            return self._store.request(found[0])
        if found:
            raise RequestNotFound(
                f"'{reference}' begins several requests", now=", ".join(found), then="type more of it"
            )
        recent = ", ".join(request.id for request in self._store.requests(limit=3)) or "there are none"
        raise RequestNotFound(
            f"no request begins with '{reference}'", now=f"newest: {recent}", then="`list` shows more"
        )

    def recent(self, *, limit: int = 20, open_only: bool = False) -> Listed:
        return self._store.listed(limit=limit, open_only=open_only)

    def _yes(self, change: Change, request: Request, actor: Actor, reason: str) -> Request:
        if any(given.actor.person_id == actor.person_id for given in request.yes):
            return request  # a second press of the same person changes nothing
        agreed(change, self._clock)
        may_say_yes(request, actor, change.now())
        given = approval(request, actor, Verdict.YES, cleaned(reason, 1000), change.now())
        approved = request.approved(given, change.now())
        if approved.state is State.READY and request.plan is not None:  # under a freeze it goes on waiting, complete
            thawed(change, request, request.plan.steps, {cluster.name: cluster for cluster in self._store.clusters()})
        request = change.save(approved)
        facts = decision_facts(given) | {"missing": [needed.text for needed in request.missing]}
        change.leaf(AuditEvent.APPROVAL_GIVEN, request_id=request.id, actor=actor.person_id, facts=facts)
        return request

    def _if_ready(self, request: Request) -> Request:
        if request.state is State.READY:
            self._pressing.ring("run", request.id)
        elif any(given.role == "approver" and given.checked_at is None for given in request.yes):
            self._pressing.ring("vouch", request.id)
        else:
            self._bus.announce(request.id)
        return request
