"""delete: one object by name, what hangs on it, and how it is made again."""

import json
from typing import Any

import pytest

from tests.unit.verbs.driving import (
    APPS,
    CORE,
    DEPLOYMENT,
    MARK,
    MARKS,
    action,
    drive,
    listed,
    live,
    owned,
    pinned,
    pod,
    target,
    with_metadata,
    workload,
)
from workers.domain.action import Verb
from workers.domain.call import Call, Shape
from workers.domain.errors import AccessDenied, Mistake, NotThere, PolicyRefused
from workers.domain.target import Target
from workers.verbs.registry import change_spec
from workers.verbs.spec import Live, Stage

DELETE = change_spec(Verb.DELETE)
HPA = "/apis/autoscaling/v2/namespaces/payments/horizontalpodautoscalers"
ASKED = action(Verb.DELETE, target())
PINNED = action(Verb.DELETE, target(), uid="d-1")


def thing(kind: str, name: str = "one", **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "payments", "uid": "u-1"}, **more}


def where(kind: str, name: str = "one") -> Target:
    return target(kind, name)


def test_a_deletion_is_of_this_very_object_as_it_was_read():
    """Another object of the same name, or a newer version of this one, is left alone by the server itself."""
    asked = pinned(ASKED, {DEPLOYMENT: workload()})
    call = DELETE.write(asked, live(asked, {DEPLOYMENT: workload()}), MARK)

    assert asked.params == {"uid": "d-1"}
    assert (call.method, call.path) == ("DELETE", DEPLOYMENT)
    assert call.body == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": "d-1", "resourceVersion": "71"},
        "propagationPolicy": "Background",
    }


@pytest.mark.parametrize("policy", ["foreground", "orphan"])
def test_what_becomes_of_what_it_owns_can_be_said(policy: str):
    """Kubectl's three ways; what is orphaned stays, and so touches no pod."""
    asked = pinned(action(Verb.DELETE, target(), cascade=policy), {DEPLOYMENT: workload()})
    found = live(asked, {DEPLOYMENT: workload(), f"{CORE}/pods": listed(pod("a"))})

    assert DELETE.write(asked, found, MARK).body["propagationPolicy"] == policy.title()
    assert DELETE.kubectl(asked)[5:] == ("delete", "deployment", "payment-api", f"--cascade={policy}")
    assert (found.pods == 0) is (policy == "orphan")


@pytest.mark.parametrize(("params", "grace"), [({}, None), ({"grace_period": 5}, 5), ({"force": True}, 0)])
def test_a_grace_period_is_passed_on(params: dict[str, Any], grace: int | None):
    """As kubectl passes it, whatever the kind makes of it."""
    asked = pinned(action(Verb.DELETE, target(), **params), {DEPLOYMENT: workload()})
    assert DELETE.write(asked, Live(object=workload(), pods=0), MARK).body.get("gracePeriodSeconds") == grace  # type: ignore[union-attr]
    assert ("--force" in DELETE.kubectl(asked)) is ("force" in params)


def test_what_is_going_already_is_a_mistake():
    """It says since when, and what it waits for."""
    going = with_metadata(workload(), deletionTimestamp="2026-11-22T21:40:07Z", finalizers=["example.com/slow"])
    with pytest.raises(Mistake, match="already being deleted") as caught:
        pinned(ASKED, {DEPLOYMENT: going})
    assert caught.value.now == "since 2026-11-22T21:40:07Z; it waits for example.com/slow"


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public", "kube-node-lease"])
def test_a_namespace_that_no_cluster_is_without_is_refused_by_the_verb_too(name: str):
    """Whatever a policy file says; asked at planning, at the preview and just before the write."""
    with pytest.raises(PolicyRefused, match="rule 'protected-namespaces'"):
        live(action(Verb.DELETE, target("namespace", name)), {f"/api/v1/namespaces/{name}": thing("Namespace", name)})


def test_a_workload_shows_what_goes_with_it_and_what_points_at_it():
    """People see pods, autoscaler and service before they say yes."""
    scaler = {"metadata": {"name": "api"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "payment-api"}}}
    service = {"metadata": {"name": "api"}, "spec": {"selector": {"app": "payment-api"}}}
    found = live(
        PINNED,
        {
            DEPLOYMENT: workload(),
            f"{CORE}/pods": listed(pod("a"), pod("b"), pod("other", labels={"app": "x"})),
            HPA: listed(scaler),
            f"{CORE}/services": listed(service, {"metadata": {"name": "none"}, "spec": {}}),
        },
    )

    assert found.pods == 2
    assert found.facts == {
        "goes with it": "2 pods: a, b",
        "left without a workload": "horizontalpodautoscaler/api",
        "left without these pods": "service/api",
    }


