"""One person floods: what is too much is refused with the moment to come back, and others notice nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Ask
from bot.identity import terminal_account, terminal_actor, terminal_place
from bot.processes import served
from bot.wiring import Instance, connect, settings_of
from tests.e2e.stack import World
from tests.unit.domain.making import ALICE, BOB, CAROL, PLACE
from tests.unit.walk.rehearsal import PEOPLE, SilentBus
from workers.domain.actor import Actor
from workers.domain.errors import TooFast
from workers.domain.pace import Pace, Paces
from workers.domain.plan import Place
from workers.domain.request import Request
from workers.domain.section import Log
from workers.service import LONGEST_KEPT_TEXT, Service
from workers.store.store import SqlStore

pytestmark = pytest.mark.xdist_group("guarded")
START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
FEW = Paces(person=Pace(per_minute=5), channel=Pace(per_minute=8))


def service(store: SqlStore, paces: Paces = FEW) -> Service:
    return Service(store=store, bus=SilentBus(), people=PEOPLE, paces=paces)


def opened(ask: Callable[[], object], times: int) -> int:
    """How many of so many were opened."""
    found = 0
    for _ in range(times):
        with suppress(TooFast):
            ask()
            found += 1
    return found


def test_t24_a_person_has_a_pace(store: SqlStore) -> None:
    """What is beyond it opens nothing, on both databases; the person is told when there is one again."""
    door = service(store)

    taken = opened(lambda: door.open_request("pods in dev", ALICE, PLACE), 12)

    with pytest.raises(TooFast) as caught:
        door.open_request("pods in dev", ALICE, Place(system="terminal", channel="elsewhere"))
    assert taken == 5
    assert len(store.requests(limit=100)) == 5
    assert "alice" in caught.value.message
    assert "5 in a minute" in caught.value.now
    assert caught.value.then in ("ask again in 12 s", "ask again in 11 s")


def test_t24_a_channel_has_a_pace(store: SqlStore) -> None:
    """Many people in one channel share it; another channel has its own."""
    door = service(store)
    people: tuple[Actor, ...] = (ALICE, BOB, CAROL)

    taken = [opened(lambda who=who: door.open_request("pods in dev", who, PLACE), 4) for who in people]  # type: ignore[misc]
    elsewhere = opened(lambda: door.open_request("pods", CAROL, Place(system="terminal", channel="other")), 4)

    assert sum(taken) == 8
    assert elsewhere == 4


def test_t24_a_refused_request_takes_no_turn(store: SqlStore) -> None:
    """Whoever is over their own pace does not use up that of the channel."""
    door = service(store)
    opened(lambda: door.open_request("pods in dev", ALICE, PLACE), 50)

    assert opened(lambda: door.open_request("pods in dev", BOB, PLACE), 50) == 3


def test_t24_a_flood_leaves_no_records(store: SqlStore) -> None:
    """Whoever floods does not fill the audit trail: what opens nothing writes nothing."""
    door = service(store)
    opened(lambda: door.open_request("pods in dev", ALICE, PLACE), 5)
    before = len(list(store.records()))

    assert opened(lambda: door.open_request("pods in dev", ALICE, PLACE), 100) == 0
    assert len(list(store.records())) == before


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=200), st.integers(1, 40))
def test_t24_no_minute_has_more_than_twice_its_pace(pauses: list[int], per_minute: int) -> None:
    """Whatever the rhythm: a full bucket and a minute's refill at most; and who waits as told is let in."""
    pace, full_at, now, taken = Pace(per_minute=per_minute), None, START, []
    for pause in pauses:
        now += timedelta(milliseconds=pause)
        try:
            full_at = pace.taken(full_at, now, "alice")
        except TooFast as error:
            seconds = int(error.then.split()[-2])
            assert pace.taken(full_at, now + timedelta(seconds=seconds), "alice")
        else:
            taken.append(now)

    for first in taken:
        assert sum(first <= at < first + timedelta(minutes=1) for at in taken) <= 2 * per_minute


@pytest.mark.parametrize("text", ["x" * (1 << 20), "a " * (1 << 19), "\u202e" * (1 << 19), "=" * (1 << 20)])
def test_t24_a_megabyte_is_cut_before_it_is_read(store: SqlStore, text: str) -> None:
    """What is kept is a little more than the planner reads, and cutting it takes no time."""
    began = time.process_time()
    kept = service(store).open_request(text, ALICE, PLACE)

    assert time.process_time() - began < 0.25
    assert len(kept.intent.text) <= LONGEST_KEPT_TEXT


@pytest.fixture(scope="module")
def paced(guarded_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The product with its own defaults."""
    data = tmp_path_factory.mktemp("k")
    settings = settings_of(data, {}, kubeconfig=guarded_world.fleet.kubeconfig, http_port=0, rollout_seconds=20)
    said: list[str] = []
    with served(settings, run_workers=1, with_bot=False, say=said.append):
        instance = connect(settings)
        yield instance
        instance.close()


def test_t24_others_do_not_wait_while_one_floods(paced: Instance) -> None:
    """While Carol sends megabytes as fast as she can, Alice's requests take 200 ms more at most."""
    over, refused = threading.Event(), []

    def flood() -> None:
        actor = terminal_actor(paced.service, "carol", terminal_account())
        while not over.is_set():
            for size in (1, 100, 65_536):
                asked = Ask(text="pods in prod-eu " * size)
                reply = paced.router.take(asked, actor, terminal_place("carol"), None)
                refused.append(reply.problem is not None and reply.problem.code == "too-fast")

    quiet = _waits(paced, "bob")
    hand = threading.Thread(target=flood)
    hand.start()
    try:
        waits = _waits(paced, "alice")
    finally:
        over.set()
        hand.join(10)

    assert sum(refused) > len(refused) - 60  # thirty, and what a few seconds give back
    assert waits[int(len(waits) * 0.95)] < 0.2 + 2 * quiet[int(len(quiet) * 0.95)]
    assert len([one for one in paced.store.requests(limit=200) if one.requester == "alice"]) == 25


def _waits(paced: Instance, person: str) -> list[float]:
    """Seconds until each of 25 requests was taken, sorted."""
    actor, found = terminal_actor(paced.service, person, terminal_account()), []
    for number in range(25):
        began = time.perf_counter()
        paced.service.open_request(f"nodes in staging {number}", actor, terminal_place(person))
        found.append(time.perf_counter() - began)
        time.sleep(0.02)
    return sorted(found)


def test_t24_a_huge_log_is_cut(paced: Instance) -> None:
    """More lines than anybody reads are refused, and what is asked of the server, kept and shown is bounded."""
    refused = _ended(paced, "the last 1000000 lines of payment-api in prod-eu")
    told = _ended(paced, "the last 5000 lines of payment-api in prod-eu")

    logs = [section for result in told.results for section in result.output if isinstance(section, Log)]
    assert refused.problem is not None
    assert refused.problem.code == "invalid-parameter"
    assert 0 < sum(len(log.lines) for log in logs) <= 5_000, told.problem
    assert len(told.model_dump_json()) < 2 << 20


def _ended(paced: Instance, text: str) -> Request:
    actor = terminal_actor(paced.service, "bob", terminal_account())
    request = paced.service.open_request(text, actor, terminal_place("bob"))
    end = time.monotonic() + 60
    while not (now := paced.store.request(request.id)).state.is_final:
        assert time.monotonic() < end
        time.sleep(0.02)
    return now
