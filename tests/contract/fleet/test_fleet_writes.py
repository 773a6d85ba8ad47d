"""Writes on the wire are checked, merged, stored and refused as by a real API server."""

from typing import Any

import pytest
from fleet_fixtures import (
    APPLY,
    APPS,
    CORE,
    GONE,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Cluster,
    deployment,
    eventually,
    manifest,
    refusal,
)


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

    assert after["spec"]["replicas"] == 7
    assert before["metadata"]["generation"] + 1 == after["metadata"]["generation"]
    mine = next(one for one in after["metadata"]["managedFields"] if one["manager"] == "me")
    assert mine["fieldsV1"] == {"f:spec": {"f:replicas": {}}}
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

    assert [one.code for one in (put, scaled, deleted, patched)] == [409, 409, 409, 422]
    assert all(why in one.json["message"] for one in (put, scaled))
    assert 'deployments/scale.apps "web"' in scaled.json["message"]
    assert (
        f'on Deployment.apps "web": the UID in the precondition (other) does not match the UID in record ({uid})'
        in (deleted.json["message"])
    )
    assert (
        patched.json["message"]
        == 'Deployment.apps "web" is invalid: metadata.uid: Invalid value: "other": field is immutable'
    )


def test_a_stale_put_and_a_stale_delete_are_conflicts(steady: Cluster):
    """resourceVersion is a precondition of PUT and of DeleteOptions."""
    web = steady.ask("GET", f"{APPS}/web").json
    web["metadata"]["resourceVersion"] = "3"

    assert GONE in steady.ask("PUT", f"{APPS}/web", web).json["message"]
    deleted = steady.ask("DELETE", f"{APPS}/web", {"preconditions": {"resourceVersion": "3"}})
    assert refusal(deleted)[:2] == (409, "Conflict")


def test_strategic_merge_keeps_and_deletes_list_items(cluster: Cluster):
    """Containers and env merge by name; `$patch: delete` takes one away."""
    env = [{"name": "B", "$patch": "delete"}, {"name": "C", "value": "3"}]
    body = {"spec": {"template": {"spec": {"containers": [{"name": "app", "env": env}]}}}}

    after = cluster.ask("PATCH", f"{APPS}/web", body, content_type=STRATEGIC).json

    containers = after["spec"]["template"]["spec"]["containers"]
    assert [one["name"] for one in containers] == ["app", "proxy"]
    assert [(one["name"], one["value"]) for one in containers[0]["env"]] == [("A", "1"), ("C", "3")]


def test_a_selector_cannot_change_and_an_image_cannot_be_empty(steady: Cluster):
    """Immutable and required fields are 422 with their path."""
    selector = steady.ask(
        "PATCH", f"{APPS}/web", {"spec": {"selector": {"matchLabels": {"b": "c"}}}}, content_type=MERGE
    )
    container = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": ""}]}}}}
    image = steady.ask("PATCH", f"{APPS}/web", container, content_type=STRATEGIC)

    assert "field is immutable" in selector.json["message"]
    assert (
        image.code,
        image.json["message"].partition("invalid: ")[2],
    ) == (422, "spec.template.spec.containers[0].image: Required value")


def test_server_side_apply_owns_conflicts_and_gives_up(cluster: Cluster):
    """Apply creates, co-owns, conflicts by name, takes with force, and removes what is no longer declared."""
    path = f"{CORE}/configmaps/shared"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"a": "1", "b": "1"}}

    def apply(manager: str, data: dict[str, str], more: str = "") -> Any:
        return cluster.ask("PATCH", f"{path}?fieldManager={manager}{more}", {**body, "data": data}, content_type=APPLY)

    assert cluster.ask("PATCH", path, body, content_type=APPLY).code == 422
    assert apply("one", {"a": "1", "b": "1"}).code == 201
    assert apply("two", {"a": "1"}).code == 200
    refused = apply("two", {"a": "2"})
    assert refusal(refused) == (409, "Conflict", 'Apply failed with 1 conflict: conflict with "one": .data.a')
    assert apply("two", {"a": "2"}, "&force=true").json["data"] == {"a": "2", "b": "1"}
    assert apply("one", {}).json["data"] == {"a": "2"}


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

    assert [one.code for one in answers] == [201, 200, 200, 200, 201]
    assert [one.json["spec"]["replicas"] for one in answers[1:3]] == [9, 9]
    assert version == cluster.store.resource_version
    assert [one.dry_run for one in list(cluster.server.requests)[-5:]] == [True] * 5


