"""Discovery, refusals, lists and watches on the wire are those of a real API server."""

from typing import Any

import pytest
from fleet_fixtures import (
    APPS,
    CORE,
    MERGE,
    Cluster,
    deployment,
    refusal,
)


@pytest.mark.parametrize(
    "path",
    ["/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1", "/version", "/openapi/v3", "/openapi/v3/apis/apps/v1"],
)
def test_discovery_is_open_to_every_authenticated_user(steady: Cluster, path: str):
    """Discovery needs a token and no rights."""
    assert steady.ask("GET", path, token="t-bot").code == 200
    assert refusal(steady.ask("GET", path, token="wrong")) == (401, "Unauthorized", "Unauthorized")


def test_aggregated_discovery_has_its_own_content_type(steady: Cluster):
    """A client that asks for aggregated discovery gets it, marked as such."""
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    answer = steady.ask("GET", "/apis", headers={"Accept": accept})

    assert "as=APIGroupDiscoveryList" in answer.headers["Content-Type"]
    assert "apps" in [one["metadata"]["name"] for one in answer.json["items"]]


def test_create_answers_201_and_fills_in_what_the_server_owns(cluster: Cluster):
    """A created deployment has identity, defaults and managed fields; a second one of its name is a conflict."""
    answer = cluster.ask("POST", APPS, deployment("api"))

    made = answer.json
    assert (answer.code, made["metadata"]["generation"], made["spec"]["replicas"]) == (201, 1, 1)
    assert made["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
    }
    assert made["metadata"]["managedFields"][0]["manager"] == "tester"
    assert refusal(cluster.ask("POST", APPS, deployment("api"))) == (
        409,
        "AlreadyExists",
        'deployments.apps "api" already exists',
    )


def test_generate_name_makes_distinct_names(cluster: Cluster):
    """generateName is a prefix of the name."""
    body = {"metadata": {"generateName": "job-"}, "data": {}}
    names = {cluster.ask("POST", f"{CORE}/configmaps", body).json["metadata"]["name"] for _ in range(5)}

    assert len(names) == 5
    assert all(name.startswith("job-") and len(name) == 9 for name in names)


REFUSED: list[tuple[str, str, Any, tuple[int, str, str]]] = [
    ("GET", f"{APPS}/x", None, (404, "NotFound", 'deployments.apps "x" not found')),
    ("GET", "/apis/apps/v9/things", None, (404, "NotFound", "the server could not find the requested resource")),
    (
        "POST",
        f"{APPS}/web",
        {},
        (405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
    ),
    (
        "POST",
        "/api/v1/namespaces/nowhere/configmaps",
        {"metadata": {"name": "a"}},
        (404, "NotFound", 'namespaces "nowhere" not found'),
    ),
    (
        "POST",
        f"{CORE}/configmaps",
        {"metadata": {"name": "a", "namespace": "orders"}},
        (400, "BadRequest", "the namespace of the provided object does not match the namespace sent on the request"),
    ),
    (
        "POST",
        APPS,
        deployment("a", replicas=-1),
        (
            422,
            "Invalid",
            'Deployment.apps "a" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        ),
    ),
    (
        "POST",
        APPS,
        deployment("a", replicas="two"),
        (
            400,
            "BadRequest",
            'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go '
            "struct field DeploymentSpec.spec.replicas of type int32",
        ),
    ),
    ("GET", f"{CORE}/pods?fieldSelector=spec.color%3Dred", None, (400, "BadRequest", "")),
    ("GET", f"{CORE}/pods?labelSelector=a%20b", None, (400, "BadRequest", "")),
    ("GET", f"{CORE}/pods?continue=garbage", None, (400, "BadRequest", "")),
    (
        "PUT",
        f"{APPS}/web?dryRun=Some",
        deployment("web"),
        (
            422,
            "Invalid",
            'UpdateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
        ),
    ),
    ("GET", f"{CORE}/pods/web-1/attach", None, (404, "NotFound", "the server could not find the requested resource")),
    (
        "GET",
        f"{CORE}/pods/web-1/log",
        None,
        (400, "BadRequest", "a container name must be specified for pod web-1, choose one of: [app proxy]"),
    ),
    (
        "GET",
        f"{CORE}/pods/web-1/log?container=app&previous=true",
        None,
        (400, "BadRequest", 'previous terminated container "app" in pod "web-1" not found'),
    ),
    ("GET", f"{CORE}/pods/web-1/log?container=x", None, (400, "BadRequest", "container x is not valid for pod web-1")),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"), REFUSED, ids=[f"{one[0]} {one[1]} {one[3][0]}" for one in REFUSED]
)
def test_a_refusal_is_a_status_with_the_real_reason_and_text(
    steady: Cluster, method: str, path: str, body: Any, expected: tuple[int, str, str]
):
    """Every refusal has the code, reason and message of a real server."""
    code, reason, message = refusal(steady.ask(method, path, body))

    assert expected == (code, reason, message if expected[2] else "")


def test_an_unacceptable_media_type_is_406_and_an_unknown_patch_415(steady: Cluster):
    """The server says which types it cannot write, and which patches it cannot read."""
    assert steady.ask("GET", f"{CORE}/pods", headers={"Accept": "text/csv"}).code == 406
    assert steady.ask("PATCH", f"{APPS}/web", {}, content_type="application/json").code == 415


def test_a_bad_name_is_422(steady: Cluster):
    """Names are RFC 1123 subdomains."""
    answer = steady.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": "Not_OK"}})

    assert (answer.code, answer.json["details"]["causes"][0]["field"]) == (422, "metadata.name")


def test_lists_come_in_consistent_pages(cluster: Cluster):
    """A continued list is the snapshot of its first page; an expired token is 410."""
    for index in range(5):
        cluster.ask("POST", "/api/v1/namespaces/orders/configmaps", {"metadata": {"name": f"c{index}"}})
    path = "/api/v1/namespaces/orders/configmaps?limit=2"
    first = cluster.ask("GET", path).json
    cluster.ask("DELETE", "/api/v1/namespaces/orders/configmaps/c3")

    second = cluster.ask("GET", f"{path}&continue={first['metadata']['continue']}").json
    third = cluster.ask("GET", f"{path}&continue={second['metadata']['continue']}").json

    pages = [[one["metadata"]["name"] for one in page["items"]] for page in (first, second, third)]
    assert pages == [["c0", "c1"], ["c2", "c3"], ["c4"]]
    assert tuple(page["metadata"].get("remainingItemCount") for page in (first, second, third)) == (3, 1, None)
    assert "continue" not in third["metadata"]
    cluster.server.snapshots.expire()
    assert refusal(cluster.ask("GET", f"{path}&continue={first['metadata']['continue']}"))[:2] == (410, "Expired")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=app%3Dweb", ["web-1", "web-2"]),
        ("labelSelector=app%21%3Dweb", []),
        ("labelSelector=app+in+(web,api),!gone", ["web-1", "web-2"]),
        ("fieldSelector=metadata.name%3Dweb-2", ["web-2"]),
        ("fieldSelector=spec.nodeName%3Dnode-1,status.phase%21%3DFailed", ["web-1", "web-2"]),
        ("resourceVersion=0&resourceVersionMatch=NotOlderThan", ["web-1", "web-2"]),
    ],
)
def test_lists_obey_selectors(steady: Cluster, query: str, names: list[str]):
    """Both selectors are evaluated by the server."""
    items = steady.ask("GET", f"/api/v1/pods?{query}").json["items"]

    assert names == [one["metadata"]["name"] for one in items]


