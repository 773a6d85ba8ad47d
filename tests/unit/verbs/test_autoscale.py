"""autoscale."""

from typing import Any

import pytest

from tests.unit.verbs.driving import (
    DEPLOYMENT,
    MARK,
    Json,
    action,
    drive,
    listed,
    live,
    pinned,
    target,
    with_metadata,
    workload,
)
from workers.domain.action import Action, Verb
from workers.domain.errors import InvalidParameter, Mistake, NotThere
from workers.verbs.registry import change_spec
from workers.verbs.spec import Stage

AUTOSCALE = change_spec(Verb.AUTOSCALE)
SCALERS = "/apis/autoscaling/v2/namespaces/payments/horizontalpodautoscalers"
MEMORY = {
    "type": "Resource",
    "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 60}},
}


def cpu(percent: int) -> Json:
    aim = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": aim}}


def scaler(name: str = "api-hpa", scaled: str = "payment-api", *metrics: Json, **spec: Any) -> Json:
    return {
        "metadata": {"name": name, "uid": "h-1", "resourceVersion": "8"},
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": scaled},
            "minReplicas": 2,
            "maxReplicas": 6,
            "metrics": list(metrics),
            **spec,
        },
        "status": {"currentReplicas": 4},
    }


def asked(**params: Any) -> Action:
    return action(Verb.AUTOSCALE, **params)


def there(*scalers: Json) -> dict[str, Json]:
    each = {f"{SCALERS}/{one['metadata']['name']}": one for one in scalers}
    return {DEPLOYMENT: workload(), SCALERS: listed(*scalers), **each}


def test_a_new_one_is_made_for_the_workload():
    """With a name of its own workload, our mark, and what kubectl and the server fill in by themselves."""
    done = pinned(asked(max=6), there())
    assert done.params == {"min": 1, "max": 6, "cpu_percent": 80}
    seen = live(done, there())
    call = AUTOSCALE.write(done, seen, MARK)

    assert (call.method, call.path) == ("POST", SCALERS)
    assert call.body == {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "payment-api", "namespace": "payments", "annotations": {"kubechat.io/execution": MARK}},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "payment-api"},
            "minReplicas": 1,
            "maxReplicas": 6,
            "metrics": [cpu(80)],
        },
    }
    undo = AUTOSCALE.undo(done, seen)
    assert undo.action is not None
    assert undo.action == Action(verb=Verb.DELETE, target=target("horizontalpodautoscaler"))
    assert "replicas stay" in undo.because


def test_the_one_there_is_changed_and_keeps_what_was_not_said():
    """By its own name; other metrics stay."""
    found = there(scaler("api-hpa", "payment-api", cpu(70), MEMORY))
    done = pinned(asked(max=9), found)
    assert done.params == {"min": 2, "max": 9, "scaler": "api-hpa"}
    seen = live(done, found)
    call = AUTOSCALE.write(done, seen, MARK)

    assert (call.method, call.path) == ("PATCH", f"{SCALERS}/api-hpa")
    assert isinstance(call.body, dict)
    assert call.body["spec"] == {"minReplicas": 2, "maxReplicas": 9}
    assert call.body["metadata"]["uid"] == "h-1"
    undo = AUTOSCALE.undo(done, seen).action
    assert undo is not None
    assert undo.params == {"min": 2, "max": 6, "scaler": "api-hpa"}


def test_another_target_for_cpu_leaves_other_metrics_in_place():
    """The list is written as a whole, with what else it scales by."""
    found = there(scaler("api-hpa", "payment-api", cpu(70), MEMORY))
    done = pinned(asked(cpu_percent=50), found)
    call = AUTOSCALE.write(done, live(done, found), MARK)

    assert isinstance(call.body, dict)
    assert call.body["spec"]["metrics"] == [cpu(50), MEMORY]
    undo = AUTOSCALE.undo(done, live(done, found)).action
    assert undo is not None
    assert undo.params["cpu_percent"] == 70


def test_a_new_target_for_cpu_stays_when_the_bounds_go_back():
    """The undo is honest about it."""
    found = there(scaler("api-hpa", "payment-api", MEMORY))
    done = pinned(asked(cpu_percent=50), found)
    undo = AUTOSCALE.undo(done, live(done, found))
    assert undo.action is not None
    assert "cpu_percent" not in undo.action.params
    assert "stays" in undo.because


@pytest.mark.parametrize(
    ("params", "found", "said"),
    [
        ({"min": 2}, there(), "has no HorizontalPodAutoscaler yet"),
        ({"max": 6}, there(scaler("a"), scaler("b")), "work against each other"),
        ({"min": 2, "max": 6}, there(scaler()), "already is so"),
        ({"max": 6}, there(scaler("payment-api", "another")), "payment-api is there already"),
    ],
)
def test_what_would_not_scale_is_a_mistake(params: Json, found: Any, said: str):
    """Two autoscalers fight, and one of another workload is not touched."""
    with pytest.raises(Mistake, match=said):
        pinned(asked(**params), found)


def test_bounds_that_cross_are_explained():
    """With the bound that was not said."""
    with pytest.raises(InvalidParameter, match="at least 8 and at most 6"):
        pinned(asked(min=8), there(scaler()))


def test_one_that_has_gone_since_is_not_made_again():
    """The plan was to change it."""
    with pytest.raises(NotThere):
        live(asked(min=2, max=6, scaler="api-hpa"), there())


def test_pods_outside_the_bounds_are_counted_and_missing_requests_said():
    """What will move at once, and what cannot work."""
    seen = live(asked(min=6, max=8, cpu_percent=70), there())
    assert seen.pods == 2
    assert "api, proxy requests no CPU" in seen.facts["warning"]


@pytest.mark.parametrize(
    ("low", "mark", "expected", "stage"),
    [(2, MARK, True, Stage.DONE), (2, "", None, Stage.DONE), (3, "", False, Stage.STUCK)],
)
def test_it_is_found_again_and_watched(low: int, mark: str, expected: bool | None, stage: Stage):
    """By its mark, and by its bounds."""
    obj = scaler()
    obj = with_metadata(obj, annotations={"kubechat.io/execution": mark}) if mark else obj
    what = asked(min=low, max=6, scaler="api-hpa")
    found = there(obj)
    assert AUTOSCALE.applied(what, live(what, found), MARK)[0] is expected
    assert drive(AUTOSCALE.watch(what), found).stage is stage


def test_one_that_was_not_made_is_not_applied():
    """Nothing is there, so nothing was written."""
    what = asked(min=1, max=6, cpu_percent=80)
    assert AUTOSCALE.applied(what, live(what, there()), MARK)[0] is False
    assert drive(AUTOSCALE.watch(what), there()).stage is Stage.STUCK
