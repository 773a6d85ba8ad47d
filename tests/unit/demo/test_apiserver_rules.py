"""Selectors, quantities, targets, ages, rights, protobuf and the store's own rules."""

from datetime import UTC, datetime
from typing import Any

import pytest

from workers.demo.apiserver import cells, protobuf, rbac, selectors
from workers.demo.apiserver.authn import User
from workers.demo.apiserver.errors import StatusError
from workers.demo.apiserver.faults import Faults
from workers.demo.apiserver.quantity import is_quantity, quantity
from workers.demo.apiserver.resources import RESOURCES, by_kind, resource
from workers.demo.apiserver.store import Store
from workers.demo.apiserver.target import parse

LABELS = [
    ("app=web", True),
    ("app==web,tier", True),
    ("app!=web", False),
    ("tier in (gold, silver)", True),
    ("tier notin (gold)", False),
    ("!gone", True),
    ("gone", False),
    ("size>4", True),
    ("size<4", False),
    ("gone!=x", True),
]


@pytest.mark.parametrize(("text", "expected"), LABELS)
def test_a_label_selector_is_evaluated_like_the_real_one(text: str, expected: bool):
    """Equality, sets, existence and numbers."""
    labels = {"app": "web", "tier": "gold", "size": "5"}

    assert expected is selectors.label_test(text)({"metadata": {"labels": labels}})


WORD = "unable to parse requirement: "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b", f"{WORD}found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("app in", f"{WORD}found '' expected: '('"),
        ("=web", "found '=', expected: !, identifier, or 'end of string'"),
        ("app in (a", f"{WORD}found '', expected: ',' or ')'"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a>x", f"{WORD}values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"),
    ],
)
def test_a_selector_that_cannot_be_read_is_a_bad_request(text: str, message: str):
    """Grammar errors are 400 in the words in which Kubernetes 1.36.2 answers."""
    with pytest.raises(StatusError) as refused:
        selectors.label_test(text)
    assert (refused.value.code, refused.value.message) == (400, message)


@pytest.mark.parametrize(
    ("text", "number"),
    [("250m", "0.25"), ("1Gi", "1073741824"), ("2", "2"), ("1e3", "1000"), ("1.5k", "1500"), ("-1", "-1")],
)
def test_quantities_are_exact(text: str, number: str):
    """Suffixes are decimal or binary."""
    assert is_quantity(text)
    assert number == format(quantity(text).normalize(), "f")


@pytest.mark.parametrize("text", ["", "abc", "1Q", "1 Gi", True, None])
def test_what_is_no_quantity_is_not_taken_for_one(text: Any):
    """Anything else is refused."""
    assert not is_quantity(text)


TARGETS = [
    ("GET", "/api/v1/namespaces/a/pods/p/log", "get", "pods", "a", "p", "log"),
    ("GET", "/api/v1/namespaces/a", "get", "namespaces", "", "a", ""),
    ("PUT", "/api/v1/namespaces/a/status", "update", "namespaces", "", "a", "status"),
    ("GET", "/api/v1/pods", "list", "pods", "", "", ""),
    ("DELETE", "/apis/apps/v1/namespaces/a/deployments", "deletecollection", "deployments", "a", "", ""),
    ("PATCH", "/apis/apps/v1/namespaces/a/deployments/d/scale", "patch", "deployments", "a", "d", "scale"),
    ("GET", "/apis/apps/v1", "get", "", "", "", ""),
]


@pytest.mark.parametrize("row", TARGETS)
def test_a_url_names_its_target(row: tuple[str, ...]):
    """Verb, resource, namespace, name and subresource come from method and path."""
    target = parse(row[0], row[1], {})

    assert row[2:] == (target.verb, target.plural, target.namespace, target.name, target.subresource)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (150, "2m30s"),
        (3600, "60m"),
        (11000, "3h3m"),
        (90000, "25h"),
        (190000, "2d4h"),
        (864000, "10d"),
        (70000000, "2y80d"),
    ],
)
def test_ages_are_short(seconds: int, text: str):
    """Two units while the larger one is small, as kubectl prints them."""
    assert text == cells.duration(seconds)


def rule(**parts: Any) -> Any:
    return {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], **parts}


RULES = [
    (rule(), rbac.Attributes("get", resource="pods"), True),
    (rule(), rbac.Attributes("list", resource="pods"), False),
    (rule(), rbac.Attributes("get", resource="pods", subresource="log"), False),
    (rule(resources=["pods/log"]), rbac.Attributes("get", resource="pods", subresource="log"), True),
    (rule(resources=["*/log"]), rbac.Attributes("get", resource="pods", subresource="log"), True),
    (
        rule(resources=["*"], verbs=["*"], apiGroups=["*"]),
        rbac.Attributes("patch", "apps", "", "deployments", "scale"),
        True,
    ),
    (rule(resourceNames=["a"]), rbac.Attributes("get", resource="pods", name="a"), True),
    (rule(resourceNames=["a"]), rbac.Attributes("get", resource="pods", name="b"), False),
    ({"verbs": ["get"], "nonResourceURLs": ["/healthz/*"]}, rbac.Attributes("get", path="/healthz/etcd"), True),
    ({"verbs": ["get"], "nonResourceURLs": ["/healthz"]}, rbac.Attributes("get", path="/metrics"), False),
]


