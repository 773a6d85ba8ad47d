"""The door for identities, on both databases: codes, links, refusals, and who speaks from an account."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.servers.together import together
from workers.domain.actor import Account, AccountKind
from workers.domain.errors import (
    AccountRefused,
    CodeRefused,
    InvalidConfiguration,
    KubechatError,
    NotLinked,
    UnknownPerson,
)
from workers.domain.link import ALPHABET, CODES_PER_HOUR, Link
from workers.domain.value import ClusterName, PersonId
from workers.identity.directory import PeopleNow
from workers.identity.linking import Linking, Whoami
from workers.store.store import SqlStore

ALICE, BOB = PersonId("alice"), PersonId("bob")
PEOPLE = """
people:
  alice: {name: Alice Andersen, groups: [sre, oncall]}
  bob: {name: Bob Berger, groups: [sre], kubernetes_names: [oidc:bob@example.com]}
  eve: {name: Eve, groups: [sre], deactivated: true}
"""


def account(user: str = "U1", kind: AccountKind = AccountKind.MEMBER, workspace: str = "T1") -> Account:
    return Account(system="chat-test", workspace=workspace, user_id=user, kind=kind)


class Scene:
    def __init__(self, store: SqlStore, data: Path) -> None:
        self.store, self.file = store, data / "people.yaml"
        self.file.write_text(PEOPLE)
        self.directory = PeopleNow(self.file, store, timedelta(hours=24))
        self.linking = Linking(store=store, directory=self.directory)

    def linked(self, one: Account, person: PersonId = ALICE, answer: Whoami | None = None) -> Link:
        return self.linking.confirm(self.linking.begin(one).code, person, "console", answer)

    def people(self, text: str) -> None:
        """As an editor saves it: another file under the same name."""
        new = self.file.with_suffix(".new")
        new.write_text(text)
        new.replace(self.file)

    def leaves(self, event: str) -> list[dict[str, Any]]:
        found = [json.loads(record.leaf) for record in self.store.records()]
        return [leaf for leaf in found if leaf["event"] == event]

    def refused(self, one: Account) -> KubechatError:
        with pytest.raises(KubechatError) as caught:
            self.linking.actor(one)
        return caught.value


@pytest.fixture
def scene(store: SqlStore, data: Path) -> Scene:
    return Scene(store, data)


def wrong(code: str) -> str:
    """The same code with another last letter."""
    return code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 1) % 32]


def test_a_confirmed_code_makes_the_account_that_person(scene: Scene) -> None:
    """What the adapter says of the account is kept; who it is comes from whoever confirmed."""
    scene.linked(account())

    actor = scene.linking.actor(account())

    assert (actor.person_id, actor.groups, actor.account) == (ALICE, {"sre", "oncall"}, account())
    (leaf,) = scene.leaves("identity.linked")
    assert (leaf["actor"], leaf["facts"]["account"]["user_id"]) == ("alice", "U1")


def test_an_unlinked_account_is_told_what_to_type(scene: Scene) -> None:
    """And that it tried is recorded once, not with every message."""
    errors = [scene.refused(account()) for _ in range(3)]

    assert {type(error) for error in errors} == {NotLinked}
    assert "type `link`" in errors[0].then
    assert len(scene.leaves("identity.refused")) == 1


@pytest.mark.parametrize("kind", [kind for kind in AccountKind if kind is not AccountKind.MEMBER])
def test_only_members_speak(scene: Scene, kind: AccountKind) -> None:
    """A guest, a bot, a stranger and who has left: neither with a link nor without, and none of them gets a code."""
    scene.linked(account())

    assert isinstance(scene.refused(account(kind=kind)), AccountRefused)
    assert isinstance(scene.refused(account("U2", kind)), AccountRefused)
    with pytest.raises(AccountRefused):
        scene.linking.begin(account("U2", kind))


def test_what_the_chat_system_says_now_wins(scene: Scene) -> None:
    """An account that was deactivated counts for nothing until it is said to be a member again."""
    scene.linked(account())
    before = scene.linking.actor(account())

    scene.refused(account(kind=AccountKind.DEACTIVATED))

    assert scene.directory.as_now(before) is None
    assert scene.linking.actor(account()).person_id == ALICE
    assert scene.directory.as_now(before) is not None
    assert [leaf["facts"]["was"] for leaf in scene.leaves("identity.changed")] == ["member", "deactivated"]


def test_the_same_user_id_of_another_workspace_is_another_account(scene: Scene) -> None:
    """Ids are unique in their workspace only."""
    scene.linked(account())

    assert isinstance(scene.refused(account(workspace="T2")), NotLinked)


def test_nobody_is_linked_as_a_terminal(scene: Scene) -> None:
    """The terminal's trust is its own: an adapter that spoke of it would get nothing."""
    terminal = Account(system="terminal", workspace="host", user_id="bob", kind=AccountKind.MEMBER)

    assert isinstance(scene.refused(terminal), NotLinked)
    with pytest.raises(AccountRefused):
        scene.linking.begin(terminal)


