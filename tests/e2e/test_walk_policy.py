"""A policy file that is changed under running workers: what was approved before meets it at the moment of the write."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import a_stack
from tests.e2e.stack import Stack, World, until
from workers.domain.state import State
from workers.settings import DEFAULTS

pytestmark = pytest.mark.xdist_group("walk-policy")
SHIPPED = (DEFAULTS / "policy.yaml").read_text(encoding="utf-8")
RULE = "  - {name: hands-off, when: {verbs: [scale]}, then: refuse, text: not now}\n"
STRICT = SHIPPED.replace("rules:\n", f"rules:\n{RULE}", 1)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("policy") / "policy.yaml"


@pytest.fixture(scope="module")
def shared_ruled(shared_world: World, file: Path) -> Iterator[Stack]:
    file.write_text(SHIPPED, encoding="utf-8")
    with a_stack(shared_world, policy=file) as made:
        yield made


@pytest.fixture
def ruled(shared_ruled: Stack, world: World, file: Path) -> Iterator[Stack]:
    """With a policy file of its own, which is the shipped one before and after the test."""
    yield shared_ruled
    write(file, SHIPPED)


def write(file: Path, text: str) -> None:
    new = file.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def test_a_stricter_policy_refuses_what_is_approved_after_it(ruled: Stack, world: World, file: Path) -> None:
    """The last yes comes under the new policy: nothing is written, the rule is named, the change is on record."""
    name = world.deployment("prod-eu")
    waiting = ruled.waiting(f"scale {name} to 3 in prod-eu because INC-7")
    half = ruled.done("alice", "run", waiting)
    write(file, STRICT)

    ended = ruled.done("bob", "approve", half)

    assert ended.state is State.REFUSED
    assert ended.problem is not None
    assert "rule 'hands-off' (verb scale): not now" in ended.problem.now
    assert world.writes("prod-eu", ended.id) == []
    changes = until(lambda: ruled.leaves(None, "policy.changed")[1:], what="the change of policy is recorded")
    assert changes[0]["facts"]["old"] != changes[0]["facts"]["new"]


def test_while_the_policy_is_broken_people_look_and_nothing_changes(ruled: Stack, world: World, file: Path) -> None:
    """The guard is down: changes wait for it, reads do not; once it is mended work goes on."""
    name = world.deployment("dev")
    write(file, "rules: [")

    read = ruled.ask("alice", "show deployments in payments in dev")
    change = ruled.ask("alice", f"scale {name} to 3 in dev")
    write(file, SHIPPED)
    mended = ruled.ask("alice", f"scale {name} to 3 in dev")

    assert (read.state, change.state, mended.state) == (State.SUCCEEDED, State.REFUSED, State.AWAITING_APPROVAL)
    assert change.problem is not None
    assert "policy.yaml" in change.problem.now
    assert "kubechat policy lint" in change.problem.then