def test_what_may_not_be_listed_is_unknown():
    """An unknown number of pods is not none."""
    denied = AccessDenied("no")
    found = live(PINNED, {DEPLOYMENT: workload(), f"{CORE}/pods": denied, HPA: denied, f"{CORE}/services": denied})

    assert found.pods is None
    assert all("unknown" in said for said in found.facts.values())


USES = pod("user")
USES["spec"] = {
    "serviceAccountName": "one",
    "volumes": [{"persistentVolumeClaim": {"claimName": "one"}}, {"configMap": {"name": "one"}}],
    "containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "one"}}}]}],
}
INGRESS = {
    "metadata": {"name": "shop"},
    "spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "one"}}}]}}]},
}
PODS = {f"{CORE}/pods": listed(USES, pod("a"))}
NETWORK = "/apis/networking.k8s.io/v1/namespaces/payments"
USED = {"used by": "1 pod: user; a new one could not start without it"}
LOOKS: list[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, str], int]] = [
    (
        "configmap",
        f"{CORE}/configmaps/one",
        {},
        PODS,
        {"used by": "1 pod: user; a new one could not start without it"},
        0,
    ),
    ("secret", f"{CORE}/secrets/one", {}, PODS, USED, 0),
    (
        "persistentvolumeclaim",
        f"{CORE}/persistentvolumeclaims/one",
        {},
        {f"{CORE}/pods": listed(pod("a"))},
        {"used by": "0 pods"},
        0,
    ),
    (
        "service",
        f"{CORE}/services/one",
        {"spec": {"selector": {"app": "payment-api"}}},
        {f"{CORE}/pods": listed(pod("a")), f"{NETWORK}/ingresses": listed(INGRESS)},
        {"serves": "1 pod: a, which stay", "left without a backend": "ingress/shop"},
        0,
    ),
    (
        "replicationcontroller",
        f"{CORE}/replicationcontrollers/one",
        {"spec": {"selector": {"app": "payment-api"}}},
        {f"{CORE}/pods": listed(pod("a"), pod("b", labels={})), HPA: listed(), f"{CORE}/services": listed()},
        {"goes with it": "1 pod: a"},
        1,
    ),
    (
        "networkpolicy",
        f"{NETWORK}/networkpolicies/one",
        {"spec": {"podSelector": {}}},
        {f"{CORE}/pods": listed(pod("a"), pod("b"))},
        {"no longer holds for": "2 pods: a, b"},
        0,
    ),
    (
        "poddisruptionbudget",
        "/apis/policy/v1/namespaces/payments/poddisruptionbudgets/one",
        {"spec": {"selector": {"matchLabels": {"app": "payment-api"}}}},
        {f"{CORE}/pods": listed(pod("a"), pod("b", labels={}))},
        {"no longer holds for": "1 pod: a"},
        0,
    ),
    (
        "horizontalpodautoscaler",
        f"{HPA}/one",
        {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}, "status": {"currentReplicas": 3}},
        {},
        {"scales": "deployment/api keeps its 3 replicas, whatever the load", "namespace": "payments"},
        0,
    ),
    (
        "cronjob",
        "/apis/batch/v1/namespaces/payments/cronjobs/one",
        {"status": {"active": [{"name": "one-1"}]}},
        {
            "/apis/batch/v1/namespaces/payments/jobs": listed(
                {"metadata": {"name": "one-1", "ownerReferences": owned("CronJob", "one", "u-1")}}
            )
        },
        {"goes with it": "1 job: one-1", "running now": "1 job"},
        1,
    ),
]


@pytest.mark.parametrize(("kind", "path", "more", "said", "facts", "pods"), LOOKS, ids=[look[0] for look in LOOKS])
def test_each_kind_tells_what_hangs_on_it(kind: str, path: str, more: Any, said: Any, facts: Any, pods: int):
    """What a person would have looked up by hand before deleting it."""
    found = live(action(Verb.DELETE, where(kind)), {path: thing(kind, **more), **said})
    assert (found.facts, found.pods) == (facts, pods)


def test_a_secret_is_read_without_its_values():
    """Only metadata is asked for, so that nothing of it can be shown, stored or sent."""
    calls: list[Call] = []
    asked = action(Verb.DELETE, where("secret"))
    drive(DELETE.observe(asked), {f"{CORE}/secrets/one": thing("Secret"), f"{CORE}/pods": listed()}, calls)
    drive(DELETE.pin(asked, MARKS), {f"{CORE}/secrets/one": thing("Secret")}, calls)
    assert {call.shape for call in calls if call.name == "one"} == {Shape.METADATA}


