"""A yes that is typed into a console means what the screen has shown."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.chat.console import Console
from bot.commands import Press, PressKind, Show
from tests.unit.walk.rehearsal import API, Rehearsal, SmallFleet, deployment
from workers.domain.request import Request
from workers.domain.state import State


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def drifted(stage: Rehearsal, asked: Request) -> Request:
    """Approved elsewhere, found changed at the write, and back with the people."""
    ready = stage.allowed(asked, "bob")
    stage.fleet.set("prod-eu", API, {"spec": {"replicas": 4}})
    again = stage.run(ready)
    assert (again.state, again.revision) == (State.AWAITING_APPROVAL, 2)
    return again


def test_a_typed_yes_does_not_count_for_a_plan_that_was_not_on_the_screen(
    stage: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bob's screen shows 2 becoming 5; by the time he types approve it is 4 becoming 5."""
    router = stage.router()
    instance: Any = SimpleNamespace(service=stage.service, store=stage.store, bus=stage.bus, router=router)
    asked = stage.ask("scale api to 5 in prod-eu")

    async def typed() -> tuple[Request, Request]:
        console = Console(cast("Any", instance), "bob")
        await console._take(Show(request=asked.id), 0.1)
        drifted(stage, asked)
        await console._take(Press(what=PressKind.APPROVE), 0.1)
        before = stage.now(asked)
        await console._take(Show(request=asked.id), 0.1)
        await console._take(Press(what=PressKind.APPROVE), 0.1)
        return before, stage.now(asked)

    before, after = asyncio.run(typed())

    assert "read the new card and press again" in capsys.readouterr().out
    assert [a.actor.person_id for a in before.approvals] == []
    assert [a.actor.person_id for a in after.yes] == ["bob"]


def test_a_yes_to_what_was_never_on_the_screen_shows_it_and_presses_nothing(
    stage: Rehearsal, capsys: pytest.CaptureFixture[str]
) -> None:
    """The card comes first; the same word said again is a yes to it."""
    router = stage.router()
    instance: Any = SimpleNamespace(service=stage.service, store=stage.store, bus=stage.bus, router=router)
    asked = stage.ask("scale api to 5 in prod-eu")

    async def typed() -> tuple[Request, Request]:
        console = Console(cast("Any", instance), "bob")
        yes = Press(what=PressKind.APPROVE, request=asked.id)
        await console._take(yes, 0.1)
        before = stage.now(asked)
        await console._take(yes, 0.1)
        return before, stage.now(asked)

    before, after = asyncio.run(typed())

    said = " ".join(capsys.readouterr().out.split())
    assert "--replicas=5" in said
    assert f"say 'approve {asked.id}' again" in said
    assert before.approvals == ()
    assert [a.actor.person_id for a in after.yes] == ["bob"]
