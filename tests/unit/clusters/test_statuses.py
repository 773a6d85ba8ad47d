"""What the server says becomes the error whose remedy fits: a table of answers as Kubernetes gives them.

Bodies: k8s.io/apimachinery/pkg/api/errors and k8s.io/apiserver, Kubernetes 1.36.
"""

import json
from typing import Any

import pytest
import urllib3

from workers.clusters import asking, statuses
from workers.clusters.transport import Reply
from workers.domain.actor import Account, Actor
from workers.domain.call import JSON_PATCH, MERGE_PATCH, Call, Shape
from workers.domain.errors import (
    AccessDenied,
    ClusterChanged,
    ClusterUnreachable,
    InvalidParameter,
    KubechatError,
    NotNow,
    NotThere,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from workers.domain.value import ClusterName, PersonId

CLUSTER = ClusterName("prod-eu")
ALICE = Actor(
    person_id=PersonId("alice"),
    name="Alice",
    groups=frozenset({"sre", "oncall"}),
    account=Account(system="terminal", workspace="t", user_id="alice"),
    verified_by="session",
)
READ = Call(method="GET", group="apps", version="v1", resource="deployments", namespace="payments", name="web")
LIST = READ.model_copy(update={"name": None})
WRITE = READ.model_copy(update={"method": "PATCH", "body": {"spec": {}}, "content_type": MERGE_PATCH})
TESTED = WRITE.model_copy(
    update={"body": [{"op": "test", "path": "/spec/replicas", "value": 1}], "content_type": JSON_PATCH}
)
DELETE = Call(method="DELETE", group="", version="v1", resource="pods", namespace="payments", name="web-1")
EVICT = Call(
    method="POST",
    group="",
    version="v1",
    resource="pods",
    namespace="payments",
    name="web-1",
    subresource="eviction",
    body={},
)
CREATE = Call(method="POST", group="", version="v1", resource="configmaps", namespace="payments", body={})
NODE = Call(method="PATCH", group="", version="v1", resource="nodes", name="n1", body={}, content_type=MERGE_PATCH)


def status(code: int, reason: str, message: str, **details: Any) -> bytes:
    body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
    return json.dumps(body | {"reason": reason, "details": details, "code": code}).encode()


def error(
    call: Call, code: int, body: bytes, *, dry_run: bool = False, actor: Actor | None = ALICE, **headers: str
) -> KubechatError:
    request = asking.request_for(CLUSTER, call, actor, dry_run=dry_run)
    sent = urllib3.HTTPHeaderDict({name.replace("_", "-"): value for name, value in headers.items()})
    return statuses.error_for(Reply(code, sent, body), request, call, CLUSTER, actor)


FORBIDDEN = (
    'deployments.apps "web" is forbidden: User "alice" cannot patch resource "deployments" in API group "apps" '
    'in the namespace "payments"'
)
QUOTA = 'pods "x" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=10, limited: pods=10'
BUDGET = "Cannot evict pod as it would violate the pod's disruption budget."
WEBHOOK = 'Internal error occurred: failed calling webhook "v.example.com": Post "https://v": context deadline exceeded'
UID = {"field": "metadata.uid", "reason": "FieldValueInvalid", "message": "field is immutable"}
REPLICAS = {"field": "spec.replicas", "reason": "FieldValueInvalid", "message": "must not be negative"}
TABLE: dict[str, tuple[Call, int, bytes, type[KubechatError], str]] = {
    "401": (READ, 401, status(401, "Unauthorized", "Unauthorized"), Unavailable, "the bot's own credentials"),
    "403 read": (READ, 403, status(403, "Forbidden", FORBIDDEN), AccessDenied, "may not get deployments.apps"),
    "403 read without words": (READ, 403, b"", AccessDenied, "may not get deployments.apps"),
    "403 list": (LIST, 403, status(403, "Forbidden", FORBIDDEN), AccessDenied, "may not list deployments.apps in"),
    "403 write": (WRITE, 403, status(403, "Forbidden", FORBIDDEN), AccessDenied, "may not patch deployments.apps"),
    "403 quota": (WRITE, 403, status(403, "Forbidden", QUOTA), Rejected, "exceeded quota"),
    "404": (READ, 404, status(404, "NotFound", 'x "web" not found', name="web"), NotThere, "has no deployment 'web'"),
    "404 kind": (LIST, 404, status(404, "NotFound", "the server could not find"), NotThere, "does not serve"),
    "404 page": (LIST, 404, b"404 page not found", NotThere, "does not serve deployments.apps"),
    "404 namespace": (
        CREATE,
        404,
        status(404, "NotFound", 'namespaces "payments" not found', name="payments", kind="namespaces"),
        NotThere,
        "no namespace 'payments'",
    ),
    "409 conflict": (WRITE, 409, status(409, "Conflict", "the object has been modified"), ClusterChanged, "modified"),
    "409 precondition": (DELETE, 409, status(409, "Conflict", "Precondition failed: UID"), ClusterChanged, "UID"),
    "409 exists": (CREATE, 409, status(409, "AlreadyExists", 'configmaps "a" already exists'), Rejected, "already"),
    "410": (LIST, 410, status(410, "Expired", "The provided continue parameter is too old"), ClusterChanged, "too old"),
    "422": (WRITE, 422, status(422, "Invalid", "is invalid: x", causes=[REPLICAS]), Rejected, "is invalid"),
    "422 uid": (WRITE, 422, status(422, "Invalid", "uid: immutable", causes=[UID]), ClusterChanged, "immutable"),
    "422 test": (TESTED, 422, status(422, "Invalid", "the server rejected our request"), ClusterChanged, "rejected"),
    "422 tested value": (TESTED, 422, status(422, "Invalid", "bad", causes=[REPLICAS]), Rejected, "bad"),
    "400": (WRITE, 400, status(400, "BadRequest", "json: cannot unmarshal"), Rejected, "cannot unmarshal"),
    "405": (WRITE, 405, status(405, "MethodNotAllowed", "not allowed"), Rejected, "not allowed"),
    "413": (WRITE, 413, b"too large", Rejected, "too large"),
    "429": (READ, 429, status(429, "TooManyRequests", "too many requests"), NotNow, "too many"),
    "429 budget": (EVICT, 429, status(429, "TooManyRequests", BUDGET), NotNow, "disruption budget"),
    "408 write": (WRITE, 408, b"", OutcomeUnknown, "answered 408"),
    "500 read": (READ, 500, status(500, "InternalError", "etcd"), ClusterUnreachable, "answered 500: etcd"),
    "500 write": (WRITE, 500, status(500, "InternalError", "etcd"), OutcomeUnknown, "answered 500: etcd"),
    "500 webhook": (WRITE, 500, status(500, "InternalError", WEBHOOK), Rejected, "failed calling webhook"),
    "502 write": (WRITE, 502, b"<html>bad gateway</html>", OutcomeUnknown, "bad gateway"),
    "503 write": (WRITE, 503, status(503, "ServiceUnavailable", "x"), OutcomeUnknown, "503"),
    "504 delete": (DELETE, 504, status(504, "Timeout", "x"), OutcomeUnknown, "504"),
    "503 read": (LIST, 503, b"", ClusterUnreachable, "503"),
    "302 read": (READ, 302, b"", ClusterUnreachable, "a redirect, which is not followed"),
    "302 write": (WRITE, 302, b"", ClusterUnreachable, "a redirect, which is not followed"),
}


@pytest.mark.parametrize(("call", "code", "body", "kind", "words"), TABLE.values(), ids=TABLE)
def test_answer_becomes_the_error_with_the_right_remedy(
    call: Call, code: int, body: bytes, kind: type[KubechatError], words: str
) -> None:
    """Each refusal is raised as exactly the class whose remedy helps, in the server's words."""
    found = error(call, code, body)

    assert type(found) is kind
    assert words in found.text


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_trouble_during_a_dry_run_changed_nothing(code: int) -> None:
    """A dry-run never leaves doubt."""
    assert type(error(WRITE, code, b"", dry_run=True)) is ClusterUnreachable


def test_bots_own_account_gets_its_own_rule() -> None:
    """A refusal of the bot itself names the bot's account."""
    said = 'namespaces "kube-system" is forbidden: User "system:serviceaccount:a:b" cannot get resource "namespaces"'
    call = Call(method="GET", group="", version="v1", resource="namespaces", name="kube-system")

    found = error(call, 403, status(403, "Forbidden", said), actor=None)

    assert "'system:serviceaccount:a:b' may not get namespaces" in found.message


def test_missing_impersonation_is_the_bots_lack() -> None:
    """Whoever reads it knows that the bot's role is too narrow, and by how much."""
    said = 'groups "sre" is forbidden: User "bot" cannot impersonate resource "groups" in API group "" at the cluster'

    found = error(WRITE, 403, status(403, "Forbidden", said))

    assert "the bot's own account 'bot' may not impersonate groups 'sre'" in found.message
    assert "resources: [groups], resourceNames: [sre], verbs: [impersonate]" in found.then


def test_refused_constrained_impersonation_is_the_bots_lack_too() -> None:
    """Kubernetes 1.36 asks for `impersonate-on:...` first and names the object, not the person (KEP-5284)."""
    said = 'pods is forbidden: User "bot" cannot impersonate-on:user-info:list resource "pods" in API group "" in x'

    found = error(WRITE, 403, status(403, "Forbidden", said))

    assert "the bot's own account 'bot' may not impersonate users 'alice' and groups" in found.message
    assert "resources: [users], resourceNames: [alice], verbs: [impersonate]" in found.then


def test_cluster_wide_right_is_asked_for_in_a_cluster_role() -> None:
    """A Role cannot allow what has no namespace."""
    said = 'nodes "n1" is forbidden: User "alice" cannot patch resource "nodes" in API group "" at the cluster scope'

    found = error(NODE, 403, status(403, "Forbidden", said))

    assert found.message == "alice (groups: oncall, sre) may not patch nodes 'n1' in all of prod-eu"
    assert "in a ClusterRole, bound to User alice or Group oncall or Group sre" in found.then


def test_waiting_time_is_the_servers() -> None:
    """Retry-After is passed on."""
    found = error(EVICT, 429, status(429, "TooManyRequests", BUDGET), Retry_After="10")

    assert found.then == "wait until more pods are ready, then ask again in 10 s"


def test_a_budget_is_named_with_its_numbers() -> None:
    """The status's text is general; which budget it is stands among its causes."""
    cause = {
        "reason": "DisruptionBudget",
        "message": "The disruption budget web needs 2 healthy pods and has 2 currently",
    }

    found = error(EVICT, 429, status(429, "TooManyRequests", BUDGET, causes=[cause]))

    assert found.message.endswith(f"{BUDGET} {cause['message']}")


def test_webhook_without_dry_run_is_a_fact() -> None:
    """The previewer tells it from a rejected change."""
    said = 'admission webhook "v.example.com" does not support dry run'

    assert error(WRITE, 400, status(400, "BadRequest", said), dry_run=True).facts["dry_run"] == "unsupported"


def test_servers_words_are_data() -> None:
    """What a server says may hide nothing, leak no secret, and flood nobody."""
    said = "a\u202eb password=hunter2 " + "x" * 100_000

    found = error(READ, 400, status(400, "BadRequest", said))

    assert "\u202e" not in found.text
    assert "hunter2" not in found.text
    assert len(found.text) < 3000


@pytest.mark.parametrize("person", ["", " alice", "a\r\nImpersonate-Group: system:masters", "a\0", "a\n"])
def test_person_who_would_break_a_header_is_not_impersonated(person: str) -> None:
    """A name cannot add a header of its own."""
    with pytest.raises(InvalidParameter):
        asking.request_for(CLUSTER, READ, ALICE.model_copy(update={"person_id": person}))


def test_person_in_any_script_arrives_as_utf_8() -> None:
    """The API server reads header values as bytes of UTF-8."""
    request = asking.request_for(CLUSTER, READ, ALICE.model_copy(update={"person_id": "zoë"}))

    assert request.headers["Impersonate-User"].encode("latin-1") == "zoë".encode()


def test_each_group_has_its_own_line() -> None:
    """Finding 6: one line per group."""
    assert asking.request_for(CLUSTER, READ, ALICE).headers.getlist("Impersonate-Group") == ["oncall", "sre"]


def test_dry_run_of_a_delete_is_in_query_and_body() -> None:
    """A server that finds options in the body does not look at the query."""
    request = asking.request_for(CLUSTER, DELETE, ALICE, dry_run=True)

    assert request.path.endswith("?dryRun=All")
    assert json.loads(request.body or b"") == {"dryRun": ["All"]}
    assert not request.changes


def test_mark_cannot_leave_the_user_agent() -> None:
    """The mark names request and step, and nothing else gets in with it."""
    request = asking.request_for(CLUSTER, WRITE, ALICE, mark="req-1/1\r\nX: y)")

    assert request.headers["User-Agent"].endswith("(req-1/1--X:-y-)")


@pytest.mark.parametrize(
    ("shape", "name", "accept"),
    [
        (Shape.TABLE, None, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"),
        (Shape.METADATA, "web", "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"),
    ],
)
def test_shape_is_asked_for(shape: Shape, name: str | None, accept: str) -> None:
    """The server prints and trims, not we."""
    request = asking.request_for(CLUSTER, READ.model_copy(update={"shape": shape, "name": name}), ALICE)

    assert request.headers["Accept"] == accept
    assert ("includeObject=None" in request.path) is (shape is Shape.TABLE)
