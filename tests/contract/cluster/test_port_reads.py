"""Reading through the port: as the person, in the shape asked for, in pages, bounded."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prelude import World, wait_for
from things import config_map

from workers.clusters.registry import Clusters
from workers.demo.process import FleetProcess
from workers.domain.actor import Actor
from workers.domain.call import Call, Shape, get, list_of
from workers.domain.errors import InvalidParameter, NotThere
from workers.domain.kind import KINDS
from workers.domain.value import ClusterName

WHO_AM_I = Call(
    method="POST",
    group="authentication.k8s.io",
    version="v1",
    resource="selfsubjectreviews",
    body={"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
)


@pytest.fixture(scope="module")
def many(world: World) -> int:
    """More objects than one page holds."""

    def make(number: int) -> None:
        body = config_map(f"many-{number:03}", world.namespace, {"n": str(number)})
        body["metadata"]["labels"]["many"] = "yes"
        world.raw.call("POST", world.core("configmaps"), body)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(620)))
    return 620


def test_server_sees_the_person_and_each_group(port: Clusters, world: World, alice: Actor) -> None:
    """The cluster decides about the person, not about the bot: user and every group arrive."""
    answer = port.send(ClusterName(world.cluster), WHO_AM_I, alice)

    info = answer.body["status"]["userInfo"]
    assert info["username"] == "alice"
    assert set(info["groups"]) == {*alice.groups, "system:authenticated"}


def test_object_is_read_as_it_is_stored(port: Clusters, world: World, alice: Actor) -> None:
    """What the port gives is what the server has, in any script."""
    answer = port.send(ClusterName(world.cluster), get(KINDS["configmap"], world.namespace, "words"), alice)

    assert answer.body == world.raw.call("GET", world.core("configmaps", "words"))
    assert answer.body["data"] == {"greeting": "grüße 東京 🚀"}


def test_list_names_what_is_in_the_namespace(port: Clusters, world: World, alice: Actor) -> None:
    """A list holds the namespace's objects and nothing else."""
    answer = port.send(ClusterName(world.cluster), list_of(KINDS["deployment"], world.namespace), alice)

    assert {item["metadata"]["namespace"] for item in answer.body["items"]} == {world.namespace}
    assert "probe" in {item["metadata"]["name"] for item in answer.body["items"]}


def test_table_has_columns_and_rows_without_objects(port: Clusters, world: World, alice: Actor) -> None:
    """A table is what kubectl prints: cells only."""
    call = list_of(KINDS["deployment"], world.namespace, shape=Shape.TABLE)

    body = port.send(ClusterName(world.cluster), call, alice).body

    assert body["kind"] == "Table"
    assert [column["name"] for column in body["columnDefinitions"]][:2] == ["Name", "Ready"]
    assert "probe" in [row["cells"][0] for row in body["rows"]]
    assert [row.get("object") for row in body["rows"]] == [None] * len(body["rows"])


def test_metadata_list_has_names_and_labels_only(port: Clusters, world: World, alice: Actor) -> None:
    """Names and labels of many objects cost no specs."""
    call = list_of(KINDS["deployment"], world.namespace, shape=Shape.METADATA)

    body = port.send(ClusterName(world.cluster), call, alice).body

    assert body["kind"] == "PartialObjectMetadataList"
    (probe,) = [item for item in body["items"] if item["metadata"]["name"] == "probe"]
    assert probe["metadata"]["labels"]["app"] == "probe"
    assert set(probe) == {"metadata"}


def test_metadata_of_one_object_has_its_uid(port: Clusters, world: World, alice: Actor) -> None:
    """One object's metadata can be read without the object."""
    call = get(KINDS["deployment"], world.namespace, "probe", shape=Shape.METADATA)

    body = port.send(ClusterName(world.cluster), call, alice).body

    assert body["kind"] == "PartialObjectMetadata"
    assert body["metadata"]["uid"] == world.raw.call("GET", world.apps("deployments", "probe"))["metadata"]["uid"]
    assert "spec" not in body


def test_list_without_limit_holds_every_page(port: Clusters, world: World, alice: Actor, many: int) -> None:
    """A list is whole, however many pages the server gives it in, and each object comes once."""
    query = {"labelSelector": "many=yes"}
    for shape in (Shape.OBJECT, Shape.METADATA):
        body = port.send(
            ClusterName(world.cluster), list_of(KINDS["configmap"], world.namespace, query=query, shape=shape), alice
        ).body

        found = [item["metadata"]["name"] for item in body["items"]]
        assert found == [f"many-{number:03}" for number in range(many)]
        assert not body["metadata"].get("continue")


def test_limit_and_continue_are_the_callers(port: Clusters, world: World, alice: Actor, many: int) -> None:
    """Who sets a limit gets one page and the token for the next."""
    query = {"limit": "250", "labelSelector": "many=yes"}
    call = list_of(KINDS["configmap"], world.namespace, query=query)
    pages = [port.send(ClusterName(world.cluster), call, alice).body]
    while token := pages[-1]["metadata"].get("continue"):
        more = call.model_copy(update={"query": {**query, "continue": token}})
        pages.append(port.send(ClusterName(world.cluster), more, alice).body)

    assert [len(page["items"]) for page in pages] == [250, 250, many - 500]
    names = [item["metadata"]["name"] for page in pages for item in page["items"]]
    assert len(names) == len(set(names)) == many


