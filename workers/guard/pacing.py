"""Takes the turn of a person and of a channel before a request is opened, by the database's clock."""

from collections.abc import Iterator

from workers.domain.actor import Actor
from workers.domain.canonical import digest
from workers.domain.pace import Pace, Paces
from workers.domain.plan import Intent, Place
from workers.ports import Change, Store


class Turnstile:
    def __init__(self, store: Store, paces: Paces) -> None:
        self._store = store
        self._paces = paces

    def look(self, actor: Actor, place: Place) -> None:
        """Raises TooFast after a mere look, so that whoever floods holds nothing that others wait for."""
        buckets = list(self._buckets(actor, place))
        found, now = self._store.paces([name for _, name, _ in buckets])
        for pace, name, who in buckets:
            pace.taken(found.get(name), now, who)

    def take(self, change: Change, intent: Intent) -> None:
        """Raises TooFast; then the change must not be kept."""
        for pace, name, who in self._buckets(intent.actor, intent.place):
            change.paced(name, pace.taken(change.pace(name), intent.received_at, who))

    def _buckets(self, actor: Actor, place: Place) -> Iterator[tuple[Pace, str, str]]:
        yield self._paces.person, digest(["person", actor.person_id]), actor.person_id
        yield self._paces.channel, digest(["channel", place.system, place.channel]), f"channel '{place.channel}'"
