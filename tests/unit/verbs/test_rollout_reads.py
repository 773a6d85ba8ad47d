"""rollout_status and rollout_history."""

from typing import Any

import pytest

from tests.unit.verbs.driving import (
    APPS,
    CORE,
    DEPLOYMENT,
    action,
    drive,
    listed,
    pod,
    replicaset,
    table,
    target,
    with_status,
    workload,
)
from workers.domain.action import Verb
from workers.domain.errors import Mistake
from workers.domain.section import Fields, Section, Table, Text
from workers.verbs import rollout
from workers.verbs.registry import read_spec
from workers.verbs.spec import Stage

STATUS, HISTORY = read_spec(Verb.ROLLOUT_STATUS), read_spec(Verb.ROLLOUT_HISTORY)
PODS, SETS = f"{CORE}/pods", f"{APPS}/replicasets"
NOW = "registry.example.com/payments/payment-api:v2.3.1"


def stateful(**status: Any) -> dict[str, Any]:
    base = {"currentRevision": "db-1", "updateRevision": "db-2", **status}
    return with_status(workload("StatefulSet"), **base)


def daemon(**status: Any) -> dict[str, Any]:
    counts = {"desiredNumberScheduled": 4, "updatedNumberScheduled": 4, "numberAvailable": 4, "numberReady": 4}
    return with_status(workload("DaemonSet"), **{**counts, **status})


PARTITION = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}
WORDS = [
    (
        "deployment",
        with_status(workload(), observedGeneration=1),
        "Waiting for deployment spec update to be observed...",
    ),
    (
        "deployment",
        with_status(workload(), updatedReplicas=1),
        'Waiting for deployment "payment-api" rollout to finish: 1 out of 4 new replicas have been updated...',
    ),
    (
        "deployment",
        with_status(workload(), replicas=6),
        'Waiting for deployment "payment-api" rollout to finish: 2 old replicas are pending termination...',
    ),
    (
        "deployment",
        with_status(workload(), availableReplicas=3),
        'Waiting for deployment "payment-api" rollout to finish: 3 of 4 updated replicas are available...',
    ),
    ("deployment", workload(), 'deployment "payment-api" successfully rolled out'),
    ("statefulset", stateful(observedGeneration=0), "Waiting for statefulset spec update to be observed..."),
    ("statefulset", stateful(readyReplicas=3), "Waiting for 1 pods to be ready..."),
    (
        "statefulset",
        stateful(updatedReplicas=2),
        "waiting for statefulset rolling update to complete 2 pods at revision db-2...",
    ),
    ("statefulset", stateful(), "statefulset rolling update complete 4 pods at revision db-2..."),
    (
        "statefulset",
        {**stateful(updatedReplicas=1), "spec": {"replicas": 4, **PARTITION}},
        "Waiting for partitioned roll out to finish: 1 out of 2 new pods have been updated...",
    ),
    (
        "statefulset",
        {**stateful(updatedReplicas=2), "spec": {"replicas": 4, **PARTITION}},
        "partitioned roll out complete: 2 new pods have been updated...",
    ),
    (
        "daemonset",
        daemon(updatedNumberScheduled=1),
        'Waiting for daemon set "payment-api" rollout to finish: 1 out of 4 new pods have been updated...',
    ),
    (
        "daemonset",
        daemon(numberAvailable=3),
        'Waiting for daemon set "payment-api" rollout to finish: 3 of 4 updated pods are available...',
    ),
    ("daemonset", daemon(), 'daemon set "payment-api" successfully rolled out'),
]


@pytest.mark.parametrize(("kind", "seen", "said"), WORDS)
def test_the_words_are_kubectls(kind: str, seen: Any, said: str):
    """People know these sentences."""
    moment = rollout.progress(kind, seen)
    assert moment.text == said
    assert moment.stage is (Stage.MOVING if said.lower().startswith("waiting") else Stage.DONE)


def read(spec: Any, said: dict[str, Any], **params: Any) -> tuple[Section, ...]:
    return drive(spec.read(action(spec.verb, **params)), said)


