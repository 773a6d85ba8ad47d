"""Approvals by other accounts of the same person, by editors, by what is no person at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.making import NOW, REQUESTER, actor, approvers, awaiting, yes
from workers.domain.actor import Account, AccountKind, Actor
from workers.domain.errors import KubechatError, Refusal
from workers.domain.link import Link, linked, may_speak
from workers.domain.plan import Edit
from workers.domain.press import may_approve, may_say_yes
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import PersonId

PEOPLE = ("alice", "bob", "dora", "erin")
SYSTEMS = ("terminal", "slack", "mattermost")
PRESSES = st.lists(
    st.tuples(st.sampled_from(["yes", "edit"]), st.sampled_from(PEOPLE), st.sampled_from(SYSTEMS), st.integers(1, 3)),
    max_size=14,
)


def speaking(person: str, system: str, number: int) -> Actor:
    """One of the several accounts of a person."""
    account = Account(system=system, workspace="w", user_id=f"{person}-{number}", kind=AccountKind.MEMBER)
    return actor(person, "sre").model_copy(update={"account": account})


def pressed(request: Request, what: str, by: Actor) -> Request:
    """As the service takes it, or unchanged when it is refused."""
    if request.state is not State.AWAITING_APPROVAL:
        return request
    if what == "edit":
        edit = Edit(step=1, params={"replicas": 6}, about="scale", by=by.person_id)
        return request.model_copy(update={"edits": (*request.edits, edit), "approvals": ()})
    try:
        may_say_yes(request, by, NOW)
        if by.person_id != request.requester:
            may_approve(request, by)
    except KubechatError:
        return request
    return request.approved(yes(request, by), NOW)


@given(PRESSES, st.integers(1, 3))
def test_t07_no_set_of_accounts_stands_in_for_people(presses: list[tuple[str, str, str, int]], others: int) -> None:
    """Whoever presses from whichever accounts: ready means so many other humans, none of them requester or editor."""
    request = awaiting(REQUESTER, approvers(others, "sre"))

    for what, person, system, number in presses:
        request = pressed(request, what, speaking(person, system, number))

    humans = {given.actor.person_id for given in request.yes}
    if request.state is State.READY:
        editors = {edit.by for edit in request.edits}
        assert request.requester in humans
        assert len(humans - {request.requester} - editors) >= others
    else:
        assert request.missing


@pytest.mark.parametrize("kind", [kind for kind in AccountKind if kind is not AccountKind.MEMBER])
def test_t07_what_is_no_member_says_nothing(kind: AccountKind) -> None:
    """Guests, bots, accounts of other organisations, deactivated ones, and those of which nothing was said."""
    with pytest.raises(Refusal) as caught:
        may_speak(Account(system="slack", workspace="w", user_id="u", kind=kind))

    assert caught.value.code == "account-refused"
    assert caught.value.now.startswith("only members")


def test_t07_an_account_is_nobody_until_it_is_linked() -> None:
    """The same id in another workspace or system is another account."""
    mine = Account(system="slack", workspace="w", user_id="u", kind=AccountKind.MEMBER)
    link = Link.model_construct(account=mine, person_id=PersonId("bob"))

    assert linked(mine, link) is link
    for other in ({"workspace": "v"}, {"system": "mattermost"}, {"user_id": "U"}, {"system": "terminal"}):
        with pytest.raises(Refusal):
            linked(mine.model_copy(update=other), link)
    with pytest.raises(Refusal):
        linked(mine, None)


def test_t07_a_link_of_yesterday_approves_and_one_of_now_does_not() -> None:
    """Whoever takes over a chat account and links it waits before a yes of it counts."""
    cooling = speaking("bob", "slack", 1).model_copy(update={"cooling_until": NOW})

    with pytest.raises(Refusal, match="too lately"):
        may_say_yes(awaiting(), cooling, NOW)
    may_say_yes(awaiting(), speaking("bob", "slack", 1), NOW)
