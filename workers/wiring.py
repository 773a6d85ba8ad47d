"""The parts of a worker process, put together from its settings: the only place that knows all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from workers.bus import RedisBus
from workers.domain.value import PersonId, RequestId
from workers.guard.following import Following
from workers.guard.policies import Policies
from workers.identity.directory import PeopleNow
from workers.planner.keeper import Keeper
from workers.settings import Settings
from workers.store.store import SqlStore


class Work(Protocol):
    """What jobs do; workers.walk.Walk."""

    def plan(self, request_id: RequestId, worker: str) -> None: ...
    def run(self, request_id: RequestId, worker: str) -> None: ...
    def reconcile(self, request_id: RequestId) -> None: ...
    def vouch(self, request_id: RequestId) -> None: ...
    def tend(self, request_id: RequestId) -> None: ...
    def sweep(self) -> None: ...
    def probe(self) -> None: ...
    def tidy(self) -> None: ...


@dataclass(frozen=True)
class Wiring:
    work: Work
    store: SqlStore
    bus: RedisBus
    data: Path
    after_fork: Callable[[], None]  # of what `work` holds besides store and bus
    following: Following | None = None  # the policy file
    keeper: Keeper | None = None  # of the index of names, in the process that plans


def wire(settings: Settings) -> Wiring:
    """Raises InvalidConfiguration; connects to nothing yet."""
    from workers.clusters.registry import Clusters
    from workers.planner.name_index import NameIndex
    from workers.walk import Walk

    store = SqlStore(settings.database_url, settings.data / "audit.head")
    people = PeopleNow(settings.people, store, timedelta(hours=settings.link_cooling_hours))
    people.people()
    following = Following(settings.policy, Policies(store))
    bus = RedisBus(settings.redis_url)
    fleet = Clusters(settings, following.policy)
    index = NameIndex() if settings.index_as else None
    walk = Walk(
        store=store,
        bus=bus,
        fleet=fleet,
        policy=following.policy,
        policy_digest=following.digest,
        people=people,
        settings=settings,
        index=index,
    )
    following.tell(walk.take_policy)
    following.tell(lambda policy, _digest, _problem: fleet.take(policy))
    if index is None:
        return Wiring(walk, store, bus, settings.data, fleet.after_fork, following)
    # Over connections of its own: a lock that one of its threads holds must not come into a forked child.
    keeper = Keeper(Clusters(settings, following.policy), index, PersonId(settings.index_as))
    return Wiring(walk, store, bus, settings.data, fleet.after_fork, following, keeper)
