"""The use cases of freezes: set one, lift one, list them. Who may is the policy's word; every one is recorded."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from workers.domain.action import Effect
from workers.domain.actor import Actor
from workers.domain.audit import AuditEvent
from workers.domain.cluster import Cluster
from workers.domain.errors import Mistake, Refusal
from workers.domain.extent import Extent, extent, held
from workers.domain.freeze import Freeze, holding
from workers.domain.policy import Policy
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import ClusterName, RequestId, Value
from workers.ports import Bus, Change, Store
from workers.pressing import cleaned
from workers.service import ALPHABET, LONGEST_REASON

LONGEST_MINUTES = 31 * 24 * 60
MOST_OPEN = 1000  # open requests that are looked through
_WAITING = (State.AWAITING_APPROVAL, State.READY)


class Frost(Value):
    """A freeze that was just set, and whom it meets."""

    freeze: Freeze
    clusters: tuple[ClusterName, ...]  # known now
    waiting: tuple[RequestId, ...]  # told so on their cards
    running: tuple[RequestId, ...]  # they stop before their next write


class Freezing:
    def __init__(self, *, store: Store, bus: Bus, policy: Callable[[], Policy]) -> None:
        self._store = store
        self._bus = bus
        self._policy = policy

    def standing(self) -> tuple[Freeze, ...]:
        """Oldest first."""
        return self._store.freezes()

    def clusters(self) -> Mapping[ClusterName, Cluster]:
        """As the workers last saw them."""
        return {cluster.name: cluster for cluster in self._store.clusters()}

    def freeze(self, said: str, actor: Actor, *, reason: str, minutes: int | None = None) -> Frost:
        """From the commit on no write begins there. Raises UnknownCluster, Mistake, Refusal."""
        self._may(actor, self._policy().freeze.groups, "freeze")
        example = f"freeze {said} {'for 2h ' if minutes else ''}because ..."
        because = _because(reason, "a freeze", example)
        if minutes is not None and not 0 < minutes <= LONGEST_MINUTES:
            raise Mistake(
                "a freeze for a time lasts from one minute to 31 days", then=f"`{example}`, or no time at all"
            )
        clusters = self.clusters()
        meant = extent(self._policy(), clusters, said)
        with self._store.change() as change:
            freeze = _made(change, meant, actor, because, minutes)
            names = held(freeze, clusters)
            if not names and not freeze.everything and clusters:  # before any worker has looked, the words must do
                raise Mistake(
                    f"a freeze of {meant.what} would hold nothing",
                    now=f"no cluster of it is known here; there are {', '.join(sorted(clusters)) or 'none'}",
                    then="name one of them, or 'everything'",
                )
            change.freeze(freeze)
            facts = {
                **freeze.model_dump(mode="json", exclude={"by"}),
                "clusters": sorted(freeze.clusters),
                "tiers": sorted(freeze.tiers),
                "account": actor.account.model_dump(),
            }
            change.leaf(AuditEvent.FREEZE_SET, request_id=None, actor=actor.person_id, facts=facts)
        waiting = self._tell(freeze, clusters)  # it holds already
        running = (r.id for r in self._open(State.RUNNING) if _is_held(r, freeze, clusters))
        return Frost(freeze=freeze, clusters=names, waiting=waiting, running=tuple(running))

    def unfreeze(self, said: str, actor: Actor, *, reason: str) -> tuple[Freeze, ...]:
        """Lifts every freeze of that name or id, or else of exactly that; gives those that stood until now."""
        self._may(actor, self._policy().freeze.unfreeze_groups, "lift a freeze")
        because = _because(reason, "lifting a freeze", f"unfreeze {said} because ...")
        clusters = self.clusters()
        with self._store.change() as change:
            standing = change.freezes()
            lifted = [
                freeze
                for freeze in self._meant(standing, said, clusters)
                if change.unfreeze(freeze.id, actor.person_id, because)
            ]
            for freeze in lifted:
                facts = {
                    "id": freeze.id,
                    "what": freeze.what,
                    "set_by": freeze.by,
                    "reason": because,
                    "account": actor.account.model_dump(),
                }
                change.leaf(AuditEvent.FREEZE_LIFTED, request_id=None, actor=actor.person_id, facts=facts)
        for freeze in lifted:
            self._untell(freeze, actor, because)
        return tuple(lifted)

    def _meant(
        self, standing: tuple[Freeze, ...], said: str, clusters: Mapping[ClusterName, Cluster]
    ) -> tuple[Freeze, ...]:
        """Raises when there is none; a larger freeze is not lifted by the name of a part of it."""
        if named := tuple(freeze for freeze in standing if said.lower() in (freeze.id, freeze.what.lower())):
            return named
        meant = extent(self._policy(), clusters, said)
        if exactly := tuple(freeze for freeze in standing if meant.is_of(freeze)):
            return exactly
        have = "; ".join(freeze.text for freeze in standing) or "nothing is frozen"
        lifting = " or ".join(dict.fromkeys(freeze.lifting for freeze in standing))
        raise Mistake(f"there is no freeze of {meant.what}", now=have, then=f"type {lifting}" if lifting else "")

    def _may(self, actor: Actor, groups: frozenset[str], what: str) -> None:
        if actor.groups & groups:
            return
        error = Refusal(
            f"{actor.name} may not {what}",
            now=f"the policy names {' or '.join(sorted(groups)) or 'nobody'} for it; {actor.name} is in "
            f"{', '.join(sorted(actor.groups)) or 'no group'}",
            then="ask one of them, or have the policy changed",
        )
        with self._store.change() as change:
            facts = {"press": what, "code": error.code, "message": error.message}
            change.leaf(AuditEvent.ACCESS_DENIED, request_id=None, actor=actor.person_id, facts=facts)
        raise error

    def _open(self, *states: State) -> tuple[Request, ...]:
        found = self._store.requests(limit=MOST_OPEN, open_only=True)
        return tuple(request for request in found if request.state in states)

    def _tell(self, freeze: Freeze, clusters: Mapping[ClusterName, Cluster]) -> tuple[RequestId, ...]:
        """Puts the freeze on the cards of those who wait to change something in it."""
        held_here = [one.id for one in self._open(*_WAITING) if _is_held(one, freeze, clusters)]
        return self._noted(held_here, lambda old: "; ".join(part for part in (_notice(freeze), old) if part))

    def _untell(self, freeze: Freeze, actor: Actor, because: str) -> tuple[RequestId, ...]:
        """Says on the same cards that it is over."""
        told = [one.id for one in self._open(*_WAITING) if _notice(freeze) in one.notice]
        lifted = f"{freeze.what} was unfrozen by {actor.person_id}: {because}"
        return self._noted(told, lambda old: old.replace(_notice(freeze), lifted))

    def _noted(self, requests: Iterable[RequestId], said: Callable[[str], str]) -> tuple[RequestId, ...]:
        """With another notice, one by one: nobody who runs waits for all of them."""
        noted = []
        for request_id in requests:
            with self._store.change() as change:
                request = change.request(request_id)
                if request.state not in _WAITING:
                    continue
                change.save(request.model_copy(update={"notice": said(request.notice)}))
            noted.append(request_id)
            self._bus.announce(request_id)
        return tuple(noted)


def _because(reason: str, what: str, example: str) -> str:
    if not reason.strip():
        raise Mistake(f"{what} needs a reason that people can read", then=f"type `{example}`")
    return cleaned(reason.strip(), LONGEST_REASON)


def _made(change: Change, meant: Extent, actor: Actor, because: str, minutes: int | None) -> Freeze:
    at = change.now()
    return Freeze(
        id="frz-" + "".join(secrets.choice(ALPHABET) for _ in range(8)),
        what=meant.what,
        clusters=meant.clusters,
        tiers=meant.tiers,
        everything=meant.everything,
        by=actor.person_id,
        reason=because,
        at=at,
        until=at + timedelta(minutes=minutes) if minutes is not None else None,
    )


def _is_held(request: Request, freeze: Freeze, clusters: Mapping[ClusterName, Cluster]) -> bool:
    if request.plan is None or (request.decision is not None and request.decision.break_glass):
        return False
    touched = (s.action.target.cluster for s in request.plan.steps if s.action.effect is not Effect.READ)
    return bool(holding((freeze,), touched, clusters))


def _notice(freeze: Freeze) -> str:
    return f"{freeze.text}; nothing runs there before ({freeze.lifting} lifts it)"