def test_scale_reads_and_writes_the_replicas(cluster: Cluster):
    """A Scale shows replicas and selector; writing it changes the workload under the scale subresource."""
    scale = cluster.ask("GET", f"{APPS}/web/scale").json
    scale["spec"]["replicas"] = 5

    put = cluster.ask("PUT", f"{APPS}/web/scale?fieldManager=me", scale)

    assert (put.code, put.json["kind"], put.json["spec"]["replicas"]) == (200, "Scale", 5)
    assert scale["status"] == {"replicas": 2, "selector": "app=web"}
    web = cluster.ask("GET", f"{APPS}/web").json
    mine = next(one for one in web["metadata"]["managedFields"] if one["manager"] == "me")
    assert (web["spec"]["replicas"], mine["subresource"]) == (5, "scale")
    assert cluster.ask("PUT", f"{APPS}/web/scale", scale).code == 409
    negative = cluster.ask("PATCH", f"{APPS}/web/scale", {"spec": {"replicas": -1}}, content_type=MERGE)
    assert 'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1' in negative.json["message"]


def test_a_status_write_leaves_the_spec_alone(cluster: Cluster):
    """The status subresource changes status only, the object itself everything but status."""
    both = {"spec": {"replicas": 9}, "status": {"readyReplicas": 9}}

    status = cluster.ask("PATCH", f"{APPS}/web/status", both, content_type=MERGE).json
    assert (
        status["spec"]["replicas"],
        status["status"]["readyReplicas"],
        status["metadata"]["generation"],
    ) == (2, 9, 1)
    both["status"]["readyReplicas"] = 1
    spec = cluster.ask("PATCH", f"{APPS}/web", both, content_type=MERGE).json
    assert (spec["spec"]["replicas"], spec["status"]["readyReplicas"]) == (9, 9)


def test_a_deleted_pod_lingers_for_its_grace_period(cluster: Cluster):
    """A running pod gets a deletionTimestamp and goes a little later; with grace 0 it goes at once."""
    answer = cluster.ask("DELETE", f"{CORE}/pods/web-1")
    assert (answer.code, answer.json["kind"], answer.json["metadata"]["deletionGracePeriodSeconds"]) == (200, "Pod", 30)
    assert cluster.ask("GET", f"{CORE}/pods/web-1").code == 200

    eventually(lambda: cluster.ask("GET", f"{CORE}/pods/web-1").code == 404)
    cluster.ask("DELETE", f"{CORE}/pods/web-2", {"gracePeriodSeconds": 0})
    assert cluster.ask("GET", f"{CORE}/pods/web-2").code == 404


def test_finalizers_hold_an_object_until_they_are_taken_off(cluster: Cluster):
    """A deleted object with finalizers stays, marked, and goes with the last of them."""
    path = f"{CORE}/configmaps"
    cluster.ask("POST", path, {"metadata": {"name": "a", "finalizers": ["example.com/wait"]}})
    assert "deletionTimestamp" in cluster.ask("DELETE", f"{path}/a").json["metadata"]
    assert cluster.ask("GET", f"{path}/a").code == 200

    cluster.ask("PATCH", f"{path}/a", {"metadata": {"finalizers": None}}, content_type=MERGE)
    assert cluster.ask("GET", f"{path}/a").code == 404


def test_a_collection_is_deleted_by_selector(cluster: Cluster):
    """deletecollection takes what the selector finds, and only that."""
    for name, color in (("a", "red"), ("b", "blue")):
        cluster.ask("POST", f"{CORE}/configmaps", {"metadata": {"name": name, "labels": {"color": color}}})

    cluster.ask("DELETE", f"{CORE}/configmaps?labelSelector=color%3Dred")

    left = [one["metadata"]["name"] for one in cluster.ask("GET", f"{CORE}/configmaps").json["items"]]
    assert left == ["b", "settings"]


def test_owned_objects_go_with_their_owner(cluster: Cluster):
    """A background delete takes the replica sets along."""
    cluster.ask("DELETE", f"{APPS}/web")

    assert cluster.ask("GET", "/apis/apps/v1/replicasets").json["items"] == []


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
    assert refusal(refused) == (
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
    )
    assert (
        refused.json["details"]["causes"][0]["message"]
        == "The disruption budget web needs 1 healthy pods and has 1 currently"
    )
    allow(1)
    assert cluster.ask("POST", f"{CORE}/pods/web-1/eviction", eviction).code == 201
    assert cluster.ask("GET", f"{budgets}/web").json["status"]["disruptionsAllowed"] == 0


def test_logs_are_cut_as_asked(steady: Cluster):
    """tailLines, limitBytes, sinceTime and timestamps each do what they say; following ends with the container."""
    path = f"{CORE}/pods/web-1/log?container=app"
    assert steady.ask("GET", f"{path}&tailLines=1").body == b"app now 2\n"
    assert steady.ask("GET", f"{path}&limitBytes=5").body == b"app n"
    assert steady.ask("GET", f"{path}&sinceTime=2026-11-22T12:01:00Z").body == b"app now 1\napp now 2\n"
    assert steady.ask("GET", f"{path}&follow=true&tailLines=1").body == b"app now 2\napp now 3\n"
    assert steady.ask("GET", f"{path}&timestamps=1").body.splitlines()[0] == b"2026-11-22T12:00:00.000000000Z app now 0"
