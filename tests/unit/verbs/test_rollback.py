"""rollback: to a named revision and the hash of its template."""

from typing import Any

import pytest

from tests.unit.verbs.driving import (
    APPS,
    DEPLOYMENT,
    MARK,
    action,
    listed,
    live,
    owned,
    pinned,
    replicaset,
    target,
    template,
    with_metadata,
    workload,
)
from workers.domain.action import Verb
from workers.domain.call import JSON_PATCH, STRATEGIC_PATCH
from workers.domain.canonical import canonical
from workers.domain.errors import Mistake
from workers.verbs.registry import change_spec

ROLLBACK = change_spec(Verb.ROLLBACK)
NOW = "registry.example.com/payments/payment-api:v2.3.1"
SETS = f"{APPS}/replicasets"
KNOWN = listed(
    replicaset(12, "ccc", NOW),
    replicaset(10, "aaa", "web:10", cause="the first"),
    replicaset(11, "bbb", "web:11"),
    replicaset(99, "zzz", "web:99", uid="another deployment"),
)
SAID = {DEPLOYMENT: workload(), SETS: KNOWN}


@pytest.mark.parametrize(
    ("params", "expected"),
    [({}, {"revision": 11, "template_hash": "bbb"}), ({"revision": 10}, {"revision": 10, "template_hash": "aaa"})],
)
def test_a_plan_names_the_revision_and_its_template(params: dict[str, Any], expected: dict[str, Any]):
    """'Previous' means another one after every rollout; the hash never does."""
    assert pinned(action(Verb.ROLLBACK, **params), SAID).params == expected


def test_a_restart_is_not_what_people_roll_back():
    """The previous revision is the newest that differs in more than the time of a restart."""
    restarted = replicaset(13, "ddd", NOW, **{"kubectl.kubernetes.io/restartedAt": "2026-11-22T21:40:07Z"})
    sets = listed(*KNOWN["items"], restarted)
    inner = template(**{"kubectl.kubernetes.io/restartedAt": "2026-11-22T21:40:07Z"})
    done = pinned(action(Verb.ROLLBACK), {DEPLOYMENT: workload(template=inner), SETS: sets})
    assert done.params["revision"] == 11


@pytest.mark.parametrize(
    ("params", "known", "said"),
    [
        ({"revision": 7}, KNOWN, "has no revision 7; it has revisions 10, 11, 12"),
        ({"revision": 12}, KNOWN, "is already at revision 12"),
        ({}, listed(replicaset(12, "ccc", NOW)), "no earlier revision to go back to; it has only revision 12"),
        ({}, listed(), "no earlier revision to go back to; it has no revisions"),
    ],
)
def test_a_revision_that_cannot_be_is_a_mistake(params: dict[str, Any], known: Any, said: str):
    """What is not there is answered with what is there."""
    with pytest.raises(Mistake) as caught:
        pinned(action(Verb.ROLLBACK, **params), {DEPLOYMENT: workload(), SETS: known})
    assert said in caught.value.text


def test_a_paused_rollout_is_not_rolled_back():
    """As kubectl, because no pod would change."""
    with pytest.raises(Mistake, match="cannot be rolled back"):
        pinned(action(Verb.ROLLBACK), {DEPLOYMENT: workload(paused=True), SETS: KNOWN})


PINNED = action(Verb.ROLLBACK, revision=11, template_hash="bbb")


def test_the_template_is_found_by_its_hash_when_its_number_has_moved():
    """Somebody may have rolled back to it meanwhile, which gives it a new number."""
    moved = listed(replicaset(13, "bbb", "web:11"), replicaset(12, "ccc", NOW))
    assert live(PINNED, {DEPLOYMENT: workload(), SETS: moved}).facts["back to"].startswith("revision 13")


def test_a_template_that_the_history_has_lost_is_a_mistake():
    """Another template is never taken in its place."""
    with pytest.raises(Mistake, match="no revision with the template bbb any more"):
        live(PINNED, {DEPLOYMENT: workload(), SETS: listed(replicaset(11, "new", "web:x"))})


def test_both_ends_are_touched():
    """Drift is measured on the present template and on the one that comes back."""
    found = live(PINNED, SAID)
    touched = ROLLBACK.touched(PINNED, found)
    assert touched["to"] == "bbb"
    assert canonical(touched)
    assert (found.pods, found.facts["revision"]) == (4, "12")


@pytest.mark.parametrize("edited", [replicaset(11, "bbb", "evil:1"), replicaset(11, "bbb", "web:11", cause="another")])
def test_an_edited_history_is_touched(edited: dict[str, Any]):
    """What would be written has changed although its hash label has not: people must see it again."""
    changed = {**SAID, SETS: listed(KNOWN["items"][0], edited)}
    assert ROLLBACK.touched(PINNED, live(PINNED, changed)) != ROLLBACK.touched(PINNED, live(PINNED, SAID))


