"""A request walked from accounts of a chat system: who may speak, whose yes counts, and when it stops counting."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.terminal import render
from bot.commands import Command, Press, parse
from bot.router import Reply
from tests.unit.walk.rehearsal import Rehearsal, SmallFleet, deployment
from workers.domain.actor import Account, AccountKind
from workers.domain.break_glass import BreakGlass
from workers.domain.factor import PERIOD_SECONDS, password
from workers.domain.plan import Place
from workers.domain.policy import Match, Outcome, Rule
from workers.domain.request import Request
from workers.domain.state import State
from workers.identity.directory import PeopleNow
from workers.identity.factor_key import FactorKey
from workers.identity.factors import Factors
from workers.identity.linking import Linking
from workers.store.store import SqlStore

PLACE = Place(system="chat-test", channel="C1")
PEOPLE = """
people:
  alice: {name: Alice, groups: [sre]}
  bob: {name: Bob, groups: [sre]}
"""
WITH_FACTOR = Rule(
    name="factor", when=Match(), then=Outcome.APPROVE, groups=frozenset({"sre"}), second_factor=True, text="TOTP"
)


class Chat:
    """What an adapter does: every message with the account that its signature vouches for, of the kind of now."""

    def __init__(self, url: str, data: Path) -> None:
        self.file, self.url = data / "people.yaml", url
        self.file.write_text(PEOPLE)
        store = SqlStore(url)
        directory = PeopleNow(self.file, store, timedelta(hours=24))
        self.stage = Rehearsal(url, SmallFleet(deployment()), people=directory)
        self.linking = Linking(store=store, directory=directory)
        self.factors = Factors(store=store, sealing=FactorKey(data))
        self.router = self.stage.router(directory)
        self.cards: list[str] = []

    def say(
        self, user: str, line: str | Command, request: Request | None = None, kind: AccountKind = AccountKind.MEMBER
    ) -> Reply:
        account = Account(system="chat-test", workspace="T1", user_id=user, kind=kind)
        command = parse(line) if isinstance(line, str) else line
        if isinstance(command, Press) and request is not None and request.plan and request.preview:
            shown = {"plan_digest": request.plan.digest, "preview_digest": request.preview.digest}
            command = command.model_copy(update=shown)
        reply = self.router.hear(command, account, PLACE, request and request.id)
        if reply.card is not None:
            self.cards.append(render(reply.card, width=200))
        return reply

    def refused(
        self, user: str, line: str, request: Request | None = None, kind: AccountKind = AccountKind.MEMBER
    ) -> str:
        reply = self.say(user, line, request, kind)
        assert reply.problem is not None, self.cards[-1]
        return reply.problem.code

    def linked(self, user: str, person: str, *, cooled: bool = True) -> None:
        """By the code of the chat, confirmed in the person's own terminal session."""
        self.say(user, "link")
        code = self.cards[-1].partition("kubechat link ")[2].split()[0]
        actor = self.stage.actor(person)
        asked = self.router.take(parse(f"link {code}"), actor, PLACE)
        done = self.router.take(parse(f"link {code} yes"), actor, PLACE)
        assert (asked.problem, done.problem) == (None, None)
        if cooled:
            self.sql("UPDATE links SET linked_at = '2026-01-01T00:00:00.000000Z' WHERE user_id = ?", user)

    def sql(self, statement: str, *values: str) -> None:
        database = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=10)
        with database:
            database.execute(statement, values)
        database.close()

    def asked(self, user: str) -> Request:
        """A change in production, planned, with the requester's Run."""
        reply = self.say(user, "scale api to 5 in prod-eu")
        assert reply.request is not None, reply.problem
        planned = self.stage.planned(reply.request)
        assert planned.state is State.AWAITING_APPROVAL
        return planned

    def ready(self, asker: str, approver: str) -> Request:
        request = self.asked(asker)
        self.say(asker, "run", request)
        self.say(approver, "approve", request)
        found = self.stage.now(request)
        assert found.state is State.READY, self.cards[-1]
        return found

    def events(self) -> list[str]:
        return [json.loads(record.leaf)["event"] for record in self.stage.store.records()]


@pytest.fixture
def chat(sqlite_url: str, data: Path) -> Chat:
    found = Chat(sqlite_url, data)
    for user, person in (("A1", "alice"), ("A2", "alice"), ("B1", "bob")):
        found.linked(user, person)
    return found


def test_two_people_carry_a_change_through_a_chat(chat: Chat) -> None:
    """As each of them, with the account in the trail."""
    done = chat.stage.run(chat.ready("A1", "B1"))

    assert done.state is State.SUCCEEDED
    assert [(one.actor.person_id, one.actor.account.user_id) for one in done.yes] == [("alice", "A1"), ("bob", "B1")]


