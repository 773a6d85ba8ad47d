"""Each changing verb, from the words' action to its undo, through the port on a real object."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from prelude import World, wait_for
from test_port_writes import loose_pod
from things import IMAGE, OTHER_IMAGE

from workers.clusters.registry import Clusters
from workers.domain.action import Action, Verb
from workers.domain.actor import Actor
from workers.domain.errors import ClusterChanged, KubechatError, NotThere
from workers.domain.target import Target
from workers.domain.value import ClusterName
from workers.driving import converse
from workers.verbs.registry import change_spec, validated
from workers.verbs.spec import Live, Marks, Moment, Stage

MARKS = Marks(request="req-c0n7r4c7", at=datetime(2026, 11, 20, 10, 0, tzinfo=UTC))
MARK = "req-c0n7r4c7/1/1"
UNDO_MARK = "req-c0n7r4c8/1/1"
CASES: dict[str, tuple[Verb, dict[str, Any]]] = {
    "scale": (Verb.SCALE, {"delta": 1}),
    "set_image": (Verb.SET_IMAGE, {"tag": "3.8"}),
    "restart": (Verb.RESTART, {}),
    "rollback": (Verb.ROLLBACK, {}),
    "cordon": (Verb.CORDON, {}),
    "delete_pod": (Verb.DELETE_POD, {}),
}
EACH = pytest.mark.parametrize(("verb", "params"), CASES.values(), ids=CASES)


class Driver:
    """Carries a verb's conversations through the port, as the person."""

    def __init__(self, port: Clusters, world: World, actor: Actor) -> None:
        self.port, self.world, self.actor = port, world, actor
        self.cluster = ClusterName(world.cluster)

    def action(self, verb: Verb, params: dict[str, Any]) -> tuple[str, Action]:
        """The object's path, and the pinned action on it."""
        place = {"cluster": self.cluster, "namespace": self.world.namespace}
        if verb is Verb.CORDON:
            self.world.needs("nodes")
            path, target = (
                f"/api/v1/nodes/{self.world.node}",
                Target(cluster=self.cluster, namespace=None, kind="node", name=self.world.node),
            )
            self.world.raw.call("PATCH", path, {"spec": {"unschedulable": None}}, "application/merge-patch+json")
        elif verb is Verb.DELETE_POD:
            path = loose_pod(self.world)
            target = Target(**place, kind="pod", name=path.rpartition("/")[2])
        else:
            name = verb.value.replace("_", "-")
            path = self.world.apps("deployments", name)
            if self.world.raw.find(path) is None:
                self.world.deployment(name)
            target = Target(**place, kind="deployment", name=name)
        self.world.quiet(path)
        asked = validated(Action(verb=verb, target=target, params=params))
        return path, converse(self.port, self.cluster, self.actor, change_spec(verb).pin(asked, MARKS))

    def observe(self, action: Action) -> Live:
        return converse(self.port, self.cluster, self.actor, change_spec(action.verb).observe(action))

    def write(self, action: Action, live: Live, mark: str, *, dry_run: bool = False) -> Any:
        call = change_spec(action.verb).write(action, live, mark)
        return self.port.send(self.cluster, call, self.actor, dry_run=dry_run, mark=mark).body

    def watch(self, action: Action) -> Moment:
        return converse(self.port, self.cluster, self.actor, change_spec(action.verb).watch(action))


@pytest.fixture
def driver(port: Clusters, world: World, alice: Actor) -> Driver:
    return Driver(port, world, alice)


def effect(action: Action, found: dict[str, Any]) -> Any:
    """The part of the object that the verb is about."""
    spec = found["spec"]
    if action.verb is Verb.SCALE:
        return spec["replicas"]
    if action.verb in (Verb.CORDON, Verb.UNCORDON):
        return bool(spec.get("unschedulable"))
    if action.verb is Verb.RESTART:
        return spec["template"].get("metadata", {}).get("annotations", {})
    return [container["image"] for container in spec["template"]["spec"]["containers"]]


