"""The bot's account is strong only in becoming people: what a person may not do, nobody does for them."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import a_stack
from tests.e2e.stack import Stack, World, deployment_path, is_write
from tests.unit.domain.making import actor
from workers.clusters.asking import request_for
from workers.clusters.registry import Clusters
from workers.domain.call import MERGE_PATCH, Call
from workers.domain.errors import AccessDenied, InvalidParameter
from workers.domain.state import State
from workers.domain.value import ClusterName
from workers.settings import DEFAULTS, Settings, read_people, read_policy

pytestmark = pytest.mark.xdist_group("guarded")
PROD = ClusterName("prod-us")


def write(name: str) -> Call:
    return Call(
        method="PATCH",
        group="apps",
        version="v1",
        resource="deployments",
        namespace="payments",
        name=name,
        body={"spec": {"replicas": 1}},
        content_type=MERGE_PATCH,
    )


@pytest.mark.parametrize("groups", [(), ("sre",), ("a", "b", "c"), ("with, comma", "sre"), ("a b", "system:x", "z")])
def test_t09_a_person_is_one_line_and_each_group_another(groups: tuple[str, ...]) -> None:
    """Kubernetes reads repeated lines: a list in one line would be one group with commas in its name."""
    sent = request_for(PROD, write("api"), actor("alice", *groups))

    lines = [(name, value) for name, value in sent.headers.iteritems() if name.lower().startswith("impersonate")]
    assert lines == [("Impersonate-User", "alice"), *(("Impersonate-Group", group) for group in sorted(groups))]


@pytest.mark.parametrize("bad", ["alice\r\nImpersonate-Group: system:masters", "", "al\x00ice", "alice\n"])
def test_t09_nobody_smuggles_a_header(bad: str) -> None:
    """A name or a group with a line break, or without a name, is never sent."""
    for who in (actor(bad or "", "sre"), actor("alice", bad or "\n")):
        with pytest.raises(InvalidParameter):
            request_for(PROD, write("api"), who)


def test_t09_every_mutating_request_is_the_requesters(stack: Stack, world: World) -> None:
    """In the server's own journal: the person who asked, exactly their groups, whoever approved it."""
    people = read_people(DEFAULTS / "people.yaml").people
    name = world.deployment("prod-us")
    asked = stack.waiting(f"scale {name} to 3 in prod-us because INC-9")
    stack.press("bob", "approve", asked)
    stack.done("alice", "run", asked)
    other = stack.ask("bob", f"restart {world.deployment('staging')} in staging")
    stack.done("bob", "run", other)

    for cluster in world.fleet.urls:
        changing = [one for one in world.fleet.requests(cluster) if one["user_agent"].startswith("kubechat/")]
        changing = [one for one in changing if one["method"] not in ("GET", "HEAD")]
        for one in changing:
            person = people[one["impersonated"]]
            assert set(one["groups"]) == {*person.groups, "system:authenticated"}, one
            assert one["user"] == "system:serviceaccount:kubechat:kubechat"
    mine = [*world.writes("prod-us", asked.id), *world.writes("staging", other.id)]
    assert [one["impersonated"] for one in mine] == ["alice", "bob"]


def test_t09_the_bots_own_account_changes_nothing(world: World) -> None:
    """Its token alone is forbidden to write, to read, and to become somebody who is not on its list."""
    config = yaml.safe_load(world.fleet.kubeconfig.read_text())
    token = config["users"][0]["user"]["token"]
    name = world.deployment("prod-us")
    path, as_alice = deployment_path(name), {"Impersonate-User": "alice"}

    assert _status(world, "PATCH", path, token) == 403
    assert _status(world, "GET", path, token) == 403
    assert _status(world, "PATCH", path, token, {"Impersonate-User": "mallory"}) == 403
    assert _status(world, "PATCH", path, token, as_alice | {"Impersonate-Group": "system:masters"}) == 403
    assert _status(world, "PATCH", path, token, as_alice | {"Impersonate-Group": "sre"}) == 200


def _status(world: World, method: str, path: str, token: str, headers: dict[str, str] | None = None) -> int:
    more = {"Authorization": f"Bearer {token}", "Content-Type": "application/merge-patch+json", **(headers or {})}
    body = json.dumps({"metadata": {"annotations": {"note": "t09"}}}).encode() if method == "PATCH" else None
    asked = urllib.request.Request(f"{world.fleet.urls['prod-us']}{path}", body, more, method=method)
    context = ssl.create_default_context(cadata=world.fleet.ca_pem)
    try:
        with urllib.request.urlopen(asked, context=context, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_t09_the_server_says_no_where_our_policy_says_yes(world: World, tmp_path: Path) -> None:
    """Without any check of ours before it: 403 from the API server, named as such, and nothing has changed."""
    name = world.deployment("prod-us")
    settings = Settings.read({}, tmp_path, kubeconfig=world.fleet.kubeconfig)
    clusters = Clusters(settings, read_policy(DEFAULTS / "policy.yaml")[0])
    try:
        with pytest.raises(AccessDenied) as caught:
            clusters.send(PROD, write(name), actor("carol", "developers"))
    finally:
        clusters.close()
        sent = world.writes("prod-us", "kubechat/")
        world.fleet.forget_requests("prod-us")  # what no stack has sent would fail the check at the end

    assert [one["status"] for one in sent if name in one["path"]] == [403]
    assert "carol" in caught.value.text.lower()
    assert world.replicas("prod-us", name) == 2


@pytest.fixture(scope="module")
def lax(guarded_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """With a policy that allows everybody everything after their own Run."""
    policy = tmp_path_factory.mktemp("policy") / "policy.yaml"
    rule = "{name: all, when: {}, then: confirm, text: whatever}"
    policy.write_text(f"version: 1\ntiers:\n  - {{tier: development, clusters: ['*']}}\nrules: [{rule}]\n")
    with a_stack(guarded_world, policy=policy) as made:
        yield made


def test_t09_a_lax_policy_gives_nobody_a_right(lax: Stack, world: World) -> None:
    """RBAC decides: the plan of somebody without the right ends before anybody is asked, and nothing is sent."""
    name = world.deployment("prod-us")

    ended = lax.ask("carol", f"scale {name} to 9 in prod-us")

    assert ended.state is State.REFUSED
    assert ended.problem is not None
    assert ended.problem.code == "access-denied"
    assert [one for one in world.fleet.requests("prod-us") if is_write(one) and one["impersonated"] == "carol"] == []
