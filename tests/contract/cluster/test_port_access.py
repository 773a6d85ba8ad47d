"""Rights through the port: the cluster decides about the person, and its no says which rule is missing."""

from typing import Any

import pytest
from calls import EVERY, Build, on_deployment, scale
from prelude import World, wait_for
from test_port_writes import loose_pod
from things import config_map

from workers.clusters.registry import Clusters
from workers.domain.actor import Actor
from workers.domain.call import MERGE_PATCH, Call, Right, get, list_of
from workers.domain.errors import AccessDenied
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName


@pytest.fixture(scope="module")
def guarded(world: World) -> dict[str, Any]:
    world.needs("rbac")
    return world.deployment("guarded")


def test_refusal_names_everything_and_the_missing_rule(
    port: Clusters, world: World, carol: Actor, guarded: dict[str, Any]
) -> None:
    """Whoever maintains the cluster can act on the message without asking back."""
    with pytest.raises(AccessDenied) as caught:
        port.send(ClusterName(world.cluster), scale(guarded), carol)

    error = caught.value
    assert error.message == (
        "carol (groups: developers) may not patch deployments.apps/scale 'guarded' "
        f"in namespace {world.namespace} of {world.cluster}"
    )
    assert error.then == (
        "allow it with `rules: [{apiGroups: [apps], resources: [deployments/scale], verbs: [patch]}]` "
        f"in a Role in namespace {world.namespace}, bound to User carol or Group developers"
    )
    wanted = {
        "cluster": world.cluster,
        "verb": "patch",
        "resource": "deployments.apps/scale",
        "namespace": world.namespace,
        "person": "carol",
        "groups": "developers",
        "rule": "rules: [{apiGroups: [apps], resources: [deployments/scale], verbs: [patch]}]",
    }
    assert {key: error.facts[key] for key in wanted} == wanted


def test_rule_of_the_core_group_is_spelled_with_an_empty_group(
    port: Clusters, world: World, carol: Actor, guarded: dict[str, Any]
) -> None:
    """The rule is one that RBAC accepts as it stands."""
    with pytest.raises(AccessDenied) as caught:
        port.send(ClusterName(world.cluster), list_of(KINDS["secret"], world.namespace), carol)

    assert '{apiGroups: [""], resources: [secrets], verbs: [list]}' in caught.value.then


def test_the_rule_in_the_message_is_enough(port: Clusters, world: World, carol: Actor, guarded: dict[str, Any]) -> None:
    """Adding exactly the rule that was named allows exactly that call."""
    live = world.quiet(world.apps("deployments", "guarded"))
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{world.namespace}"
    version = "rbac.authorization.k8s.io/v1"
    name = "carol-may-scale"
    rule = {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["patch"]}
    role = {"apiVersion": version, "kind": "Role", "metadata": {"name": name}, "rules": [rule]}
    world.raw.call("POST", f"{rbac}/roles", role)
    binding = {
        "apiVersion": version,
        "kind": "RoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "carol"}],
    }
    world.raw.call("POST", f"{rbac}/rolebindings", binding)
    wait_for(lambda: port.review(ClusterName(world.cluster), [scale(live).right], carol)[0].allowed)

    port.send(ClusterName(world.cluster), scale(live), carol, dry_run=True)
    with pytest.raises(AccessDenied):
        restart = on_deployment(live, body={"metadata": {"labels": {"a": "b"}}}, content_type=MERGE_PATCH)
        port.send(ClusterName(world.cluster), restart, carol, dry_run=True)

    world.raw.call("DELETE", f"{rbac}/rolebindings/{name}")
    world.raw.call("DELETE", f"{rbac}/roles/{name}")


@pytest.mark.parametrize("build", EVERY.values(), ids=EVERY)
def test_review_agrees_with_what_the_server_does(
    port: Clusters, world: World, alice: Actor, carol: Actor, guarded: dict[str, Any], build: Build
) -> None:
    """What the review promises before a plan is shown is what happens when it runs."""
    path = world.apps("deployments", "guarded")
    if build is EVERY["cordon"]:
        world.needs("nodes")
        path = f"/api/v1/nodes/{world.node}"
    elif build is EVERY["delete_pod"]:
        path = loose_pod(world)
    live = world.quiet(path)
    call = build(live)

    for person, expected in ((alice, True), (carol, False)):
        (access,) = port.review(ClusterName(world.cluster), [call.right], person)
        try:
            port.send(ClusterName(world.cluster), call, person, dry_run=True)
        except AccessDenied as error:
            done, then = False, error.then
        else:
            done, then = True, ""

        assert access.allowed is done is expected
        assert access.because == then or done


def test_review_of_several_rights_keeps_their_order(
    port: Clusters, world: World, carol: Actor, guarded: dict[str, Any]
) -> None:
    """One answer for each right, in the order asked, repeated rights included."""
    yes = Right(verb="create", group="authorization.k8s.io", resource="selfsubjectaccessreviews")
    no = Right(verb="list", group="", resource="secrets", namespace=world.namespace)

    answers = port.review(ClusterName(world.cluster), [no, yes, no], carol)

    assert [access.allowed for access in answers] == [False, True, False]
    assert all(access.because for access in answers)


def test_right_of_a_group_is_the_persons(port: Clusters, world: World, guarded: dict[str, Any], carol: Actor) -> None:
    """Each group arrives as its own header: a right of the second group counts."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{world.namespace}"
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "auditors"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": world.namespace},
        "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "auditors"}],
    }
    world.raw.call("POST", f"{rbac}/rolebindings", binding)
    call = get(KINDS["configmap"], world.namespace, "words")
    both = carol.model_copy(update={"groups": frozenset({"auditors", "developers"})})
    write = Call(
        method="PATCH",
        group="",
        version="v1",
        resource="configmaps",
        namespace=world.namespace,
        name="words",
        body=config_map("words", world.namespace, {}),
        content_type=MERGE_PATCH,
    )

    wait_for(lambda: port.review(ClusterName(world.cluster), [write.right], both)[0].allowed)

    assert port.send(ClusterName(world.cluster), call, both).status == 200
    assert port.send(ClusterName(world.cluster), write, both, dry_run=True).status == 200
    with pytest.raises(AccessDenied):
        port.send(ClusterName(world.cluster), write, carol, dry_run=True)
    world.raw.call("DELETE", f"{rbac}/rolebindings/auditors")
