"""Answers that were compared with a real API server, as Kubernetes 1.36.2 answers."""

from typing import Any

import pytest
from fleet_fixtures import APPLY, APPS, CORE, JSON_PATCH, MERGE, STRATEGIC, Cluster, deployment, manifest, refusal

METHOD = (405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
BAD = 400, "BadRequest"
WORD = "unable to parse requirement: "
CONTINUE = "invalid continue token: continue key is not valid: "
UNKNOWN_BODY = "the object provided is unrecognized (must be of type Deployment): couldn't get version/kind; "
ASKED: list[tuple[str, str, Any, str, tuple[int, str, str]]] = [
    ("PUT", "/version", {}, "", METHOD),
    ("PUT", f"{CORE}/pods", {}, "", METHOD),
    ("PATCH", f"{CORE}/pods", {}, MERGE, METHOD),
    ("DELETE", "/api/v1/namespaces", None, "", METHOD),
    ("GET", f"{CORE}/pods?fieldSelector=spec.x%3D1", None, "", (*BAD, "field label not supported: spec.x")),
    (
        "GET",
        f"{APPS}?fieldSelector=a%3D1",
        None,
        "",
        (*BAD, '"a" is not a known field selector: only "metadata.name", "metadata.namespace"'),
    ),
    ("GET", f"{APPS}?labelSelector=a%3D%3D%3Db", None, "", (*BAD, f"{WORD}found '=', expected: identifier")),
    (
        "GET",
        f"{APPS}?continue=zzz",
        None,
        "",
        (*BAD, f"{CONTINUE}invalid character '\u00cf' looking for beginning of value"),
    ),
    ("GET", f"{APPS}?continue=%2A", None, "", (*BAD, f"{CONTINUE}illegal base64 data at input byte 0")),
    ("GET", f"{APPS}?continue=e30", None, "", (*BAD, f"{CONTINUE}server does not recognize this encoded version ")),
    ("POST", APPS, b"{", "", (*BAD, f"{UNKNOWN_BODY}json parse error: unexpected end of JSON input ({{)")),
    ("POST", APPS, b"", "", (*BAD, f"{UNKNOWN_BODY}json parse error: unexpected end of JSON input (<empty>)")),
    ("PATCH", f"{APPS}/web", b"{", JSON_PATCH, (*BAD, "error decoding patch: unexpected end of JSON input")),
    ("PATCH", f"{APPS}/web", b"{", STRATEGIC, (*BAD, "unexpected end of JSON input")),
    ("PATCH", f"{APPS}/web", {}, "text/plain", (415, "UnsupportedMediaType", "415: Unsupported Media Type")),
    (
        "PATCH",
        f"{APPS}/web",
        {"spec": {"replicas": "x"}},
        STRATEGIC,
        (422, "Invalid", ' "" is invalid: patch: Invalid value: "map[spec:map[replicas:x]]": unrecognized type: int32'),
    ),
    (
        "PATCH",
        f"{APPS}/web",
        {"metadata": {"name": "other"}},
        MERGE,
        (*BAD, "the name of the object (other) does not match the name on the URL (web)"),
    ),
    (
        "DELETE",
        f"{CORE}/pods/web-1?gracePeriodSeconds=x",
        None,
        "",
        (*BAD, 'strconv.ParseInt: parsing "x": invalid syntax'),
    ),
    (
        "POST",
        f"{CORE}/configmaps",
        {"metadata": {"name": "a", "ownerReferences": [{"kind": "ConfigMap", "name": "b"}]}},
        "",
        (
            422,
            "Invalid",
            'ConfigMap "a" is invalid: metadata.ownerReferences.uid: Invalid value: "": must not be empty',
        ),
    ),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "expected"), ASKED, ids=[f"{one[0]} {one[1]} {one[3]}" for one in ASKED]
)
def test_a_refusal_has_the_words_of_a_real_server(
    steady: Cluster, method: str, path: str, body: Any, content_type: str, expected: tuple[int, str, str]
):
    """Code, reason and message are as Kubernetes 1.36.2 answers."""
    answer = steady.ask(method, path, body, content_type=content_type or "application/json")

    assert expected == refusal(answer)


@pytest.mark.parametrize("path", ["/apis/foo/v1/x", "/nope"])
def test_an_unknown_group_or_path_is_plain_text(steady: Cluster, path: str):
    """There is no Status for what no group serves, as Kubernetes 1.36.2 answers."""
    answer = steady.ask("GET", path)

    assert (answer.code, answer.body) == (404, b"404 page not found\n")


def test_a_group_without_a_user_cannot_be_impersonated(steady: Cluster):
    """A bad request that shows what was asked for, as Kubernetes 1.36.2 answers."""
    answer = steady.ask("GET", "/version", headers={"Impersonate-Group": "g"})

    text = 'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)}'
    assert refusal(answer) == (*BAD, f"{text} without impersonating a user name")


@pytest.mark.parametrize("content_type", [MERGE, STRATEGIC])
def test_a_scale_patched_to_another_type_is_invalid(steady: Cluster, content_type: str):
    """422 for a patch, where a whole Scale is a bad request, as Kubernetes 1.36.2 answers."""
    patched = steady.ask("PATCH", f"{APPS}/web/scale", {"spec": {"replicas": "x"}}, content_type=content_type)
    put = steady.ask("PUT", f"{APPS}/web/scale", {"spec": {"replicas": "x"}})

    assert (patched.code, patched.json["reason"], put.code) == (422, "Invalid", 400)


def test_managers_are_in_the_order_of_time_after_the_appliers(cluster: Cluster):
    """Apply first, then by time and name, as Kubernetes 1.36.2 answers."""
    cluster.ask("POST", APPS, deployment("api"))
    cluster.ask("PATCH", f"{APPS}/api/status", {"status": {"replicas": 1}}, content_type=MERGE)
    config = manifest("Deployment", "api", spec={"minReadySeconds": 1})
    made = cluster.ask("PATCH", f"{APPS}/api?fieldManager=zed", config, content_type=APPLY).json

    entries = made["metadata"]["managedFields"]
    assert [one["operation"] for one in entries] == ["Apply", "Update", "Update"]
    assert [one.get("time") for one in entries[1:]] == sorted(one["time"] for one in entries[1:])


def test_a_binding_to_a_role_that_is_not_there_is_told(cluster: Cluster):
    """The refusal and the review name the missing role, as Kubernetes 1.36.2 answers."""
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "nosuch"}
    body = manifest("RoleBinding", "lost", roleRef=reference, subjects=[{"kind": "Group", "name": "devs"}])
    cluster.ask("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/payments/rolebindings", body)

    answer = cluster.ask("GET", f"{CORE}/secrets", token="t-alice")

    assert refusal(answer)[2].endswith(': RBAC: clusterrole.rbac.authorization.k8s.io "nosuch" not found')
