"""Writing through the port: dry-runs change nothing, preconditions hold, refusals are told apart."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from calls import EVERY, Build, delete_pod, on_deployment, replace, scale
from prelude import World, wait_for
from things import config_map, pod

from workers.clusters.registry import Clusters
from workers.domain.actor import Actor
from workers.domain.call import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, Call
from workers.domain.errors import ClusterChanged, NotThere, Rejected
from workers.domain.value import ClusterName

MARK = "req-c0n7r4c7/1/1"
BUILDS = pytest.mark.parametrize("build", EVERY.values(), ids=EVERY)


@pytest.fixture(scope="module")
def app(world: World) -> dict[str, Any]:
    return world.deployment("app")


@pytest.fixture
def target(world: World, app: dict[str, Any]) -> Callable[[Build], tuple[str, dict[str, Any]]]:
    """The path and the settled object that a call is about."""

    def find(build: Build) -> tuple[str, dict[str, Any]]:
        if build is EVERY["cordon"]:
            world.needs("nodes")
            path = f"/api/v1/nodes/{world.node}"
        elif build is EVERY["delete_pod"]:
            path = loose_pod(world)
        else:
            path = world.apps("deployments", "app")
        return path, world.quiet(path)

    return find


def loose_pod(world: World) -> str:
    """A pod that nobody owns, on the node that has no machine, so that it stays as it is."""
    name = f"loose-{secrets.token_hex(3)}"
    node = world.node if "nodes" in world.found else ""
    world.raw.call("POST", world.core("pods"), pod(name, world.namespace, node))
    return world.core("pods", name)


@BUILDS
def test_dry_run_changes_nothing_and_shows_what_would_be(
    port: Clusters, world: World, alice: Actor, target: Callable[..., tuple[str, dict[str, Any]]], build: Build
) -> None:
    """A preview is the server's own word, and leaves no trace."""
    path, live = target(build)

    answer = port.send(ClusterName(world.cluster), build(live), alice, dry_run=True)

    assert world.version(path) == live["metadata"]["resourceVersion"]
    assert world.raw.call("GET", path) == live
    assert answer.body["metadata"]["name"] == live["metadata"]["name"]
    assert answer.body["metadata"]["uid"] == live["metadata"]["uid"]
    if build is not delete_pod:
        assert {key: value for key, value in answer.body.items() if key != "metadata"} != {
            key: value for key, value in live.items() if key != "metadata"
        } or answer.body["metadata"] != live["metadata"]


@BUILDS
def test_write_on_what_was_read_is_done(
    port: Clusters, world: World, alice: Actor, target: Callable[..., tuple[str, dict[str, Any]]], build: Build
) -> None:
    """With the right preconditions the write is carried out, once, in Kubechat's name."""
    path, live = target(build)

    answer = port.send(ClusterName(world.cluster), build(live), alice, mark=MARK)

    if build is delete_pod:
        assert answer.status == 200
        wait_for(lambda: world.raw.find(path) is None or "deletionTimestamp" in world.raw.find(path)["metadata"])
        return
    after = world.raw.call("GET", path)
    assert int(after["metadata"]["resourceVersion"]) > int(live["metadata"]["resourceVersion"])
    assert "kubechat" in {entry["manager"] for entry in after["metadata"]["managedFields"]}
    if "audit" in world.found:
        assert answer.audit_id


@BUILDS
def test_write_on_an_older_version_is_refused_as_changed(
    port: Clusters, world: World, alice: Actor, target: Callable[..., tuple[str, dict[str, Any]]], build: Build
) -> None:
    """Somebody was quicker: nothing is written, and the error says that the object changed."""
    path, live = target(build)
    world.raw.call("PATCH", path, {"metadata": {"annotations": {"contract": secrets.token_hex(4)}}}, MERGE_PATCH)
    before = world.quiet(path)

    with pytest.raises(ClusterChanged):
        port.send(ClusterName(world.cluster), build(live), alice)

    assert world.raw.call("GET", path) == before


@BUILDS
def test_write_on_another_objects_uid_is_refused_as_changed(
    port: Clusters, world: World, alice: Actor, target: Callable[..., tuple[str, dict[str, Any]]], build: Build
) -> None:
    """An object that was replaced under the same name is another object."""
    path, live = target(build)
    other = {**live, "metadata": {**live["metadata"], "uid": "00000000-0000-4000-8000-000000000000"}}

    with pytest.raises(ClusterChanged):
        port.send(ClusterName(world.cluster), build(other), alice)

    assert world.raw.call("GET", path) == live


