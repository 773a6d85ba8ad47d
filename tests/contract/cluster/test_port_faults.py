"""What real clusters do on their worst days, on the demo fleet: cuts, silence, a bot that may do too little."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from calls import delete_pod, on_deployment, replace, scale
from prelude import World, ours, wait_for
from test_port_writes import loose_pod
from things import config_map

from workers.clusters.registry import Clusters
from workers.demo.process import FleetProcess
from workers.domain.actor import Actor
from workers.domain.call import MERGE_PATCH, Call, get
from workers.domain.errors import (
    ClusterChanged,
    ClusterUnreachable,
    KubechatError,
    OutcomeUnknown,
    Rejected,
)
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName

METHODS = ("PATCH", "POST", "PUT", "DELETE")

pytestmark = pytest.mark.usefixtures("healed")


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
