"""patch: one field at a time, of those that may be."""

from typing import Any

import pytest

from tests.unit.verbs.driving import (
    DEPLOYMENT,
    MARK,
    Json,
    action,
    drive,
    live,
    pinned,
    target,
    with_metadata,
    with_status,
    workload,
)
from workers.domain.action import Action, Verb
from workers.domain.call import STRATEGIC_PATCH
from workers.domain.errors import InvalidParameter, Mistake, PolicyRefused
from workers.verbs import patchable
from workers.verbs.registry import change_spec
from workers.verbs.spec import Stage

PATCH = change_spec(Verb.PATCH)
HPA = "/apis/autoscaling/v2/namespaces/payments/horizontalpodautoscalers/web"
CLAIM = "/api/v1/namespaces/payments/persistentvolumeclaims/data"
CRON = "/apis/batch/v1/namespaces/payments/cronjobs/nightly"
RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}
ENV = [
    {"name": "LOG_LEVEL", "value": "info"},
    {"name": "DB_HOST", "valueFrom": {"configMapKeyRef": {"name": "db", "key": "host"}}},
    {"name": "API_TOKEN", "value": "abcdef123456"},
]


def deployed(**spec: Any) -> Json:
    made = workload(**spec)
    api = made["spec"]["template"]["spec"]["containers"][0]
    api |= {"resources": RESOURCES, "env": ENV, "readinessProbe": {"httpGet": {"path": "/", "port": 80}}}
    return made


def asked(field: str, value: str | int | bool | None = None, kind: str = "deployment", **more: Any) -> Action:
    name = {"horizontalpodautoscaler": "web", "persistentvolumeclaim": "data", "cronjob": "nightly"}.get(kind)
    params = {"field": field, **({} if value is None else {"value": value}), **more}
    return action(Verb.PATCH, target(kind, name or "payment-api"), **params)


FOUND: dict[str, Json] = {
    DEPLOYMENT: deployed(),
    HPA: {"metadata": {"uid": "h"}, "spec": {"minReplicas": 2, "maxReplicas": 6}},
    CLAIM: {"metadata": {"uid": "p"}, "spec": {"resources": {"requests": {"storage": "10Gi"}}}},
    CRON: {
        "metadata": {"uid": "c"},
        "spec": {
            "schedule": "0 3 * * *",
            "suspend": False,
            "jobTemplate": {"spec": {"template": deployed()["spec"]["template"]}},
        },
    },
}


def in_api(**fields: Any) -> Json:
    return {"template": {"spec": {"containers": [{"name": "api", **fields}]}}}


# What was asked, the spec of the write, and the parameters of the undo.
WRITES: list[tuple[Action, Json, Json]] = [
    (
        asked("resources.limits.memory", "768Mi"),
        in_api(resources={"limits": {"memory": "768Mi"}}),
        {"field": "resources.limits.memory", "container": "api", "value": "512Mi"},
    ),
    (
        asked("resources.limits.ephemeral-storage", "2Gi"),
        in_api(resources={"limits": {"ephemeral-storage": "2Gi"}}),
        {"field": "resources.limits.ephemeral-storage", "container": "api", "remove": True},
    ),
    (
        asked("env.LOG_LEVEL", "debug"),
        in_api(env=[{"name": "LOG_LEVEL", "value": "debug"}]),
        {"field": "env.LOG_LEVEL", "container": "api", "value": "info"},
    ),
    (
        asked("env.COLOUR", "blue", container="proxy"),
        {"template": {"spec": {"containers": [{"name": "proxy", "env": [{"name": "COLOUR", "value": "blue"}]}]}}},
        {"field": "env.COLOUR", "container": "proxy", "remove": True},
    ),
    (
        asked("env.LOG_LEVEL", remove=True),
        in_api(env=[{"name": "LOG_LEVEL", "$patch": "delete"}]),
        {"field": "env.LOG_LEVEL", "container": "api", "value": "info"},
    ),
    (
        asked("readinessProbe.initialDelaySeconds", 30),
        in_api(readinessProbe={"initialDelaySeconds": 30}),
        {"field": "readinessProbe.initialDelaySeconds", "container": "api", "remove": True},
    ),
    (
        asked("spec.template.spec.priorityClassName", "important"),
        {"template": {"spec": {"priorityClassName": "important"}}},
        {"field": "priorityClassName", "remove": True},
    ),
    (asked("replicas", 3), {"replicas": 3}, {"field": "replicas", "value": "4"}),
    (asked("spec.replicas", "3"), {"replicas": 3}, {"field": "replicas", "value": "4"}),
    (
        asked("maxReplicas", 9, "horizontalpodautoscaler"),
        {"maxReplicas": 9},
        {"field": "maxReplicas", "value": "6"},
    ),
    (
        asked("scaleDown.selectPolicy", "disabled", "horizontalpodautoscaler"),
        {"behavior": {"scaleDown": {"selectPolicy": "Disabled"}}},
        {"field": "scaleDown.selectPolicy", "value": "Max"},
    ),
    (
        asked("resources.limits.memory", "1Gi", "cronjob"),
        {"jobTemplate": {"spec": in_api(resources={"limits": {"memory": "1Gi"}})}},
        {"field": "resources.limits.memory", "container": "api", "value": "512Mi"},
    ),
    (asked("suspend", "true", "cronjob"), {"suspend": True}, {"field": "suspend", "value": "false"}),
]