def test_a_watch_replays_from_a_version_and_ends_with_a_bookmark(cluster: Cluster):
    """Changes after resourceVersion come in order; an object that leaves the selector is deleted."""
    start = cluster.store.resource_version
    path = f"{CORE}/configmaps"
    cluster.ask("POST", path, {"metadata": {"name": "a", "labels": {"x": "1"}}})
    cluster.ask("PATCH", f"{path}/a", {"data": {"k": "v"}}, content_type=MERGE)
    cluster.ask("PATCH", f"{path}/a", {"metadata": {"labels": {"x": "2"}}}, content_type=MERGE)
    cluster.ask("DELETE", f"{path}/a")

    for flag in ("1", "true"):
        query = f"watch={flag}&labelSelector=x%3D1&resourceVersion={start}&timeoutSeconds=1&allowWatchBookmarks=true"
        events = cluster.ask("GET", f"{path}?{query}").events
        assert [one["type"] for one in events] == ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
        versions = [int(one["object"]["metadata"]["resourceVersion"]) for one in events]
        assert [start + 1, start + 2, start + 3, start + 4] == versions


def test_a_watch_without_version_begins_with_what_exists(cluster: Cluster):
    """sendInitialEvents marks the end of the initial objects with an annotated bookmark."""
    query = "watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    events = cluster.ask("GET", f"{CORE}/pods?{query}").events

    assert [one["type"] for one in events[:3]] == ["ADDED", "ADDED", "BOOKMARK"]
    assert events[2]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_a_watch_from_a_forgotten_version_is_gone(cluster: Cluster):
    """A version older than the remembered history is answered with an ERROR event of code 410."""
    cluster.store.history.clear()
    cluster.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": "a"}})

    events = cluster.ask("GET", f"{CORE}/configmaps?watch=1&resourceVersion=2&timeoutSeconds=1").events
    assert (events[0]["type"], events[0]["object"]["code"], events[0]["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_a_version_from_the_future_is_a_timeout(steady: Cluster):
    """resourceVersion ahead of the server is 504 with a hint to retry."""
    answer = steady.ask("GET", f"{CORE}/pods?resourceVersion=999999")

    assert (answer.code, answer.json["reason"], answer.headers["Retry-After"]) == (504, "Timeout", "1")
