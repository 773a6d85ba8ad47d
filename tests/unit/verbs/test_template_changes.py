"""restart and set_image: changes of a pod template."""

from typing import Any

import pytest

from tests.unit.verbs.driving import (
    APPS,
    CORE,
    DEPLOYMENT,
    MARK,
    action,
    drive,
    listed,
    live,
    pinned,
    pod,
    replicaset,
    target,
    template,
    with_metadata,
    with_status,
    workload,
)
from workers.domain.action import Verb
from workers.domain.call import STRATEGIC_PATCH
from workers.domain.canonical import canonical
from workers.domain.errors import AccessDenied, Mistake
from workers.verbs.registry import change_spec
from workers.verbs.spec import Stage

RESTART, SET_IMAGE = change_spec(Verb.RESTART), change_spec(Verb.SET_IMAGE)
AT = "2026-11-22T21:40:07Z"
IMAGE = "registry.example.com/payments/payment-api:v2.3.1"
SETS, PODS = f"{APPS}/replicasets", f"{CORE}/pods"
RESTARTED = {"kubectl.kubernetes.io/restartedAt": AT}


def test_a_restart_is_pinned_to_the_time_of_its_plan():
    """The same plan carried out twice writes the same value, and restarts once."""
    assert pinned(action(Verb.RESTART), {DEPLOYMENT: workload()}).params == {"at": AT}


def test_a_restart_writes_one_annotation_with_preconditions_and_mark():
    """uid and resourceVersion are the write's conditions; the mark lets the reconciler find it."""
    asked = action(Verb.RESTART, at=AT)
    call = RESTART.write(asked, live(asked, {DEPLOYMENT: workload()}), MARK)

    assert (call.method, call.path, call.content_type) == ("PATCH", DEPLOYMENT, STRATEGIC_PATCH)
    assert call.query == {"fieldManager": "kubechat"}
    assert call.body == {
        "metadata": {"uid": "d-1", "resourceVersion": "71", "annotations": {"kubechat.io/execution": MARK}},
        "spec": {"template": {"metadata": {"annotations": RESTARTED}}},
    }


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("deployment", {"paused": True}, "its rollout is paused"),
        ("statefulset", {"updateStrategy": {"type": "OnDelete"}}, "only when somebody deletes them"),
    ],
)
def test_a_restart_that_would_replace_no_pod_is_a_mistake(kind: str, spec: dict[str, Any], said: str):
    """Success is never claimed for a change without effect."""
    with pytest.raises(Mistake) as caught:
        pinned(action(Verb.RESTART, target(kind)), {f"{APPS}/{kind}s/payment-api": workload(**spec)})
    assert said in caught.value.text


def test_a_restart_has_no_undo_and_says_why():
    """What cannot be taken back is said before approval."""
    asked = action(Verb.RESTART, at=AT)
    undo = RESTART.undo(asked, live(asked, {DEPLOYMENT: workload()}))
    assert undo.action is None
    assert "equal ones" in undo.because


def test_a_restart_by_somebody_else_is_no_drift():
    """What counts as changed is the template, not when its pods were last replaced."""
    asked = action(Verb.RESTART, at=AT)
    before = live(asked, {DEPLOYMENT: workload()})
    after = live(asked, {DEPLOYMENT: workload(template=template(**RESTARTED))})
    other = live(asked, {DEPLOYMENT: workload(template=template("web:2"))})

    assert RESTART.touched(asked, before) == RESTART.touched(asked, after)
    assert RESTART.touched(asked, before) != RESTART.touched(asked, other)


def test_what_is_touched_has_a_canonical_spelling():
    """A template may hold fractions and huge numbers; digests know neither."""
    odd = template()
    odd["spec"]["weights"] = [0.5, 2**60]
    asked = action(Verb.RESTART, at=AT)
    touched = RESTART.touched(asked, live(asked, {DEPLOYMENT: workload(template=odd)}))
    assert canonical(touched)
    assert touched["template"]["spec"]["weights"] == ["0.5", str(2**60)]


def test_the_live_object_tells_people_what_will_move():
    """Every pod is touched; a pause is a fact."""
    found = live(action(Verb.RESTART, at=AT), {DEPLOYMENT: workload(paused=True)})
    assert found.pods == 4
    assert found.facts["image"].startswith(IMAGE)
    assert found.facts["paused"].startswith("yes")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"tag": "v2"}, ("api", "registry.example.com/payments/payment-api:v2")),
        ({"tag": "v2", "container": "proxy"}, ("proxy", "registry.example.com:5000/platform/proxy:v2")),
        ({"tag": "8", "container": "migrate"}, ("migrate", "registry.example.com/payments/migrate:8")),
        ({"image": "nginx:1.27"}, ("api", "nginx:1.27")),
    ],
)
def test_an_image_is_pinned_in_full_with_its_container(params: dict[str, Any], expected: tuple[str, str]):
    """A tag belongs to the image that runs; the first container is the main one."""
    done = pinned(action(Verb.SET_IMAGE, **params), {DEPLOYMENT: workload()})
    assert (done.params["container"], done.params["image"]) == expected