@pytest.mark.parametrize(("what", "spec", "undo"), WRITES)
def test_one_field_is_written_and_taken_back(what: Action, spec: Json, undo: Json):
    """A strategic merge patch of that field alone; the undo has the value of before, or takes the field away."""
    done = pinned(what, FOUND)
    seen = live(done, FOUND)
    call = PATCH.write(done, seen, MARK)

    assert call.content_type == STRATEGIC_PATCH
    assert isinstance(call.body, dict)
    assert call.body["spec"] == spec
    back = PATCH.undo(done, seen).action
    assert back is not None
    assert back.params == undo
    assert pinned(done, FOUND) == done


REFUSED = """
securityContext.privileged securityContext hostPID hostNetwork volumes volumes.0.hostPath serviceAccountName command
args image containers template.spec.hostIPC capabilities lifecycle.preStop.exec.command nodeName selector env
metadata.ownerReferences resources resources.claims envFrom tolerations automountServiceAccountToken
env.LD_PRELOAD env.PATH env.NODE_OPTIONS env.JAVA_TOOL_OPTIONS env.KUBERNETES_SERVICE_HOST env.bash_env env.PYTHONPATH
"""


@pytest.mark.parametrize("field", REFUSED.split())
def test_every_other_field_is_refused_by_name_of_the_rule(field: str):
    """What is not on the list cannot become part of a call, not even when the pin is passed by."""
    with pytest.raises(PolicyRefused) as caught:
        pinned(asked(field, "x"), FOUND)
    assert f"rule '{patchable.RULE}'" in caught.value.text
    assert "resources.limits.memory" in caught.value.text
    with pytest.raises(PolicyRefused):
        PATCH.write(asked(field, "x"), live(asked("replicas", 3), FOUND), MARK)


WRONG: list[tuple[Action, str]] = [
    (asked("resources.limits.memory", "512MB"), "such as 512Mi or 2Gi"),
    (asked("resources.limits.memory", "768"), "at least 1Mi"),
    (asked("resources.limits.memory", "768m"), "at least 1Mi"),
    (asked("resources.limits.memory", "-1Gi"), "at least 1Mi"),
    (asked("resources.limits.memory", "9E"), "at least 1Mi"),
    (asked("resources.requests.cpu", "lots"), "such as 250m"),
    (asked("resources.requests.cpu", "0.0001"), "such as 250m"),
    (asked("resources.limits.memory", "64Mi"), "a request of 128Mi is more than a limit of 64Mi"),
    (asked("resources.requests.cpu", "2"), "a request of 2 is more than a limit of 500m"),
    (asked("imagePullPolicy", "sometimes"), "Always or IfNotPresent or Never"),
    (asked("priorityClassName", "system-node-critical"), "none of the system's own"),
    (asked("replicas", "1001"), "from 0 to 1000"),
    (asked("maxSurge", "130%"), "percentage"),
    (asked("schedule", "tomorrow", "cronjob"), "five fields"),
    (asked("suspend", "maybe", "cronjob"), "true or false"),
    (asked("minReplicas", 9, "horizontalpodautoscaler"), "at least 9 and at most 6"),
    (asked("storage", "5Gi", "persistentvolumeclaim"), "cannot shrink to 5Gi; it has 10Gi"),
]


@pytest.mark.parametrize(("what", "said"), WRONG)
def test_a_value_that_cannot_be_is_explained(what: Action, said: str):
    """Before the server is asked, in words that say what may be."""
    with pytest.raises(InvalidParameter) as caught:
        pinned(what, FOUND)
    assert said in caught.value.text


MISTAKES: list[tuple[Action, str]] = [
    (asked("resources.limits.memory", "0.5Gi"), "is already 0.5Gi"),
    (asked("env.LOG_LEVEL", "info"), "is already info"),
    (asked("env.NOTHING", remove=True), "is already not set"),
    (asked("env.DB_HOST", "x"), "it is read from a configMap"),
    (asked("env.STRIPE_API_KEY", "sk-abc123"), "looks like a secret"),
    (asked("env.NOTE", "[REDACTED:bearer]"), "looks like a secret"),
    (asked("env.URL", "postgres://u:hunter22@db/x"), "looks like a secret"),
    (asked("replicas", remove=True), "cannot be removed"),
    (asked("livenessProbe.timeoutSeconds", 5), "has no livenessProbe"),
    (asked("env.A", "b", container="nobody"), "its containers: api, proxy"),
]


