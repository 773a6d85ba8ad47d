"""Status codes, bodies and headers on the wire are those of a real API server."""

import json
import time
import urllib.error
from datetime import datetime
from typing import Any

import pytest
from fleet_fixtures import Cluster, deployment, eventually, manifest

APPS = "/apis/apps/v1/namespaces/payments/deployments"
CORE = "/api/v1/namespaces/payments"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
GONE = "the object has been modified; please apply your changes to the latest version and try again"


def refusal(answer: Any) -> tuple[int, str, str]:
    return answer.code, answer.json["reason"], answer.json["message"]


@pytest.mark.parametrize(
    "path",
    ["/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1", "/version", "/openapi/v3", "/openapi/v3/apis/apps/v1"],
)
def test_discovery_is_open_to_every_authenticated_user(steady: Cluster, path: str):
    """Discovery needs a token and no rights."""
    assert 200 == steady.ask("GET", path, token="t-bot").code
    assert (401, "Unauthorized", "Unauthorized") == refusal(steady.ask("GET", path, token="wrong"))


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
    assert (201, 1, 1) == (answer.code, made["metadata"]["generation"], made["spec"]["replicas"])
    assert {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}} == made["spec"][
        "strategy"
    ]
    assert "tester" == made["metadata"]["managedFields"][0]["manager"]
    assert (409, "AlreadyExists", 'deployments.apps "api" already exists') == refusal(
        cluster.ask("POST", APPS, deployment("api"))
    )


def test_generate_name_makes_distinct_names(cluster: Cluster):
    """generateName is a prefix of the name."""
    body = {"metadata": {"generateName": "job-"}, "data": {}}
    names = {cluster.ask("POST", f"{CORE}/configmaps", body).json["metadata"]["name"] for _ in range(5)}

    assert 5 == len(names)
    assert all(name.startswith("job-") and len(name) == 9 for name in names)


REFUSED: list[tuple[str, str, Any, tuple[int, str, str]]] = [
    ("GET", f"{APPS}/x", None, (404, "NotFound", 'deployments.apps "x" not found')),
    ("GET", "/apis/nope/v1/things", None, (404, "NotFound", "the server could not find the requested resource")),
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
            'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct '
            "field DeploymentSpec.spec.replicas of type int32",
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
            'UpdateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "Some": supported values: "All"',
        ),
    ),
    ("GET", f"{CORE}/pods/web-1/exec", None, (404, "NotFound", "the server could not find the requested resource")),
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
    assert 406 == steady.ask("GET", f"{CORE}/pods", headers={"Accept": "text/csv"}).code
    assert 415 == steady.ask("PATCH", f"{APPS}/web", {}, content_type="application/json").code


def test_a_bad_name_is_422(steady: Cluster):
    """Names are RFC 1123 subdomains."""
    answer = steady.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": "Not_OK"}})

    assert (422, "metadata.name") == (answer.code, answer.json["details"]["causes"][0]["field"])


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
    assert [["c0", "c1"], ["c2", "c3"], ["c4"]] == pages
    assert (3, 1, None) == tuple(page["metadata"].get("remainingItemCount") for page in (first, second, third))
    assert "continue" not in third["metadata"]
    cluster.server.snapshots.expire()
    assert (410, "Expired") == refusal(cluster.ask("GET", f"{path}&continue={first['metadata']['continue']}"))[:2]


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
        assert ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"] == [one["type"] for one in events]
        versions = [int(one["object"]["metadata"]["resourceVersion"]) for one in events]
        assert [start + 1, start + 2, start + 3, start + 4] == versions


def test_a_watch_without_version_begins_with_what_exists(cluster: Cluster):
    """sendInitialEvents marks the end of the initial objects with an annotated bookmark."""
    query = "watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    events = cluster.ask("GET", f"{CORE}/pods?{query}").events

    assert ["ADDED", "ADDED", "BOOKMARK"] == [one["type"] for one in events[:3]]
    assert {"k8s.io/initial-events-end": "true"} == events[2]["object"]["metadata"]["annotations"]