def test_the_write_is_a_json_patch_with_tests():
    """uid by test, version by replacement (409 when stale), the whole template, the mark."""
    call = ROLLBACK.write(PINNED, live(PINNED, SAID), MARK)

    assert (call.method, call.path, call.content_type) == ("PATCH", DEPLOYMENT, JSON_PATCH)
    test, version, mark, back = call.body
    assert test == {"op": "test", "path": "/metadata/uid", "value": "d-1"}
    assert version == {"op": "replace", "path": "/metadata/resourceVersion", "value": "71"}
    assert mark == {"op": "add", "path": "/metadata/annotations/kubechat.io~1execution", "value": MARK}
    assert (back["op"], back["path"]) == ("replace", "/spec/template")
    assert back["value"]["metadata"] == {"labels": {"app": "payment-api"}}
    assert back["value"]["spec"]["containers"][0]["image"] == "web:11"


def test_an_object_without_annotations_gets_the_map_first():
    """`add` into a map that is not there is an error of JSON patch."""
    bare = with_metadata(workload(), annotations=None)
    call = ROLLBACK.write(PINNED, live(PINNED, {DEPLOYMENT: bare, SETS: KNOWN}), MARK)
    assert call.body[2] == {"op": "add", "path": "/metadata/annotations", "value": {}}


@pytest.mark.parametrize(
    ("mark", "notes", "expected"),
    [
        ("aaa", {}, {"op": "add", "path": "/metadata/annotations/kubernetes.io~1change-cause", "value": "the first"}),
        (
            "bbb",
            {"kubernetes.io/change-cause": "v12"},
            {"op": "remove", "path": "/metadata/annotations/kubernetes.io~1change-cause"},
        ),
    ],
)
def test_the_change_cause_goes_with_its_template(mark: str, notes: dict[str, str], expected: dict[str, str]):
    """The note that belongs to the newer template does not stay on the older one."""
    asked = action(Verb.ROLLBACK, revision=1, template_hash=mark)
    seen = with_metadata(workload(), annotations={"deployment.kubernetes.io/revision": "12", **notes})
    call = ROLLBACK.write(asked, live(asked, {DEPLOYMENT: seen, SETS: KNOWN}), MARK)
    assert call.body[-1] == expected


def test_the_undo_is_the_revision_of_before():
    """By number and hash, so that it needs no planning."""
    assert ROLLBACK.undo(PINNED, live(PINNED, SAID)).action == action(Verb.ROLLBACK, revision=12, template_hash="ccc")


def test_a_template_in_no_revision_has_no_undo():
    """Undo is promised only where there is something to go back to."""
    seen = with_metadata(workload(template=template("web:fresh")), annotations={})
    undo = ROLLBACK.undo(PINNED, live(PINNED, {DEPLOYMENT: seen, SETS: KNOWN}))
    assert undo.action is None
    assert "in no revision" in undo.because


@pytest.mark.parametrize(("image", "expected"), [("web:11", None), (NOW, False)])
def test_the_wanted_template_without_our_mark_is_no_proof(image: str, expected: bool | None):
    """Somebody else may have rolled back."""
    found = live(PINNED, {DEPLOYMENT: workload(template=template(image)), SETS: KNOWN})
    assert ROLLBACK.applied(PINNED, found, MARK)[0] is expected


def test_the_command_line_names_the_revision():
    """The view is the exact command."""
    words = ("rollout", "undo", "deployment/payment-api", "--to-revision=11")
    assert ROLLBACK.kubectl(PINNED) == ("kubectl", "--context", "prod-eu", "-n", "payments", *words)


def revision(number: int, mark: str, image: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": f"payment-api-{mark}",
            "labels": {"controller-revision-hash": f"payment-api-{mark}"},
            "creationTimestamp": "2026-11-01T00:00:00Z",
            "ownerReferences": owned("StatefulSet", "payment-api", "d-1"),
        },
        "revision": number,
        "data": {"spec": {"template": {**template(image), "$patch": "replace"}}},
    }


@pytest.mark.parametrize("kind", ["statefulset", "daemonset"])
def test_the_others_go_back_by_their_controller_revisions(kind: str):
    """A ControllerRevision is itself the patch that replaces the template."""
    said = {
        f"{APPS}/{kind}s/payment-api": workload(kind),
        f"{APPS}/controllerrevisions": listed(revision(1, "aaa", "web:1"), revision(2, "bbb", NOW)),
    }
    asked = pinned(action(Verb.ROLLBACK, target(kind)), said)
    call = ROLLBACK.write(asked, live(asked, said), MARK)

    assert asked.params == {"revision": 1, "template_hash": "aaa"}
    assert call.content_type == STRATEGIC_PATCH
    assert call.body["metadata"]["uid"] == "d-1"
    assert call.body["spec"]["template"]["$patch"] == "replace"
    assert call.body["spec"]["template"]["spec"]["containers"][0]["image"] == "web:1"
    assert ROLLBACK.undo(asked, live(asked, said)).action == action(
        Verb.ROLLBACK, target(kind), revision=2, template_hash="bbb"
    )