def test_a_digest_gives_way_to_a_tag():
    """A digest would win over the tag, so it is dropped."""
    live_one = workload(template=template(f"{IMAGE}@sha256:{'0' * 64}"))
    done = pinned(action(Verb.SET_IMAGE, tag="v3"), {DEPLOYMENT: live_one})
    assert done.params["image"] == "registry.example.com/payments/payment-api:v3"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"tag": "v2.3.1"}, f"api of prod-eu/payments deployment/payment-api already runs {IMAGE}"),
        ({"tag": "v3", "container": "envoy"}, "has no container 'envoy'; its containers: api, proxy, migrate"),
    ],
)
def test_an_image_that_cannot_change_is_a_mistake(params: dict[str, Any], said: str):
    """What is so already, and what is not there, is said with what is there."""
    with pytest.raises(Mistake) as caught:
        pinned(action(Verb.SET_IMAGE, **params), {DEPLOYMENT: workload()})
    assert said in caught.value.text


@pytest.mark.parametrize(("container", "group"), [("api", "containers"), ("migrate", "initContainers")])
def test_an_image_is_patched_by_the_name_of_its_container(container: str, group: str):
    """Strategic merge leaves the other containers alone."""
    asked = action(Verb.SET_IMAGE, image="nginx:1.27", container=container)
    call = SET_IMAGE.write(asked, live(asked, {DEPLOYMENT: workload()}), MARK)
    expected = {group: [{"name": container, "image": "nginx:1.27"}]}
    assert call.body["spec"] == {"template": {"spec": expected}}
    assert call.body["metadata"]["resourceVersion"] == "71"


def test_the_undo_of_an_image_is_the_image_of_before():
    """In the same container, already pinned."""
    asked = action(Verb.SET_IMAGE, image="nginx:1.27", container="api")
    undo = SET_IMAGE.undo(asked, live(asked, {DEPLOYMENT: workload()}))
    assert undo.action == action(Verb.SET_IMAGE, image=IMAGE, container="api")


def test_the_command_lines_are_what_a_person_would_type():
    """The views are the exact commands."""
    assert RESTART.kubectl(action(Verb.RESTART, at=AT))[5:] == ("rollout", "restart", "deployment/payment-api")
    words = SET_IMAGE.kubectl(action(Verb.SET_IMAGE, image="nginx:1.27", container="api"))
    assert words[5:] == ("set", "image", "deployment/payment-api", "api=nginx:1.27")


LOOKS = [
    ({"observedGeneration": 3}, Stage.MOVING, "4 of 4 updated, 4 ready"),
    ({"updatedReplicas": 2}, Stage.MOVING, "2 of 4 updated, 4 ready"),
    ({"replicas": 5}, Stage.MOVING, "4 of 4 updated, 4 ready"),
    ({"availableReplicas": 3}, Stage.MOVING, "4 of 4 updated, 4 ready"),
    ({}, Stage.DONE, 'deployment "payment-api" successfully rolled out'),
    (
        {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]},
        Stage.STUCK,
        'deployment "payment-api" exceeded its progress deadline',
    ),
]


@pytest.mark.parametrize(("status", "stage", "said"), LOOKS)
def test_a_rollout_is_watched_as_kubectl_does(status: dict[str, Any], stage: Stage, said: str):
    """Done is what `kubectl rollout status` calls done."""
    moment = drive(RESTART.watch(action(Verb.RESTART, at=AT)), {DEPLOYMENT: with_status(workload(), **status)})
    assert (moment.stage, moment.text) == (stage, said)


def test_a_new_pod_that_cannot_run_makes_the_rollout_stuck_early():
    """Only pods of the new revision count: an old crash loop is what the change may be mending."""
    seen = with_status(workload(template=template("web:2")), updatedReplicas=1)
    sets = listed(replicaset(11, "old", IMAGE), replicaset(12, "new", "web:2"))
    old = pod("api-old-1", "old", waiting="CrashLoopBackOff", restarts=40)
    new = [pod(f"api-new-{i}", "new", waiting="ImagePullBackOff") for i in range(2)]
    asked = action(Verb.SET_IMAGE, image="web:2", container="api")

    moving = drive(SET_IMAGE.watch(asked), {DEPLOYMENT: seen, SETS: sets, PODS: listed(old)})
    stuck = drive(SET_IMAGE.watch(asked), {DEPLOYMENT: seen, SETS: sets, PODS: listed(old, *new)})
    blind = drive(SET_IMAGE.watch(asked), {DEPLOYMENT: seen, SETS: AccessDenied("no"), PODS: AccessDenied("no")})

    assert (moving.stage, blind.stage) == (Stage.MOVING, Stage.MOVING)
    assert stuck.stage is Stage.STUCK
    assert stuck.text == (
        "1 of 4 updated, 4 ready; api-new-0 (api) ImagePullBackOff: back-off, and 1 more pod in trouble"
    )


def test_a_paused_rollout_is_written_and_said_to_wait():
    """The change is in the cluster, and people know that no pod has moved."""
    moment = drive(
        SET_IMAGE.watch(action(Verb.SET_IMAGE, image="x", container="api")), {DEPLOYMENT: workload(paused=True)}
    )
    assert moment.stage is Stage.DONE
    assert "paused" in moment.text


EVIDENCE = [
    ({"kubechat.io/execution": MARK}, {}, True),
    ({}, RESTARTED, None),
    ({"kubechat.io/execution": "req-other/1/1"}, {}, False),
]


@pytest.mark.parametrize(("notes", "inner", "expected"), EVIDENCE)
def test_the_mark_is_the_evidence(notes: dict[str, str], inner: dict[str, str], expected: bool | None):
    """Only our own mark proves that our write took place."""
    asked = action(Verb.RESTART, at=AT)
    seen = with_metadata(workload(template=template(**inner)), annotations=notes)
    applied, evidence = RESTART.applied(asked, live(asked, {DEPLOYMENT: seen}), MARK)
    assert applied is expected
    assert MARK in evidence