def test_a_watch_from_a_forgotten_version_is_gone(cluster: Cluster):
    """A version older than the remembered history is answered with an ERROR event of code 410."""
    cluster.store.history.clear()
    cluster.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": "a"}})

    events = cluster.ask("GET", f"{CORE}/configmaps?watch=1&resourceVersion=2&timeoutSeconds=1").events
    assert ("ERROR", 410, "Expired") == (events[0]["type"], events[0]["object"]["code"], events[0]["object"]["reason"])


def test_a_version_from_the_future_is_a_timeout(steady: Cluster):
    """resourceVersion ahead of the server is 504 with a hint to retry."""
    answer = steady.ask("GET", f"{CORE}/pods?resourceVersion=999999")

    assert (504, "Timeout", "1") == (answer.code, answer.json["reason"], answer.headers["Retry-After"])


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MERGE, {"spec": {"replicas": 7}}),
        (STRATEGIC, {"spec": {"replicas": 7}}),
        (
            JSON_PATCH,
            [
                {"op": "test", "path": "/spec/replicas", "value": 2},
                {"op": "replace", "path": "/spec/replicas", "value": 7},
            ],
        ),
    ],
)
def test_each_patch_type_changes_the_spec_once(cluster: Cluster, content_type: str, body: Any):
    """A patch bumps the generation and the version; the same patch again does neither."""
    before = cluster.ask("GET", f"{APPS}/web").json

    after = cluster.ask("PATCH", f"{APPS}/web?fieldManager=me", body, content_type=content_type).json
    merged_again = cluster.ask(
        "PATCH", f"{APPS}/web?fieldManager=me", {"spec": {"replicas": 7}}, content_type=MERGE
    ).json

    assert 7 == after["spec"]["replicas"]
    assert before["metadata"]["generation"] + 1 == after["metadata"]["generation"]
    mine = next(one for one in after["metadata"]["managedFields"] if one["manager"] == "me")
    assert {"f:spec": {"f:replicas": {}}} == mine["fieldsV1"]
    assert after == merged_again


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MERGE, {"metadata": {"resourceVersion": "3"}, "spec": {"replicas": 7}}),
        (STRATEGIC, {"metadata": {"resourceVersion": "3"}, "spec": {"replicas": 7}}),
        (JSON_PATCH, [{"op": "replace", "path": "/metadata/resourceVersion", "value": "3"}]),
    ],
)
def test_a_stale_version_in_a_patch_is_a_conflict(steady: Cluster, content_type: str, body: Any):
    """A resourceVersion in any patch is a precondition."""
    expected = (409, "Conflict", f'Operation cannot be fulfilled on deployments.apps "web": {GONE}')

    assert expected == refusal(steady.ask("PATCH", f"{APPS}/web", body, content_type=content_type))
    scaled = steady.ask("PATCH", f"{APPS}/web/scale", body, content_type=content_type)
    assert expected == refusal(scaled)


def test_another_uid_is_refused(steady: Cluster):
    """PUT, DELETE and scale answer 409; a patch of the object itself answers 422, as real servers do."""
    web = steady.ask("GET", f"{APPS}/web").json
    uid = web["metadata"]["uid"]
    wrong = {"metadata": {"uid": "other"}}
    why = f"Precondition failed: UID in precondition: other, UID in object meta: {uid}"

    put = steady.ask("PUT", f"{APPS}/web", {**web, "metadata": {**web["metadata"], "uid": "other"}})
    scaled = steady.ask("PATCH", f"{APPS}/web/scale", wrong, content_type=MERGE)
    deleted = steady.ask("DELETE", f"{APPS}/web", {"preconditions": {"uid": "other"}})
    patched = steady.ask("PATCH", f"{APPS}/web", wrong, content_type=MERGE)

    assert [409, 409, 409, 422] == [one.code for one in (put, scaled, deleted, patched)]
    assert all(why in one.json["message"] for one in (put, scaled, deleted))
    assert (
        'Deployment.apps "web" is invalid: metadata.uid: Invalid value: "other": field is immutable'
        == patched.json["message"]
    )