def test_a_code_works_once(scene: Scene) -> None:
    """Whoever reads it afterwards has nothing."""
    code = scene.linking.begin(account()).code
    scene.linking.confirm(code, ALICE, "console")

    with pytest.raises(CodeRefused) as caught:
        scene.linking.confirm(code, BOB, "console")

    assert caught.value.now == "it has been used"
    assert [link.person_id for link in scene.linking.links()] == ["alice"]


def test_of_many_confirmations_at_once_one_counts(scene: Scene) -> None:
    """One account is exactly one person, whoever is faster."""
    code = scene.linking.begin(account()).code
    people = [ALICE, BOB] * 4

    results = together(len(people), lambda at: scene.linking.confirm(code, people[at], "console"))

    assert len([one for one in results if isinstance(one, Link)]) == 1
    assert {type(one) for one in results} == {Link, CodeRefused}
    assert len(scene.linking.links()) == len(scene.leaves("identity.linked")) == 1


def test_five_wrong_tries_void_a_code(scene: Scene) -> None:
    """Also when they come at the same moment; the right one comes too late then."""
    code = scene.linking.begin(account()).code

    results = together(8, lambda _: scene.linking.confirm(wrong(code), BOB, "console"))

    assert {type(one) for one in results} == {CodeRefused}
    with pytest.raises(CodeRefused) as caught:
        scene.linking.confirm(code, ALICE, "console")
    assert caught.value.now == "it was mistyped 5 times"
    assert len(scene.leaves("identity.refused")) == 9


def test_looking_at_whose_code_it_is_counts_as_a_try(scene: Scene) -> None:
    """And shows the account, so that nobody links a stranger's."""
    code = scene.linking.begin(account()).code

    assert scene.linking.whose(code.lower().replace("-", " "), ALICE) == account()
    for _ in range(5):
        with pytest.raises(CodeRefused):
            scene.linking.whose(wrong(code), ALICE)
    with pytest.raises(CodeRefused):
        scene.linking.whose(code, ALICE)


def test_a_code_ends_by_the_clock_of_the_database(scene: Scene) -> None:
    """Ten minutes after it was given."""
    code = scene.linking.begin(account()).code
    with scene.store.change() as change:
        handle = code[:4]
        kept = change.identities.code(handle)
        assert kept is not None
        assert timedelta(minutes=9) < kept.expires_at - change.now() <= timedelta(minutes=10)
        late = kept.model_copy(update={"handle": "ZZZZ", "expires_at": change.now()})
        assert change.identities.add_code(late)

    with pytest.raises(CodeRefused) as caught:
        scene.linking.confirm("ZZZZ" + code[4:], ALICE, "console")

    assert caught.value.now.startswith("its time ended at")


def test_a_newer_code_takes_the_place_of_the_older(scene: Scene) -> None:
    """At most one is alive for each account."""
    older, newer = scene.linking.begin(account()).code, scene.linking.begin(account()).code

    with pytest.raises(CodeRefused, match="links nothing"):
        scene.linking.confirm(older, ALICE, "console")
    assert scene.linking.confirm(newer, ALICE, "console").person_id == ALICE