def test_a_status_names_the_pods_that_hold_it_up():
    """Pod, status, restarts and why; ready pods and ended ones are no news."""
    sick = pod("sick", waiting="ImagePullBackOff", restarts=2)
    waiting = pod("waiting", ready=False)
    waiting["status"]["conditions"].append({"type": "PodScheduled", "status": "False", "message": "0/3 nodes fit"})
    said = {DEPLOYMENT: with_status(workload(), updatedReplicas=2), PODS: listed(pod("fine"), sick, waiting)}
    words, facts, pods = read(STATUS, said)

    assert isinstance(words, Text)
    assert "2 out of 4 new replicas" in words.text
    assert isinstance(facts, Fields)
    assert ("revision", "12") in facts.rows
    assert isinstance(pods, Table)
    assert pods.rows == (
        ("sick", "ImagePullBackOff", "2", "api: back-off"),
        ("waiting", "Running", "0", "0/3 nodes fit"),
    )


def test_a_status_of_another_revision_says_which_runs():
    """As kubectl with --revision."""
    found = read(STATUS, {DEPLOYMENT: workload(), PODS: listed()}, revision=11)
    assert found[0] == Text(text="the desired revision (11) is not the running one (12)")
    assert STATUS.kubectl(action(Verb.ROLLOUT_STATUS, revision=11))[5:] == (
        *("rollout", "status", "deployment/payment-api", "--revision=11"),
    )


def test_conditions_that_say_no_are_told():
    """A quota that keeps pods from being made is found there."""
    conditions = [
        {"type": "Available", "status": "True", "message": "fine"},
        {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"},
    ]
    found = read(STATUS, {DEPLOYMENT: with_status(workload(), conditions=conditions), PODS: listed()})
    assert Text(text="ReplicaFailure is True: exceeded quota") in found
    assert "fine" not in str(found)


OBJECTS = (
    replicaset(11, "bbb", "web:11", cause="v11"),
    replicaset(12, "ccc", NOW),
    replicaset(5, "zzz", "x", uid="other"),
)
KNOWN = table("name age", "payment-api-bbb | 6d1h", "payment-api-ccc | 40m", "payment-api-zzz | 1d", objects=OBJECTS)
SAID = {DEPLOYMENT: workload(), SETS: KNOWN}


def test_a_history_is_newest_first_with_causes_images_and_ages():
    """Only what the workload itself owns; ages are the server's."""
    (found,) = read(HISTORY, SAID)
    assert isinstance(found, Table)
    assert [(row[0], row[1], row[3], row[4]) for row in found.rows] == [
        ("12", "<none>", "40m", "now"),
        ("11", "v11", "6d1h", ""),
    ]
    assert found.rows[1][2].startswith("web:11, ")


def test_a_history_since_a_time_is_by_the_servers_ages():
    """What changed lately."""
    (found,) = read(HISTORY, SAID, since="1h")
    assert isinstance(found, Table)
    assert [row[0] for row in found.rows] == ["12"]
    assert "no revisions in the last 1m" in str(read(HISTORY, SAID, since="1m"))


def test_one_revision_shows_what_its_pods_are_made_from():
    """Names of the environment, never its values."""
    made = replicaset(11, "bbb", "web:11", cause="v11")
    container = made["spec"]["template"]["spec"]["containers"][0]
    container["env"] = [{"name": "DB_PASSWORD", "value": "hunter2"}]
    container["resources"] = {"limits": {"cpu": "1", "memory": "128Mi"}}
    said = {DEPLOYMENT: workload(), SETS: table("name age", "payment-api-bbb | 6d", objects=(made,))}
    (found,) = read(HISTORY, said, revision=11)

    assert isinstance(found, Fields)
    rows = dict(found.rows)
    assert rows["image of api"] == "web:11"
    assert rows["limits of api"] == "cpu 1, memory 128Mi"
    assert rows["environment of api"] == "DB_PASSWORD"
    assert "hunter2" not in str(found)


def test_a_revision_that_is_not_there_is_answered_with_those_that_are():
    """As for every name."""
    with pytest.raises(Mistake, match="has no revision 7") as caught:
        read(HISTORY, SAID, revision=7)
    assert "its revisions: 11, 12" in caught.value.text


def test_statefulsets_have_a_history_too():
    """Of ControllerRevisions."""
    said = {
        f"{APPS}/statefulsets/payment-api": workload("StatefulSet"),
        f"{APPS}/controllerrevisions": table("name age"),
    }
    asked = action(Verb.ROLLOUT_HISTORY, target("statefulset"))
    assert drive(HISTORY.read(asked), said) == (Text(text="prod-eu/payments statefulset/payment-api has no revisions"),)