def test_a_stale_put_and_a_stale_delete_are_conflicts(steady: Cluster):
    """resourceVersion is a precondition of PUT and of DeleteOptions."""
    web = steady.ask("GET", f"{APPS}/web").json
    web["metadata"]["resourceVersion"] = "3"

    assert GONE in steady.ask("PUT", f"{APPS}/web", web).json["message"]
    deleted = steady.ask("DELETE", f"{APPS}/web", {"preconditions": {"resourceVersion": "3"}})
    assert (409, "Conflict") == refusal(deleted)[:2]


def test_strategic_merge_keeps_and_deletes_list_items(cluster: Cluster):
    """Containers and env merge by name; `$patch: delete` takes one away."""
    env = [{"name": "B", "$patch": "delete"}, {"name": "C", "value": "3"}]
    body = {"spec": {"template": {"spec": {"containers": [{"name": "app", "env": env}]}}}}

    after = cluster.ask("PATCH", f"{APPS}/web", body, content_type=STRATEGIC).json

    containers = after["spec"]["template"]["spec"]["containers"]
    assert ["app", "proxy"] == [one["name"] for one in containers]
    assert [("A", "1"), ("C", "3")] == [(one["name"], one["value"]) for one in containers[0]["env"]]


def test_a_selector_cannot_change_and_an_image_cannot_be_empty(steady: Cluster):
    """Immutable and required fields are 422 with their path."""
    selector = steady.ask(
        "PATCH", f"{APPS}/web", {"spec": {"selector": {"matchLabels": {"b": "c"}}}}, content_type=MERGE
    )
    container = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": ""}]}}}}
    image = steady.ask("PATCH", f"{APPS}/web", container, content_type=STRATEGIC)

    assert "field is immutable" in selector.json["message"]
    assert (422, "spec.template.spec.containers[0].image: Required value") == (
        image.code,
        image.json["message"].partition("invalid: ")[2],
    )


def test_server_side_apply_owns_conflicts_and_gives_up(cluster: Cluster):
    """Apply creates, co-owns, conflicts by name, takes with force, and removes what is no longer declared."""
    path = f"{CORE}/configmaps/shared"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"a": "1", "b": "1"}}

    def apply(manager: str, data: dict[str, str], more: str = "") -> Any:
        return cluster.ask("PATCH", f"{path}?fieldManager={manager}{more}", {**body, "data": data}, content_type=APPLY)

    assert 422 == cluster.ask("PATCH", path, body, content_type=APPLY).code
    assert 201 == apply("one", {"a": "1", "b": "1"}).code
    assert 200 == apply("two", {"a": "1"}).code
    refused = apply("two", {"a": "2"})
    assert (409, "Conflict", 'Apply failed with 1 conflict: conflict with "one": .data.a') == refusal(refused)
    assert {"a": "2", "b": "1"} == apply("two", {"a": "2"}, "&force=true").json["data"]
    assert {"a": "2"} == apply("one", {}).json["data"]


def test_a_dry_run_validates_answers_and_stores_nothing(cluster: Cluster):
    """dryRun=All on every write gives the result and leaves the version alone."""
    version = cluster.store.resource_version
    calls = [
        ("POST", f"{APPS}?dryRun=All", deployment("api"), "application/json"),
        ("PATCH", f"{APPS}/web?dryRun=All", {"spec": {"replicas": 9}}, MERGE),
        ("PATCH", f"{APPS}/web/scale?dryRun=All", {"spec": {"replicas": 9}}, MERGE),
        ("DELETE", f"{CORE}/pods/web-1?dryRun=All", None, "application/json"),
        (
            "POST",
            f"{CORE}/pods/web-1/eviction",
            {"metadata": {"name": "web-1"}, "deleteOptions": {"dryRun": ["All"]}},
            "application/json",
        ),
    ]

    answers = [cluster.ask(method, path, body, content_type=kind) for method, path, body, kind in calls]

    assert [201, 200, 200, 200, 201] == [one.code for one in answers]
    assert [9, 9] == [one.json["spec"]["replicas"] for one in answers[1:3]]
    assert version == cluster.store.resource_version
    assert [True] * 5 == [one.dry_run for one in list(cluster.server.requests)[-5:]]


