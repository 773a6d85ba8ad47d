"""cordon, uncordon and delete_pod."""

from typing import Any

import pytest

from tests.unit.verbs.driving import (
    APPS,
    CORE,
    MARK,
    action,
    drive,
    listed,
    live,
    node,
    owned,
    pinned,
    pod,
    replicaset,
    target,
    with_metadata,
)
from workers.domain.action import Verb
from workers.domain.errors import AccessDenied, Mistake, NotThere
from workers.verbs.registry import change_spec
from workers.verbs.spec import Stage

DELETE = change_spec(Verb.DELETE_POD)
NODE = "/api/v1/nodes/worker-3"
WORKER = target("node", "worker-3")
NAME = "payment-api-new-x2k4j"
POD = f"{CORE}/pods/{NAME}"
SET = f"{APPS}/replicasets/payment-api-new"
WHERE = target("pod", NAME)


@pytest.mark.parametrize(("verb", "now", "wanted", "other"), [
    (Verb.CORDON, {}, True, Verb.UNCORDON),
    (Verb.UNCORDON, {"unschedulable": True}, None, Verb.CORDON),
])  # fmt: skip
def test_a_node_is_closed_and_opened_by_one_field(verb: Verb, now: Any, wanted: bool | None, other: Verb):
    """Each of the two is the other's undo."""
    asked, spec = pinned(action(verb, WORKER), {NODE: node(**now)}), change_spec(verb)
    found = live(asked, {NODE: node(**now)})
    call = spec.write(asked, found, MARK)

    assert (call.method, call.path) == ("PATCH", NODE)
    assert call.body == {
        "metadata": {"uid": "n-1", "resourceVersion": "9", "annotations": {"kubechat.io/execution": MARK}},
        "spec": {"unschedulable": wanted},
    }
    assert spec.undo(asked, found).action == action(other, WORKER)
    assert found.pods == 0
    assert spec.touched(asked, found) == {"unschedulable": bool(now)}
    assert spec.kubectl(asked) == ("kubectl", "--context", "prod-eu", verb.value, "worker-3")


@pytest.mark.parametrize(("verb", "now", "said"), [
    (Verb.CORDON, {"unschedulable": True}, "prod-eu node/worker-3 is already cordoned"),
    (Verb.UNCORDON, {}, "prod-eu node/worker-3 is already open for new pods"),
])  # fmt: skip
def test_a_node_that_is_so_already_is_a_mistake(verb: Verb, now: Any, said: str):
    """Nothing to do is said."""
    with pytest.raises(Mistake, match=said):
        pinned(action(verb, WORKER), {NODE: node(**now)})


@pytest.mark.parametrize(("verb", "now", "stage"), [
    (Verb.CORDON, {"unschedulable": True}, Stage.DONE),
    (Verb.CORDON, {}, Stage.STUCK),
    (Verb.UNCORDON, {}, Stage.DONE),
    (Verb.UNCORDON, {"unschedulable": True}, Stage.STUCK),
])  # fmt: skip
def test_a_node_has_arrived_at_once(verb: Verb, now: Any, stage: Stage):
    """The field is the whole effect."""
    assert drive(change_spec(verb).watch(action(verb, WORKER)), {NODE: node(**now)}).stage is stage


@pytest.mark.parametrize(("notes", "now", "expected"), [
    ({"kubechat.io/execution": MARK}, {"unschedulable": True}, True),
    ({}, {"unschedulable": True}, None),
    ({}, {}, False),
])  # fmt: skip
def test_a_node_carries_the_evidence(notes: Any, now: Any, expected: bool | None):
    """Cordoned without our mark may be somebody else's doing."""
    asked = action(Verb.CORDON, WORKER)
    seen = live(asked, {NODE: with_metadata(node(**now), annotations=notes)})
    assert change_spec(Verb.CORDON).applied(asked, seen, MARK)[0] is expected


def controller(replicas: int = 2) -> dict[str, Any]:
    made = replicaset(12, "new", "web:1")
    return {**made, "spec": {**made["spec"], "replicas": replicas}}


def test_a_deletion_is_pinned_to_one_pod_and_what_must_be_there_again():
    """The uid makes it this very pod; the controller's ready pods are the measure of done."""
    said = {POD: pod(NAME), SET: controller(), f"{CORE}/pods": listed(pod(NAME), pod("b"), pod("c", "old"))}
    done = pinned(action(Verb.DELETE_POD, WHERE, force=True), said)
    assert done.params == {
        "force": True,
        "uid": f"uid-{NAME}",
        "owner": "replicaset/payment-api-new",
        "ready": 2,
    }


def test_a_controller_that_cannot_be_seen_is_still_named():
    """Without the right to see the controller, the pod's going is all that is waited for."""
    done = pinned(action(Verb.DELETE_POD, WHERE), {POD: pod(NAME), SET: AccessDenied("no")})
    assert done.params == {"uid": f"uid-{NAME}", "owner": "replicaset/payment-api-new"}