@EACH
def test_verb_is_tried_carried_out_recognised_and_taken_back(
    driver: Driver, world: World, verb: Verb, params: dict[str, Any]
) -> None:
    """The whole life of a change: dry-run, write, evidence that it was ours, undo."""
    path, action = driver.action(verb, params)
    spec = change_spec(verb)
    before = world.raw.call("GET", path)
    live = driver.observe(action)

    driver.write(action, live, MARK, dry_run=True)
    assert world.raw.call("GET", path) == before
    assert spec.applied(action, live, MARK)[0] is not True
    driver.write(action, driver.observe(action), MARK)

    if verb is Verb.DELETE_POD:
        wait_for(lambda: world.raw.find(path) is None or "deletionTimestamp" in world.raw.find(path)["metadata"])
        if world.raw.find(path) is None:
            with pytest.raises(NotThere):
                driver.observe(action)
            assert driver.watch(action).stage is Stage.DONE
        assert spec.undo(action, live).action is None
        return
    after = world.raw.call("GET", path)
    assert effect(action, after) != effect(action, before)
    assert spec.applied(action, driver.observe(action), MARK)[0] is True
    undo = spec.undo(action, live).action
    if undo is None:
        return
    world.quiet(path)
    driver.write(undo, driver.observe(undo), UNDO_MARK)
    assert change_spec(undo.verb).applied(undo, driver.observe(undo), UNDO_MARK)[0] is True
    if verb is not Verb.RESTART:
        assert effect(action, world.raw.call("GET", path)) == effect(action, before)


@EACH
def test_verbs_write_is_refused_once_the_object_has_changed(
    driver: Driver, world: World, verb: Verb, params: dict[str, Any]
) -> None:
    """What was previewed is what is written, or nothing is."""
    path, action = driver.action(verb, params)
    live = driver.observe(action)
    if verb is Verb.DELETE_POD:  # holds on to the uid alone: a pod's version moves with every heartbeat
        world.raw.call("DELETE", path, {"gracePeriodSeconds": 0})
        wait_for(lambda: world.raw.find(path) is None)
        expected: type[KubechatError] = NotThere
    else:
        note = {"metadata": {"annotations": {"contract": str(datetime.now(UTC).timestamp())}}}
        world.raw.call("PATCH", path, note, "application/merge-patch+json")
        expected = ClusterChanged
        before = world.quiet(path)

    with pytest.raises(expected):
        driver.write(action, live, MARK)

    if verb is not Verb.DELETE_POD:
        assert world.raw.call("GET", path) == before


@pytest.mark.parametrize("verb", [Verb.SCALE, Verb.SET_IMAGE, Verb.RESTART])
def test_change_is_watched_to_its_end(driver: Driver, world: World, verb: Verb) -> None:
    """Where controllers and kubelets work, a change is seen to be done."""
    world.needs("kubelet")
    _, action = driver.action(verb, {Verb.SCALE: {"delta": 1}, Verb.SET_IMAGE: {"image": IMAGE}}.get(verb, {}))
    driver.write(action, driver.observe(action), MARK)

    wait_for(lambda: driver.watch(action).stage is Stage.DONE, seconds=60)


def test_rollback_goes_to_the_template_that_was_named(driver: Driver, world: World) -> None:
    """Back means the older image, as the older ReplicaSet has it."""
    name = "rollback-named"
    world.deployment(name)
    target = Target(cluster=driver.cluster, namespace=world.namespace, kind="deployment", name=name)
    spec = change_spec(Verb.ROLLBACK)
    asked = Action(verb=Verb.ROLLBACK, target=target, params={"revision": 1})
    path = world.apps("deployments", name)
    action = converse(driver.port, driver.cluster, driver.actor, spec.pin(asked, MARKS))
    images: Callable[[], Any] = lambda: effect(action, world.raw.call("GET", path))  # noqa: E731

    assert images() == [OTHER_IMAGE]
    driver.write(action, driver.observe(action), MARK)
    assert images() == [IMAGE]