def test_scale_reads_and_writes_the_replicas(cluster: Cluster):
    """A Scale shows replicas and selector; writing it changes the workload under the scale subresource."""
    scale = cluster.ask("GET", f"{APPS}/web/scale").json
    scale["spec"]["replicas"] = 5

    put = cluster.ask("PUT", f"{APPS}/web/scale?fieldManager=me", scale)

    assert (200, "Scale", 5) == (put.code, put.json["kind"], put.json["spec"]["replicas"])
    assert {"replicas": 2, "selector": "app=web"} == scale["status"]
    web = cluster.ask("GET", f"{APPS}/web").json
    mine = next(one for one in web["metadata"]["managedFields"] if one["manager"] == "me")
    assert (5, "scale") == (web["spec"]["replicas"], mine["subresource"])
    assert 409 == cluster.ask("PUT", f"{APPS}/web/scale", scale).code
    negative = cluster.ask("PATCH", f"{APPS}/web/scale", {"spec": {"replicas": -1}}, content_type=MERGE)
    assert 'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1' in negative.json["message"]


def test_a_status_write_leaves_the_spec_alone(cluster: Cluster):
    """The status subresource changes status only, the object itself everything but status."""
    both = {"spec": {"replicas": 9}, "status": {"readyReplicas": 9}}

    status = cluster.ask("PATCH", f"{APPS}/web/status", both, content_type=MERGE).json
    assert (2, 9, 1) == (
        status["spec"]["replicas"],
        status["status"]["readyReplicas"],
        status["metadata"]["generation"],
    )
    both["status"]["readyReplicas"] = 1
    spec = cluster.ask("PATCH", f"{APPS}/web", both, content_type=MERGE).json
    assert (9, 9) == (spec["spec"]["replicas"], spec["status"]["readyReplicas"])


def test_a_deleted_pod_lingers_for_its_grace_period(cluster: Cluster):
    """A running pod gets a deletionTimestamp and goes a little later; with grace 0 it goes at once."""
    answer = cluster.ask("DELETE", f"{CORE}/pods/web-1")
    assert (200, "Pod", 30) == (answer.code, answer.json["kind"], answer.json["metadata"]["deletionGracePeriodSeconds"])
    assert 200 == cluster.ask("GET", f"{CORE}/pods/web-1").code

    eventually(lambda: cluster.ask("GET", f"{CORE}/pods/web-1").code == 404)
    cluster.ask("DELETE", f"{CORE}/pods/web-2", {"gracePeriodSeconds": 0})
    assert 404 == cluster.ask("GET", f"{CORE}/pods/web-2").code


def test_finalizers_hold_an_object_until_they_are_taken_off(cluster: Cluster):
    """A deleted object with finalizers stays, marked, and goes with the last of them."""
    path = f"{CORE}/configmaps"
    cluster.ask("POST", path, {"metadata": {"name": "a", "finalizers": ["example.com/wait"]}})
    assert "deletionTimestamp" in cluster.ask("DELETE", f"{path}/a").json["metadata"]
    assert 200 == cluster.ask("GET", f"{path}/a").code

    cluster.ask("PATCH", f"{path}/a", {"metadata": {"finalizers": None}}, content_type=MERGE)
    assert 404 == cluster.ask("GET", f"{path}/a").code


def test_a_collection_is_deleted_by_selector(cluster: Cluster):
    """deletecollection takes what the selector finds, and only that."""
    for name, color in (("a", "red"), ("b", "blue")):
        cluster.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": name, "labels": {"color": color}}})

    cluster.ask("DELETE", f"{CORE}/configmaps?labelSelector=color%3Dred")

    left = [one["metadata"]["name"] for one in cluster.ask("GET", f"{CORE}/configmaps").json["items"]]
    assert ["b", "settings"] == left


def test_owned_objects_go_with_their_owner(cluster: Cluster):
    """A background delete takes the replica sets along."""
    cluster.ask("DELETE", f"{APPS}/web")

    assert [] == cluster.ask("GET", "/apis/apps/v1/replicasets").json["items"]


