"""Who is known at this moment: the people file as it is now, and the links of accounts as they are now.

The file is read again when it has changed. One that cannot be read means that nobody is known, and says why.
"""

from datetime import datetime, timedelta
from pathlib import Path

from workers.domain.actor import TERMINAL, Account, AccountKind, Actor
from workers.domain.errors import InvalidConfiguration
from workers.domain.link import Link
from workers.domain.people import People, Person
from workers.domain.value import PersonId
from workers.ports import Store
from workers.settings import read_people

_Stamp = tuple[int, int, int]


class PeopleNow:
    """Implements workers.ports.Directory."""

    def __init__(self, path: Path, store: Store, cooling: timedelta) -> None:
        self._path = path
        self._store = store
        self._cooling = cooling
        self._read: tuple[_Stamp, People] | None = None

    def people(self) -> People:
        """Raises InvalidConfiguration while the file cannot be read."""
        stamp = self._stamp()
        if self._read is None or self._read[0] != stamp:
            self._read = None
            self._read = stamp, read_people(self._path)
        return self._read[1]

    def actor(self, person_id: str, account: Account) -> Actor:
        return self._grouped(PersonId(person_id)).actor(person_id, account)

    def as_now(self, actor: Actor) -> Actor | None:
        """Of an account of a chat system: None when it is not linked to the person any more, or no member any more."""
        found = self._grouped(actor.person_id).as_now(actor)
        if found is None or actor.account.system == TERMINAL:
            return found
        link = self._store.link(actor.account)
        if link is None or link.person_id != actor.person_id or link.account.kind is not AccountKind.MEMBER:
            return None
        return found.model_copy(update={"cooling_until": self.cooling_until(link, self._store.now())})

    def linked(self, account: Account, link: Link, now: datetime) -> Actor:
        """The person that the account is, for one message; raises UnknownPerson."""
        found = self.actor(link.person_id, account)
        cooling = self.cooling_until(link, now)
        return found.model_copy(update={"verified_by": "signature", "cooling_until": cooling})

    def cooling_until(self, link: Link, now: datetime) -> datetime | None:
        return link.cooling_until(self._cooling, now)

    def _grouped(self, person_id: PersonId) -> People:
        """The file, with the person's groups from the cluster where it says so."""
        people = self.people()
        person = people.people.get(person_id)
        if people.groups_from is None or person is None:
            return people
        of_cluster = (
            link.groups for link in self._store.links(person_id) if link.cluster == people.groups_from.cluster
        )
        answered = next((groups for groups in of_cluster if groups is not None), frozenset())
        return _with(people, person_id, person.grouped(answered))

    def _stamp(self) -> _Stamp:
        try:
            found = self._path.stat()
        except OSError as error:
            raise InvalidConfiguration(
                f"reading {self._path}: {error.strerror}",
                now="nobody is known until it can be read",
                then="put the people file back",
            ) from error
        return found.st_mtime_ns, found.st_size, found.st_ino


def _with(people: People, person_id: PersonId, person: Person) -> People:
    return people.model_copy(update={"people": {**people.people, person_id: person}})