def test_a_pod_that_is_going_already_is_a_mistake_unless_forced():
    """To end it at once is another request."""
    going = pod(NAME, deletionTimestamp="2026-11-22T21:40:07Z")
    with pytest.raises(Mistake, match="already being deleted"):
        pinned(action(Verb.DELETE_POD, WHERE), {POD: going})
    assert pinned(action(Verb.DELETE_POD, WHERE, force=True), {POD: going}).params["force"] is True


@pytest.mark.parametrize(("params", "grace"), [({}, None), ({"grace_period": 5}, 5), ({"force": True}, 0)])
def test_a_deletion_names_the_uid(params: dict[str, Any], grace: int | None):
    """A new pod of the same name is left alone by the server itself."""
    asked = action(Verb.DELETE_POD, WHERE, uid="uid-1", **params)
    call = DELETE.write(asked, live(asked, {POD: pod(NAME)}), MARK)

    assert (call.method, call.path) == ("DELETE", POD)
    assert call.body["preconditions"] == {"uid": "uid-1"}
    assert call.body["propagationPolicy"] == "Background"
    assert call.body.get("gracePeriodSeconds") == grace


def test_the_command_line_of_a_deletion():
    """The view is the exact command; a forced deletion needs both flags."""
    assert DELETE.kubectl(action(Verb.DELETE_POD, WHERE, uid="u"))[5:] == ("delete", "pod", NAME)
    forced = DELETE.kubectl(action(Verb.DELETE_POD, WHERE, force=True))
    assert forced[5:] == ("delete", "pod", NAME, "--grace-period=0", "--force")


@pytest.mark.parametrize(
    ("owners", "said"),
    [
        (owned("ReplicaSet", "payment-api-new", "x"), "its replicaset makes another pod"),
        (owned("Job", "nightly", "x"), "belongs to job/nightly"),
        ([], "no controller: the pod is gone for good"),
    ],
)
def test_a_deletion_has_no_undo_and_says_what_comes_instead(owners: list[Any], said: str):
    """People know before approval whether another pod comes."""
    asked = action(Verb.DELETE_POD, WHERE)
    undo = DELETE.undo(asked, live(asked, {POD: pod(NAME, ownerReferences=owners)}))
    assert undo.action is None
    assert said in undo.because


PINNED = action(Verb.DELETE_POD, WHERE, uid=f"uid-{NAME}", owner="replicaset/payment-api-new", ready=2)
LOOKS: list[tuple[dict[str, Any], Stage, str]] = [
    ({POD: pod(NAME)}, Stage.MOVING, f"{NAME} is still there"),
    ({POD: pod(NAME, deletionTimestamp="x")}, Stage.MOVING, f"{NAME} is shutting down"),
    ({}, Stage.DONE, f"{NAME} is gone"),
    (
        {SET: controller(), f"{CORE}/pods": listed(pod("b"), pod("c", ready=False))},
        Stage.MOVING,
        f"{NAME} is gone, replicaset/payment-api-new has 1 of 2 pods ready",
    ),
    (
        {SET: controller(), f"{CORE}/pods": listed(pod("b"), pod("c", waiting="CrashLoopBackOff"))},
        Stage.STUCK,
        f"{NAME} is gone, replicaset/payment-api-new has 1 of 2 pods ready; c (api) CrashLoopBackOff: back-off",
    ),
    (
        {POD: pod(NAME, uid="another"), SET: controller(), f"{CORE}/pods": listed(pod("b"), pod("c"))},
        Stage.DONE,
        f"{NAME} is gone, replicaset/payment-api-new has 2 of 2 pods ready",
    ),
]


@pytest.mark.parametrize(("said", "stage", "text"), LOOKS)
def test_a_deletion_is_done_when_as_many_pods_are_ready_again(said: Any, stage: Stage, text: str):
    """Gone is half of it; the controller must have as many ready pods as when it was planned."""
    moment = drive(DELETE.watch(PINNED), said)
    assert (moment.stage, moment.text) == (stage, text)


@pytest.mark.parametrize(("seen", "expected"), [
    (pod(NAME, uid="another"), True),
    (pod(NAME, deletionTimestamp="x"), None),
    (pod(NAME), False),
])  # fmt: skip
def test_a_pod_that_is_there_tells_whether_the_deletion_took_place(seen: Any, expected: bool | None):
    """A successor of the name proves it; a pod that is ending does not say who asked."""
    assert DELETE.applied(PINNED, live(PINNED, {POD: seen}), MARK)[0] is expected


def test_a_pod_that_is_gone_is_told_by_not_there():
    """The reconciler takes NotThere of a destroyed object for applied."""
    with pytest.raises(NotThere):
        live(PINNED, {})
