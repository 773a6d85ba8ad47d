"""label and annotate."""

from typing import Any

import pytest

from tests.unit.verbs.driving import (
    CORE,
    DEPLOYMENT,
    MARK,
    Json,
    action,
    drive,
    listed,
    live,
    node,
    pinned,
    pod,
    target,
    with_metadata,
    workload,
)
from workers.domain.action import Action, Verb
from workers.domain.call import MERGE_PATCH, Call, Shape
from workers.domain.errors import AccessDenied, Mistake, NotThere, PolicyRefused
from workers.verbs.registry import change_spec
from workers.verbs.spec import Stage

LABEL, ANNOTATE = change_spec(Verb.LABEL), change_spec(Verb.ANNOTATE)
POD = f"{CORE}/pods/web-1"
SET = "/apis/apps/v1/namespaces/payments/replicasets/payment-api-new"
SERVICES, BUDGETS = f"{CORE}/services", "/apis/policy/v1/namespaces/payments/poddisruptionbudgets"
POLICIES = "/apis/networking.k8s.io/v1/namespaces/payments/networkpolicies"
OWNER: Json = {"metadata": {"name": "payment-api-new"}, "spec": {"selector": {"matchLabels": {"app": "payment-api"}}}}
FOUND: dict[str, Any] = {
    POD: pod("web-1"),
    SET: OWNER,
    SERVICES: listed(
        {"metadata": {"name": "payment-api"}, "spec": {"selector": {"app": "payment-api"}}},
        {"metadata": {"name": "sick"}, "spec": {"selector": {"app": "sick"}}},
        {"metadata": {"name": "bare"}, "spec": {}},
    ),
    BUDGETS: listed({"metadata": {"name": "api-pdb"}, "spec": {"selector": {"matchLabels": {"app": "payment-api"}}}}),
    POLICIES: listed({"metadata": {"name": "deny-all"}, "spec": {"podSelector": {}}}),
}


def labelled(kind: str = "deployment", name: str = "payment-api", labels: str = "owner=payments") -> Action:
    return action(Verb.LABEL, target(kind, name), labels=labels)


def annotated(said: str) -> Action:
    return action(Verb.ANNOTATE, annotations=said)


def test_a_label_is_written_with_preconditions_and_mark():
    """One merge patch of metadata; a removed key is null."""
    asked = labelled(labels="owner=payments,tier-")
    call = LABEL.write(asked, live(asked, {DEPLOYMENT: workload()}), MARK)

    assert (call.method, call.path, call.content_type) == ("PATCH", DEPLOYMENT, MERGE_PATCH)
    assert call.body == {
        "metadata": {
            "uid": "d-1",
            "resourceVersion": "71",
            "labels": {"owner": "payments", "tier": None},
            "annotations": {"kubechat.io/execution": MARK},
        }
    }


def test_an_annotation_and_the_mark_go_together():
    """Both are annotations."""
    asked = annotated("incident=INC-42")
    call = ANNOTATE.write(asked, live(asked, {DEPLOYMENT: workload()}), MARK)
    assert isinstance(call.body, dict)
    assert call.body["metadata"]["annotations"] == {"incident": "INC-42", "kubechat.io/execution": MARK}


def test_the_undo_restores_each_value_of_before():
    """What was there comes back, what was not goes."""
    asked = labelled(labels="owner=payments,tier-,team=a")
    before = with_metadata(workload(), labels={"owner": "checkout", "tier": "web"})
    undo = LABEL.undo(asked, live(asked, {DEPLOYMENT: before}))
    assert undo.action is not None
    assert undo.action.params == {"labels": "owner=checkout,team-,tier=web"}


def test_an_annotation_with_commas_is_restored_as_it_was():
    """Where pairs would be misread, the undo says JSON."""
    asked = annotated("note=x")
    before = with_metadata(workload(), annotations={"note": "a,b=c"})
    undo = ANNOTATE.undo(asked, live(asked, {DEPLOYMENT: before}))
    assert undo.action is not None
    assert undo.action.params == {"annotations": '{"note": "a,b=c"}'}


@pytest.mark.parametrize(
    ("value", "said"),
    [("password=hunter2hunter2", "looks like a secret"), ("x" * 20_000, "is longer than the 16000 characters")],
)
def test_what_cannot_be_kept_has_no_undo(value: str, said: str):
    """A plan holds no secrets, and no books."""
    asked = annotated("note=x")
    undo = ANNOTATE.undo(asked, live(asked, {DEPLOYMENT: with_metadata(workload(), annotations={"note": value})}))
    assert undo.action is None
    assert said in undo.because


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (labelled(labels="kubechat.io/execution=x"), "Kubechat finds its own writes by it"),
        (annotated("kubechat.io/execution-"), "Kubechat finds its own writes by it"),
        (labelled("node", "worker-3", "node-role.kubernetes.io/control-plane="), "the cluster itself goes by it"),
        (labelled("namespace", "payments", "pod-security.kubernetes.io/enforce=privileged"), "the cluster itself"),
        (labelled("pod", "web-1", "pod-template-hash=x"), "a controller writes it"),
        (annotated("deployment.kubernetes.io/revision=1"), "keeps its own record in it"),
        (annotated("container.apparmor.security.beta.kubernetes.io/api=unconfined"), "what a container may do"),
    ],
)
def test_reserved_keys_are_refused_before_anything_is_read(asked: Action, said: str):
    """The rule is named, and no call is made."""
    with pytest.raises(PolicyRefused) as caught:
        pinned(asked, {})
    assert said in caught.value.text
    assert "reserved-keys" in caught.value.text