def test_an_eviction_asks_the_budget(cluster: Cluster):
    """Without a disruption to spend, an eviction is 429 with the budget's numbers; with one, the pod goes."""
    selector = {"matchLabels": {"app": "web"}}
    budget = manifest("PodDisruptionBudget", "web", spec={"minAvailable": 1, "selector": selector})
    budgets = "/apis/policy/v1/namespaces/payments/poddisruptionbudgets"
    cluster.ask("POST", budgets, budget)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web-1"}}

    def allow(count: int) -> None:
        status = {
            "observedGeneration": 1,
            "disruptionsAllowed": count,
            "currentHealthy": 1,
            "desiredHealthy": 1,
            "expectedPods": 2,
        }
        cluster.ask("PATCH", f"{budgets}/web/status", {"status": status}, content_type=MERGE)

    allow(0)
    refused = cluster.ask("POST", f"{CORE}/pods/web-1/eviction", eviction)
    assert (429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.") == refusal(
        refused
    )
    assert (
        "The disruption budget web needs 1 healthy pods and has 1 currently"
        == refused.json["details"]["causes"][0]["message"]
    )
    allow(1)
    assert 201 == cluster.ask("POST", f"{CORE}/pods/web-1/eviction", eviction).code
    assert 0 == cluster.ask("GET", f"{budgets}/web").json["status"]["disruptionsAllowed"]


def test_logs_are_cut_as_asked(steady: Cluster):
    """tailLines, limitBytes, sinceTime and timestamps each do what they say; following ends with the container."""
    path = f"{CORE}/pods/web-1/log?container=app"
    assert b"app now 2\n" == steady.ask("GET", f"{path}&tailLines=1").body
    assert b"app n" == steady.ask("GET", f"{path}&limitBytes=5").body
    assert b"app now 1\napp now 2\n" == steady.ask("GET", f"{path}&sinceTime=2026-11-22T12:01:00Z").body
    assert b"app now 2\napp now 3\n" == steady.ask("GET", f"{path}&follow=true&tailLines=1").body
    assert b"2026-11-22T12:00:00.000000000Z app now 0" == steady.ask("GET", f"{path}&timestamps=1").body.splitlines()[0]


ALICE = {"Impersonate-User": "alice", "Impersonate-Group": "devs"}


def test_rights_are_those_of_the_impersonated_user(steady: Cluster):
    """A bot that may impersonate acts with the rights of the person, and no others."""
    assert 200 == steady.ask("GET", f"{CORE}/pods", token="t-bot", headers=ALICE).code
    own = steady.ask("GET", f"{CORE}/pods", token="t-bot")
    assert (403, "Forbidden") == refusal(own)[:2]
    refused = steady.ask("PATCH", f"{APPS}/web", {}, content_type=MERGE, token="t-bot", headers=ALICE)
    text = 'deployments.apps "web" is forbidden: User "alice" cannot patch resource "deployments" in API group "apps" in the namespace "payments"'
    assert (403, "Forbidden", text) == refusal(refused)
    recorded = steady.server.requests[-1]
    assert ("bot", "alice", ("devs", "system:authenticated"), 403) == (
        recorded.user,
        recorded.impersonated,
        recorded.groups,
        recorded.status,
    )


def test_impersonation_needs_its_own_rights(steady: Cluster):
    """Groups outside resourceNames and callers without the verb are refused; groups without a user are an error."""
    outside = {"Impersonate-User": "alice", "Impersonate-Group": "system:masters"}
    refused = steady.ask("GET", f"{CORE}/pods", token="t-bot", headers=outside)
    text = 'groups "system:masters" is forbidden: User "bot" cannot impersonate resource "groups" in API group "" at the cluster scope'
    assert (403, "Forbidden", text) == refusal(refused)
    assert 403 == steady.ask("GET", f"{CORE}/pods", token="t-alice", headers={"Impersonate-User": "bob"}).code
    assert 500 == steady.ask("GET", f"{CORE}/pods", token="t-bot", headers={"Impersonate-Group": "devs"}).code


