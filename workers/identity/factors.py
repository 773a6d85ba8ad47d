"""The door for second factors: enrolment, and the check of a code for one press. A code is never kept or repeated."""

import secrets
from typing import Protocol

from workers.domain.actor import Actor
from workers.domain.audit import AuditEvent
from workers.domain.errors import SecondFactorRefused
from workers.domain.factor import LOCKED_FOR, SECRET_BYTES, WITHIN, WRONG_TRIES, Factor, counter_of
from workers.domain.value import PersonId
from workers.ports import Change, Store

TRY = "factor"
ENROLL = "kubechat second-factor enroll"


class Sealing(Protocol):
    """How secrets are encrypted at rest."""

    def seal(self, person: PersonId, secret: bytes) -> str: ...
    def unseal(self, person: PersonId, sealed: str) -> bytes:
        """Raises InvalidConfiguration."""


class Factors:
    def __init__(self, *, store: Store, sealing: Sealing) -> None:
        self._store = store
        self._sealing = sealing

    def of(self, person: PersonId) -> Factor | None:
        return self._store.factor(person)

    def fresh_secret(self) -> bytes:
        return secrets.token_bytes(SECRET_BYTES)

    def enroll(self, actor: Actor, secret: bytes, typed: str) -> Factor:
        """Kept once a code proves that the person's app has it; raises SecondFactorRefused."""
        with self._store.change() as change:
            at = change.now()
            if change.identities.factor(actor.person_id) is not None:
                raise SecondFactorRefused(
                    f"{actor.name} has a second factor already", then="remove it first: kubechat second-factor remove"
                )
            counter = counter_of(secret, typed, at)
            if counter is None:
                raise SecondFactorRefused(
                    "the app's code is another one",
                    now="nothing was kept",
                    then=f"check the clock of the phone, and begin again: {ENROLL}",
                )
            sealed = self._sealing.seal(actor.person_id, secret)
            factor = Factor(person_id=actor.person_id, sealed=sealed, enrolled_at=at, last_counter=counter)
            change.identities.save_factor(factor)
            change.identities.forget_tries(TRY, actor.person_id)
            change.leaf(AuditEvent.FACTOR_ENROLLED, request_id=None, actor=actor.person_id)
        return factor

    def checked(self, actor: Actor, typed: str) -> Actor:
        """The person with a second factor for this press; each code counts once. Raises SecondFactorRefused."""
        with self._store.change() as change:
            refusal = self._why_not(change, actor.person_id, typed)
            if refusal is None:
                return actor.model_copy(update={"second_factor_at": change.now()})
            facts = {"account": actor.account.model_dump(), "why": refusal.now or refusal.message}
            change.leaf(AuditEvent.FACTOR_REFUSED, request_id=None, actor=actor.person_id, facts=facts)
        raise refusal

    def remove(self, actor: Actor, typed: str | None) -> None:
        """With a code, or without one as lost; raises SecondFactorRefused."""
        if typed is not None:
            self.checked(actor, typed)
        with self._store.change() as change:
            if not change.identities.remove_factor(actor.person_id):
                raise SecondFactorRefused(f"{actor.name} has no second factor", then=f"enroll one: {ENROLL}")
            facts = {"lost": typed is None}
            change.leaf(AuditEvent.FACTOR_REMOVED, request_id=None, actor=actor.person_id, facts=facts)

    def _why_not(self, change: Change, person: PersonId, typed: str) -> SecondFactorRefused | None:
        """None when the code counts, which uses it up; a wrong one is remembered."""
        at, factor = change.now(), change.identities.factor(person)
        if factor is None:
            return SecondFactorRefused(f"{person} has no second factor", then=f"enroll one: {ENROLL}")
        if factor.locked_until is not None and at < factor.locked_until:
            return SecondFactorRefused(
                f"the second factor of {person} is locked",
                now=f"{WRONG_TRIES} codes were wrong; it opens at {factor.locked_until:%H:%M:%S} UTC",
                then="wait until then",
            )
        counter = counter_of(self._sealing.unseal(person, factor.sealed), typed, at)
        if counter is not None and change.identities.use_counter(person, counter):
            change.identities.forget_tries(TRY, person)
            return None
        if counter is not None:
            return SecondFactorRefused(
                "that code was used before", now="each counts once", then="wait for the next one"
            )
        change.identities.tried(TRY, person)
        left = WRONG_TRIES - change.identities.tries(TRY, person, WITHIN)
        if left <= 0:
            change.identities.lock_factor(person, at + LOCKED_FOR)
            change.identities.forget_tries(TRY, person)
        now = f"{left} tries are left" if left > 0 else f"it is locked until {at + LOCKED_FOR:%H:%M:%S} UTC"
        return SecondFactorRefused("that is not the code of now", now=now, then="read the app again and type it")
