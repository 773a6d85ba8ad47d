"""evict: one pod, as far as its disruption budget allows."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.verbs.driving import APPS, CORE, MARK, action, drive, listed, live, pinned, pod, replicaset, target
from workers.domain.action import Verb
from workers.domain.errors import AccessDenied, Mistake, NotThere
from workers.verbs.registry import change_spec
from workers.verbs.spec import Live, Stage

EVICT = change_spec(Verb.EVICT)
NAME = "payment-api-new-x2k4j"
POD = f"{CORE}/pods/{NAME}"
SET = f"{APPS}/replicasets/payment-api-new"
BUDGETS = "/apis/policy/v1/namespaces/payments/poddisruptionbudgets"
WHERE = target("pod", NAME)
PINNED = action(Verb.EVICT, WHERE, uid=f"uid-{NAME}", owner="replicaset/payment-api-new", ready=2)


def budget(allowed: int, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "api"},
        "spec": {"selector": {"matchLabels": labels or {"app": "payment-api"}}},
        "status": {"disruptionsAllowed": allowed, "desiredHealthy": 2, "currentHealthy": 2 + allowed},
    }


def controller() -> dict[str, Any]:
    made = replicaset(12, "new", "web:1")
    return {**made, "spec": {**made["spec"], "replicas": 2}}


def there(*budgets: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {
        POD: pod(NAME, **metadata),
        SET: controller(),
        f"{CORE}/pods": listed(pod(NAME), pod("b")),
        BUDGETS: listed(*budgets),
    }


def test_an_eviction_is_pinned_to_one_pod_and_what_must_be_there_again():
    """As a deletion is; what was said of time and grace stays."""
    done = pinned(action(Verb.EVICT, WHERE, grace_period=5, node="worker-3"), there(budget(1)))
    assert done.params == {
        "grace_period": 5,
        "uid": f"uid-{NAME}",
        "owner": "replicaset/payment-api-new",
        "ready": 2,
    }


@pytest.mark.parametrize(("params", "grace"), [({}, None), ({"grace_period": 0}, 0), ({"grace_period": 5}, 5)])
def test_an_eviction_names_the_uid(params: dict[str, Any], grace: int | None):
    """The server asks the budgets; a new pod of the same name is left alone."""
    asked = PINNED.model_copy(update={"params": {**PINNED.params, **params}})
    call = EVICT.write(asked, live(asked, there()), MARK)

    assert (call.method, call.path, call.right.path) == ("POST", f"{POD}/eviction", "pods/eviction")
    assert call.right.verb == "create"
    assert call.body["kind"] == "Eviction"
    assert call.body["deleteOptions"]["preconditions"] == {"uid": f"uid-{NAME}"}
    assert call.body["deleteOptions"].get("gracePeriodSeconds") == grace


def test_the_budget_is_told_with_its_numbers():
    """How many may go now, of which budget."""
    found = live(PINNED, there(budget(1), budget(0, app="other")))
    assert found.facts["disruption budget"] == "api wants 2 healthy pods and has 3: 1 may go now"
    denied = live(PINNED, {**there(), BUDGETS: AccessDenied("no")})
    assert denied.facts["disruption budget"].startswith("unknown")


def test_a_budget_that_allows_none_is_a_mistake_unless_it_is_waited_for():
    """The refusal names the budget, its numbers, and how to wait."""
    with pytest.raises(Mistake, match="api wants 2 healthy pods and has 2: 0 may go now") as caught:
        pinned(action(Verb.EVICT, WHERE), there(budget(0)))
    assert "with timeout 5m" in caught.value.then

    waiting = pinned(action(Verb.EVICT, WHERE, timeout="5m"), there(budget(0)))
    assert EVICT.patience(waiting) == timedelta(minutes=5)
    assert EVICT.patience(PINNED) == timedelta()


def test_a_pod_that_is_not_ready_may_go_whatever_its_budget_says():
    """Whether it may is for the server to say: an unhealthy pod does not count."""
    said = {**there(budget(0)), POD: pod(NAME, ready=False)}
    assert pinned(action(Verb.EVICT, WHERE), said).params["uid"] == f"uid-{NAME}"


def test_a_pod_without_a_controller_goes_only_by_force():
    """Nothing would make it anew."""
    with pytest.raises(Mistake, match="has no controller"):
        pinned(action(Verb.EVICT, WHERE), there(ownerReferences=[]))
    assert pinned(action(Verb.EVICT, WHERE, force=True), there(ownerReferences=[])).params["force"] is True


def test_a_pod_that_is_going_already_is_a_mistake():
    """There is nothing to evict."""
    with pytest.raises(Mistake, match="already being deleted"):
        pinned(action(Verb.EVICT, WHERE), there(deletionTimestamp="x"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "was gone already; nothing was evicted"),
        (there(uid="another"), "was gone already; another pod has its name now and is left alone"),
        (there(deletionTimestamp="x"), "was being deleted already; nothing was evicted"),
        (there(), ""),
    ],
)
def test_a_pod_that_is_gone_when_the_plan_runs_is_fine(said: dict[str, Any], expected: str):
    """What was approved has come true by itself; the step says so and writes nothing."""
    found = EVICT.already(PINNED, live(PINNED, said))
    assert found.removeprefix(f"{NAME} ") == expected


def test_a_pod_that_never_was_there_is_told():
    """Before it is pinned, nobody knows of it."""
    with pytest.raises(NotThere):
        live(action(Verb.EVICT, WHERE), {})


def test_an_eviction_is_watched_and_told_apart_as_a_deletion_is():
    """Done when as many pods are ready again; no undo, and what comes instead."""
    ready = {SET: controller(), f"{CORE}/pods": listed(pod("b"), pod("c"))}
    assert drive(EVICT.watch(PINNED), ready).stage is Stage.DONE
    assert EVICT.applied(PINNED, Live(object={}, pods=0), MARK) == (True, f"prod-eu/payments pod/{NAME} is gone")
    assert EVICT.applied(PINNED, live(PINNED, there()), MARK)[0] is False
    undo = EVICT.undo(PINNED, live(PINNED, there()))
    assert undo.action is None
    assert "makes another pod in its place" in undo.because


def test_the_command_line_of_an_eviction():
    """Kubectl has no verb for it; the eviction is posted to its path."""
    path = f"/api/v1/namespaces/payments/pods/{NAME}/eviction"
    assert EVICT.kubectl(PINNED)[5:] == ("create", "--raw", path, "-f", "-")
