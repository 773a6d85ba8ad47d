"""pause and resume."""

from typing import Any

import pytest

from tests.unit.verbs.driving import (
    APPS,
    CORE,
    DEPLOYMENT,
    MARK,
    Json,
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
from workers.domain.errors import Mistake
from workers.verbs.registry import change_spec
from workers.verbs.spec import Stage

PAUSE, RESUME = change_spec(Verb.PAUSE), change_spec(Verb.RESUME)
CRON = "/apis/batch/v1/namespaces/payments/cronjobs/nightly"
NIGHTLY = target("cronjob", "nightly")


def cronjob(**spec: Any) -> Json:
    return {
        "metadata": {"name": "nightly", "uid": "c-1", "resourceVersion": "5"},
        "spec": {"schedule": "0 3 * * *", "timeZone": "Etc/UTC", **spec},
        "status": {"active": [{"name": "nightly-1"}], "lastScheduleTime": "2026-11-22T03:00:00Z"},
    }


@pytest.mark.parametrize(
    ("verb", "spec", "expected"),
    [
        (Verb.PAUSE, {}, {"paused": True}),
        (Verb.RESUME, {"paused": True}, {"paused": False}),
    ],
)
def test_a_deployment_is_switched_by_one_field(verb: Verb, spec: Json, expected: Json):
    """With preconditions and mark, as every write."""
    asked = pinned(action(verb), {DEPLOYMENT: workload(**spec)})
    call = change_spec(verb).write(asked, live(asked, {DEPLOYMENT: workload(**spec)}), MARK)
    assert isinstance(call.body, dict)
    assert call.path == DEPLOYMENT
    assert call.body["spec"] == expected
    assert call.body["metadata"]["resourceVersion"] == "71"
    assert change_spec(verb).touched(asked, live(asked, {DEPLOYMENT: workload(**spec)})) == {
        "paused": bool(spec.get("paused"))
    }


@pytest.mark.parametrize(("verb", "spec"), [(Verb.PAUSE, {}), (Verb.RESUME, {"suspend": True})])
def test_a_cronjob_is_switched_by_suspend(verb: Verb, spec: Json):
    """Jobs that run go on; the facts say what a resumed one makes up for."""
    asked = pinned(action(verb, NIGHTLY), {CRON: cronjob(**spec)})
    seen = live(asked, {CRON: cronjob(**spec)})
    call = change_spec(verb).write(asked, seen, MARK)
    assert isinstance(call.body, dict)
    assert call.body["spec"] == {"suspend": verb is Verb.PAUSE}
    assert seen.pods == 0
    assert seen.facts["running now"] == "1"
    assert ("missed runs" in seen.facts) is bool(spec)


@pytest.mark.parametrize(
    ("verb", "where", "found", "said"),
    [
        (Verb.PAUSE, None, {DEPLOYMENT: workload(paused=True)}, "already paused"),
        (Verb.RESUME, None, {DEPLOYMENT: workload()}, "is not paused"),
        (Verb.PAUSE, NIGHTLY, {CRON: cronjob(suspend=True)}, "already suspended"),
        (Verb.RESUME, NIGHTLY, {CRON: cronjob()}, "is not suspended"),
    ],
)
def test_what_is_so_already_is_a_mistake(verb: Verb, where: Any, found: Any, said: str):
    """Nothing is approved that changes nothing."""
    with pytest.raises(Mistake, match=said):
        pinned(action(verb, where), found)


def test_each_is_the_undo_of_the_other():
    """A resume cannot call back the pods that it has replaced meanwhile, and says so."""
    pause, resume = action(Verb.PAUSE), action(Verb.RESUME)
    undo = PAUSE.undo(pause, live(pause, {DEPLOYMENT: workload()}))
    assert undo.action == resume
    assert undo.because == ""
    undo = RESUME.undo(resume, live(resume, {DEPLOYMENT: workload(paused=True)}))
    assert undo.action == pause
    assert undo.because


def test_a_resume_says_how_many_pods_wait_for_the_new_template():
    """That is what will move."""
    obj = with_status(workload(paused=True), updatedReplicas=1)
    seen = live(action(Verb.RESUME), {DEPLOYMENT: obj})
    assert seen.pods == 3
    assert seen.facts["new template"] == "3 of 4 pods have yet to get it"
    assert live(action(Verb.PAUSE), {DEPLOYMENT: obj}).pods == 0


@pytest.mark.parametrize(
    ("verb", "obj", "stage", "said"),
    [
        (Verb.PAUSE, workload(paused=True), Stage.DONE, "paused at 4 of 4 updated"),
        (Verb.PAUSE, with_status(workload(paused=True), observedGeneration=3), Stage.MOVING, "not seen it yet"),
        (Verb.PAUSE, workload(), Stage.STUCK, "the other way"),
        (Verb.RESUME, workload(), Stage.DONE, "successfully rolled out"),
        (Verb.RESUME, with_status(workload(), updatedReplicas=2), Stage.MOVING, "2 of 4 updated"),
    ],
)
def test_a_deployment_is_watched_to_the_end_of_its_rollout(verb: Verb, obj: Json, stage: Stage, said: str):
    """A pause is done when its controller has seen it, a resume when its pods are new."""
    moment = drive(change_spec(verb).watch(action(verb)), {DEPLOYMENT: obj})
    assert moment.stage is stage
    assert said in moment.text


def test_a_resumed_rollout_whose_pods_crash_is_stuck():
    """As after any new template."""
    pods = {f"{CORE}/pods": listed(pod("web-1", waiting="CrashLoopBackOff", restarts=3))}
    obj = with_status(workload(), updatedReplicas=2)
    moment = drive(RESUME.watch(action(Verb.RESUME)), {DEPLOYMENT: obj, **pods, f"{APPS}/replicasets": listed()})
    assert moment.stage is Stage.STUCK
    assert "CrashLoopBackOff" in moment.text


@pytest.mark.parametrize(("verb", "spec"), [(Verb.PAUSE, {"suspend": True}), (Verb.RESUME, {})])
def test_a_cronjob_is_done_at_once(verb: Verb, spec: Json):
    """There is nothing to wait for."""
    moment = drive(change_spec(verb).watch(action(verb, NIGHTLY)), {CRON: cronjob(**spec)})
    assert moment.stage is Stage.DONE
    assert "nightly makes" in moment.text


@pytest.mark.parametrize(
    ("spec", "mark", "expected"), [({"paused": True}, MARK, True), ({"paused": True}, "", None), ({}, "", False)]
)
def test_an_interrupted_switch_is_told_by_its_mark(spec: Json, mark: str, expected: bool | None):
    """The same state by another hand is no evidence."""
    obj = with_metadata(workload(**spec), annotations={"kubechat.io/execution": mark} if mark else {})
    asked = action(Verb.PAUSE)
    assert PAUSE.applied(asked, live(asked, {DEPLOYMENT: obj}), MARK)[0] is expected
