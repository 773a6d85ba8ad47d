"""Rights, shapes, records and faults of the demo's API server."""

import json
import time
import urllib.error
from datetime import datetime

import pytest
from fleet_fixtures import (
    APPS,
    CORE,
    MERGE,
    TABLE,
    Cluster,
    deployment,
    refusal,
)

from workers.demo.apiserver.resources import resource

ALICE = {"Impersonate-User": "alice", "Impersonate-Group": "devs"}


def test_rights_are_those_of_the_impersonated_user(steady: Cluster):
    """A bot that may impersonate acts with the rights of the person, and no others."""
    assert steady.ask("GET", f"{CORE}/pods", token="t-bot", headers=ALICE).code == 200
    own = steady.ask("GET", f"{CORE}/pods", token="t-bot")
    assert refusal(own)[:2] == (403, "Forbidden")
    refused = steady.ask("PATCH", f"{APPS}/web", {}, content_type=MERGE, token="t-bot", headers=ALICE)
    text = (
        'deployments.apps "web" is forbidden: User "alice" cannot patch resource "deployments" '
        'in API group "apps" in the namespace "payments"'
    )
    assert (403, "Forbidden", text) == refusal(refused)
    recorded = steady.server.requests[-1]
    assert (
        recorded.user,
        recorded.impersonated,
        recorded.groups,
        recorded.status,
    ) == ("bot", "alice", ("devs", "system:authenticated"), 403)


def test_impersonation_needs_its_own_rights(steady: Cluster):
    """Groups outside resourceNames and callers without the verb are refused; groups without a user are an error."""
    outside = {"Impersonate-User": "alice", "Impersonate-Group": "system:masters"}
    refused = steady.ask("GET", f"{CORE}/pods", token="t-bot", headers=outside)
    text = (
        'groups "system:masters" is forbidden: User "bot" cannot impersonate resource "groups" '
        'in API group "" at the cluster scope'
    )
    assert (403, "Forbidden", text) == refusal(refused)
    assert steady.ask("GET", f"{CORE}/pods", token="t-alice", headers={"Impersonate-User": "bob"}).code == 403
    assert steady.ask("GET", f"{CORE}/pods", token="t-bot", headers={"Impersonate-Group": "devs"}).code == 400


def test_resource_names_limit_a_right_to_the_named_object(cluster: Cluster):
    """A role with resourceNames allows the subresource of that object only."""
    cluster.ask("POST", APPS, deployment("api"))
    body = {"spec": {"replicas": 3}}

    named = cluster.ask("PATCH", f"{APPS}/web/scale", body, content_type=MERGE, token="t-alice")
    other = cluster.ask("PATCH", f"{APPS}/api/scale", body, content_type=MERGE, token="t-alice")

    assert (named.code, other.code) == (200, 403)
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
    assert other.json["status"] == {"allowed": False}


@pytest.mark.parametrize(
    ("include", "keys"), [("None", {"cells"}), ("Metadata", {"cells", "object"}), ("Object", {"cells", "object"})]
)
def test_tables_carry_as_much_of_the_object_as_asked(steady: Cluster, include: str, keys: set[str]):
    """includeObject decides what goes with the cells."""
    table = steady.ask("GET", f"{CORE}/pods?includeObject={include}", headers={"Accept": TABLE}).json

    assert ("Table", keys) == (table["kind"], set(table["rows"][0]))
    assert table["rows"][0]["cells"][:4] == ["web-1", "2/2", "Running", "0"]
    assert ("spec" in table["rows"][0].get("object", {})) is (include == "Object")


def test_metadata_alone_can_be_had(steady: Cluster):
    """PartialObjectMetadata answers leave out spec and status."""
    one = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
    many = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

    assert {"kind", "apiVersion", "metadata"} == set(steady.ask("GET", f"{APPS}/web", headers={"Accept": one}).json)
    listed = steady.ask("GET", APPS, headers={"Accept": many}).json
    assert (listed["kind"], listed["items"][0]["kind"]) == ("PartialObjectMetadataList", "PartialObjectMetadata")


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
    assert cluster.ask("POST", "/demo/faults", {"delay_seconds": 0.2}, token="t-alice").code == 403
    assert cluster.ask("POST", "/demo/faults", {"explode": True}).code == 400
    faults = cluster.ask("POST", "/demo/faults", {"delay_seconds": 0.2, "warnings": ["take care"]}).json
    assert (faults["delay_seconds"], faults["warnings"]) == (0.2, ["take care"])

    began = time.monotonic()
    answer = cluster.ask("GET", f"{CORE}/pods")
    assert time.monotonic() - began >= 0.2
    assert answer.headers["Warning"] == '299 - "take care"'
    assert cluster.ask("DELETE", "/demo/faults").json["delay_seconds"] == 0


def test_a_connection_can_be_cut_before_or_after_a_write(cluster: Cluster):
    """A cut leaves the caller without an answer; only the later one has changed anything."""
    body = {"spec": {"replicas": 6}}
    for fault, replicas in (("cut_before", 2), ("cut_after", 6)):
        cluster.server.faults.change({fault: ["PATCH"]})
        with pytest.raises((OSError, urllib.error.URLError)):
            cluster.ask("PATCH", f"{APPS}/web", body, content_type=MERGE)
        assert replicas == cluster.ask("GET", f"{APPS}/web").json["spec"]["replicas"]
        assert cluster.server.requests[-2].status == 0
        assert (replicas == 6) is bool(cluster.server.requests.writes())
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

    assert refusal(dry) == (400, "BadRequest", 'admission webhook "policy.example.com" does not support dry run')
    assert cluster.ask("PATCH", f"{APPS}/web", body, content_type=MERGE).code == 200


def test_an_autoscaler_is_one_object_in_both_versions(cluster: Cluster):
    """What is created as autoscaling/v1 is read as v2, and back."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "maxReplicas": 5, "targetCPUUtilizationPercentage": 80}
    path = "/apis/autoscaling/{}/namespaces/payments/horizontalpodautoscalers"
    cluster.ask("POST", path.format("v1"), {"metadata": {"name": "web"}, "spec": spec})

    newer = cluster.ask("GET", path.format("v2") + "/web").json
    older = cluster.ask("GET", path.format("v1") + "/web").json

    assert newer["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 80
    assert {**spec, "minReplicas": 1} == older["spec"]
    assert (newer["apiVersion"], older["apiVersion"]) == ("autoscaling/v2", "autoscaling/v1")


def test_large_lists_are_quick(cluster: Cluster):
    """5,000 pods are listed within the time a real server needs."""
    pod = json.loads(json.dumps(cluster.ask("GET", f"{CORE}/pods/web-1").json))

    def fill() -> None:
        for index in range(5000):
            meta = {"name": f"p-{index:05}", "namespace": "orders", "labels": {"app": "x"}}
            cluster.store.create(resource("pods"), {**pod, "metadata": meta})

    cluster.on_loop(fill)
    cluster.ask("GET", "/api/v1/pods")
    began = time.monotonic()
    answer = cluster.ask("GET", "/api/v1/namespaces/orders/pods?limit=5000")

    assert len(answer.json["items"]) == 5000
    assert time.monotonic() - began < 2.0


def test_times_are_rfc_3339(steady: Cluster):
    """Timestamps are UTC with seconds."""
    text = steady.ask("GET", f"{APPS}/web").json["metadata"]["creationTimestamp"]

    assert text.endswith("Z")
    assert datetime.fromisoformat(text).tzinfo is not None
