"""One running instance as this process sees it: settings -> adapters -> service. Used by the composition roots only."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.guard_router import GuardRouter
from bot.identity_router import IdentityRouter
from bot.router import Router
from workers.aftercare import Aftercare
from workers.bus import RedisBus
from workers.domain.errors import StoreUnavailable
from workers.domain.pace import Pace, Paces
from workers.domain.policy import tier
from workers.domain.press import approver_groups
from workers.guard.following import Following
from workers.guard.freezing import Freezing
from workers.guard.reviewing import Reviewing
from workers.identity.directory import PeopleNow
from workers.identity.factor_key import FactorKey
from workers.identity.factors import Factors
from workers.identity.linking import Linking
from workers.narrowing import Narrowing
from workers.ports import Bus, Store
from workers.service import Service, new_id
from workers.settings import Settings
from workers.store.store import SqlStore


@dataclass(frozen=True)
class Instance:
    settings: Settings
    store: Store
    bus: Bus
    service: Service
    router: Router
    linking: Linking
    factors: Factors
    following: Following  # the policy file, for tiers and health; nothing is decided here
    close: Callable[[], None]


def settings_of(data: Path | None, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """From the command line, else this process's environment, else the defaults."""
    return Settings.read(os.environ if environment is None else environment, data, **given)


def connect(settings: Settings) -> Instance:
    """Raises StoreUnavailable, saying what to start, when the data folder has never been served."""
    if missing_file(settings):
        raise not_served(settings, "there is no database in it")
    store = SqlStore(settings.database_url, head_file(settings))
    people = PeopleNow(settings.people, store, timedelta(hours=settings.link_cooling_hours))
    people.people()
    bus = RedisBus(settings.redis_url)
    try:
        store.cursor()
    except StoreUnavailable as error:
        if "no such table" in error.message or "does not exist" in error.message:
            raise not_served(settings, "its database has no tables yet") from error
        raise
    following = Following(settings.policy, last=lambda: next(iter(store.policy_versions(limit=1)), None))
    settlers = approver_groups(following.policy)
    service = Service(store=store, bus=bus, people=people, settlers=settlers, paces=_paces(settings))
    linking = Linking(store=store, directory=people)
    aftercare = Aftercare(store=store, bus=bus, ids=new_id)
    freezing = Freezing(store=store, bus=bus, policy=lambda: following.policy)
    guarding = GuardRouter(service, freezing, Reviewing(store=store, bus=bus))
    factors = Factors(store=store, sealing=FactorKey(settings.data))
    router = Router(
        service,
        aftercare,
        Narrowing(store=store, bus=bus),
        lambda cluster: tier(following.policy, cluster),
        lambda: datetime.now(UTC),
        guarding,
        IdentityRouter(linking, factors),
    )

    def close() -> None:
        bus.close()
        store.close()

    return Instance(settings, store, bus, service, router, linking, factors, following, close)


def _paces(settings: Settings) -> Paces:
    person, channel = settings.person_per_minute, settings.channel_per_minute
    return Paces(person=Pace(per_minute=person), channel=Pace(per_minute=channel))


def head_file(settings: Settings) -> Path:
    """Where the newest end of the audit chain is noted outside the database."""
    return settings.data / "audit.head"


def missing_file(settings: Settings) -> bool:
    """Whether the database is a file that is not there; connecting would make an empty one."""
    if not settings.database_url.startswith("sqlite:"):
        return False
    return not Path(settings.database_url.partition("///")[2]).exists()


def not_served(settings: Settings, now: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"nobody serves the data folder '{settings.data}'",
        now=now,
        then="start 'kubechat up' with the same --data, or try 'make demo'",
    )