def test_an_account_is_given_few_codes(scene: Scene) -> None:
    """Whoever may write in a channel can neither fill the table nor guess in parallel."""
    for _ in range(CODES_PER_HOUR):
        scene.linking.begin(account())

    with pytest.raises(CodeRefused, match="too many"):
        scene.linking.begin(account())
    assert scene.linking.begin(account("U2")).code


def test_the_database_and_the_trail_hold_no_code(scene: Scene, database_url: str) -> None:
    """Whoever reads them cannot confirm one."""
    code = scene.linking.begin(account()).code
    with pytest.raises(CodeRefused):
        scene.linking.confirm(wrong(code), ALICE, "console")
    secret = code.replace("-", "")[4:]

    trail = b"".join(record.leaf for record in scene.store.records())
    with scene.store.change() as change:
        kept = change.identities.code(code[:4])

    assert kept is not None
    assert secret not in kept.model_dump_json()
    assert secret.encode() not in trail
    assert code.encode() not in trail


@pytest.mark.parametrize("typed", ["hunter2!", "ABCD-EFGH-JKM", "ABCD-EFGH-JKMNP", "ABCD-EFGH-JKM?"])
def test_what_is_no_code_is_said_without_repeating_it(scene: Scene, typed: str) -> None:
    """It may have been a password, pasted into the wrong window."""
    with pytest.raises(CodeRefused) as caught:
        scene.linking.confirm(typed, ALICE, "console")

    assert typed not in caught.value.text


def test_letters_that_look_alike_are_read_as_one(scene: Scene) -> None:
    """Crockford's base 32: O is 0, I and L are 1, case and hyphens mean nothing."""
    code = scene.linking.begin(account()).code
    typed = code.replace("0", "o").replace("1", "l").replace("-", "").lower()

    assert scene.linking.confirm(typed, ALICE, "console").person_id == ALICE


def test_a_new_link_cools_off_before_it_may_approve(scene: Scene) -> None:
    """By the database's clock; the actor says until when."""
    link = scene.linked(account())

    assert scene.linking.actor(account()).cooling_until == link.linked_at + timedelta(hours=24)
    at_once = Linking(store=scene.store, directory=PeopleNow(scene.file, scene.store, timedelta(0)))
    assert at_once.actor(account()).cooling_until is None


def test_an_approver_is_nobody_once_unlinked(scene: Scene) -> None:
    """Linked again, the cooling-off begins again."""
    scene.linked(account())
    actor = scene.linking.actor(account()).model_copy(update={"cooling_until": None})

    scene.linking.unlink(account(), ALICE)
    gone = scene.directory.as_now(actor)
    scene.linked(account(), BOB)
    stranger = scene.directory.as_now(actor)
    scene.linking.unlink(account(), BOB)
    scene.linked(account())
    again = scene.directory.as_now(actor)

    assert (gone, stranger) == (None, None)
    assert again is not None
    assert again.cooling_until is not None
    assert len(scene.leaves("identity.unlinked")) == 2


def test_only_its_person_unlinks_an_account(scene: Scene) -> None:
    """Somebody else would make room for a link of their own."""
    scene.linked(account())

    with pytest.raises(AccountRefused, match="not bob's"):
        scene.linking.unlink(account(), BOB)
    with pytest.raises(NotLinked):
        scene.linking.unlink(account("U2"), BOB)


def test_a_linked_account_gets_no_second_code(scene: Scene) -> None:
    """Exactly one person: it must be unlinked first, by that person."""
    scene.linked(account())

    with pytest.raises(AccountRefused, match="alice's already"):
        scene.linking.begin(account())


def test_two_accounts_of_one_person_are_that_person(scene: Scene) -> None:
    """What counts is the person, in every place."""
    scene.linked(account("U1"))
    scene.linked(account("U2"))

    assert {scene.linking.actor(account(user)).person_id for user in ("U1", "U2")} == {ALICE}
    assert {link.account.user_id for link in scene.linking.links("alice")} == {"U1", "U2"}
    assert scene.linking.links("bob") == ()