def test_resource_names_limit_a_right_to_the_named_object(cluster: Cluster):
    """A role with resourceNames allows the subresource of that object only."""
    cluster.ask("POST", APPS, deployment("api"))
    body = {"spec": {"replicas": 3}}

    named = cluster.ask("PATCH", f"{APPS}/web/scale", body, content_type=MERGE, token="t-alice")
    other = cluster.ask("PATCH", f"{APPS}/api/scale", body, content_type=MERGE, token="t-alice")

    assert (200, 403) == (named.code, other.code)
    assert 'cannot patch resource "deployments/scale"' in other.json["message"]


def test_access_reviews_say_why(steady: Cluster):
    """SelfSubjectAccessReview needs no rights and names the binding; SubjectAccessReview asks for somebody else."""
    attributes = {"verb": "list", "resource": "pods", "namespace": "payments"}
    path = "/apis/authorization.k8s.io/v1"
    mine = steady.ask(
        "POST", f"{path}/selfsubjectaccessreviews", {"spec": {"resourceAttributes": attributes}}, token="t-alice"
    )
    spec = {"resourceAttributes": attributes, "user": "bob", "groups": []}
    other = steady.ask("POST", f"{path}/subjectaccessreviews", {"spec": spec})

    reason = 'RBAC: allowed by RoleBinding "devs/payments" of Role "viewer" to Group "devs"'
    assert (201, {"allowed": True, "reason": reason}) == (mine.code, mine.json["status"])
    assert {"allowed": False} == other.json["status"]


@pytest.mark.parametrize(
    ("include", "keys"), [("None", {"cells"}), ("Metadata", {"cells", "object"}), ("Object", {"cells", "object"})]
)
def test_tables_carry_as_much_of_the_object_as_asked(steady: Cluster, include: str, keys: set[str]):
    """includeObject decides what goes with the cells."""
    table = steady.ask("GET", f"{CORE}/pods?includeObject={include}", headers={"Accept": TABLE}).json

    assert ("Table", keys) == (table["kind"], set(table["rows"][0]))
    assert ["web-1", "2/2", "Running", "0"] == table["rows"][0]["cells"][:4]
    assert ("spec" in table["rows"][0].get("object", {})) is (include == "Object")


def test_metadata_alone_can_be_had(steady: Cluster):
    """PartialObjectMetadata answers leave out spec and status."""
    one = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    many = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

    assert {"kind", "apiVersion", "metadata"} == set(steady.ask("GET", f"{APPS}/web", headers={"Accept": one}).json)
    listed = steady.ask("GET", APPS, headers={"Accept": many}).json
    assert ("PartialObjectMetadataList", "PartialObjectMetadata") == (listed["kind"], listed["items"][0]["kind"])


def test_every_answer_has_an_audit_id_and_is_recorded(steady: Cluster):
    """The Audit-Id header leads to the request's record."""
    answer = steady.ask("GET", f"{CORE}/pods/nothing")

    recorded = steady.server.requests[-1]
    assert answer.headers["Audit-Id"] == recorded.audit_id
    expected = ("GET", "get", "pods", "payments", "nothing", 404, "admin", "tester/1")
    assert expected == (
        recorded.method,
        recorded.verb,
        recorded.resource,
        recorded.namespace,
        recorded.name,
        recorded.status,
        recorded.user,
        recorded.user_agent,
    )


def test_faults_are_set_over_http_by_admins_only(cluster: Cluster):
    """/demo/faults shows, changes and clears faults for the admin's token and nobody else."""
    assert 403 == cluster.ask("POST", "/demo/faults", {"delay_seconds": 0.2}, token="t-alice").code
    assert 400 == cluster.ask("POST", "/demo/faults", {"explode": True}).code
    faults = cluster.ask("POST", "/demo/faults", {"delay_seconds": 0.2, "warnings": ["take care"]}).json
    assert (0.2, ["take care"]) == (faults["delay_seconds"], faults["warnings"])

    began = time.monotonic()
    answer = cluster.ask("GET", f"{CORE}/pods")
    assert time.monotonic() - began >= 0.2
    assert '299 - "take care"' == answer.headers["Warning"]
    assert 0 == cluster.ask("DELETE", "/demo/faults").json["delay_seconds"]