@pytest.mark.parametrize(
    "line", ["pods in dev", "scale api to 5 in prod-eu", "approve", "run", "list", "link 7F3K-2M9Q-XDTA"]
)
def test_an_unlinked_account_can_do_nothing(chat: Chat, line: str) -> None:
    """But ask who it is and what to type; nothing of what it wrote is kept."""
    request = chat.asked("A1")
    count = len(chat.stage.store.requests(limit=100))

    assert chat.refused("X1", line, request) == "not-linked"
    assert "type `link` here" in chat.cards[-1]
    assert chat.say("X1", "help").problem is None
    assert chat.say("X1", "link").problem is None
    assert len(chat.stage.store.requests(limit=100)) == count
    assert chat.stage.now(request).approvals == ()


@pytest.mark.parametrize("kind", [kind for kind in AccountKind if kind is not AccountKind.MEMBER])
def test_an_account_of_another_kind_can_do_nothing(chat: Chat, kind: AccountKind) -> None:
    """Linked or not: neither ask nor approve, whatever it was when it was linked."""
    request = chat.asked("A1")

    assert chat.refused("B1", "approve", request, kind) == "account-refused"
    assert chat.refused("B1", "pods in dev", None, kind) == "account-refused"
    assert chat.refused("X1", "link", None, kind) == "account-refused"


def test_two_accounts_of_one_person_are_one_person(chat: Chat) -> None:
    """Alice cannot approve from her phone what she asked for at her desk; her Run counts from either."""
    request = chat.asked("A1")

    assert chat.refused("A2", "approve", request) == "own-approval"
    assert chat.say("A2", "run", request).problem is None
    assert chat.stage.now(request).state is State.AWAITING_APPROVAL


def test_a_new_account_asks_at_once_and_approves_later(chat: Chat) -> None:
    """The refusal says when it may."""
    chat.linked("B2", "bob", cooled=False)
    request = chat.asked("A1")

    assert chat.refused("B2", "approve", request) == "link-cooling"
    assert "it may approve from 20" in chat.cards[-1]
    assert chat.asked("B2").requester == "bob"
    assert chat.say("B1", "approve", request).problem is None


@pytest.mark.parametrize("what", ["unlinked", "deactivated", "left", "linked to another"])
def test_who_may_not_approve_any_more_does_not_count(chat: Chat, what: str) -> None:
    """Between the yes and the write the account was taken away: nothing is written."""
    request = chat.ready("A1", "B1")
    match what:
        case "unlinked":
            chat.linking.unlink(
                Account(system="chat-test", workspace="T1", user_id="B1"), chat.stage.actor("bob").person_id
            )
        case "deactivated":
            chat.refused("B1", "pods in dev", None, AccountKind.DEACTIVATED)
        case "left":
            chat.file.write_text(PEOPLE.replace("Bob, groups: [sre]", "Bob, groups: [sre], deactivated: true"))
        case _:
            chat.sql("UPDATE links SET person = 'alice' WHERE user_id = ?", "B1")

    done = chat.stage.run(request)

    assert done.state is not State.SUCCEEDED
    assert "exec.intended" not in chat.events()


def test_who_asked_and_is_nobody_now_changes_nothing(chat: Chat) -> None:
    """The requester's account was unlinked while the request waited for its worker."""
    request = chat.ready("A1", "B1")
    chat.sql("DELETE FROM links WHERE user_id = ?", "A1")

    done = chat.stage.run(request)

    assert done.state is State.REFUSED
    assert done.problem is not None
    assert "not known here any more" in done.problem.text


def test_a_code_is_not_confirmed_in_a_chat(chat: Chat) -> None:
    """Not even by somebody who is linked: a chat is where the code was read."""
    chat.say("X1", "link")
    code = chat.cards[-1].partition("kubechat link ")[2].split()[0]

    assert chat.refused("B1", f"link {code} yes") == "unknown-command"
    assert chat.refused("B1", "link") == "account-refused"
    assert chat.refused("X1", "pods in dev") == "not-linked"


