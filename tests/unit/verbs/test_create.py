"""create: a new object from a few words, from a cronjob, or as it was before."""

import json
from typing import Any

import pytest

from tests.unit.verbs.driving import APPS, CORE, DEPLOYMENT, MARK, action, drive, live, owned, pinned, target, workload
from workers.domain.action import Action, Verb
from workers.domain.errors import InvalidParameter, Mistake, NotThere
from workers.domain.target import Target
from workers.verbs.registry import change_spec, validated
from workers.verbs.spec import Live, Stage

CREATE = change_spec(Verb.CREATE)
BATCH = "/apis/batch/v1/namespaces/payments"
NONE = Live(object={}, pods=0)


def asked(kind: str, name: str | None = "one", **params: Any) -> Action:
    return validated(action(Verb.CREATE, target(kind, name), **params))


def written(what: Action, more: dict[str, Any] | None = None) -> dict[str, Any]:
    call = CREATE.write(what, Live(object={}, pods=0, more=more or {}), MARK)
    assert call.method == "POST"
    return dict(call.body)  # type: ignore[arg-type]


MADE: list[tuple[Action, str, dict[str, Any], tuple[str, ...]]] = [
    (asked("namespace"), "/api/v1/namespaces", {}, ("create", "namespace", "one")),
    (
        asked("configmap", data="LOG_LEVEL=debug,GREETING=hello, world,X="),
        f"{CORE}/configmaps",
        {"data": {"LOG_LEVEL": "debug", "GREETING": "hello, world", "X": ""}},
        (
            "create",
            "configmap",
            "one",
            "--from-literal=LOG_LEVEL=debug",
            "--from-literal=GREETING=hello, world",
            "--from-literal=X=",
        ),
    ),
    (
        asked("deployment", image="host:5000/team/web:v1", replicas=3),
        f"{APPS}/deployments",
        {
            "spec": {
                "replicas": 3,
                "selector": {"matchLabels": {"app": "one"}},
                "template": {
                    "metadata": {"labels": {"app": "one"}},
                    "spec": {"containers": [{"name": "web", "image": "host:5000/team/web:v1"}]},
                },
            }
        },
        ("create", "deployment", "one", "--image=host:5000/team/web:v1", "--replicas=3"),
    ),
    (
        asked("job", image="busybox", command="sh -c 'echo hi'"),
        f"{BATCH}/jobs",
        {
            "spec": {
                "template": {
                    "spec": {
                        "containers": [{"name": "one", "image": "busybox", "command": ["sh", "-c", "echo hi"]}],
                        "restartPolicy": "Never",
                    }
                }
            }
        },
        ("create", "job", "one", "--image=busybox", "--", "sh", "-c", "echo hi"),
    ),
    (
        asked("cronjob", image="busybox", schedule="*/5 * * * *"),
        f"{BATCH}/cronjobs",
        {
            "spec": {
                "schedule": "*/5 * * * *",
                "jobTemplate": {
                    "spec": {
                        "template": {
                            "spec": {
                                "containers": [{"name": "one", "image": "busybox"}],
                                "restartPolicy": "OnFailure",
                            }
                        }
                    }
                },
            }
        },
        ("create", "cronjob", "one", "--image=busybox", "--schedule=*/5 * * * *"),
    ),
    (
        asked("pod", image="nginx"),
        f"{CORE}/pods",
        {"spec": {"containers": [{"name": "one", "image": "nginx"}]}},
        ("run", "one", "--restart=Always", "--image=nginx"),
    ),
]


@pytest.mark.parametrize(("what", "path", "body", "words"), MADE, ids=[made[0].target.kind for made in MADE])
def test_each_kind_is_made_as_kubectl_makes_it(what: Action, path: str, body: Any, words: Any):
    """The same object as the command line that is shown for it, with our mark."""
    call = CREATE.write(what, NONE, MARK)
    made = dict(call.body)  # type: ignore[arg-type]

    assert call.path == path
    assert {key: made[key] for key in body} == body
    assert made["metadata"]["name"] == "one"
    assert made["metadata"].get("namespace") == what.target.namespace
    assert made["metadata"]["annotations"] == {"kubechat.io/execution": MARK}
    skipped = 5 if what.target.namespace else 3
    assert CREATE.kubectl(what)[skipped:] == words


