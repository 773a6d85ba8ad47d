"""scale: absolute numbers, through the scale subresource."""

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
    target,
    with_metadata,
    with_status,
    workload,
)
from workers.domain.action import Verb
from workers.domain.call import MERGE_PATCH
from workers.domain.canonical import canonical
from workers.domain.errors import AccessDenied, InvalidParameter, Mistake
from workers.verbs.registry import change_spec
from workers.verbs.spec import Stage

SCALE = change_spec(Verb.SCALE)
HPAS = "/apis/autoscaling/v2/namespaces/payments/horizontalpodautoscalers"
PODS = f"{CORE}/pods"


def scaler(name: str) -> dict[str, Any]:
    reference = {"kind": "Deployment", "name": name}
    return {
        "metadata": {"name": f"{name}-hpa"},
        "spec": {"scaleTargetRef": reference, "minReplicas": 2, "maxReplicas": 9},
    }


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"replicas": 5}, 5),
        ({"replicas": 0}, 0),
        ({"delta": 2}, 6),
        ({"delta": -4}, 0),
        ({"percent": 100}, 8),
        ({"percent": -50}, 2),
        ({"percent": 10}, 4),
        ({"percent": 13}, 5),
    ],
)
def test_a_plan_holds_an_absolute_number(params: dict[str, Any], expected: int):
    """What is relative becomes absolute when it is planned, so that a second run changes nothing; halves round up."""
    if expected == 4:
        with pytest.raises(Mistake, match="already has 4 pods"):
            pinned(action(Verb.SCALE, **params), {DEPLOYMENT: workload()})
        return
    assert pinned(action(Verb.SCALE, **params), {DEPLOYMENT: workload()}).params == {"replicas": expected}


@pytest.mark.parametrize("params", [{"delta": -5}, {"delta": 997}])
def test_a_relative_number_stays_within_the_limits(params: dict[str, Any]):
    """A difference that leads below nothing or above the limit says what there is now."""
    with pytest.raises(InvalidParameter) as caught:
        pinned(action(Verb.SCALE, **params), {DEPLOYMENT: workload()})
    assert "it has 4; allowed are 0 to 1000" in caught.value.text


def test_a_number_that_is_so_already_is_a_mistake():
    """Nothing to do is said, with what is true now and what to type."""
    with pytest.raises(Mistake) as caught:
        pinned(action(Verb.SCALE, replicas=4), {DEPLOYMENT: workload()})
    assert caught.value.text == (
        "prod-eu/payments deployment/payment-api already has 4 pods; there is nothing to do — "
        "name another number: 'scale payment-api to 5 in prod-eu'"
    )


def test_the_live_object_says_what_the_change_touches():
    """As many pods as start or stop; drift is measured on the number alone."""
    found = live(action(Verb.SCALE, replicas=7), {DEPLOYMENT: workload(), HPAS: listed(scaler("other"))})

    assert found.pods == 3
    assert found.facts["ready"] == "4 of 4"
    assert "hpa" not in found.facts
    touched = SCALE.touched(action(Verb.SCALE, replicas=7), found)
    assert touched == {"replicas": 4}
    assert canonical(touched)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (listed(scaler("other"), scaler("payment-api")), "payment-api-hpa keeps 2 to 9 replicas"),
        (AccessDenied("no"), "unknown"),
    ],
)
def test_an_autoscaler_of_the_replicas_is_a_fact(answer: Any, expected: str):
    """People are told when something else sets the number, or when that cannot be known."""
    found = live(action(Verb.SCALE, replicas=7), {DEPLOYMENT: workload(), HPAS: answer})
    assert found.facts["hpa"].startswith(expected)


def test_the_write_is_one_patch_of_the_scale_with_preconditions():
    """Another object of the name, or another version, makes the server refuse."""
    asked = action(Verb.SCALE, replicas=5)
    call = SCALE.write(asked, live(asked, {DEPLOYMENT: workload()}), MARK)

    assert (call.method, call.path) == ("PATCH", f"{DEPLOYMENT}/scale")
    assert call.content_type == MERGE_PATCH
    assert call.query == {"fieldManager": "kubechat"}
    assert call.body == {"metadata": {"uid": "d-1", "resourceVersion": "71"}, "spec": {"replicas": 5}}
    assert call.right.path == "deployments/scale"


