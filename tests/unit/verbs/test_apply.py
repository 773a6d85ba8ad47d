"""apply: a manifest by server-side apply; of a file only the command."""

import json
from typing import Any

import pytest

from tests.unit.verbs.driving import DEPLOYMENT, MARK, action, live, pinned, target, with_metadata, workload
from workers.domain.action import Action, Verb
from workers.domain.errors import InvalidParameter, Mistake
from workers.verbs.registry import change_spec, validated
from workers.verbs.spec import Live

APPLY = change_spec(Verb.APPLY)


def manifest(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "payment-api", "namespace": "payments"},
        "spec": spec,
    }


def asked(**spec: Any) -> Action:
    return validated(action(Verb.APPLY, target(), manifest=json.dumps(manifest(**spec))))


@pytest.mark.parametrize(
    ("name", "flag"),
    [("a/b.yaml", "-f"), ("x.json", "-f"), ("folder/", "-f"), ("https://example.com/a", "-f"), ("overlays/dev", "-k")],
)
def test_a_file_is_only_for_a_terminal(name: str, flag: str):
    """Kubechat sees no files: it says so, and what to type."""
    what = validated(action(Verb.APPLY, target("", None, namespace=None), filename=name))
    assert APPLY.elsewhere(what).startswith("Kubechat sees no files")
    assert APPLY.kubectl(what) == ("kubectl", "--context", "prod-eu", "apply", flag, name)


@pytest.mark.parametrize(
    "params",
    [{}, {"filename": "a.yaml", "manifest": "{}"}, {"filename": "a; rm"}, {"filename": "-n"}, {"filename": ""}],
)
def test_what_to_apply_is_said_once_and_plainly(params: dict[str, Any]):
    """Exactly one source, and no text that a shell would act on."""
    with pytest.raises(InvalidParameter):
        validated(action(Verb.APPLY, target("", None), **params))


def test_a_manifest_is_applied_by_the_server_to_the_object_that_was_read():
    """Fields of ours, with preconditions and mark; what others own is a conflict, never forced."""
    what = pinned(asked(replicas=7), {})
    call = APPLY.write(what, live(what, {DEPLOYMENT: workload()}), MARK)
    assert isinstance(call.body, dict)

    assert APPLY.elsewhere(what) == ""
    assert (call.method, call.path, call.content_type) == ("PATCH", DEPLOYMENT, "application/apply-patch+yaml")
    assert call.query == {"fieldManager": "kubechat"}
    assert call.body["spec"] == {"replicas": 7}
    assert call.body["metadata"] == {
        "name": "payment-api",
        "namespace": "payments",
        "uid": "d-1",
        "resourceVersion": "71",
        "annotations": {"kubechat.io/execution": MARK},
    }


def test_the_undo_puts_the_same_fields_back():
    """Only those that the manifest speaks of; containers are matched by name, and what was not there is left out."""
    image = {"template": {"spec": {"containers": [{"name": "api", "image": "x:2"}, {"name": "new", "image": "y"}]}}}
    undo = APPLY.undo(asked(replicas=7, paused=True, **image), Live(object=workload(), pods=4))

    assert undo.action is not None
    before = json.loads(str(undo.action.params["manifest"]))
    assert before["spec"] == {
        "replicas": 4,
        "template": {
            "spec": {
                "containers": [{"name": "api", "image": "registry.example.com/payments/payment-api:v2.3.1"}],
            }
        },
    }


def test_the_undo_of_something_new_takes_it_away():
    """There was nothing before."""
    undo = APPLY.undo(asked(replicas=7), Live(object={}, pods=7))
    assert undo.action == action(Verb.DELETE, target())


def test_what_looks_like_a_secret_is_not_kept_and_not_written():
    """Neither the manifest nor what was before it."""
    secret = {"template": {"spec": {"containers": [{"name": "api", "args": ["--password=hunter2hunter2"]}]}}}
    with pytest.raises(Mistake, match="looks like a secret"):
        pinned(asked(**secret), {})
    before = workload()
    before["spec"]["template"]["spec"]["containers"][0]["args"] = ["--password=hunter2hunter2"]
    undo = APPLY.undo(
        asked(template={"spec": {"containers": [{"name": "api", "args": []}]}}), Live(object=before, pods=4)
    )
    assert undo.action is None
    assert "looks like a secret" in undo.because


def test_a_manifest_needs_its_objects_name():
    """What is approved is one object."""
    with pytest.raises(InvalidParameter, match="needs the object's kind and name"):
        pinned(action(Verb.APPLY, target("", None), manifest="{}"), {})


@pytest.mark.parametrize(("notes", "expected"), [({"kubechat.io/execution": MARK}, True), ({}, False)])
def test_the_mark_tells_whether_it_was_applied(notes: Any, expected: bool):
    """A write without an answer is recognised."""
    found = Live(object=with_metadata(workload(), annotations=notes), pods=4)
    assert APPLY.applied(asked(replicas=7), found, MARK)[0] is expected


def test_the_command_line_of_a_manifest():
    """The same manager, so that the fields are ours."""
    assert APPLY.kubectl(asked(replicas=7))[5:] == ("apply", "--server-side", "--field-manager=kubechat", "-f", "-")