@pytest.mark.parametrize(
    ("username", "person"), [("alice", "alice"), ("bob", "bob"), ("oidc:bob@example.com", "bob"), ("Alice", "")]
)
def test_an_answer_of_an_api_server_means_one_person(scene: Scene, username: str, person: str) -> None:
    """By id or by one of their other names, exactly; anything else is nobody."""
    answer = Whoami(username=username, groups=frozenset(), cluster=ClusterName("prod-eu"))

    if person:
        assert scene.linking.person_of(answer) == person
    else:
        with pytest.raises(UnknownPerson, match="knows you as 'Alice'"):
            scene.linking.person_of(answer)


def test_who_is_deactivated_links_and_speaks_no_more(scene: Scene) -> None:
    """In the people file, read again when it changes: nothing has to be started again."""
    scene.linked(account())
    actor = scene.linking.actor(account())
    scene.people(PEOPLE.replace("oncall]}", "oncall], deactivated: true}"))

    assert "deactivated" in scene.refused(account()).text
    assert scene.directory.as_now(actor) is None
    code = scene.linking.begin(account("U2")).code
    with pytest.raises(UnknownPerson, match="deactivated"):
        scene.linking.confirm(code, ALICE, "console")


def test_a_people_file_that_cannot_be_read_means_nobody(scene: Scene) -> None:
    """It says why, and all is well when it is whole again."""
    scene.linked(account())
    actor = scene.linking.actor(account())

    scene.people("people: [")
    with pytest.raises(InvalidConfiguration):
        scene.linking.actor(account())
    with pytest.raises(InvalidConfiguration):
        scene.directory.as_now(actor)
    scene.file.unlink()
    with pytest.raises(InvalidConfiguration, match="No such file"):
        scene.directory.actor("alice", account())
    scene.people(PEOPLE)

    assert scene.linking.actor(account()).person_id == ALICE


def test_groups_of_today_are_read_from_the_file_of_today(scene: Scene) -> None:
    """Also when the new text has the length of the old."""
    before = scene.directory.actor("alice", account())
    status = scene.file.stat()
    scene.people(PEOPLE.replace("oncall", "backup"))
    os.utime(scene.file, ns=(status.st_atime_ns, status.st_mtime_ns))

    found = scene.directory.as_now(
        before.model_copy(update={"account": Account(system="terminal", workspace="", user_id="")})
    )

    assert found is not None
    assert found.groups == {"sre", "backup"}


def test_groups_from_the_cluster_are_those_of_the_newest_answer(scene: Scene) -> None:
    """Never more than the file allows where it names any, and none before anybody asked."""
    scene.people(PEOPLE.replace("groups: [sre, oncall]", "groups: [sre, admin]") + "groups_from: {cluster: prod-eu}\n")
    nothing = scene.directory.actor("alice", account()).groups
    answer = Whoami(
        username="alice", groups=frozenset({"sre", "ops", "system:masters"}), cluster=ClusterName("prod-eu")
    )
    scene.linked(account(), ALICE, answer)
    other = answer.model_copy(update={"cluster": ClusterName("dev"), "groups": frozenset({"admin"})})
    scene.linked(account("U2"), ALICE, other)

    named = scene.linking.actor(account()).groups
    scene.people("people: {alice: {name: Alice}}\ngroups_from: {cluster: prod-eu}\n")
    unnamed = scene.linking.actor(account("U2")).groups

    assert (nothing, named, unnamed) == (frozenset(), {"sre"}, {"sre", "ops"})
    assert scene.linking.links("alice")[1].groups == {"sre", "ops"}


@pytest.mark.parametrize("names", ["[bob]", "[x]"])
def test_a_name_of_two_people_is_a_mistake_in_the_file(scene: Scene, names: str) -> None:
    """Exactly one person, or nobody at all."""
    scene.people(
        f"people:\n  alice: {{name: A, kubernetes_names: {names}}}\n  bob: {{name: B, kubernetes_names: [x]}}\n"
    )

    with pytest.raises(InvalidConfiguration, match="another person's name"):
        scene.directory.people()
