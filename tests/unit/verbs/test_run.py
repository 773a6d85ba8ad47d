"""run: one pod, once, with as little power as it needs."""

import json

import pytest

from tests.unit.verbs.driving import CORE, MARK, action, drive, live, pinned, pod, target
from workers.domain.action import Verb
from workers.domain.errors import InvalidParameter, Mistake
from workers.verbs.registry import change_spec, validated
from workers.verbs.spec import Live, Stage

RUN = change_spec(Verb.RUN)
ASKED = action(Verb.RUN, target("pod", None), image="host:5000/tools/busybox:1.36", command="nslookup 'payment api'")
PINNED = pinned(ASKED, {})
POD = f"{CORE}/pods/busybox-7f3k2m9q"


def test_a_pod_without_a_name_gets_one_from_image_and_request():
    """The same each time the same request is planned."""
    assert PINNED.target.name == "busybox-7f3k2m9q"
    assert pinned(action(Verb.RUN, target("pod", "mine"), image="x"), {}).target.name == "mine"


def test_a_pod_is_run_once_with_little_power():
    """No token of the cluster, no more rights than it starts with, never started again."""
    call = RUN.write(PINNED, live(PINNED, {}), MARK)
    assert isinstance(call.body, dict)
    spec = call.body["spec"]

    assert (call.method, call.path) == ("POST", f"{CORE}/pods")
    assert spec["restartPolicy"] == "Never"
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    (container,) = spec["containers"]
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "privileged": False}
    assert container["command"] == ["nslookup", "payment api"]
    assert call.body["metadata"]["annotations"] == {"kubechat.io/execution": MARK}


def test_the_command_line_has_the_same_effect():
    """What kubectl's flags cannot say is in its overrides."""
    words = RUN.kubectl(PINNED)
    overrides = json.loads(next(word for word in words if word.startswith("--overrides=")).partition("=")[2])
    written = RUN.write(PINNED, Live(object={}, pods=1), MARK).body

    assert words[5:8] == ("run", "busybox-7f3k2m9q", "--image=host:5000/tools/busybox:1.36")
    assert words[-4:] == ("--command", "--", "nslookup", "payment api")
    assert isinstance(written, dict)
    assert overrides["spec"]["securityContext"] == written["spec"]["securityContext"]
    assert overrides["spec"]["containers"][0].items() <= written["spec"]["containers"][0].items()


def test_what_is_missing_or_taken_is_a_mistake():
    """An image is needed, and the name must be free."""
    with pytest.raises(Mistake, match="run needs an image"):
        pinned(action(Verb.RUN, target("pod", None)), {})
    with pytest.raises(Mistake, match="is there already"):
        pinned(action(Verb.RUN, target("pod", "busybox-7f3k2m9q"), image="x"), {POD: pod("busybox-7f3k2m9q")})
    with pytest.raises(Mistake, match="command holds what looks like a secret"):
        pinned(action(Verb.RUN, target("pod", None), image="x", command="login --password=hunter2hunter2"), {})


def test_power_cannot_be_asked_for():
    """There is no parameter for it."""
    with pytest.raises(InvalidParameter, match="has no parameter 'privileged'"):
        validated(action(Verb.RUN, target("pod", None), image="x", privileged=True))


def test_the_undo_deletes_the_pod_and_nothing_that_it_did():
    """What a command changed elsewhere stays changed."""
    undo = RUN.undo(PINNED, Live(object={}, pods=1))
    assert undo.action == action(Verb.DELETE_POD, target("pod", "busybox-7f3k2m9q"))
    assert undo.because == "what it did meanwhile stays done"


def test_a_pod_is_done_when_it_runs_or_has_ended_well():
    """Failed, or an image that cannot be pulled, is stuck."""
    ended = {**pod("p"), "status": {"phase": "Succeeded"}}
    failed = {**pod("p"), "status": {"phase": "Failed", "reason": "Error"}}
    looks = [
        (pod("p", ready=False), Stage.MOVING),
        (pod("p"), Stage.DONE),
        (ended, Stage.DONE),
        (failed, Stage.STUCK),
        (pod("p", waiting="ImagePullBackOff"), Stage.STUCK),
    ]
    assert [drive(RUN.watch(PINNED), {POD: found}).stage for found, _ in looks] == [stage for _, stage in looks]