@pytest.mark.parametrize(("what", "said"), MISTAKES)
def test_what_would_not_do_what_was_meant_is_a_mistake(what: Action, said: str):
    """Nothing to do, another place to do it, or a secret."""
    with pytest.raises(Mistake) as caught:
        pinned(what, FOUND)
    assert said in caught.value.text


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (asked("env.API_TOKEN", "v2", container="api"), "looks like a secret"),
        (asked("storage", "20Gi", "persistentvolumeclaim"), "never becomes smaller"),
    ],
)
def test_what_cannot_be_taken_back_says_why(what: Action, said: str):
    """An honest reason instead of an undo."""
    undo = PATCH.undo(what, live(what, FOUND))
    assert undo.action is None
    assert said in undo.because


@pytest.mark.parametrize(
    ("what", "pods"),
    [(asked("env.A", "b"), 4), (asked("replicas", 1), 3), (asked("maxSurge", "50%"), 0)],
)
def test_what_moves_is_counted(what: Action, pods: int):
    """A new template moves every pod; a number those that come or go."""
    assert live(what, FOUND).pods == pods


def test_a_template_drifts_as_a_whole_and_a_switch_alone():
    """What is rolled out is the whole template."""
    env = PATCH.touched(asked("env.A", "b"), live(asked("env.A", "b"), FOUND))
    assert set(env) == {"template", "env.A"}
    assert PATCH.touched(asked("replicas", 1), live(asked("replicas", 1), FOUND)) == {"replicas": 4}


WATCHED: list[tuple[Action, Json, Stage]] = [
    (asked("env.LOG_LEVEL", "info"), {DEPLOYMENT: deployed()}, Stage.DONE),
    (asked("env.LOG_LEVEL", "info"), {DEPLOYMENT: with_status(deployed(), updatedReplicas=1)}, Stage.MOVING),
    (asked("replicas", 4), {DEPLOYMENT: deployed()}, Stage.DONE),
    (asked("replicas", 4), {DEPLOYMENT: with_status(deployed(), readyReplicas=2)}, Stage.MOVING),
    (asked("replicas", 3), {DEPLOYMENT: deployed()}, Stage.STUCK),
    (asked("maxReplicas", 6, "horizontalpodautoscaler"), FOUND, Stage.DONE),
    (asked("env.LOG_LEVEL", "info", "cronjob"), FOUND, Stage.DONE),
    (
        asked("storage", "10Gi", "persistentvolumeclaim"),
        {CLAIM: {**FOUND[CLAIM], "status": {"capacity": {"storage": "10Gi"}}}},
        Stage.DONE,
    ),
    (
        asked("storage", "10Gi", "persistentvolumeclaim"),
        {CLAIM: {**FOUND[CLAIM], "status": {"capacity": {"storage": "5Gi"}, "conditions": [{"type": "Resizing"}]}}},
        Stage.MOVING,
    ),
]


@pytest.mark.parametrize(("what", "found", "stage"), WATCHED)
def test_it_is_watched_as_what_it_changes(what: Action, found: Json, stage: Stage):
    """A rollout by its pods, a claim by its capacity, a switch by itself."""
    assert drive(PATCH.watch(what), found).stage is stage


@pytest.mark.parametrize(
    ("value", "mark", "expected"), [("info", MARK, True), ("info", "", None), ("debug", "", False)]
)
def test_an_interrupted_patch_is_told_by_its_mark(value: str, mark: str, expected: bool | None):
    """The same value by another hand is no evidence."""
    obj = with_metadata(deployed(), annotations={"kubechat.io/execution": mark} if mark else {})
    what = asked("env.LOG_LEVEL", value)
    assert PATCH.applied(what, live(what, {DEPLOYMENT: obj}), MARK)[0] is expected


def test_a_kind_without_a_field_on_the_list_is_refused_by_the_same_rule():
    """A service's type decides who can reach it."""
    with pytest.raises(PolicyRefused, match="'type' of a service is not changed from chat") as caught:
        pinned(asked("type", "LoadBalancer", "service"), FOUND)
    assert caught.value.now == "nothing of a service may be"


def test_every_field_of_the_list_can_be_read_and_named():
    """The table is complete: each row has a reader, and is found by its own name."""
    for row in patchable.FIELDS:
        name = row.name.replace("*", "NAME")
        assert row.takes in patchable.READERS
        assert all(patchable.field(kind, name).place == row.place for kind in row.kinds)
