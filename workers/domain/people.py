"""The people file: who may speak, in which groups."""

from collections import Counter
from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from workers.domain.actor import Account, Actor
from workers.domain.errors import UnknownPerson
from workers.domain.value import ClusterName, PersonId, Value


class Person(Value):
    name: str
    groups: frozenset[str] = frozenset()  # with `groups_from` the most that the cluster may say, where it is written
    kubernetes_names: frozenset[str] = frozenset()  # other names that API servers know the person by
    deactivated: bool = False  # may do nothing, and counts for nothing

    def grouped(self, answered: frozenset[str]) -> Self:
        """In the groups that a cluster has answered; never in more than the file allows, where it names any."""
        allowed = answered & self.groups if "groups" in self.model_fields_set else answered
        return self.model_copy(update={"groups": allowed})


class GroupsFrom(Value):
    """A person's groups are those that this cluster answered when an account of theirs was linked."""

    cluster: ClusterName


class People(Value):
    people: Mapping[PersonId, Person]
    groups_from: GroupsFrom | None = None  # nothing: from this file

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        """A name that an API server answers must be exactly one person's."""
        names = Counter(name for person in self.people.values() for name in person.kubernetes_names)
        twice = [name for name, times in names.items() if times > 1 or PersonId(name) in self.people]
        if twice:
            raise ValueError(f"the kubernetes_names hold '{min(twice)}', which is another person's name too")
        return self

    def as_now(self, actor: Actor) -> Actor | None:
        """The same person with today's groups; None when they are not known any more, or deactivated."""
        person = self.people.get(actor.person_id)
        if person is None or person.deactivated:
            return None
        return actor.model_copy(update={"groups": person.groups})

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
        if person.deactivated:
            raise UnknownPerson(
                f"'{person_id}' is deactivated in the people file",
                now="they may neither ask nor approve",
                then="have the line `deactivated` taken out of the people file",
            )
        return Actor(
            person_id=PersonId(person_id),
            name=person.name,
            groups=person.groups,
            account=account,
            verified_by="session",
        )

    def named(self, username: str) -> PersonId | None:
        """Whom an API server's answer means: the person of that id, or the only one who has it as another name."""
        if PersonId(username) in self.people:
            return PersonId(username)
        return next((one for one, person in self.people.items() if username in person.kubernetes_names), None)