def test_a_connection_can_be_cut_before_or_after_a_write(cluster: Cluster):
    """A cut leaves the caller without an answer; only the later one has changed anything."""
    body = {"spec": {"replicas": 6}}
    for fault, replicas in (("cut_before", 2), ("cut_after", 6)):
        cluster.server.faults.change({fault: ["PATCH"]})
        with pytest.raises((OSError, urllib.error.URLError)):
            cluster.ask("PATCH", f"{APPS}/web", body, content_type=MERGE)
        assert replicas == cluster.ask("GET", f"{APPS}/web").json["spec"]["replicas"]
        assert 0 == cluster.server.requests[-2].status
        cluster.server.faults.clear()


def test_a_dead_server_refuses_and_comes_back_on_its_port(cluster: Cluster):
    """Nobody listens while the server is dead; afterwards the same address answers."""
    port = cluster.server.port
    cluster.wait(cluster.server.die())
    with pytest.raises(OSError):
        cluster.ask("GET", "/version")

    cluster.wait(cluster.server.revive())
    assert (200, port) == (cluster.ask("GET", "/version").code, cluster.server.port)


def test_a_hanging_server_never_answers(cluster: Cluster):
    """The request is accepted and nothing comes back within the caller's patience."""
    cluster.server.faults.hang = True

    with pytest.raises(TimeoutError):
        cluster.ask("GET", "/version", seconds=0.3)


def test_a_webhook_without_dry_run_refuses_dry_runs_only(cluster: Cluster):
    """A guarded resource answers dry runs with 400 and real writes as ever."""
    cluster.server.faults.change({"no_dry_run": ["deployments"]})
    body = {"spec": {"replicas": 3}}

    dry = cluster.ask("PATCH", f"{APPS}/web?dryRun=All", body, content_type=MERGE)

    assert (400, "BadRequest", 'admission webhook "policy.example.com" does not support dry run') == refusal(dry)
    assert 200 == cluster.ask("PATCH", f"{APPS}/web", body, content_type=MERGE).code


def test_an_autoscaler_is_one_object_in_both_versions(cluster: Cluster):
    """What is created as autoscaling/v1 is read as v2, and back."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "maxReplicas": 5, "targetCPUUtilizationPercentage": 80}
    path = "/apis/autoscaling/{}/namespaces/payments/horizontalpodautoscalers"
    cluster.ask("POST", path.format("v1"), {"metadata": {"name": "web"}, "spec": spec})

    newer = cluster.ask("GET", path.format("v2") + "/web").json
    older = cluster.ask("GET", path.format("v1") + "/web").json

    assert 80 == newer["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]
    assert {**spec, "minReplicas": 1} == older["spec"]
    assert ("autoscaling/v2", "autoscaling/v1") == (newer["apiVersion"], older["apiVersion"])


def test_large_lists_are_quick(cluster: Cluster):
    """5,000 pods are listed within the time a real server needs."""
    pod = json.loads(json.dumps(cluster.ask("GET", f"{CORE}/pods/web-1").json))

    def fill() -> None:
        for index in range(5000):
            meta = {"name": f"p-{index:05}", "namespace": "orders", "labels": {"app": "x"}}
            cluster.store.create(_pods(), {**pod, "metadata": meta})

    cluster.on_loop(fill)
    cluster.ask("GET", "/api/v1/pods")
    began = time.monotonic()
    answer = cluster.ask("GET", "/api/v1/namespaces/orders/pods?limit=5000")

    assert 5000 == len(answer.json["items"])
    assert time.monotonic() - began < 2.0


def _pods() -> Any:
    from workers.demo.apiserver.resources import resource

    return resource("pods")


def test_times_are_rfc_3339(steady: Cluster):
    """Timestamps are UTC with seconds."""
    text = steady.ask("GET", f"{APPS}/web").json["metadata"]["creationTimestamp"]

    assert text.endswith("Z")
    assert datetime.fromisoformat(text).tzinfo is not None
