"""What is made, taken away and made again, through the port on real objects: create, run, apply, delete, evict."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from prelude import World, wait_for
from things import IMAGE, budget, config_map, cronjob, deployment, pod

from workers.clusters.registry import Clusters
from workers.domain.action import Action, Verb
from workers.domain.actor import Actor
from workers.domain.errors import ClusterChanged, NotNow, Rejected
from workers.domain.target import Target
from workers.domain.value import ClusterName
from workers.driving import converse
from workers.verbs.registry import change_spec, validated
from workers.verbs.spec import Live, Marks, Stage

MARKS = Marks(request="req-c0n7r4c9", at=datetime(2026, 11, 20, 10, 0, tzinfo=UTC))
MARK = "req-c0n7r4c9/1/1"


class Hands:
    """Plans, tries and carries out single actions as a person."""

    def __init__(self, port: Clusters, world: World, actor: Actor) -> None:
        self._port, self._world, self._actor = port, world, actor
        self._cluster = ClusterName(world.cluster)

    def pinned(self, verb: Verb, kind: str, name: str | None, **params: Any) -> Action:
        target = Target(cluster=self._cluster, namespace=self._world.namespace, kind=kind, name=name)
        asked = validated(Action(verb=verb, target=target, params=params))
        return converse(self._port, self._cluster, self._actor, change_spec(verb).pin(asked, MARKS))

    def observed(self, action: Action) -> Live:
        return converse(self._port, self._cluster, self._actor, change_spec(action.verb).observe(action))

    def write(self, action: Action, live: Live | None = None, *, dry_run: bool = False) -> Any:
        call = change_spec(action.verb).write(action, live or self.observed(action), MARK)
        return self._port.send(self._cluster, call, self._actor, dry_run=dry_run, mark=MARK).body

    def undo(self, action: Action, live: Live) -> Action:
        found = change_spec(action.verb).undo(action, live).action
        assert found is not None
        return found

    def stage(self, action: Action) -> Stage:
        return converse(self._port, self._cluster, self._actor, change_spec(action.verb).watch(action)).stage


@pytest.fixture
def hands(port: Clusters, world: World, alice: Actor) -> Hands:
    return Hands(port, world, alice)


def batch(world: World, kind: str, name: str = "") -> str:
    return f"/apis/batch/v1/namespaces/{world.namespace}/{kind}" + (f"/{name}" if name else "")


def test_a_deployment_is_deleted_and_made_again(hands: Hands, world: World) -> None:
    """A dry-run leaves it; the undo gives it back as it was, with a uid of its own."""
    path = world.apps("deployments", "deleted")
    world.raw.call("POST", world.apps("deployments"), deployment("deleted", world.namespace))
    before = world.quiet(path)
    action = hands.pinned(Verb.DELETE, "deployment", "deleted")
    live = hands.observed(action)
    undo = hands.undo(action, live)

    hands.write(action, live, dry_run=True)
    assert world.raw.find(path) is not None
    hands.write(action, live)
    wait_for(lambda: hands.stage(action) is Stage.DONE)
    assert world.raw.find(path) is None
    hands.write(undo)
    again = world.raw.call("GET", path)

    assert again["spec"] == before["spec"]
    assert again["metadata"]["labels"] == before["metadata"]["labels"]
    assert again["metadata"]["uid"] != before["metadata"]["uid"]
    with pytest.raises(Rejected, match="already exists"):
        hands.write(undo)


def test_a_deletion_leaves_alone_what_is_not_what_was_read(hands: Hands, world: World) -> None:
    """Neither another object of its name nor a newer version of it."""
    path = world.core("configmaps", "replaced")
    world.raw.call("POST", world.core("configmaps"), config_map("replaced", world.namespace, {"a": "1"}))
    action = hands.pinned(Verb.DELETE, "configmap", "replaced")
    live = hands.observed(action)

    world.raw.call("PATCH", path, {"data": {"a": "2"}}, "application/merge-patch+json")
    with pytest.raises(ClusterChanged):
        hands.write(action, live)
    world.raw.call("DELETE", path)
    world.raw.call("POST", world.core("configmaps"), config_map("replaced", world.namespace, {"a": "3"}))
    with pytest.raises(ClusterChanged):
        hands.write(action)

    assert world.raw.call("GET", path)["data"] == {"a": "3"}


def test_what_was_made_is_recognised_and_taken_away_again(hands: Hands, world: World) -> None:
    """The mark says that it was ours; the undo is a deletion."""
    path = world.core("configmaps", "made")
    action = hands.pinned(Verb.CREATE, "configmap", "made", data="LOG_LEVEL=debug,GREETING=grüße")
    hands.write(action, dry_run=True)
    assert world.raw.find(path) is None
    live = hands.observed(action)
    hands.write(action, live)

    assert world.raw.call("GET", path)["data"] == {"LOG_LEVEL": "debug", "GREETING": "grüße"}
    assert change_spec(Verb.CREATE).applied(action, hands.observed(action), MARK)[0] is True
    with pytest.raises(Rejected, match="already exists"):
        hands.write(action)
    hands.write(hands.undo(action, live))
    assert world.raw.find(path) is None


def test_a_deployment_is_made_from_an_image(hands: Hands, world: World) -> None:
    """The server accepts what a few words give."""
    hands.write(hands.pinned(Verb.CREATE, "deployment", "from-image", image=IMAGE, replicas=1))

    spec = world.raw.call("GET", world.apps("deployments", "from-image"))["spec"]
    assert (spec["replicas"], spec["template"]["spec"]["containers"][0]["image"]) == (1, IMAGE)


def test_a_cronjob_is_run_now(hands: Hands, world: World) -> None:
    """A job of its template, owned by it, under a name of the plan."""
    world.raw.call("POST", batch(world, "cronjobs"), cronjob("nightly", world.namespace))
    owner = world.raw.call("GET", batch(world, "cronjobs", "nightly"))
    action = hands.pinned(Verb.CREATE, "job", None, **{"from": "cronjob/nightly"})

    hands.write(action)

    job = world.raw.call("GET", batch(world, "jobs", "nightly-1120100000"))
    assert (job["spec"]["backoffLimit"], job["metadata"]["labels"]["made-by"]) == (1, "nightly")
    assert job["metadata"]["ownerReferences"][0]["uid"] == owner["metadata"]["uid"]
    hands.write(hands.undo(action, Live(object={}, pods=1)))


def test_a_pod_is_run_with_little_power(hands: Hands, world: World) -> None:
    """Its security context is stored as it was written."""
    action = hands.pinned(Verb.RUN, "pod", None, image=IMAGE)
    hands.write(action)

    spec = world.raw.call("GET", world.core("pods", str(action.target.name)))["spec"]
    assert action.target.name == "pause-c0n7r4c9"
    assert (spec["restartPolicy"], spec["automountServiceAccountToken"]) == ("Never", False)
    assert spec["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
    hands.write(hands.undo(action, Live(object={}, pods=1)))


def test_a_manifest_is_applied_and_taken_back(hands: Hands, world: World) -> None:
    """Server-side apply with preconditions: new, changed, as before."""
    path = world.core("configmaps", "applied")

    def manifest(value: str) -> str:
        return json.dumps(config_map("applied", world.namespace, {"a": value}))

    first = hands.pinned(Verb.APPLY, "configmap", "applied", manifest=manifest("1"))
    hands.write(first)
    second = hands.pinned(Verb.APPLY, "configmap", "applied", manifest=manifest("2"))
    live = hands.observed(second)
    hands.write(second, live)
    assert world.raw.call("GET", path)["data"] == {"a": "2"}
    with pytest.raises(ClusterChanged):
        hands.write(second, live)

    hands.write(hands.undo(second, live))
    assert world.raw.call("GET", path)["data"] == {"a": "1"}


def test_a_field_of_somebody_else_is_a_conflict(hands: Hands, world: World) -> None:
    """Nothing is forced."""
    path = world.core("configmaps", "contested")
    world.raw.call("POST", world.core("configmaps"), config_map("contested", world.namespace, {"a": "theirs"}))
    mine = json.dumps(config_map("contested", world.namespace, {"a": "ours"}))

    with pytest.raises(ClusterChanged, match="conflict"):
        hands.write(hands.pinned(Verb.APPLY, "configmap", "contested", manifest=mine))

    assert world.raw.call("GET", path)["data"] == {"a": "theirs"}


def running(world: World, name: str) -> None:
    world.raw.call("POST", world.core("pods"), pod(name, world.namespace))
    wait_for(lambda: world.raw.call("GET", world.core("pods", name)).get("status", {}).get("phase") == "Running")


def test_an_eviction_asks_the_budget_and_then_goes(hands: Hands, world: World) -> None:
    """A budget without room is told with its name and numbers; the dry-run says so too, and nothing goes."""
    world.needs("kubelet")
    guard = f"/apis/policy/v1/namespaces/{world.namespace}/poddisruptionbudgets"
    running(world, "budgeted")
    world.raw.call("POST", guard, budget("guard", world.namespace, "budgeted"))
    wait_for(lambda: world.raw.call("GET", f"{guard}/guard").get("status", {}).get("currentHealthy") == 1)
    action = hands.pinned(Verb.EVICT, "pod", "budgeted", force=True, timeout="1m")
    assert hands.observed(action).facts["disruption budget"] == "guard wants 1 healthy pod and has 1: 0 may go now"

    for dry_run in (True, False):
        with pytest.raises(NotNow, match="The disruption budget guard needs 1 healthy pods and has 1 currently"):
            hands.write(action, dry_run=dry_run)
    assert world.raw.find(world.core("pods", "budgeted")) is not None
    world.raw.call("DELETE", f"{guard}/guard")
    hands.write(action)

    wait_for(lambda: world.raw.find(world.core("pods", "budgeted")) is None)
    assert "gone already" in change_spec(Verb.EVICT).already(action, hands.observed(action))


def test_an_eviction_leaves_a_successor_alone(hands: Hands, world: World) -> None:
    """Another pod of the same name is not the one that was approved."""
    world.raw.call("POST", world.core("pods"), pod("followed", world.namespace))
    action = hands.pinned(Verb.EVICT, "pod", "followed", force=True)
    world.raw.call("DELETE", world.core("pods", "followed"), {"gracePeriodSeconds": 0})
    wait_for(lambda: world.raw.find(world.core("pods", "followed")) is None)
    world.raw.call("POST", world.core("pods"), pod("followed", world.namespace))

    with pytest.raises(ClusterChanged):
        hands.write(action)

    assert "another pod has its name" in change_spec(Verb.EVICT).already(action, hands.observed(action))
    world.raw.call("DELETE", world.core("pods", "followed"), {"gracePeriodSeconds": 0})