def code_of(chat: Chat, secret: bytes, away: int = 0) -> str:
    return password(secret, int(chat.stage.store.now().timestamp()) // PERIOD_SECONDS + away)


def enrolled(chat: Chat, person: str) -> bytes:
    """With an app that shows codes; those of now are unused."""
    secret = chat.factors.fresh_secret()
    factor = chat.factors.enroll(chat.stage.actor(person), secret, code_of(chat, secret))
    with chat.stage.store.change() as change:
        change.identities.save_factor(factor.model_copy(update={"last_counter": 0}))
    return secret


def test_a_yes_that_needs_a_second_factor_takes_one_from_the_same_line(chat: Chat) -> None:
    """Of the requester and of the approver; the trail says when, and neither it nor the request holds a code."""
    chat.stage.strictly(WITH_FACTOR)
    alice, bob = enrolled(chat, "alice"), enrolled(chat, "bob")
    request = chat.asked("A1")

    assert "each with   a code of their second factor" in render(chat.router.card(request), width=200)
    assert chat.refused("A1", "run", request) == "second-factor-needed"
    assert f"type `run {request.id} `" in chat.cards[-1]
    assert chat.refused("B1", "approve", request) == "second-factor-needed"
    codes = code_of(chat, alice), code_of(chat, bob)
    assert chat.say("A1", f"run {codes[0]}", request).problem is None
    assert chat.say("B1", f"approve {request.id} {codes[1]} because INC-7", request).problem is None
    done = chat.stage.run(chat.stage.now(request))

    assert done.state is State.SUCCEEDED
    assert all(one.has_fresh_factor for one in done.yes)
    assert render(chat.router.card(done), width=200).count("second factor checked") == 2
    leaves = [json.loads(record.leaf) for record in chat.stage.store.records()]
    facts = [leaf["facts"] for leaf in leaves if leaf["event"] == "approval.given"]
    assert [bool(one["second_factor_at"]) for one in facts] == [True, True]
    kept = done.model_dump_json() + json.dumps([leaf["facts"] for leaf in leaves]) + "".join(chat.cards)
    assert all(f" {code}" not in kept and f'"{code}' not in kept for code in codes)


def test_a_wrong_code_presses_nothing(chat: Chat) -> None:
    """And is refused before the request is looked at for anything else."""
    chat.stage.strictly(WITH_FACTOR)
    secret = enrolled(chat, "bob")
    near = {code_of(chat, secret, away) for away in range(-3, 4)}
    wrong = next(f"{number:06}" for number in range(1000) if f"{number:06}" not in near)
    request = chat.asked("A1")

    assert chat.refused("B1", f"approve {wrong}", request) == "second-factor-refused"
    assert wrong not in chat.cards[-1]
    assert chat.stage.now(request).approvals == ()
    assert chat.refused("A1", "run 123456", request) == "second-factor-refused"
    assert "kubechat second-factor enroll" in chat.cards[-1]


def test_an_approval_without_its_factor_is_not_written_from(chat: Chat) -> None:
    """Somebody took it out of the stored row: nothing is missing on the card, and the worker refuses."""
    chat.stage.strictly(WITH_FACTOR)
    alice, bob = enrolled(chat, "alice"), enrolled(chat, "bob")
    request = chat.asked("A1")
    chat.say("A1", f"run {code_of(chat, alice)}", request)
    chat.say("B1", f"approve {code_of(chat, bob)}", request)
    ready = chat.stage.now(request)
    stripped = [
        one.model_copy(update={"actor": one.actor.model_copy(update={"second_factor_at": None})})
        for one in ready.approvals
    ]
    chat.sql(
        "UPDATE requests SET body = ? WHERE id = ?",
        ready.model_copy(update={"approvals": tuple(stripped)}).model_dump_json(),
        ready.id,
    )

    done = chat.stage.run(ready)

    assert done.state is not State.SUCCEEDED
    assert "exec.intended" not in chat.events()


def test_what_was_approved_before_the_policy_asked_for_a_factor_is_asked_again(chat: Chat) -> None:
    """The policy of the moment of the write counts."""
    request = chat.ready("A1", "B1")
    chat.stage.strictly(WITH_FACTOR)

    done = chat.stage.run(request)

    assert done.state is not State.SUCCEEDED
    assert "exec.intended" not in chat.events()


def test_a_new_account_neither_breaks_the_glass_nor_reviews(chat: Chat) -> None:
    """Else whoever took over one account could link another, and act or close the review alone."""
    chat.stage.with_glass(BreakGlass(groups=frozenset({"sre"})))
    chat.linked("B2", "bob", cooled=False)
    words = "break glass: scale api to 4 in prod-eu because the queue burns"
    refused = chat.say("B2", words).request
    assert refused is not None
    refused = chat.stage.planned(refused)
    asked = chat.say("A1", words).request
    assert asked is not None
    asked = chat.stage.planned(asked)
    chat.say("A1", "run", asked)
    done = chat.stage.run(chat.stage.now(asked))

    assert refused.state is State.REFUSED
    assert "linked lately" in render(chat.router.card(refused), width=200)
    assert done.state is State.SUCCEEDED
    assert chat.refused("B2", f"review {done.id} because it was right") == "link-cooling"
    assert chat.say("B1", f"review {done.id} because it was right").problem is None