def test_json_patch_whose_test_fails_changes_nothing(
    port: Clusters, world: World, alice: Actor, app: dict[str, Any]
) -> None:
    """A `test` operation is a precondition like the others."""
    path = world.apps("deployments", "app")
    live = world.quiet(path)
    body = [
        {"op": "test", "path": "/spec/replicas", "value": 4711},
        {"op": "replace", "path": "/spec/replicas", "value": 1},
    ]

    with pytest.raises(ClusterChanged):
        port.send(ClusterName(world.cluster), on_deployment(live, body=body, content_type=JSON_PATCH), alice)

    assert world.raw.call("GET", path)["spec"] == live["spec"]


def test_value_out_of_range_is_rejected_in_the_servers_words(
    port: Clusters, world: World, alice: Actor, app: dict[str, Any]
) -> None:
    """Validation is the server's; its words reach the person."""
    live = world.quiet(world.apps("deployments", "app"))
    call = on_deployment(live, subresource="scale", body={"spec": {"replicas": -1}}, content_type=MERGE_PATCH)

    with pytest.raises(Rejected) as caught:
        port.send(ClusterName(world.cluster), call, alice)

    assert "spec.replicas" in caught.value.message
    assert "must be greater than or equal to 0" in caught.value.message


def test_change_of_a_fixed_field_is_rejected(port: Clusters, world: World, alice: Actor, app: dict[str, Any]) -> None:
    """What the kind does not allow to change is named."""
    live = world.quiet(world.apps("deployments", "app"))
    body = {"spec": {"selector": {"matchLabels": {"app": "other"}}}}

    with pytest.raises(Rejected) as caught:
        port.send(
            ClusterName(world.cluster),
            on_deployment(live, body=body, content_type=STRATEGIC_PATCH),
            alice,
            dry_run=True,
        )

    assert "selector" in caught.value.message


def test_body_that_is_no_object_is_rejected(port: Clusters, world: World, alice: Actor, app: dict[str, Any]) -> None:
    """Malformed input is a mistake, not an outage."""
    live = world.quiet(world.apps("deployments", "app"))
    body = {"spec": {"replicas": "many"}}

    with pytest.raises(Rejected):
        port.send(ClusterName(world.cluster), on_deployment(live, body=body, content_type=MERGE_PATCH), alice)


def test_write_on_what_is_not_there_names_it(port: Clusters, world: World, alice: Actor, app: dict[str, Any]) -> None:
    """A write never makes an object that was gone."""
    gone = {**app, "metadata": {**app["metadata"], "name": "gone"}}

    with pytest.raises(NotThere) as caught:
        port.send(ClusterName(world.cluster), scale(gone), alice)

    assert "'gone'" in caught.value.message
    assert world.raw.find(world.apps("deployments", "gone")) is None


def test_object_that_exists_is_not_made_again(port: Clusters, world: World, alice: Actor) -> None:
    """Creating what is there already is rejected, and is not mistaken for a change by somebody else."""
    call = Call(
        method="POST",
        group="",
        version="v1",
        resource="configmaps",
        namespace=world.namespace,
        body=config_map("words", world.namespace, {"greeting": "other"}),
    )

    with pytest.raises(Rejected) as caught:
        port.send(ClusterName(world.cluster), call, alice)

    assert caught.value.facts["reason"] == "AlreadyExists"


def test_every_script_survives_a_write(port: Clusters, world: World, alice: Actor) -> None:
    """Text of any script is written and read as it is."""
    text = 'Ω≈ç√ 日本語 עברית \U0001f680 "quoted" \\ \t tab'
    call = Call(
        method="POST",
        group="",
        version="v1",
        resource="configmaps",
        namespace=world.namespace,
        body=config_map("scripts", world.namespace, {"text": text}),
    )

    made = port.send(ClusterName(world.cluster), call, alice, mark=MARK)

    assert made.status == 201
    assert world.raw.call("GET", world.core("configmaps", "scripts"))["data"]["text"] == text
    assert {entry["manager"] for entry in made.body["metadata"]["managedFields"]} == {"kubechat"}


def test_dry_run_of_making_an_object_makes_none(port: Clusters, world: World, alice: Actor) -> None:
    """A creation can be tried too."""
    call = Call(
        method="POST",
        group="",
        version="v1",
        resource="configmaps",
        namespace=world.namespace,
        body=config_map("tried", world.namespace, {}),
    )

    answer = port.send(ClusterName(world.cluster), call, alice, dry_run=True)

    assert answer.status == 201
    assert world.raw.find(world.core("configmaps", "tried")) is None


def test_replacing_keeps_what_the_person_sent(port: Clusters, world: World, alice: Actor, app: dict[str, Any]) -> None:
    """PUT works on the version that was read."""
    path = world.apps("deployments", "app")
    live = world.quiet(path)

    port.send(ClusterName(world.cluster), replace(live), alice)

    assert world.raw.call("GET", path)["metadata"]["annotations"]["contract"] == "replaced"
