"""The people file: who may speak, in which groups."""

from collections.abc import Mapping

from workers.domain.actor import Account, Actor
from workers.domain.errors import UnknownPerson
from workers.domain.value import PersonId, Value


class Person(Value):
    name: str
    groups: frozenset[str] = frozenset()


class People(Value):
    people: Mapping[PersonId, Person]

    def as_now(self, actor: Actor) -> Actor | None:
        """The same person with today's groups; None when they are not known any more."""
        person = self.people.get(actor.person_id)
        return None if person is None else actor.model_copy(update={"groups": person.groups})

    def actor(self, person_id: str, account: Account) -> Actor:
        """The person as one who speaks from a place where they are already authenticated."""
        person = self.people.get(PersonId(person_id))
        if person is None:
            known = ", ".join(sorted(self.people)) or "nobody"
            raise UnknownPerson(
                f"nobody called '{person_id}' is known here",
                now=f"known: {known}",
                then="add the person to the people file",
            )
        return Actor(
            person_id=PersonId(person_id),
            name=person.name,
            groups=person.groups,
            account=account,
            verified_by="session",
        )