def test_a_plain_label_of_a_node_is_pinned_as_it_is():
    """Only the cluster's own keys are reserved."""
    asked = labelled("node", "worker-3", "pool=ml")
    assert pinned(asked, {"/api/v1/nodes/worker-3": node()}) == asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (labelled(labels="app=x"), "'app' is in the selector of"),
        (annotated("token=ghp_" + "a" * 36), "looks like a secret"),
        (annotated("token=[REDACTED:assignment]"), "looks like a secret"),
        (labelled(labels="tier-"), "already is so; its labels: no tier"),
    ],
)
def test_what_would_not_do_what_was_meant_is_a_mistake(asked: Action, said: str):
    """A selector never changes, a secret is no annotation, and nothing to do is said."""
    with pytest.raises(Mistake) as caught:
        pinned(asked, {DEPLOYMENT: workload()})
    assert said in caught.value.text


def test_who_loses_a_pod_is_said_before():
    """Quarantine: out of the service, out of its controller, which makes another; the sick service gains it."""
    found = live(labelled("pod", "web-1", "app=sick"), FOUND)
    assert found.pods == 1
    assert found.facts["lost by"] == (
        "service/payment-api; poddisruptionbudget/api-pdb; "
        "replicaset/payment-api-new, which makes another pod in its place"
    )
    assert found.facts["gained by"] == "service/sick"
    undo = LABEL.undo(labelled("pod", "web-1", "app=sick"), found)
    assert "stays, or one of them goes" in undo.because


def test_what_may_not_be_listed_is_unknown():
    """Silence is not safety."""
    denied = {SERVICES: AccessDenied("no"), BUDGETS: NotThere("no"), POLICIES: AccessDenied("no")}
    found = live(labelled("pod", "web-1", "app=sick"), {**FOUND, **denied, SET: AccessDenied("no")})
    assert found.facts["unknown"] == "whether services, poddisruptionbudgets, networkpolicies lose it"
    assert "lost by" not in found.facts


def test_a_label_that_nobody_selects_loses_nothing():
    """A tier changes no membership."""
    found = live(labelled("pod", "web-1", "tier=cache"), FOUND)
    assert set(found.facts) == {"now"}


def test_of_a_secret_only_metadata_is_read():
    """Its values stay where they are."""
    calls: list[Call] = []
    path = f"{CORE}/secrets/db"
    drive(LABEL.observe(labelled("secret", "db", "owner=x")), {path: with_metadata({"metadata": {}}, name="db")}, calls)
    assert [call.shape for call in calls] == [Shape.METADATA]


@pytest.mark.parametrize(
    ("labels", "mark", "expected"),
    [({"owner": "payments"}, MARK, True), ({"owner": "payments"}, "", None), ({"owner": "x"}, "", False)],
)
def test_an_interrupted_write_is_told_by_its_mark(labels: Json, mark: str, expected: bool | None):
    """The same value by another hand is no evidence."""
    asked = labelled()
    obj = with_metadata(workload(), labels=labels, annotations={"kubechat.io/execution": mark} if mark else {})
    assert LABEL.applied(asked, live(asked, {DEPLOYMENT: obj}), MARK)[0] is expected


@pytest.mark.parametrize(("owner", "stage"), [("payments", Stage.DONE), ("x", Stage.STUCK)])
def test_the_watch_sees_whether_it_holds(owner: str, stage: Stage):
    """It is done at once, unless somebody else was quicker."""
    obj = with_metadata(workload(), labels={"owner": owner})
    assert drive(LABEL.watch(labelled()), {DEPLOYMENT: obj}).stage is stage


def test_only_the_keys_that_are_changed_can_drift():
    """Another label by somebody else is none of its business."""
    asked = labelled()
    one = live(asked, {DEPLOYMENT: with_metadata(workload(), labels={"owner": "a", "b": "1"})})
    two = live(asked, {DEPLOYMENT: with_metadata(workload(), labels={"owner": "a", "b": "2"})})
    assert LABEL.touched(asked, one) == LABEL.touched(asked, two) == {"labels": {"owner": "a"}}
