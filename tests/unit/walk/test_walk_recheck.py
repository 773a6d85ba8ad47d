"""What is asked again at the moment of the write: today's policy, of people as they are today."""

from pathlib import Path

import pytest
import yaml

from tests.unit.walk.rehearsal import PEOPLE, Rehearsal, SmallFleet, deployment
from workers.domain.people import People, Person
from workers.domain.policy import Policy
from workers.domain.request import Request
from workers.domain.state import State
from workers.domain.value import PersonId
from workers.service import Service
from workers.settings import DEFAULTS, read_policy


@pytest.fixture
def stage(sqlite_url: str) -> Rehearsal:
    return Rehearsal(sqlite_url, SmallFleet(deployment()))


def with_bob(*groups: str) -> People:
    return People(people={**PEOPLE.people, PersonId("bob"): Person(name="Bob", groups=frozenset(groups))})


def approvers_from(data: Path, group: str) -> Policy:
    raw = yaml.safe_load((DEFAULTS / "policy.yaml").read_text())
    for rule in raw["rules"]:
        if rule["name"] == "changes-in-production":
            rule["groups"] = [group]
    (data / "policy.yaml").write_text(yaml.safe_dump(raw))
    return read_policy(data / "policy.yaml")[0]


def approved(stage: Rehearsal) -> Request:
    ready = stage.allowed(stage.ask("scale api to 5 in prod-eu"), "bob")
    assert ready.state is State.READY
    return ready


def test_a_new_policy_is_met_by_the_groups_of_today(stage: Rehearsal, data: Path) -> None:
    """Bob approved as sre and owner, and is no owner any more when the policy asks for one."""
    stage.service = Service(store=stage.store, bus=stage.bus, people=with_bob("sre", "owners"))
    policy = approvers_from(data, "owners")

    ended = stage.run(approved(stage), stage.worker(policy, with_bob("sre")))
    done = stage.run(approved(stage), stage.worker(policy, with_bob("sre", "owners")))

    assert (ended.state, ended.problem and ended.problem.code) == (State.REFUSED, "policy-refused")
    assert done.state is State.SUCCEEDED
    assert len(stage.fleet.writes) == 1


def test_access_is_asked_of_approvers_as_they_are_today(stage: Rehearsal) -> None:
    """A group that bob has left must not answer for him in the cluster."""
    stage.service = Service(store=stage.store, bus=stage.bus, people=with_bob("sre", "admins"))
    ready = approved(stage)
    stage.fleet.reviewed.clear()

    stage.run(ready, stage.worker(people=with_bob("sre")))

    assert {a.person_id: a.groups for a in stage.fleet.reviewed}[PersonId("bob")] == {"sre"}


def test_a_look_that_the_policy_refuses_today_is_not_taken(stage: Rehearsal, data: Path) -> None:
    """The suggested looks were allowed when it was planned; since then nobody may read logs."""
    ready = approved(stage)
    assert ready.plan is not None
    assert "logs" in {check.action.verb.value for check in ready.plan.checks}
    raw = yaml.safe_load((DEFAULTS / "policy.yaml").read_text())
    raw["rules"].append({"name": "no-logs", "when": {"verbs": ["logs"]}, "then": "refuse", "text": "not any more"})
    (data / "stricter.yaml").write_text(yaml.safe_dump(raw))

    ended = stage.run(ready, stage.worker(read_policy(data / "stricter.yaml")[0]))

    assert ended.state is State.REFUSED
    assert ended.problem is not None
    assert "log lines" in ended.problem.now
    assert stage.fleet.writes == []