CRONJOB = {
    "metadata": {"name": "nightly-report", "namespace": "payments", "uid": "c-1"},
    "spec": {"jobTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": {"backoffLimit": 2, "template": {}}}},
}


def test_a_cronjob_is_run_now_under_a_name_of_its_own():
    """The name holds the moment of the plan; the job is owned by the cronjob and says that a person started it."""
    said = {f"{BATCH}/cronjobs/nightly-report": CRONJOB}
    what = pinned(asked("job", None, **{"from": "cronjob/nightly-report"}), said)
    made = written(what, CRONJOB)

    assert what.target.name == "nightly-report-1122214007"
    assert made["spec"] == CRONJOB["spec"]["jobTemplate"]["spec"]  # type: ignore[index]
    assert made["metadata"]["labels"] == {"a": "b"}
    assert made["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"
    assert made["metadata"]["ownerReferences"] == [
        {**owned("CronJob", "nightly-report", "c-1")[0], "apiVersion": "batch/v1"}
    ]
    assert CREATE.kubectl(what)[5:] == ("create", "job", str(what.target.name), "--from=cronjob/nightly-report")


def test_a_cronjobs_new_template_is_drift():
    """What was previewed is what is run."""
    what = asked("job", "one", **{"from": "cronjob/nightly-report"})
    other = {**CRONJOB, "spec": {"jobTemplate": {"spec": {"backoffLimit": 9}}}}
    before, after = (live(what, {f"{BATCH}/cronjobs/nightly-report": one, **({})}) for one in (CRONJOB, other))
    assert CREATE.touched(what, before) != CREATE.touched(what, after)


def test_a_long_cronjobs_name_is_cut_so_that_its_jobs_pods_can_be_named():
    """At most 63 characters: the job's name is a label."""
    name = "a" * 52
    said = {f"{BATCH}/cronjobs/{name}": CRONJOB}
    what = pinned(asked("job", None, **{"from": f"cronjob/{name}"}), said)
    assert len(str(what.target.name)) == 63


def test_a_cronjob_that_is_not_there_is_told_at_once():
    """Not only when the job is to be made."""
    with pytest.raises(NotThere):
        pinned(asked("job", None, **{"from": "cronjob/nowhere"}), {})


def test_a_name_that_is_taken_is_a_mistake():
    """Create never changes what is there."""
    with pytest.raises(Mistake, match="prod-eu/payments deployment/payment-api is there already"):
        pinned(asked("deployment", "payment-api", image="nginx"), {DEPLOYMENT: workload()})


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (asked("deployment"), "a deployment needs its image"),
        (asked("cronjob", image="x"), "a cronjob needs its schedule"),
        (asked("job"), "a job needs its image, or the cronjob that it is made from"),
        (asked("deployment", None, image="x"), "a deployment needs a name"),
        (asked("service"), "a service is not made from a few words"),
        (asked("configmap", data="A=password=hunter2hunter2"), "data holds what looks like a secret"),
        (asked("configmap", data="A=[REDACTED:named]"), "data holds what looks like a secret"),
    ],
)
def test_what_is_missing_is_asked_for(what: Action, said: str):
    """A mistake names what is missing; what was hidden from us is not written as if it were the value."""
    with pytest.raises(Mistake, match=said.replace("[", r"\[")):
        pinned(what, {})


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("configmap", {"data": "no pairs"}),
        ("job", {"from": "deployment/web"}),
        ("job", {"command": "echo 'open"}),
        ("cronjob", {"schedule": "$(date)"}),
        ("deployment", {"replicas": 1001}),
        ("secret", {}),
        ("node", {}),
    ],
)
def test_what_cannot_be_made_is_explained(kind: str, params: dict[str, Any]):
    """Values out of their grammar, and kinds that chat does not make."""
    with pytest.raises(InvalidParameter):
        asked(kind, **params)


