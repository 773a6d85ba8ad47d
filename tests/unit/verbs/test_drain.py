"""drain: a node is closed and emptied, one pod a step."""

from typing import Any

import pytest

from tests.unit.verbs.driving import action, drive, listed, node, owned, pod, target
from workers.domain.action import Action, Verb
from workers.domain.errors import Mistake
from workers.verbs.registry import spec
from workers.verbs.spec import CompoundSpec, Expansion

NODE = "/api/v1/nodes/worker-3"
PODS = "/api/v1/pods"
WORKER = target("node", "worker-3")
DAEMON = {"ownerReferences": owned("DaemonSet", "agent", "ds")}


def expanded(asked: Action, *pods: dict[str, Any], **spec_of_node: Any) -> Expansion:
    drain = spec(Verb.DRAIN)
    assert isinstance(drain, CompoundSpec)
    return drive(drain.expand(asked), {NODE: node(**spec_of_node), PODS: listed(*pods)})


def steps(found: Expansion) -> list[str]:
    return [f"{one.verb} {one.target.name or 'pods'}" for one in found.actions]


def test_a_drain_is_a_cordon_an_eviction_for_each_pod_and_a_look():
    """Each is a step of its own, in a fixed order, so that each is previewed and recorded."""
    found = expanded(action(Verb.DRAIN, WORKER), pod("b"), pod("a"))

    assert steps(found) == ["cordon worker-3", "evict a", "evict b", "get pods"]
    assert found.actions[1].params == {"timeout": "5m"}
    assert found.actions[-1].params == {"node": "worker-3"}
    assert found.notes == (
        "kubectl would do all this in one go: kubectl --context prod-eu drain worker-3 --ignore-daemonsets",
        "pods that come to worker-3 later are not touched; the last step shows them",
    )


def test_what_was_said_of_time_and_grace_goes_to_each_eviction():
    """A timeout is for each pod whose budget has to be waited for."""
    found = expanded(action(Verb.DRAIN, WORKER, timeout="2m", grace_period=10), pod("a"))
    assert found.actions[1].params == {"timeout": "2m", "grace_period": 10}


def test_a_node_that_is_closed_is_not_closed_again():
    """There would be nothing to do, and its undo would open what somebody else had closed."""
    assert steps(expanded(action(Verb.DRAIN, WORKER), pod("a"), unschedulable=True)) == ["evict a", "get pods"]


def test_a_node_that_is_empty_and_closed_is_a_mistake():
    """Nothing to do is said."""
    with pytest.raises(Mistake, match="is drained already"):
        expanded(action(Verb.DRAIN, WORKER), pod("a", **DAEMON), unschedulable=True)


def test_what_would_come_back_at_once_stays_and_is_named():
    """Pods of daemonsets, static pods; those that are leaving need no eviction."""
    mirror = pod("static", annotations={"kubernetes.io/config.mirror": "x"}, ownerReferences=owned("Node", "n", "n"))
    found = expanded(
        action(Verb.DRAIN, WORKER), pod("agent", **DAEMON), mirror, pod("going", deletionTimestamp="x"), pod("a")
    )

    assert steps(found) == ["cordon worker-3", "evict a", "get pods"]
    assert found.notes[1:4] == (
        "payments/agent belongs to a daemonset and stays",
        "payments/static stays: the kubelet runs static pods by itself",
        "payments/going is already on the way out",
    )


def finished(name: str, **more: Any) -> dict[str, Any]:
    made = pod(name, **more)
    return {**made, "status": {"phase": "Succeeded"}}


@pytest.mark.parametrize("bare", [pod("bare", ownerReferences=[])])
def test_a_pod_that_nothing_makes_anew_stops_the_drain_unless_forced(bare: dict[str, Any]):
    """It is named, and so is what to type."""
    with pytest.raises(Mistake, match="payments/bare on worker-3 has no controller") as caught:
        expanded(action(Verb.DRAIN, WORKER), bare)
    assert "drain worker-3 in prod-eu with force" in caught.value.then

    forced = expanded(action(Verb.DRAIN, WORKER, force=True), bare, pod("a"))
    assert [one.params.get("force") for one in forced.actions[1:3]] == [None, True]


def test_a_pod_that_loses_data_stops_the_drain_unless_that_is_said():
    """An emptyDir goes with its pod."""
    holding = pod("cache")
    holding["spec"] = {**holding["spec"], "volumes": [{"name": "tmp", "emptyDir": {}}]}
    with pytest.raises(Mistake, match="payments/cache on worker-3 has data in an emptyDir") as caught:
        expanded(action(Verb.DRAIN, WORKER), holding)
    assert "delete emptydir data" in caught.value.then

    assert "evict cache" in steps(expanded(action(Verb.DRAIN, WORKER, delete_emptydir_data=True), holding))


def test_finished_pods_go_without_being_asked_about():
    """They hold nothing that anybody waits for."""
    over = finished("job", ownerReferences=[])
    over["spec"] = {**over["spec"], "volumes": [{"name": "tmp", "emptyDir": {}}]}
    assert "evict job" in steps(expanded(action(Verb.DRAIN, WORKER), over))


def test_many_pods_in_the_way_are_counted():
    """The first five by name."""
    with pytest.raises(Mistake, match=r"payments/p0, .*payments/p4 and 2 more on worker-3 have no controller"):
        expanded(action(Verb.DRAIN, WORKER), *(pod(f"p{i}", ownerReferences=[]) for i in range(7)))


def test_the_command_line_of_a_drain():
    """Kubectl needs to be told that daemonsets stay."""
    asked = action(Verb.DRAIN, WORKER, timeout="2m", force=True, delete_emptydir_data=True)
    assert spec(Verb.DRAIN).kubectl(asked)[3:] == (
        "drain", "worker-3", "--ignore-daemonsets", "--timeout=2m", "--force", "--delete-emptydir-data",
    )  # fmt: skip
