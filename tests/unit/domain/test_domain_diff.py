"""Differences between objects, field by field."""

from collections.abc import Callable, Mapping

import pytest

from workers.domain.diff import LONGEST_TEXT, changes, creation
from workers.domain.section import FieldChange


def spec(**fields: object) -> dict[str, object]:
    return {"spec": fields}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (spec(replicas=4), spec(replicas=5), [("spec.replicas", "4", "5")]),
        (spec(), spec(paused=True), [("spec.paused", None, "true")]),
        (spec(paused=False), spec(), [("spec.paused", "false", None)]),
        (spec(a=1, b=2), spec(b=2, a=1), []),
        (
            spec(containers=[{"name": "api", "image": "r/p:1"}, {"name": "log", "image": "l"}]),
            spec(containers=[{"name": "log", "image": "l"}, {"name": "api", "image": "r/p:2"}]),
            [("spec.containers[api].image", "r/p:1", "r/p:2")],
        ),
        (
            spec(env=[{"name": "A", "value": "1"}]),
            spec(env=[{"name": "B", "value": "2"}]),
            [("spec.env[A]", "{name: A, value: 1}", None), ("spec.env[B]", None, "{name: B, value: 2}")],
        ),
        (spec(args=["a"]), spec(args=["a", "b"]), [("spec.args", "[a]", "[a, b]")]),
        (spec(), spec(env=[{"name": "A"}]), [("spec.env", None, "[{name: A}]")]),
        (spec(twice=[{"name": "A"}, {"name": "A"}]), spec(twice=[]), [("spec.twice", "[{name: A}, {name: A}]", "[]")]),
        (None, {"kind": "Pod"}, [("", None, "{kind: Pod}")]),
        (spec(text=""), spec(text="x"), [("spec.text", "", "x")]),
    ],
)
def test_a_difference_is_a_path_with_before_and_after(
    before: Mapping[str, object] | None, after: Mapping[str, object], expected: list[tuple[str, str | None, str | None]]
) -> None:
    """Lists with names are compared by name, others as a whole; absent is None, not an empty text."""
    assert tuple(FieldChange(path=p, before=b, after=a) for p, b, a in expected) == changes(before, after)


def test_what_the_server_keeps_is_no_difference() -> None:
    """Versions, managed fields, status and our own mark change with every write and tell nobody anything."""
    before = {"metadata": {"resourceVersion": "1", "generation": 1, "annotations": {}}, "status": {"ready": 1}}
    after = {
        "metadata": {
            "resourceVersion": "2",
            "generation": 2,
            "managedFields": [{}],
            "annotations": {"kubechat.io/execution": "req-1/1/1"},
        },
        "status": {"ready": 2},
    }

    assert changes(before, after) == ()


def test_a_long_text_is_cut_and_says_so() -> None:
    """A card stays readable, and nobody takes a part for the whole."""
    (change,) = changes(spec(text="x"), spec(text="y" * 1000))

    assert change.after == "y" * LONGEST_TEXT + "... (1000 characters)"


@pytest.mark.parametrize("wrapped", [lambda text: text, lambda text: ["sh", "-c", text]])
def test_a_long_text_is_shown_where_it_differs(wrapped: Callable[[str], object]) -> None:
    """Two scripts that begin alike are not shown as if nothing changed."""
    begin = "echo all is well; " * 100
    (change,) = changes(spec(args=wrapped(begin + "exit 0")), spec(args=wrapped(begin + "rm -rf /data")))

    assert "exit 0" in (change.before or "")
    assert "rm -rf /data" in (change.after or "")
    assert "characters)" in (change.after or "")
    assert len(change.after or "") < LONGEST_TEXT + 40


def test_a_secret_before_the_first_difference_is_redacted() -> None:
    """Where a long text is cut must not take away what a secret is known by."""
    begin = "x" * 900 + " password=" + "hunter2secret" * 10
    (change,) = changes(spec(script=begin + " exit 0"), spec(script=begin + " exit 1"))

    assert "hunter2" not in f"{change.before}{change.after}"


def test_a_new_object_is_shown_by_what_was_written_of_it() -> None:
    """Not by what the server fills in; deep parts are one line each, and secrets are hidden."""
    written = {
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}, "annotations": {"kubechat.io/execution": "x"}},
        "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "a:1", "resources": {"limits": {}}}]}}},
    }
    stored = {"kind": "Deployment", "metadata": {**written["metadata"], "uid": "u"}}  # type: ignore[dict-item]
    container = {"name": "main", "image": "a:1", "resources": {"limits": {}}, "env": [{"name": "added"}]}
    made = {**stored, "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}}}

    found = creation(written, made)

    assert [(change.path, change.before, change.after) for change in found] == [
        ("metadata.labels.app", None, "web"),
        ("spec.template.spec.containers[main].image", None, "a:1"),
        ("spec.template.spec.containers[main].name", None, "main"),
        ("spec.template.spec.containers[main].resources", None, "{limits: {}}"),
    ]