MANIFEST = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "payment-api", "namespace": "payments", "labels": {"a": "b"}},
    "spec": {"replicas": 4},
}


def again(manifest: Any = MANIFEST, where: Target | None = None) -> Action:
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    return action(Verb.CREATE, where or target(), manifest=text)


def test_an_object_is_made_again_as_it_was():
    """The undo of a deletion: the manifest, with our mark; its pods are counted."""
    made = written(again())
    assert made["spec"] == {"replicas": 4}
    assert made["metadata"]["labels"] == {"a": "b"}
    assert live(again(), {}).pods == 4
    assert CREATE.kubectl(again())[5:] == ("create", "-f", "-")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("{", "the manifest is not JSON"),
        ("[]", "the manifest is no object"),
        ({**MANIFEST, "kind": "DaemonSet"}, "the manifest is not of prod-eu/payments deployment/payment-api"),
        ({**MANIFEST, "metadata": {"name": "other"}}, "is not of"),
        ({**MANIFEST, "metadata": {**MANIFEST["metadata"], "namespace": "kube-system"}}, "is not of"),  # type: ignore[dict-item]
        ({**MANIFEST, "spec": {"a": "[REDACTED:named]"}}, "has a redacted value"),
    ],
)
def test_a_manifest_is_of_its_target_or_refused(manifest: Any, said: str):
    """Otherwise what is approved and what is written would be two things."""
    with pytest.raises(InvalidParameter, match=said):
        CREATE.write(again(manifest), NONE, MARK)


def test_the_undo_takes_this_very_object_away():
    """A pod by the verb for pods, anything else by delete."""
    assert CREATE.undo(asked("configmap"), NONE).action == action(Verb.DELETE, target("configmap", "one"))
    assert CREATE.undo(asked("pod", image="x"), NONE).action == action(Verb.DELETE_POD, target("pod", "one"))


JOB = f"{BATCH}/jobs/one"


@pytest.mark.parametrize(("status", "stage", "text"), [
    ({}, Stage.MOVING, "one is starting"),
    ({"failed": 1}, Stage.MOVING, "one is starting, 1 of its pods failed"),
    ({"ready": 1}, Stage.DONE, "one has started and runs; it has not ended yet"),
    ({"conditions": [{"type": "Complete", "status": "True"}]}, Stage.DONE, "one has completed"),
    (
        {"conditions": [{"type": "Failed", "status": "True", "message": "too often"}]},
        Stage.STUCK,
        "one has failed: too often",
    ),
])  # fmt: skip
def test_a_job_is_done_when_it_runs(status: Any, stage: Stage, text: str):
    """How long it runs is not ours to wait for."""
    moment = drive(CREATE.watch(asked("job", image="x")), {JOB: {"metadata": {"name": "one"}, "status": status}})
    assert (moment.stage, moment.text) == (stage, text)


def test_what_is_gone_again_is_said():
    """Somebody took it away meanwhile."""
    assert drive(CREATE.watch(asked("configmap")), {}).stage is Stage.STUCK
    there = {f"{CORE}/configmaps/one": {"metadata": {"name": "one", "uid": "u"}}}
    assert drive(CREATE.watch(asked("configmap")), there).stage is Stage.DONE


@pytest.mark.parametrize(("notes", "expected"), [({"kubechat.io/execution": MARK}, True), ({}, False), (None, False)])
def test_the_mark_tells_whether_it_was_ours(notes: Any, expected: bool):
    """One without it was made by somebody else: ours would have been refused."""
    found = {} if notes is None else {"metadata": {"name": "one", "annotations": notes}}
    assert CREATE.applied(asked("configmap"), Live(object=found, pods=0), MARK)[0] is expected
