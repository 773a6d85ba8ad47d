"""Freezes and broken glass on real processes: no write begins that a freeze holds, and all see an emergency."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.chat.terminal import render
from bot.commands import parse
from bot.router import Reply
from tests.e2e.conftest import a_stack
from tests.e2e.stack import Stack, World
from workers.domain.observed import StepOutcome
from workers.domain.request import Request
from workers.domain.state import State
from workers.settings import DEFAULTS

pytestmark = pytest.mark.xdist_group("walk-1")
GLASS = "\nbreak_glass:\n  groups: [sre]\n  window_minutes: 5\n  review_within_hours: 24\n"


@pytest.fixture(scope="module")
def shared_frosty(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    policy = tmp_path_factory.mktemp("glass") / "policy.yaml"
    policy.write_text((DEFAULTS / "policy.yaml").read_text() + GLASS)
    with a_stack(shared_world, policy=policy) as made:
        yield made


@pytest.fixture
def frosty(shared_frosty: Stack, world: World) -> Iterator[Stack]:
    """Where the glass may be broken; nothing is frozen before and after a test."""
    yield shared_frosty
    for freeze in shared_frosty.instance.store.freezes():
        said(shared_frosty, "alice", f"unfreeze {freeze.id} because the test is over")


def said(stack: Stack, person: str, line: str) -> Reply:
    reply = stack._take(person, parse(line), None)
    assert reply.problem is None, reply.problem
    return reply


def shown(reply: Reply) -> str:
    assert reply.card is not None
    return " ".join(render(reply.card, width=200).split())


def emergency(stack: Stack, person: str, text: str) -> Request:
    reply = said(stack, person, f"break glass: {text}")
    assert reply.request is not None
    stack.asked.append(reply.request.id)
    return stack.settled(reply.request)


def test_a_freeze_between_the_last_yes_and_the_run_lets_nothing_be_written(frosty: Stack, world: World) -> None:
    """Approved before, frozen before it begins: refused with who, why and how to lift it."""
    name = world.deployment("prod-eu")
    waiting = frosty.waiting(f"scale {name} to 3 in prod-eu because INC-7")
    with frosty.stopped():
        frosty.press("bob", "approve", waiting)
        frosty.press("alice", "run", waiting)
        frost = said(frosty, "bob", "freeze prod for 2h because game night")

    ended = frosty.settled(waiting)

    assert ended.state is State.REFUSED
    assert ended.problem is not None
    assert ended.problem.code == "frozen"
    assert "prod is frozen by bob" in ended.problem.now
    assert "unfreeze prod because ..." in ended.problem.then
    assert waiting.id in shown(frost)
    assert world.replicas("prod-eu", name) == 2
    assert world.writes("prod-eu", waiting.id) == []


def test_a_freeze_between_two_steps_leaves_the_second_not_started(frosty: Stack, world: World) -> None:
    """What was written arrives and stays shown; no write begins any more."""
    name = world.deployment("dev")
    waiting = frosty.waiting(f"set image of {name} to v1.0.1 and scale {name} to 3 in dev")
    assert waiting.plan is not None
    assert len(waiting.plan.steps) == 2
    frosty.press("alice", "run", waiting)
    frosty.intended(waiting)
    said(frosty, "bob", "freeze dev because game night")

    ended = frosty.settled(waiting)

    assert [result.outcome for result in ended.results] == [StepOutcome.DONE, StepOutcome.SKIPPED]
    assert "frozen meanwhile: dev is frozen by bob" in ended.results[1].message
    assert ended.state is State.FAILED
    assert len(world.writes("dev", waiting.id, applied=True)) == 1
    assert "frozen meanwhile" in frosty.card(ended)
    assert world.replicas("dev", name) == 2


def test_an_emergency_goes_through_a_freeze_and_blocks_the_next_until_it_is_reviewed(
    frosty: Stack, world: World
) -> None:
    """The whole story: frozen, broken, told to all, the second one blocked, reviewed by another person."""
    name = world.deployment("prod-eu")
    said(frosty, "bob", "freeze prod because game night")
    refused = frosty.ask("alice", f"scale {name} to 6 in prod-eu because the queue burns")
    cursor = frosty.instance.store.cursor()

    asked = emergency(frosty, "alice", f"scale {name} to 6 in prod-eu because the queue burns, INC-42")
    card = frosty.card(asked)
    done = frosty.done("alice", "run", asked)

    assert refused.state is State.REFUSED
    assert "BREAK GLASS: without anybody's approval and in spite of a freeze" in card
    assert done.state is State.SUCCEEDED
    assert world.replicas("prod-eu", name) == 6
    told = [row.text for row in frosty.instance.store.progress_after(cursor) if row.kind == "broadcast"]
    assert [text for text in told if asked.id in text]
    events = frosty.events(done)
    assert events.index("emergency.opened") < events.index("exec.intended")

    blocked = emergency(frosty, "bob", f"scale {name} to 7 in prod-eu because it burns on")
    own = frosty.refused("alice", f"review {done.id} because it was me", done)
    listed = shown(said(frosty, "carol", "reviews"))
    said(frosty, "bob", f"review {done.id} because it was right, INC-42 has the rest")
    free = emergency(frosty, "bob", f"scale {name} to 7 in prod-eu because it burns on")

    assert blocked.problem is not None
    assert blocked.problem.code == "unreviewed"
    assert done.id in blocked.problem.text
    assert own == "own-approval"
    assert "to be reviewed until" in listed
    assert "ticket" in listed
    assert free.state is State.AWAITING_APPROVAL
    assert "reviewed by bob: it was right" in frosty.card(frosty.now(done))
    frosty.press("bob", "cancel", free)


def test_freezes_on_the_command_line(frosty: Stack) -> None:
    """Set, listed and lifted by another process; who may not is told who may."""
    data = frosty.instance.settings.data
    policy = frosty.instance.settings.policy

    def kubechat(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {"KUBECHAT_DATA": str(data), "KUBECHAT_POLICY": str(policy), "PATH": ""}
        command = [sys.executable, "-c", "from bot.cli import main; main()", *words]
        return subprocess.run(
            command, env=environment, cwd=Path.cwd(), capture_output=True, text=True, timeout=60, check=False
        )

    frozen = kubechat("freeze", "staging", "--for", "2h", "--as", "bob", "--reason", "game night")
    refused = kubechat("freeze", "everything", "--as", "carol", "--reason", "game night")
    unknown = kubechat("freeze", "stagin", "--as", "bob", "--reason", "game night")
    listed = json.loads(kubechat("freezes", "--json").stdout)
    lifted = kubechat("unfreeze", "staging", "--as", "alice", "--reason", "we won")
    after = kubechat("freezes")

    assert [p.returncode for p in (frozen, refused, unknown, lifted, after)] == [0, 1, 2, 0, 0]
    assert "staging is frozen by bob" in frozen.stdout
    assert "the policy names sre" in refused.stderr
    assert "did you mean 'staging'?" in unknown.stderr
    assert [(one["what"], one["by"], one["reason"]) for one in listed["freezes"]] == [("staging", "bob", "game night")]
    assert "nothing is frozen" in after.stdout
