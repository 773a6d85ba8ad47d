"""Self-approval by a second account, a bot or a guest: random graphs of people and accounts against the real doors.

The oracle knows who stands behind which account, because it made them; the product knows only what was linked. It says
of every press whether it must be taken, and of every request how many people it has.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.domain.making import LOW, REQUESTER, approvers, decision, opened, plan, preview
from tests.unit.walk.rehearsal import SilentBus
from workers.domain.actor import Account, AccountKind, Actor
from workers.domain.approval import Needed
from workers.domain.errors import KubechatError
from workers.domain.link import Link
from workers.domain.plan import Edit
from workers.domain.policy import Outcome
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import PersonId
from workers.identity.directory import PeopleNow
from workers.identity.linking import Linking
from workers.service import Service
from workers.store.store import SqlStore

PEOPLE = tuple(f"p{number}" for number in range(5))
KINDS = [AccountKind.MEMBER] * 6 + [kind for kind in AccountKind if kind is not AccountKind.MEMBER]
ASKER = "p0"


@dataclass(frozen=True)
class Human:
    groups: frozenset[str]
    deactivated: bool


@dataclass(frozen=True)
class Login:
    """An account, whose human confirmed its code or nobody did."""

    person: str  # "" is nobody's
    kind: AccountKind  # as the chat system says with each message
    cooled: bool


@dataclass(frozen=True)
class PressOf:
    login: int
    approve: bool
    factor: bool


@dataclass(frozen=True)
class Graph:
    people: dict[str, Human]
    logins: tuple[Login, ...]
    editors: frozenset[str]
    needed: tuple[Needed, ...]
    second_factor: bool
    presses: tuple[PressOf, ...]
    gone: frozenset[int]  # logins that are unlinked between the last press and the write


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    groups = st.frozensets(st.sampled_from(["sre", "dba"]), min_size=0)
    left = st.sampled_from([False, False, False, True])
    people = {name: Human(draw(groups), name != ASKER and draw(left)) for name in PEOPLE}
    login = st.builds(
        Login, st.sampled_from(["", *PEOPLE]), st.sampled_from(KINDS), st.sampled_from([True, True, True, False])
    )
    own = [Login(name, AccountKind.MEMBER, True) for name in PEOPLE]
    logins = (*own, *draw(st.lists(login, max_size=5)))
    who = st.integers(0, len(logins) - 1)
    press = st.builds(PressOf, who, st.sampled_from([True, True, False]), st.sampled_from([True, False]))
    everybody = [PressOf(number, number > 0, True) for number in range(len(own))]
    presses = draw(st.permutations([*everybody, *draw(st.lists(press, max_size=8))]))
    named = st.sampled_from([frozenset[str](), frozenset({"sre"}), frozenset({"sre", "dba"})])
    needed = st.builds(lambda count, groups: approvers(count, *groups), st.integers(1, 3), named)
    return Graph(
        people=people,
        logins=logins,
        editors=draw(st.frozensets(st.sampled_from(PEOPLE), max_size=1)),
        needed=(REQUESTER, *draw(st.lists(needed, min_size=1, max_size=2))),
        second_factor=draw(st.booleans()),
        presses=tuple(presses),
        gone=draw(st.frozensets(st.integers(0, len(logins) - 1), min_size=1, max_size=4)),
    )


@dataclass
class Scene:
    """A database with these people and accounts, and a plan of the asker that waits."""

    graph: Graph
    folder: Path
    store: SqlStore

    def __post_init__(self) -> None:
        file = self.folder / "people.yaml"
        rows = {
            name: {"name": name, "groups": sorted(human.groups)} | ({"deactivated": True} if human.deactivated else {})
            for name, human in self.graph.people.items()
        }
        file.write_text(yaml.safe_dump({"people": rows}))
        self.directory = PeopleNow(file, self.store, timedelta(hours=24))
        self.linking = Linking(store=self.store, directory=self.directory)
        self.service = Service(store=self.store, bus=SilentBus(), people=self.directory)
        for number, login in enumerate(self.graph.logins):
            self._link(number, login)
        self.request = self._waiting()

    def account(self, number: int, kind: AccountKind | None = None) -> Account:
        return Account(
            system="chat-test", workspace="T1", user_id=f"U{number}", kind=kind or self.graph.logins[number].kind
        )

    def _link(self, number: int, login: Login) -> None:
        """As the confirmation of a code leaves it, of an account that was a member then."""
        if login.person:
            at = self.store.now() - timedelta(days=30 if login.cooled else 0)
            member = self.account(number, AccountKind.MEMBER)
            link = Link(account=member, person_id=PersonId(login.person), linked_at=at, confirmed="console")
            with self.store.change() as change:
                assert change.identities.add_link(link)

    def _waiting(self) -> Request:
        asker = self.directory.actor(ASKER, self.account(0))
        made, now = plan(), self.store.now()
        wanted = decision(Outcome.APPROVE, *self.graph.needed).model_copy(
            update={"second_factor": self.graph.second_factor}
        )
        edits = tuple(Edit(step=1, params={}, by=PersonId(name)) for name in sorted(self.graph.editors))
        request = opened(asker).model_copy(update={"edits": edits}).planned(made, preview(made), LOW, wanted, now)
        with self.store.change() as change:
            return change.save(request)

    def press(self, press: PressOf) -> bool:
        """Whether it was not refused."""
        try:
            actor = self.linking.actor(self.account(press.login))
            if press.factor:  # what a right code of theirs makes of them
                actor = actor.model_copy(update={"second_factor_at": self.store.now()})
            self._pressed(actor, approve=press.approve)
        except KubechatError:
            return False
        return True

    def now(self) -> Request:
        return self.store.request(self.request.id)

    def person(self, press: PressOf) -> str:
        return self.graph.logins[press.login].person

    def _pressed(self, actor: Actor, *, approve: bool) -> None:
        assert self.request.plan is not None
        assert self.request.preview is not None
        act = self.service.approve if approve else self.service.run
        shown = self.request.plan.digest, self.request.preview.digest
        act(self.request.id, actor, plan_digest=shown[0], preview_digest=shown[1])

    def may(self, press: PressOf) -> bool:
        """The oracle: whether this press is one that counts for a request that waits."""
        login = self.graph.logins[press.login]
        human = self.graph.people.get(login.person)
        if human is None or human.deactivated or login.kind is not AccountKind.MEMBER:
            return False
        if not press.approve:
            return login.person == ASKER and (press.factor or not self.graph.second_factor)
        wanted = [needed for needed in self.graph.needed if needed.role == "approver"]
        return (
            login.person != ASKER
            and login.person not in self.graph.editors
            and login.cooled
            and any(not needed.groups or needed.groups & human.groups for needed in wanted)
            and (press.factor or not self.graph.second_factor)
        )

    def complete(self, given: list[PressOf]) -> bool:
        """The oracle: whether these presses are all the people that it takes."""
        people = {self.graph.logins[press.login].person for press in given if press.approve}
        ran = any(not press.approve for press in given)
        wanted = [needed for needed in self.graph.needed if needed.role == "approver"]
        enough = (
            len({one for one in people if not needed.groups or needed.groups & self.graph.people[one].groups})
            >= needed.count
            for needed in wanted
        )
        return ran and all(enough)


@contextmanager
def scene_of(graph: Graph, template: Path) -> Iterator[Scene]:
    folder = Path(tempfile.mkdtemp(prefix="kc-"))
    shutil.copy(template, folder / "kubechat.sqlite3")
    store = SqlStore(f"sqlite:///{folder / 'kubechat.sqlite3'}", folder / "audit.head")
    try:
        yield Scene(graph, folder, store)
    finally:
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


def pressed(scene: Scene) -> list[PressOf]:
    """All presses of the graph while the request waits, each held against the oracle; those that count."""
    counted: list[PressOf] = []
    for press in scene.graph.presses:
        if scene.now().state is not State.AWAITING_APPROVAL:
            break
        if scene.person(press) in {scene.person(one) for one in counted}:
            before = scene.now().approvals
            scene.press(press)
            assert scene.now().approvals == before
            continue
        assert scene.press(press) is scene.may(press), f"{press} of {scene.graph.logins[press.login]}"
        if scene.may(press):
            counted.append(press)
    return counted


GRAPHS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@GRAPHS
@given(graph=graphs())
def test_t07_a_request_is_ready_only_by_the_humans_it_takes(graph: Graph, sqlite_template: Path) -> None:
    """Never fewer, never the requester or an editor, nor an unlinked, foreign, new or left one; nor more."""
    with scene_of(graph, sqlite_template) as scene:
        counted = pressed(scene)

        found = scene.now()
        assert (found.state is State.READY) is scene.complete(counted)
        given_by = [(one.actor.person_id, one.role) for one in found.yes]
        assert given_by == [(scene.person(one), "approver" if one.approve else "requester") for one in counted]


@GRAPHS
@given(graph=graphs())
def test_t07_at_the_write_only_those_count_who_stand_by_their_account(graph: Graph, sqlite_template: Path) -> None:
    """Whoever was unlinked since is missing again, as what the worker asks says it."""
    with scene_of(graph, sqlite_template) as scene:
        counted = pressed(scene)
        for number in graph.gone:
            if person := graph.logins[number].person:
                scene.linking.unlink(scene.account(number), PersonId(person))

        kept = [(one, scene.directory.as_now(one.actor)) for one in scene.now().approvals]
        standing = tuple(one.model_copy(update={"actor": actor}) for one, actor in kept if actor is not None)
        today = scene.now().model_copy(update={"approvals": standing})

        assert today.is_cleared is scene.complete([one for one in counted if one.login not in graph.gone])


@GRAPHS
@given(graph=graphs())
def test_t07_nobody_is_who_they_did_not_prove_to_be(graph: Graph, sqlite_template: Path) -> None:
    """An account speaks as the one person that confirmed its code, as a member, or not at all."""
    with scene_of(graph, sqlite_template) as scene:
        for number, login in enumerate(graph.logins):
            try:
                found = scene.linking.actor(scene.account(number)).person_id
            except KubechatError:
                found = PersonId("")
            left = not login.person or graph.people[login.person].deactivated
            assert found == ("" if left or login.kind is not AccountKind.MEMBER else login.person)
