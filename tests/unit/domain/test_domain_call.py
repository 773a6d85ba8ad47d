"""Calls: their URL path, and the one right that each needs."""

import pytest

from workers.domain.call import Call, Right, Shape, get, list_of
from workers.domain.kind import KIND_BY_WORD, KINDS


def call(method: str, resource: str = "deployments", **more: object) -> Call:
    return Call.model_validate({"method": method, "group": "apps", "version": "v1", "resource": resource} | more)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (call("GET", namespace="a", name="b"), "/apis/apps/v1/namespaces/a/deployments/b"),
        (call("PATCH", namespace="a", name="b", subresource="scale"), "/apis/apps/v1/namespaces/a/deployments/b/scale"),
        (call("GET"), "/apis/apps/v1/deployments"),
        (call("GET", "nodes", group="", name="n1"), "/api/v1/nodes/n1"),
        (call("GET", "pods", group="", namespace="a"), "/api/v1/namespaces/a/pods"),
        (call("GET", "pods", group="", namespace="a", name="p", subresource="log"), "/api/v1/namespaces/a/pods/p/log"),
        (
            call("POST", "selfsubjectaccessreviews", group="authorization.k8s.io"),
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        ),
    ],
)
def test_a_call_has_the_path_of_the_api(given: Call, expected: str) -> None:
    """Core and named groups, namespaces and subresources are spelled as the API server expects them."""
    assert expected == given.path


@pytest.mark.parametrize(
    ("given", "verb"),
    [
        (call("GET", name="b"), "get"),
        (call("GET"), "list"),
        (call("POST"), "create"),
        (call("PUT", name="b"), "update"),
        (call("PATCH", name="b"), "patch"),
        (call("DELETE", name="b"), "delete"),
        (call("DELETE"), "deletecollection"),
    ],
)
def test_the_right_is_derived_from_the_call(given: Call, verb: str) -> None:
    """What is reviewed is what is sent: nobody writes the two down separately."""
    assert Right(verb=verb, group="apps", resource="deployments", name=given.name or "") == given.right


def test_a_right_names_subresource_and_namespace() -> None:
    """The right to scale is not the right to change a deployment."""
    right = call("PATCH", namespace="a", name="b", subresource="scale").right

    assert (right.namespace, right.path) == ("a", "deployments/scale")


@pytest.mark.parametrize(
    ("method", "expected"), [("GET", False), ("POST", True), ("PUT", True), ("PATCH", True), ("DELETE", True)]
)
def test_everything_but_get_writes(method: str, expected: bool) -> None:
    """Whoever may only read lets nothing but GET through."""
    assert expected == call(method).writes


def test_reading_calls_come_from_the_kind() -> None:
    """`get` and `list_of` take group, version and plural from the table of kinds."""
    pods = KINDS["pod"]

    assert get(pods, "a", "p").path == "/api/v1/namespaces/a/pods/p"
    assert list_of(pods, None, shape=Shape.TABLE).path == "/api/v1/pods"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("po", "pod"),
        ("deploy", "deployment"),
        ("deployments.apps", "deployment"),
        ("deployment.apps", "deployment"),
        ("ds", "daemonset"),
        ("no", "node"),
        ("hpa", "horizontalpodautoscaler"),
        ("ing", "ingress"),
        ("endpoints", "endpoints"),
    ],
)
def test_a_kind_has_the_words_that_kubectl_knows(word: str, expected: str) -> None:
    """Short, singular, plural and qualified names lead to one kind."""
    assert expected == KIND_BY_WORD[word].name


def test_no_word_means_two_kinds() -> None:
    """A word that one kind has is not taken over by another."""
    words = [word for kind in KINDS.values() for word in {kind.name, kind.plural, kind.resource, *kind.short}]

    assert len(words) == len(set(words))
