"""A policy file that changes under a worker: taken over before the next job, or a guard that is down."""

import os
from pathlib import Path

import pytest
import yaml

from tests.unit.walk.rehearsal import Rehearsal, SmallFleet, deployment
from workers.domain.errors import InvalidConfiguration
from workers.domain.request import Request
from workers.domain.state import State
from workers.guard.following import Following
from workers.guard.policies import Policies
from workers.settings import DEFAULTS

SHIPPED = (DEFAULTS / "policy.yaml").read_text(encoding="utf-8")


@pytest.fixture
def file(data: Path) -> Path:
    found = data / "policy.yaml"
    write(found, SHIPPED)
    return found


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


@pytest.fixture
def following(file: Path, stage: Rehearsal) -> Following:
    made = Following(file, Policies(stage.store))
    made.tell(stage.walk.take_policy)
    made.follow()
    return made


def write(file: Path, text: str) -> None:
    """Whole, and some time ago."""
    new = file.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    os.utime(new, (1, 1))
    new.replace(file)


def stricter(**rule: object) -> str:
    raw = yaml.safe_load(SHIPPED)
    raw["rules"].append({"name": "not-now", "then": "refuse", "text": "nothing today", **rule})
    return yaml.safe_dump(raw)


def waiting(stage: Rehearsal) -> Request:
    ready = stage.allowed(stage.ask("scale api to 5 in dev"))
    assert ready.state is State.READY
    return ready


def test_a_policy_that_became_stricter_refuses_what_is_queued(
    stage: Rehearsal, file: Path, following: Following
) -> None:
    """The refusal names the rule and the value that it matched with."""
    ready = waiting(stage)
    write(file, stricter(when={"verbs": ["scale"]}))
    following.follow()

    ended = stage.run(ready)

    assert (ended.state, stage.fleet.writes) == (State.REFUSED, [])
    assert ended.problem is not None and "rule 'not-now' (verb scale): nothing today" in ended.problem.now
    assert len(stage.store.policy_versions(limit=9)) == 2


def test_a_policy_that_cannot_be_read_stops_changes_and_no_reads(
    stage: Rehearsal, file: Path, following: Following
) -> None:
    """Until it is mended: the last good one goes on deciding about reads."""
    ready = waiting(stage)
    write(file, SHIPPED.replace("version: 1", "version: 2"))
    following.follow()

    ended, read, change = (
        stage.run(ready),
        stage.ask("show deployments in payments in dev"),
        stage.ask("restart api in dev"),
    )
    write(file, SHIPPED)
    following.follow()
    mended = stage.ask("restart api in dev")

    assert (ended.state, read.state, change.state) == (State.REFUSED, State.SUCCEEDED, State.REFUSED)
    assert change.problem is not None and "rule 'unreadable-policy'" in change.problem.now
    assert "version" in change.problem.now and "kubechat policy lint" in change.problem.then
    assert State.AWAITING_APPROVAL is mended.state
    assert len(stage.store.policy_versions(limit=9)) == 1, "the policy in force was the same all the time"


def test_a_policy_that_is_gone_is_one_that_cannot_be_read(stage: Rehearsal, file: Path, following: Following) -> None:
    """A deleted file does not leave the old rules in force for changes."""
    file.unlink()
    following.follow()

    assert State.REFUSED is stage.ask("scale api to 5 in dev").state
    assert "policy.yaml" in following.problem


def test_who_only_looks_begins_with_the_last_policy(stage: Rehearsal, file: Path, following: Following) -> None:
    """People can still ask and look while the file is mended; a worker that decides does not begin at all."""
    write(file, "rules: [")
    started = Following(file, last=lambda: stage.store.policy_versions(limit=1)[0])

    assert (following.digest, True) == (started.digest, "policy.yaml" in started.problem)
    with pytest.raises(InvalidConfiguration, match=r"policy\.yaml"):
        Following(file, Policies(stage.store))


def test_a_comment_is_no_other_policy(file: Path, following: Following, stage: Rehearsal) -> None:
    """The digest is of the meaning."""
    write(file, SHIPPED + "# thank you\n")
    following.follow()

    assert len(stage.store.policy_versions(limit=9)) == 1
