"""The command lines that cards show are understood by the real kubectl, and do what the step does."""

import json
from typing import Any

import pytest
from fleet_fixtures import Cluster

from workers.domain.action import Action, Verb
from workers.domain.call import Call
from workers.domain.target import Target
from workers.domain.value import ClusterName
from workers.verbs.registry import change_spec, spec, validated
from workers.verbs.spec import Live

CRONJOB = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "nightly", "namespace": "payments"},
    "spec": {
        "schedule": "0 3 * * *",
        "jobTemplate": {
            "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "x:1"}], "restartPolicy": "Never"}}}
        },
    },
}


def act(verb: Verb, kind: str, name: str | None, **params: Any) -> Action:
    place = None if kind in ("node", "namespace") else "payments"
    target = Target(cluster=ClusterName("demo"), namespace=place, kind=kind, name=name)
    return validated(Action(verb=verb, target=target, params=params))


def typed(cluster: Cluster, action: Action, stdin: str | None = None) -> str:
    """What kubectl prints when a person types what the card shows."""
    return cluster.kubectl(*spec(action.verb).kubectl(action)[1:], stdin=stdin)


def body(action: Action, live: dict[str, Any] | None = None, more: dict[str, Any] | None = None) -> Any:
    call: Call = change_spec(action.verb).write(action, Live(object=live or {}, pods=0, more=more or {}), "req-1/1/1")
    return call.body


MADE = [
    (act(Verb.CREATE, "namespace", "loadtest"), "namespace/loadtest created"),
    (act(Verb.CREATE, "configmap", "app-settings", data="A=b,C=d, e"), "configmap/app-settings created"),
    (act(Verb.CREATE, "deployment", "hello", image="nginx", replicas=2), "deployment.apps/hello created"),
    (act(Verb.CREATE, "job", "once", image="busybox", command="sleep 5"), "job.batch/once created"),
    (act(Verb.CREATE, "cronjob", "often", image="busybox", schedule="*/5 * * * *"), "cronjob.batch/often created"),
    (act(Verb.CREATE, "pod", "web-server", image="nginx"), "pod/web-server created"),
    (act(Verb.RUN, "pod", "busybox-1", image="busybox", command="nslookup 'a b'"), "pod/busybox-1 created"),
]


@pytest.mark.parametrize(("action", "printed"), MADE, ids=[f"{a.verb} {a.target.kind}" for a, _ in MADE])
def test_what_is_made_is_what_kubectl_would_make(cluster: Cluster, action: Action, printed: str):
    """Every field of ours is stored as kubectl's own command stores it; only our mark is more."""
    assert printed in typed(cluster, action)
    stored = json.loads(cluster.kubectl("get", action.target.kind, str(action.target.name), "-o", "json"))
    assert _is_within(body(action) | {"metadata": {}}, stored)


def _is_within(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and all(_is_within(value, theirs.get(key)) for key, value in ours.items())
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(_is_within(*pair) for pair in zip(ours, theirs, strict=True))
    return bool(ours == theirs)


def test_a_cronjob_is_run_now_as_kubectl_runs_it(cluster: Cluster):
    """The job's spec, owner and annotation are the same."""
    cluster.kubectl("create", "-f", "-", stdin=json.dumps(CRONJOB))
    owner = json.loads(cluster.kubectl("get", "cronjob", "nightly", "-o", "json"))
    action = act(Verb.CREATE, "job", "nightly-1", **{"from": "cronjob/nightly"})

    assert "job.batch/nightly-1 created" in typed(cluster, action)

    stored = json.loads(cluster.kubectl("get", "job", "nightly-1", "-o", "json"))
    ours = body(action, more=owner)
    assert _is_within(ours["spec"], stored["spec"])
    assert _is_within(ours["metadata"]["ownerReferences"], stored["metadata"]["ownerReferences"])
    assert stored["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"


def test_what_is_deleted_is_made_again_by_what_the_card_shows(cluster: Cluster):
    """Delete, and create of the manifest that the undo holds."""
    before = json.loads(cluster.kubectl("get", "deploy", "web", "-o", "json"))
    action = act(Verb.DELETE, "deployment", "web")
    undo = change_spec(Verb.DELETE).undo(action, Live(object=before, pods=0)).action
    assert undo is not None

    assert 'deployment.apps "web" deleted' in typed(cluster, action)
    assert "deployment.apps/web created" in typed(cluster, undo, stdin=str(undo.params["manifest"]))

    assert before["spec"] == json.loads(cluster.kubectl("get", "deploy", "web", "-o", "json"))["spec"]


def test_dependants_are_orphaned_as_the_card_shows(cluster: Cluster):
    """The flag of kubectl for what was asked."""
    assert "deleted" in typed(cluster, act(Verb.DELETE, "deployment", "web", cascade="orphan"))
    assert "web-" in cluster.kubectl("get", "rs", "-o", "name")


def test_a_pod_is_evicted_as_the_card_shows(cluster: Cluster):
    """Posted to its path, from the terminal."""
    action = act(Verb.EVICT, "pod", "web-1")
    live = json.loads(cluster.kubectl("get", "pod", "web-1", "-o", "json"))

    printed = typed(cluster, action, stdin=json.dumps(body(action, live)))

    assert json.loads(printed)["status"] == "Success"


def test_a_node_is_drained_as_the_card_shows(cluster: Cluster):
    """With all that can be said of it."""
    action = act(Verb.DRAIN, "node", "node-1", force=True, delete_emptydir_data=True, timeout="5s", grace_period=0)
    assert "node/node-1 drained" in typed(cluster, action)


def test_a_manifest_is_applied_as_the_card_shows(cluster: Cluster):
    """By the server, under the same manager."""
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "payments"}}
    text = json.dumps(manifest | {"data": {"a": "b"}})
    action = act(Verb.APPLY, "configmap", "a", manifest=text)
    assert "serverside-applied" in typed(cluster, action, stdin=text)
    fields = json.loads(cluster.kubectl("get", "configmap", "a", "-o", "json", "--show-managed-fields"))
    assert [one["manager"] for one in fields["metadata"]["managedFields"]] == ["kubechat"]