def test_the_undo_is_the_number_of_before():
    """Scaling back is itself a scale, already pinned."""
    asked = action(Verb.SCALE, replicas=5)
    undo = SCALE.undo(asked, live(asked, {DEPLOYMENT: workload()}))
    assert undo.action == action(Verb.SCALE, replicas=4)


def test_the_command_line_is_what_a_person_would_type():
    """The view is the exact command."""
    assert SCALE.kubectl(action(Verb.SCALE, replicas=5)) == (
        *("kubectl", "--context", "prod-eu", "-n", "payments"),
        *("scale", "deployment/payment-api", "--replicas=5"),
    )


ZERO = with_status(workload(replicas=0), replicas=0, readyReplicas=0)
LOOKS = [
    (4, workload(), [], Stage.DONE, "4 of 4 pods ready"),
    (4, with_status(workload(), readyReplicas=3), [pod("a", ready=False)], Stage.MOVING, "3 of 4 pods ready, 4 there"),
    (4, with_status(workload(), observedGeneration=3), [], Stage.MOVING, "4 of 4 pods ready, 4 there"),
    (5, workload(), [], Stage.STUCK, "somebody else set it to 4 replicas meanwhile; 5 were asked"),
    (0, with_status(ZERO, replicas=2), [pod("a")], Stage.MOVING, "2 pods stopping"),
    (0, ZERO, [pod("a", deletionTimestamp="2026-11-22T21:40:07Z")], Stage.MOVING, "1 pod stopping"),
    (0, ZERO, [], Stage.DONE, "no pods left"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "seen", "pods", "stage", "said"), LOOKS)
def test_a_look_says_how_far_it_has_come(wanted: int, seen: Any, pods: list[Any], stage: Stage, said: str):
    """Done is when as many pods as asked are ready, and at zero when none is left."""
    moment = drive(SCALE.watch(action(Verb.SCALE, replicas=wanted)), {DEPLOYMENT: seen, PODS: listed(*pods)})
    assert (moment.stage, moment.text) == (stage, said)


def test_pods_that_cannot_run_stop_the_wait_only_when_nothing_else_moves():
    """One old crash loop does not hide new pods on their way; when only failing pods are missing, it is stuck."""
    seen = with_status(workload(replicas=3), replicas=3, readyReplicas=1)
    failing = pod("p-1", waiting="CrashLoopBackOff", restarts=12)
    asked = action(Verb.SCALE, replicas=3)

    moving = drive(SCALE.watch(asked), {DEPLOYMENT: seen, PODS: listed(pod("p-0"), failing, pod("p-2", ready=False))})
    stuck = drive(SCALE.watch(asked), {DEPLOYMENT: seen, PODS: listed(pod("p-0"), pod("p-2"), failing)})

    assert moving.stage is Stage.MOVING
    assert stuck.stage is Stage.STUCK
    assert "p-1 (api) CrashLoopBackOff, 12 restarts" in stuck.text


def managed(manager: str) -> dict[str, Any]:
    entries = [{"manager": manager, "subresource": "scale", "time": "2026-11-22T21:41:00Z"}]
    return with_metadata(workload(), managedFields=entries)


@pytest.mark.parametrize(
    ("wanted", "seen", "hpas", "expected"),
    [
        (4, managed("kubechat"), listed(), True),
        (4, managed("kubectl"), listed(), None),
        (5, managed("kubechat"), listed(), False),
        (5, managed("hpa"), listed(scaler("payment-api")), None),
        (5, managed("hpa"), AccessDenied("no"), None),
    ],
)
def test_evidence_decides_whether_a_lost_write_took_place(wanted: int, seen: Any, hpas: Any, expected: bool | None):
    """The number and the server's field record together are proof; one alone is not."""
    asked = action(Verb.SCALE, replicas=wanted)
    applied, evidence = SCALE.applied(asked, live(asked, {DEPLOYMENT: seen, HPAS: hpas}), MARK)
    assert applied is expected
    assert f"has 4 replicas, {wanted} were asked" in evidence


def test_a_statefulset_scales_alike():
    """The verb works on what has replicas of its own."""
    asked = action(Verb.SCALE, target("statefulset"), delta=-1)
    done = pinned(asked, {f"{APPS}/statefulsets/payment-api": workload("StatefulSet")})
    assert done.params == {"replicas": 3}