def test_the_undo_makes_it_again_from_what_was_read():
    """Labels and spec come back; what the server keeps by itself is not written."""
    found = with_metadata(
        workload(),
        labels={"team": "payments"},
        managedFields=[{}],
        annotations={"kubechat.io/execution": "x", "note": "kept", "deployment.kubernetes.io/revision": "12"},
    )
    undo = DELETE.undo(PINNED, Live(object=found, pods=4))

    assert undo.action is not None
    assert undo.because == "the pods are new ones, and the history of its rollouts is not brought back"
    assert (undo.action.verb, undo.action.target) == (Verb.CREATE, target())
    again = json.loads(str(undo.action.params["manifest"]))
    assert again["metadata"] == {
        "name": "payment-api",
        "namespace": "payments",
        "labels": {"team": "payments"},
        "annotations": {"note": "kept"},
    }
    assert again["spec"] == found["spec"]
    assert "status" not in again


@pytest.mark.parametrize(
    ("kind", "obj", "said"),
    [
        ("secret", thing("Secret"), "never keeps the values of a secret"),
        ("namespace", thing("Namespace"), "everything in it goes with it"),
        ("persistentvolumeclaim", thing("PersistentVolumeClaim"), "a new claim gets a new, empty volume"),
        ("job", thing("Job"), "making it again would run it again"),
        ("node", thing("Node"), "registers it again"),
        ("configmap", thing("ConfigMap", data={"a": "password=hunter2hunter2"}), "looks like a secret"),
        ("configmap", thing("ConfigMap", data={"a": "x" * 40_000}), "at most 32000 are kept"),
        (
            "replicaset",
            with_metadata(thing("ReplicaSet"), ownerReferences=owned("Deployment", "web", "d")),
            "it belongs to deployment/web",
        ),
    ],
)
def test_what_cannot_be_brought_back_says_why(kind: str, obj: dict[str, Any], said: str):
    """No undo is better than one that is not what it seems."""
    undo = DELETE.undo(action(Verb.DELETE, where(kind)), Live(object=obj, pods=0))
    assert undo.action is None
    assert said in undo.because


@pytest.mark.parametrize(("said", "stage", "text"), [
    ({}, Stage.DONE, "payment-api is gone"),
    ({DEPLOYMENT: workload()}, Stage.MOVING, "payment-api is still there"),
    (
        {DEPLOYMENT: with_metadata(workload(), deletionTimestamp="x", finalizers=["a/b"])},
        Stage.MOVING,
        "payment-api is on its way out, and waits for a/b",
    ),
    (
        {DEPLOYMENT: with_metadata(workload(), uid="d-2")},
        Stage.DONE,
        "payment-api is gone; somebody has made another of that name",
    ),
])  # fmt: skip
def test_a_deletion_is_watched_until_the_object_is_gone(said: Any, stage: Stage, text: str):
    """Finalizers may hold it; another one of its name is not it."""
    moment = drive(DELETE.watch(PINNED), said)
    assert (moment.stage, moment.text) == (stage, text)


@pytest.mark.parametrize(("metadata", "expected"), [
    ({"uid": "d-2"}, True),
    ({"deletionTimestamp": "x"}, None),
    ({}, False),
])  # fmt: skip
def test_an_object_that_is_there_tells_whether_the_deletion_took_place(metadata: Any, expected: bool | None):
    """Gone altogether is told by NotThere."""
    found = Live(object=with_metadata(workload(), **metadata), pods=0)
    assert DELETE.applied(PINNED, found, MARK)[0] is expected
    with pytest.raises(NotThere):
        live(PINNED, {})


def test_what_an_undo_would_write_is_what_drift_is_measured_on():
    """Changed after the preview, the recorded manifest would not be the object any more."""
    before = Live(object=workload(), pods=0)
    after = Live(object=workload(replicas=9), pods=0)
    other = Live(object={**workload(), "status": {}}, pods=0)
    assert DELETE.touched(PINNED, before) != DELETE.touched(PINNED, after)
    assert DELETE.touched(PINNED, before) == DELETE.touched(PINNED, other)


def test_the_paths_of_a_deletion():
    """Each kind by its own group; the view names the kind in full."""
    asked = action(Verb.DELETE, where("ingress", "shop"))
    assert DELETE.write(asked, Live(object={}, pods=0), MARK).path == f"{NETWORK}/ingresses/shop"
    assert DELETE.kubectl(asked) == ("kubectl", "--context", "prod-eu", "-n", "payments", "delete", "ingress", "shop")
    assert APPS in DELETE.write(ASKED, Live(object={}, pods=0), MARK).path