def test_six_hundred_objects_are_listed_within_two_seconds(
    port: Clusters, world: World, alice: Actor, many: int
) -> None:
    """A list of hundreds answers while a person still looks at the screen."""
    start = time.monotonic()

    body = port.send(ClusterName(world.cluster), list_of(KINDS["configmap"], world.namespace), alice).body

    assert len(body["items"]) > many
    assert time.monotonic() - start < 2.0


def test_answers_carry_the_audit_id(port: Clusters, world: World, alice: Actor) -> None:
    """Our record can be joined with the cluster's own audit log."""
    world.needs("audit")

    first, second = (
        port.send(ClusterName(world.cluster), get(KINDS["configmap"], world.namespace, "words"), alice).audit_id
        for _ in range(2)
    )

    assert first
    assert second
    assert first != second


def test_warnings_of_the_server_are_kept(
    port: Clusters, world: World, alice: Actor, fleet: FleetProcess | None
) -> None:
    """What the server warns about reaches the person who asked."""
    if fleet is not None:
        fleet.faults(world.cluster, {"warnings": ['v1 Endpoints is deprecated in v1.33+; use \\"EndpointSlice\\"']})
    call = Call(method="GET", group="", version="v1", resource="endpoints", namespace=world.namespace)
    _, headers, _ = world.raw.exchange("GET", world.core("endpoints"))

    answer = port.send(ClusterName(world.cluster), call, alice)

    if fleet is not None:
        fleet.heal(world.cluster)
    elif "Warning" not in headers:  # Endpoints are deprecated since 1.33
        pytest.skip("this cluster has no deprecated API among those that may be read")
    (said,) = answer.warnings
    assert said.startswith("v1 Endpoints is deprecated in v1.33+")
    assert "\\" not in said


def test_object_that_is_not_there_is_named(port: Clusters, world: World, alice: Actor) -> None:
    """What is missing, where: nobody has to guess which name was wrong."""
    with pytest.raises(NotThere) as caught:
        port.send(ClusterName(world.cluster), get(KINDS["deployment"], world.namespace, "no-such-app"), alice)

    assert caught.value.message == f"{world.cluster}/{world.namespace} has no deployment 'no-such-app'"


def test_kind_that_is_not_served_is_named(port: Clusters, world: World, alice: Actor) -> None:
    """A missing API is told from a missing object."""
    call = Call(method="GET", group="no.such.group", version="v1", resource="things", namespace=world.namespace)
    person = _admin(world, alice)
    wait_for(lambda: port.review(ClusterName(world.cluster), [call.right], person)[0].allowed)

    with pytest.raises(NotThere) as caught:
        port.send(ClusterName(world.cluster), call, person)

    assert caught.value.message == f"{world.cluster} does not serve things.no.such.group"


def _admin(world: World, alice: Actor) -> Actor:
    """A real server authorizes before it looks whether the path exists; a person without the right learns nothing."""
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    name = f"{world.namespace}-things"
    rules = [{"apiGroups": ["no.such.group"], "resources": ["things"], "verbs": ["list"]}]
    place = f"{rbac}/namespaces/{world.namespace}"
    if world.raw.find(f"{place}/roles/{name}") is None:
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}}
        world.raw.call("POST", f"{place}/roles", role | {"rules": rules})
        subject = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": alice.person_id}
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [subject],
        }
        world.raw.call("POST", f"{place}/rolebindings", binding)
    return alice


@pytest.mark.parametrize("name", ["..", "a/b", "a?x=1", "a b", "ä", "a%2fb", "x" * 254])
def test_unsafe_name_is_never_sent(port: Clusters, world: World, alice: Actor, name: str) -> None:
    """No name can leave its place in the path, whoever made the call."""
    with pytest.raises(InvalidParameter):
        port.send(ClusterName(world.cluster), get(KINDS["configmap"], world.namespace, name), alice)


def test_log_is_read_as_text_and_followed_for_a_bounded_time(port: Clusters, world: World, alice: Actor) -> None:
    """A log comes line by line and the following of it ends by itself."""
    world.needs("kubelet")
    pods = world.raw.call("GET", world.core("pods") + "?labelSelector=app%3Dprobe")["items"]
    name = pods[0]["metadata"]["name"]
    cluster = ClusterName(world.cluster)
    call = Call(
        method="GET",
        group="",
        version="v1",
        resource="pods",
        namespace=world.namespace,
        name=name,
        subresource="log",
        shape=Shape.TEXT,
        query={"container": "main", "tailLines": "20"},
    )
    answers: list[str] = []

    def lines() -> bool:
        answers[:] = port.send(cluster, call, alice).text.splitlines()
        return bool(answers)

    if world.demo:
        wait_for(lines)
    start = time.monotonic()
    followed = list(
        port.stream(cluster, call.model_copy(update={"query": {**call.query, "follow": "true"}}), alice, seconds=1.0)
    )

    assert time.monotonic() - start < 2.0
    assert all("\n" not in line for line in followed)
    assert len(answers) <= 20
    if world.demo:
        assert followed