@pytest.mark.parametrize(("given", "what", "allowed"), RULES)
def test_a_rule_allows_what_it_names(given: Any, what: rbac.Attributes, allowed: bool):
    """Verbs, groups, resources, subresources, names, paths and wildcards."""
    assert allowed is rbac.allows(given, what)


def store() -> Store:
    made = Store("test", lambda: datetime(2026, 11, 22, tzinfo=UTC))
    made.create(resource("namespaces"), {"metadata": {"name": "a"}})
    return made


def test_a_service_account_is_bound_by_its_own_name():
    """A ServiceAccount subject is the user system:serviceaccount:<namespace>:<name>; aggregated roles count."""
    made = store()
    made.create(resource("clusterroles"), {"metadata": {"name": "part", "labels": {"to": "view"}}, "rules": [rule()]})
    whole = {"clusterRoleSelectors": [{"matchLabels": {"to": "view"}}]}
    made.create(resource("clusterroles"), {"metadata": {"name": "view"}, "aggregationRule": whole})
    binding = {
        "metadata": {"name": "b", "namespace": "a"},
        "roleRef": {"kind": "ClusterRole", "name": "view"},
        "subjects": [{"kind": "ServiceAccount", "name": "sa", "namespace": "a"}],
    }
    made.create(resource("rolebindings"), binding)
    user = User("system:serviceaccount:a:sa")

    assert rbac.decide(made, user, rbac.Attributes("get", resource="pods", namespace="a")).allowed
    assert not rbac.decide(made, user, rbac.Attributes("get", resource="pods", namespace="b")).allowed


def test_what_the_store_gives_out_is_the_callers_own():
    """Changing a read object, an event's object or the object given changes nothing stored."""
    made, seen = store(), []
    made.subscribe(seen.append)
    given = {"metadata": {"name": "c", "namespace": "a"}, "data": {"k": "v"}}
    made.create(resource("configmaps"), given)

    given["data"]["k"] = "x"
    seen[0].object["data"]["k"] = "x"
    made.get(resource("configmaps"), "a", "c")["data"]["k"] = "x"

    assert made.get(resource("configmaps"), "a", "c")["data"] == {"k": "v"}


def test_a_write_that_changes_nothing_is_no_event():
    """Neither version nor watchers move when an update is what is stored already."""
    made = store()
    obj = made.create(resource("configmaps"), {"metadata": {"name": "c", "namespace": "a"}})
    version = made.resource_version

    made.update(resource("configmaps"), obj)

    assert version == made.resource_version


def test_a_namespace_goes_when_it_is_empty():
    """Deleting a namespace deletes what is in it, and nothing can be created meanwhile."""
    made = store()
    held = {"metadata": {"name": "c", "namespace": "a", "finalizers": ["x/y"]}}
    made.create(resource("configmaps"), held)
    made.delete(resource("namespaces"), None, "a")
    with pytest.raises(StatusError) as refused:
        made.create(resource("configmaps"), {"metadata": {"name": "d", "namespace": "a"}})
    assert "because it is being terminated" in refused.value.message

    obj = made.get(resource("configmaps"), "a", "c")
    obj["metadata"]["finalizers"] = []
    made.update(resource("configmaps"), obj)

    assert made.list(resource("namespaces")) == []


def test_every_kind_is_found_by_its_names():
    """Each row is reachable by group, version and plural, and by apiVersion and kind."""
    for row in RESOURCES:
        assert row == resource(row.group, row.version, row.plural)
        assert row == by_kind(row.api_version, row.kind)


def test_protobuf_is_read_by_the_tables_and_not_guessed():
    """A known message becomes an object; an unknown kind or a non-empty unknown field is refused."""
    name = b"\x0a\x01a"
    config = b"\x0a" + bytes([len(name)]) + name + b"\x12\x06\x0a\x01k\x12\x01v"

    def envelope(kind: bytes, raw: bytes) -> bytes:
        head = b"\x0a\x02v1\x12" + bytes([len(kind)]) + kind
        return b"k8s\x00\x0a" + bytes([len(head)]) + head + b"\x12" + bytes([len(raw)]) + raw

    expected = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}, "data": {"k": "v"}}
    assert expected == protobuf.decode(envelope(b"ConfigMap", config))
    for body in (envelope(b"Widget", b""), envelope(b"ConfigMap", b"\x7a\x01x"), b"{}"):
        with pytest.raises(protobuf.Unreadable):
            protobuf.decode(body)


def test_faults_have_names_and_types():
    """A fault that does not exist or has the wrong type is refused; clearing brings back the healthy values."""
    faults = Faults()
    for wrong in ({"explode": True}, {"hang": 1}, {"delay_seconds": -1}, {"cut_before": "PUT"}):
        with pytest.raises(ValueError, match="not a fault"):
            faults.change(wrong)

    faults.change({"hang": True, "cut_before": ["PUT"]})
    assert {"PUT"} == faults.cut_before
    faults.clear()
    assert Faults() == faults
