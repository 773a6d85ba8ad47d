"""What real clusters do on their worst days, on the demo fleet: cuts, silence, a bot that may do too little."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from calls import delete_pod, on_deployment, replace, scale
from prelude import World, wait_for
from raw import Raw, flattened
from test_port_writes import loose_pod
from things import config_map, deployment

from workers.clusters.registry import Clusters
from workers.demo.process import FleetProcess
from workers.domain.actor import Actor
from workers.domain.call import MERGE_PATCH, Call, get, list_of
from workers.domain.errors import (
    AccessDenied,
    ClusterChanged,
    ClusterUnreachable,
    KubechatError,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName
from workers.settings import DEFAULTS, Settings, read_policy

METHODS = ("PATCH", "POST", "PUT", "DELETE")


@pytest.fixture(autouse=True)
def healed(demo: FleetProcess, world: World) -> Iterator[None]:
    demo.heal(world.cluster)
    yield
    demo.heal(world.cluster)


@pytest.fixture(scope="module")
def frail(world: World) -> dict[str, Any]:
    return world.deployment("frail")


@pytest.fixture
def write(world: World, frail: dict[str, Any]) -> Callable[[str], Call]:
    """A valid write of each method."""

    def make(method: str) -> Call:
        if method == "DELETE":
            return delete_pod(world.quiet(loose_pod(world)))
        if method == "POST":
            body = config_map(f"cut-{time.monotonic_ns()}", world.namespace, {})
            return Call(
                method="POST", group="", version="v1", resource="configmaps", namespace=world.namespace, body=body
            )
        live = world.quiet(world.apps("deployments", "frail"))
        return replace(live) if method == "PUT" else scale(live)

    return make


def ours(demo: FleetProcess, world: World, method: str) -> list[dict[str, Any]]:
    """The requests of that method that came from the port."""
    return [
        one
        for one in demo.requests(world.cluster)
        if one["method"] == method and one["user_agent"].startswith("kubechat/")
    ]


@pytest.mark.parametrize("when", ["cut_before", "cut_after"])
@pytest.mark.parametrize("method", METHODS)
def test_write_that_is_cut_is_unknown_and_sent_once(
    port: Clusters,
    demo: FleetProcess,
    world: World,
    alice: Actor,
    write: Callable[[str], Call],
    method: str,
    when: str,
) -> None:
    """F24: nobody can tell whether a cut write was applied, so nobody claims it, and nobody sends it again."""
    call = write(method)
    port.send(ClusterName(world.cluster), get(KINDS["configmap"], world.namespace, "words"), alice)  # warms the pool
    demo.forget_requests(world.cluster)
    demo.faults(world.cluster, {when: [method]})

    with pytest.raises(OutcomeUnknown) as caught:
        port.send(ClusterName(world.cluster), call, alice)

    (seen,) = ours(demo, world, method)
    assert when == "cut_before" or seen["impersonated"] == "alice"  # cut before anybody looked who it was
    assert "it was not sent again" in caught.value.now


@pytest.mark.parametrize("method", METHODS)
def test_write_to_a_server_that_never_answers_is_unknown_after_the_read_timeout(
    make_port: Callable[..., Clusters],
    demo: FleetProcess,
    world: World,
    alice: Actor,
    write: Callable[[str], Call],
    method: str,
) -> None:
    """F23: a half-open server costs the read timeout and exactly one request."""
    impatient = make_port(read_seconds=0.4)
    call = write(method)
    demo.forget_requests(world.cluster)
    demo.faults(world.cluster, {"hang": True})
    start = time.monotonic()

    with pytest.raises(OutcomeUnknown):
        impatient.send(ClusterName(world.cluster), call, alice)

    assert 0.4 <= time.monotonic() - start < 1.5
    demo.heal(world.cluster)
    wait_for(lambda: len(ours(demo, world, method)) == 1, seconds=3)


def test_read_from_a_server_that_never_answers_is_unreachable(
    make_port: Callable[..., Clusters], demo: FleetProcess, world: World, alice: Actor
) -> None:
    """A read that hangs changes nothing, so it is only unreachable."""
    impatient = make_port(read_seconds=0.4)
    demo.faults(world.cluster, {"hang": True})

    with pytest.raises(ClusterUnreachable) as caught:
        impatient.send(ClusterName(world.cluster), get(KINDS["configmap"], world.namespace, "words"), alice)

    assert not isinstance(caught.value, OutcomeUnknown)


def test_dry_run_that_is_cut_is_not_unknown(
    port: Clusters, demo: FleetProcess, world: World, alice: Actor, frail: dict[str, Any]
) -> None:
    """A dry-run cannot have changed anything, whatever became of its answer."""
    live = world.quiet(world.apps("deployments", "frail"))
    demo.faults(world.cluster, {"cut_after": ["PATCH"]})

    with pytest.raises(ClusterUnreachable):
        port.send(ClusterName(world.cluster), scale(live), alice, dry_run=True)


def test_write_to_a_dead_server_was_never_sent(
    make_port: Callable[..., Clusters], demo: FleetProcess, world: World, alice: Actor, frail: dict[str, Any]
) -> None:
    """A refused connection is known not to have changed anything."""
    call = scale(world.quiet(world.apps("deployments", "frail")))
    demo.faults(world.cluster, {"dead": True})

    with pytest.raises(ClusterUnreachable) as caught:
        make_port().send(ClusterName(world.cluster), call, alice)

    assert caught.value.now == "nothing was sent"


def test_read_survives_a_connection_that_went_stale(
    make_port: Callable[..., Clusters], demo: FleetProcess, world: World, alice: Actor
) -> None:
    """A pooled connection that the server has closed meanwhile is replaced, for reads, without a word."""
    fresh = make_port()
    call = get(KINDS["configmap"], world.namespace, "words")
    fresh.send(ClusterName(world.cluster), call, alice)
    demo.faults(world.cluster, {"dead": True})
    demo.heal(world.cluster)

    assert fresh.send(ClusterName(world.cluster), call, alice).status == 200


def test_webhook_that_cannot_dry_run_is_told_by_a_fact(
    port: Clusters, demo: FleetProcess, world: World, alice: Actor, frail: dict[str, Any]
) -> None:
    """The previewer learns that there is no dry-run to be had, rather than that the change is wrong."""
    live = world.quiet(world.apps("deployments", "frail"))
    demo.faults(world.cluster, {"no_dry_run": ["deployments"]})
    body = {"metadata": {"annotations": {"a": "b"}}}

    with pytest.raises(Rejected) as caught:
        port.send(
            ClusterName(world.cluster), on_deployment(live, body=body, content_type=MERGE_PATCH), alice, dry_run=True
        )

    assert caught.value.facts["dry_run"] == "unsupported"
    assert "does not support dry run" in caught.value.message


def test_of_two_writes_on_the_same_version_one_wins(
    port: Clusters, world: World, alice: Actor, bob: Actor, frail: dict[str, Any]
) -> None:
    """Two people who read the same version cannot both change it."""
    live = world.quiet(world.apps("deployments", "frail"))
    port.send(ClusterName(world.cluster), scale(live), bob)

    with pytest.raises(ClusterChanged):
        port.send(ClusterName(world.cluster), scale(live), alice)


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


def test_nothing_but_our_own_errors_comes_out(
    make_port: Callable[..., Clusters],
    demo: FleetProcess,
    world: World,
    alice: Actor,
    write: Callable[[str], Call],
) -> None:
    """Adapters translate library exceptions at their own edge; none leaks."""
    impatient, cluster = make_port(read_seconds=0.3), ClusterName(world.cluster)
    calls = [write("PATCH"), write("POST"), get(KINDS["configmap"], world.namespace, "words")]
    faults: list[dict[str, Any]] = [
        {"hang": True},
        {"cut_before": ["PATCH", "POST", "GET"]},
        {"cut_after": ["PATCH", "POST", "GET"]},
        {"dead": True},
    ]

    for fault in faults:
        demo.heal(world.cluster)
        demo.faults(world.cluster, fault)
        for call in calls:
            with pytest.raises(KubechatError):
                impatient.send(cluster, call, alice)
        with pytest.raises(KubechatError):
            impatient.review(cluster, [calls[0].right], alice)
        with pytest.raises(KubechatError):
            impatient.identity(cluster, alice)


def test_calls_take_milliseconds(port: Clusters, demo: FleetProcess, world: World, alice: Actor) -> None:
    """Thirty access reviews, as many as a large plan needs, are answered while nobody notices."""
    right = list_of(KINDS["pod"], world.namespace).right
    rights = [right.model_copy(update={"name": f"pod-{number}", "verb": "get"}) for number in range(30)]
    port.review(ClusterName(world.cluster), [right], alice)
    start = time.monotonic()

    port.review(ClusterName(world.cluster), rights, alice)

    assert time.monotonic() - start < 0.5
