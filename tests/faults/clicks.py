"""F19 and F20: the same message again and again, and buttons that are pressed by many at one moment."""

import json
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bot.router import Reply
from tests.e2e.stack import together
from tests.faults.databases import told
from tests.faults.outcome import Outcome
from tests.unit.walk.rehearsal import PEOPLE, PLACE, SilentBus
from tests.unit.walk.test_walk_accounts import Chat
from workers.domain.actor import Account, AccountKind
from workers.domain.errors import AlreadyDecided
from workers.domain.policy import Outcome as Decided
from workers.domain.policy import Rule
from workers.domain.request import Request
from workers.domain.state import State
from workers.service import Service
from workers.store.store import SqlStore
from workers.store.upgrade import upgrade

CLICKS = 10
CROWD = "people:\n" + "".join(f"  {name}: {{name: {name}, groups: [sre]}}\n" for name in ("alice", "bob", "carol"))
TWO = Rule(name="two", then=Decided.APPROVE, approvers=2, groups=frozenset({"sre"}), text="two of sre")


def repeated(urls: Sequence[str], seed: int, deliveries: int = 5) -> Outcome:
    """F19: each delivery four times, one after the other and at one moment; the databases are empty ones."""
    wrong: list[str] = []
    counts = Counter({"deliveries": 0, "times": 0, "requests": 0})
    for url in urls:
        store = SqlStore(url)
        service = Service(store=store, bus=SilentBus(), people=PEOPLE)
        actor = service.actor("alice", Account(system="terminal", workspace="host", user_id="alice"))

        def deliver(name: str, service: Service = service, actor: object = actor) -> str:
            return told(lambda: service.open_request(f"pods {name}", actor, PLACE, delivery=name))  # type: ignore[arg-type]

        for number in range(deliveries):
            one, other = f"Ev{seed}-{number}-a", f"Ev{seed}-{number}-b"
            answers = [deliver(one) for _ in range(4)]
            if answers != ["taken"] + [AlreadyDecided.code] * 3:
                wrong.append(f"F19: {one} in sequence: {answers}")
            found = together(*[lambda other=other: deliver(other)] * 4)
            if sorted(found) != sorted(["taken"] + [AlreadyDecided.code] * 3):
                wrong.append(f"F19: {other} at one moment: {found}")
        requests = store.requests(limit=100)
        leaves = [json.loads(record.leaf)["event"] for record in store.records()].count("intent.received")
        if (len(requests), leaves) != (2 * deliveries, 2 * deliveries):
            wrong.append(f"F19: {len(requests)} requests and {leaves} leaves of {2 * deliveries} deliveries")
        counts += Counter({"deliveries": 2 * deliveries, "times": 8 * deliveries, "requests": len(requests)})
        store.close()
    return Outcome("F19", "the same delivery four times", seed, counts, (), wrong)


def pressed(seed: int, rounds: int = 2) -> Outcome:
    """F20: every click is answered, every human counts once, nobody from elsewhere counts."""
    with tempfile.TemporaryDirectory(prefix="kc-") as name:
        data = Path(name)
        url = f"sqlite:///{data / 'kubechat.sqlite3'}"
        upgrade(url)
        office = Office(url, data, seed)
        for number in range(rounds):
            office.one_person(3 + 2 * number)
            office.two_people(4 + 2 * number)
        office.after_a_restart(20)
        office.from_elsewhere(21)
        office.close()
    return Outcome("F20", "clicks at one moment", seed, office.counts, (), office.wrong)


class Office:
    """Alice asks; Bob and Carol approve from accounts of a chat system."""

    def __init__(self, url: str, data: Path, seed: int) -> None:
        self.url, self.data, self.dice = url, data, random.Random(seed)
        self.wrong: list[str] = []
        self.counts: Counter[str] = Counter({"clicks": 0, "answers": 0, "approvals": 0, "from elsewhere": 0})
        self.chat = self._chat()
        for user, person in (("U2", "bob"), ("U3", "carol")):
            self.chat.linked(user, person)

    def one_person(self, replicas: int) -> None:
        request = self._asked(replicas)
        self._click(request, ["U2"] * CLICKS)
        self._expect(request, {"bob"}, State.AWAITING_APPROVAL)

    def two_people(self, replicas: int) -> None:
        request = self._asked(replicas)
        self.chat.stage.yes(request, "alice")
        users = ["U2", "U3"] + [self.dice.choice(("U2", "U3")) for _ in range(CLICKS - 2)]
        self._click(request, users)
        self._expect(request, {"alice", "bob", "carol"}, State.READY)

    def after_a_restart(self, replicas: int) -> None:
        """The process that showed the card is gone; its card is pressed in another one."""
        request = self._asked(replicas)
        self._click(request, ["U2"])
        self.chat.stage.store.close()
        self.chat = self._chat()
        self._click(request, ["U2", "U3"])
        self._expect(request, {"bob", "carol"}, State.AWAITING_APPROVAL)

    def from_elsewhere(self, replicas: int) -> None:
        """A guest, a bot, an external with a linked number, and an account that nobody linked: told, not counted."""
        request = self._asked(replicas)
        shown = [
            self.chat.say("U2", "approve", request, kind) for kind in AccountKind if kind is not AccountKind.MEMBER
        ]
        shown.append(self.chat.say("U9", "approve", request))
        self._answered(shown)
        for reply in shown:
            if reply.problem is None:
                self.wrong.append("F20: somebody from elsewhere was let in")
        self.counts["from elsewhere"] += len(shown)
        self._expect(request, set(), State.AWAITING_APPROVAL)

    def close(self) -> None:
        self.chat.stage.store.close()

    def _chat(self) -> Chat:
        chat = Chat(self.url, self.data)
        chat.file.write_text(CROWD)
        chat.stage.strictly(TWO)
        return chat

    def _asked(self, replicas: int) -> Request:
        return self.chat.stage.ask(f"scale api to {replicas} in prod-eu because INC-1")

    def _click(self, request: Request, users: Sequence[str]) -> None:
        self._answered(together(*[lambda user=user: self.chat.say(user, "approve", request) for user in users]))

    def _answered(self, replies: Sequence[Reply]) -> None:
        self.counts["clicks"] += len(replies)
        for reply in replies:
            seen = reply is not None and (reply.card is not None or reply.problem is not None)
            self.counts["answers"] += seen
            if not seen:
                self.wrong.append("F20: a click was not answered")

    def _expect(self, request: Request, people: set[str], state: State) -> None:
        found = self.chat.stage.now(request)
        leaves = [json.loads(record.leaf) for record in self.chat.stage.store.records()]
        given = [one["actor"] for one in leaves if one["event"] == "approval.given" and one["request_id"] == request.id]
        self.counts["approvals"] += len(given)
        yes = [one.actor.person_id for one in found.yes]
        if (sorted(given), sorted(yes), found.state) != (sorted(people), sorted(people), state):
            self.wrong.append(f"F20: leaves of {given}, approvals of {yes}, {found.state}; {people}, {state} expected")
