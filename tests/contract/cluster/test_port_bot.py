"""The bot's own account on the demo fleet: what it does itself, and what it may not."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from calls import scale
from prelude import World, ours
from raw import Raw, flattened
from things import deployment

from workers.clusters.registry import Clusters
from workers.demo.process import FleetProcess
from workers.domain.actor import Actor
from workers.domain.call import MERGE_PATCH, get, list_of
from workers.domain.errors import (
    AccessDenied,
    Unavailable,
)
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName
from workers.settings import DEFAULTS, Settings, read_policy

pytestmark = pytest.mark.usefixtures("healed")


def test_request_log_shows_the_person_the_groups_and_the_mark(
    port: Clusters, demo: FleetProcess, world: World, alice: Actor, frail: dict[str, Any]
) -> None:
    """The cluster's own log names who it was and which step of which request."""
    live = world.quiet(world.apps("deployments", "frail"))
    demo.forget_requests(world.cluster)

    answer = port.send(ClusterName(world.cluster), scale(live), alice, mark="req-7f3k2m9q/1/2")

    (seen,) = ours(demo, world, "PATCH")
    assert seen["user"] == "system:serviceaccount:kubechat:kubechat"
    assert seen["impersonated"] == "alice"
    assert set(seen["groups"]) == {"auditors", "sre", "system:authenticated"}
    assert seen["user_agent"].endswith("(req-7f3k2m9q/1/2)")
    assert seen["query"] == "fieldManager=kubechat"
    assert seen["audit_id"] == answer.audit_id


def test_every_call_but_health_and_identity_is_the_persons(
    make_port: Callable[..., Clusters], demo: FleetProcess, world: World, alice: Actor, frail: dict[str, Any]
) -> None:
    """T9: the bot's own account reads a version and one uid; everything else is done as somebody."""
    clusters, cluster = make_port(), ClusterName(world.cluster)
    live = world.quiet(world.apps("deployments", "frail"))
    demo.forget_requests(world.cluster)

    clusters.probe()
    clusters.identity(cluster, alice)
    clusters.review(cluster, [scale(live).right], alice)
    clusters.send(cluster, list_of(KINDS["deployment"], world.namespace), alice)
    clusters.send(cluster, scale(live), alice, dry_run=True)

    seen = [one for one in demo.requests(world.cluster) if one["user_agent"].startswith("kubechat/")]
    own = [one["path"] for one in seen if not one["impersonated"]]
    assert own == ["/version", "/api/v1/namespaces/kube-system"]
    assert len(seen) == 5


def test_bots_own_account_may_only_impersonate(demo: FleetProcess, world: World, kubeconfig: Any) -> None:
    """T9: whoever steals the bot's token and forgets to impersonate can change and read nothing."""
    bot = Raw(flattened(demo.kubeconfig), world.cluster)
    paths = {
        "GET": [world.core("pods"), world.core("secrets"), "/api/v1/nodes", world.apps("deployments", "probe")],
        "POST": [world.core("configmaps"), world.core("pods"), world.apps("deployments")],
        "PUT": [world.apps("deployments", "probe")],
        "PATCH": [world.apps("deployments", "probe"), f"/api/v1/nodes/{world.node}"],
        "DELETE": [world.core("configmaps", "words"), world.apps("deployments", "probe"), world.core("pods")],
    }
    body = deployment("probe", world.namespace)
    statuses = {
        (method, path): bot.exchange(
            method, path, None if method == "GET" else body, MERGE_PATCH if method == "PATCH" else "application/json"
        )[0]
        for method, them in paths.items()
        for path in them
    }
    bot.close()

    assert set(statuses.values()) == {403}, statuses


@pytest.mark.parametrize(
    ("person", "groups", "what"),
    [("mallory", ["sre"], "users 'mallory'"), ("alice", ["system:masters"], "groups 'system:masters'")],
)
def test_person_the_bot_may_not_impersonate_is_named(
    port: Clusters, demo: FleetProcess, world: World, alice: Actor, person: str, groups: list[str], what: str
) -> None:
    """A refusal of the bot is not mistaken for a refusal of the person."""
    other = alice.model_copy(update={"person_id": person, "groups": frozenset(groups)})

    with pytest.raises(AccessDenied) as caught:
        port.send(ClusterName(world.cluster), get(KINDS["configmap"], world.namespace, "words"), other)

    assert f"may not impersonate {what}" in caught.value.message
    assert "verbs: [impersonate]" in caught.value.then


def test_bad_token_is_the_bots_problem(
    make_port: Callable[..., Clusters], demo: FleetProcess, world: World, alice: Actor, kubeconfig: Any, tmp_path: Any
) -> None:
    """A rejected credential is told from a missing right, and from an unreachable cluster."""
    config = yaml.safe_load(kubeconfig.read_text())
    for user in config["users"]:
        user["user"] = {"token": "wrong"}
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    settings = Settings.read({}, data=tmp_path, kubeconfig=tmp_path / "kubeconfig")
    clusters = Clusters(settings, read_policy(DEFAULTS / "policy.yaml")[0])

    with pytest.raises(Unavailable) as caught:
        clusters.send(ClusterName(world.cluster), get(KINDS["configmap"], world.namespace, "words"), alice)

    assert "does not accept the bot's own credentials" in caught.value.message
    clusters.close()


def test_calls_take_milliseconds(port: Clusters, demo: FleetProcess, world: World, alice: Actor) -> None:
    """Thirty access reviews, as many as a large plan needs, are answered while nobody notices."""
    right = list_of(KINDS["pod"], world.namespace).right
    rights = [right.model_copy(update={"name": f"pod-{number}", "verb": "get"}) for number in range(30)]
    port.review(ClusterName(world.cluster), [right], alice)
    start = time.monotonic()

    port.review(ClusterName(world.cluster), rights, alice)

    assert time.monotonic() - start < 0.5
