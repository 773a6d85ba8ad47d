"""Labels, annotations, switches, single fields and autoscalers: each from its words to its undo, on a real object."""

from typing import Any

import pytest
from prelude import World, wait_for
from test_port_verbs import MARK, MARKS, UNDO_MARK, Driver
from things import IMAGE, metadata, pod_spec

from workers.clusters.registry import Clusters
from workers.domain.action import Action, Verb
from workers.domain.actor import Actor
from workers.domain.errors import ClusterChanged
from workers.domain.target import Target
from workers.driving import converse
from workers.verbs.registry import change_spec, validated

MEMORY = {"field": "resources.limits.memory", "value": "32Mi"}
CASES: dict[str, tuple[Verb, str, dict[str, Any], tuple[str, ...]]] = {
    "label": (Verb.LABEL, "deployment", {"labels": "owner=payments,kubechat-contract-"}, ("metadata", "labels")),
    "annotate": (Verb.ANNOTATE, "deployment", {"annotations": "note=one, two"}, ("metadata", "annotations", "note")),
    "pause": (Verb.PAUSE, "deployment", {}, ("spec", "paused")),
    "suspend": (Verb.PAUSE, "cronjob", {}, ("spec", "suspend")),
    "limit": (Verb.PATCH, "deployment", MEMORY, ("spec", "template", "spec", "containers")),
    "env": (Verb.PATCH, "deployment", {"field": "env.LOG_LEVEL", "value": "debug"}, ("spec", "template", "spec")),
    "replicas": (Verb.PATCH, "deployment", {"field": "replicas", "value": "3"}, ("spec", "replicas")),
    "surge": (Verb.PATCH, "deployment", {"field": "maxSurge", "value": "50%"}, ("spec", "strategy")),
    "grace": (Verb.PATCH, "statefulset", {"field": "terminationGracePeriodSeconds", "value": 5}, ("spec", "template")),
    "schedule": (Verb.PATCH, "cronjob", {"field": "schedule", "value": "*/7 * * * *"}, ("spec", "schedule")),
    "jobs": (Verb.PATCH, "cronjob", MEMORY, ("spec", "jobTemplate")),
    "bounds": (Verb.PATCH, "horizontalpodautoscaler", {"field": "maxReplicas", "value": 9}, ("spec", "maxReplicas")),
    "hold": (
        Verb.PATCH,
        "horizontalpodautoscaler",
        {"field": "scaleDown.selectPolicy", "value": "disabled"},
        ("spec", "behavior", "scaleDown", "selectPolicy"),
    ),
}
EACH = pytest.mark.parametrize(("verb", "kind", "params", "where"), CASES.values(), ids=CASES)


@pytest.fixture
def driver(port: Clusters, world: World, alice: Actor) -> Driver:
    return Driver(port, world, alice)


def made(world: World, kind: str, name: str) -> str:
    """The path of an object of the kind, made when it is not there."""
    space = world.namespace
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod_spec(IMAGE)}
    once = {"spec": {**pod_spec(IMAGE), "restartPolicy": "Never"}}
    match kind:
        case "deployment":
            path = world.apps("deployments", name)
            if world.raw.find(path) is None:
                world.deployment(name)
            return path
        case "statefulset":
            group, plural, spec = "apps/v1", "statefulsets", {"selector": {"matchLabels": {"app": name}}}
            spec |= {"serviceName": name, "template": template}
        case "cronjob":
            group, plural = "batch/v1", "cronjobs"
            spec = {"schedule": "0 3 31 1 *", "jobTemplate": {"spec": {"template": once}}}
        case _:
            group, plural = "autoscaling/v2", "horizontalpodautoscalers"
            spec = {"minReplicas": 1, "maxReplicas": 4, "scaleTargetRef": scaled}
            spec["behavior"] = {"scaleDown": {"selectPolicy": "Max"}}
    path = f"/apis/{group}/namespaces/{space}/{plural}"
    if world.raw.find(f"{path}/{name}") is None:
        titles = {"statefulset": "StatefulSet", "cronjob": "CronJob"}
        title = titles.get(kind, "HorizontalPodAutoscaler")
        body = {"apiVersion": group, "kind": title, "metadata": metadata(name, space), "spec": spec}
        world.raw.call("POST", path, body)
    return f"{path}/{name}"


def asked(driver: Driver, verb: Verb, kind: str, name: str, params: dict[str, Any]) -> Action:
    """Valid and pinned."""
    target = Target(cluster=driver.cluster, namespace=driver.world.namespace, kind=kind, name=name)
    action = validated(Action(verb=verb, target=target, params=params))
    return converse(driver.port, driver.cluster, driver.actor, change_spec(verb).pin(action, MARKS))


def at(obj: Any, *path: str) -> Any:
    for key in path:
        obj = (obj or {}).get(key)
    return obj


@EACH
def test_small_change_is_tried_written_recognised_and_taken_back(
    driver: Driver, world: World, verb: Verb, kind: str, params: dict[str, Any], where: tuple[str, ...]
) -> None:
    """A dry-run leaves all as it is; the write is found by its mark; the undo brings the very same values back."""
    path = made(world, kind, f"small-{kind}")
    before = world.quiet(path)
    action, spec = asked(driver, verb, kind, f"small-{kind}", params), change_spec(verb)
    live = driver.observe(action)

    driver.write(action, live, MARK, dry_run=True)
    assert world.raw.call("GET", path)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert spec.applied(action, live, MARK)[0] is not True
    driver.write(action, driver.observe(action), MARK)
    after = world.quiet(path)
    assert at(after, *where) != at(before, *where)
    assert spec.applied(action, driver.observe(action), MARK)[0] is True
    undo = spec.undo(action, live).action
    assert undo is not None
    driver.write(validated(undo), driver.observe(undo), UNDO_MARK)

    assert (at(world.quiet(path), *where) or None) == (at(before, *where) or None)


@EACH
def test_small_change_is_refused_once_the_object_has_changed(
    driver: Driver, world: World, verb: Verb, kind: str, params: dict[str, Any], where: tuple[str, ...]
) -> None:
    """What was previewed is what is written, or nothing is."""
    path = made(world, kind, f"stale-{kind}")
    world.quiet(path)
    action = asked(driver, verb, kind, f"stale-{kind}", params)
    live = driver.observe(action)
    note = {"metadata": {"annotations": {"somebody": verb.value + str(params)}}}
    world.raw.call("PATCH", path, note, "application/merge-patch+json")
    before = at(world.quiet(path), *where)

    with pytest.raises(ClusterChanged):
        driver.write(action, live, MARK)

    assert at(world.raw.call("GET", path), *where) == before


def test_autoscaler_is_made_then_changed_and_both_are_taken_back(driver: Driver, world: World) -> None:
    """The first has its own deletion as undo, the second the bounds of before."""
    made(world, "deployment", "scaled")
    path = f"/apis/autoscaling/v2/namespaces/{world.namespace}/horizontalpodautoscalers/scaled"
    spec = change_spec(Verb.AUTOSCALE)
    first = asked(driver, Verb.AUTOSCALE, "deployment", "scaled", {"max": 4})
    live = driver.observe(first)
    driver.write(first, live, MARK, dry_run=True)
    assert world.raw.find(path) is None
    driver.write(first, live, MARK)
    assert spec.applied(first, driver.observe(first), MARK)[0] is True
    gone = spec.undo(first, live).action
    assert gone is not None
    assert (gone.verb, gone.target.kind, gone.target.name) == (Verb.DELETE, "horizontalpodautoscaler", "scaled")

    second = asked(driver, Verb.AUTOSCALE, "deployment", "scaled", {"min": 2, "cpu_percent": 60})
    world.quiet(path)
    live = driver.observe(second)
    driver.write(second, live, MARK)
    bounds = world.quiet(path)["spec"]
    assert (bounds["minReplicas"], bounds["maxReplicas"]) == (2, 4)
    back = spec.undo(second, live).action
    assert back is not None
    driver.write(back, driver.observe(back), UNDO_MARK)
    restored = world.quiet(path)["spec"]
    assert (restored["minReplicas"], restored["maxReplicas"]) == (1, 4)
    assert restored["metrics"] == live.object["spec"]["metrics"]

    driver.write(gone, driver.observe(gone), UNDO_MARK)
    wait_for(lambda: world.raw.find(path) is None)


def test_paused_rollout_keeps_a_new_template_until_it_is_resumed(driver: Driver, world: World) -> None:
    """What a pause promises: pods stay as they are; what a resume promises: they get the newest template."""
    world.needs("controllers")
    path = made(world, "deployment", "held")
    world.quiet(path)
    pause = asked(driver, Verb.PAUSE, "deployment", "held", {})
    driver.write(pause, driver.observe(pause), MARK)
    sets = world.apps("replicasets") + "?labelSelector=app%3Dheld"
    before = len(world.raw.call("GET", sets)["items"])
    patch = asked(driver, Verb.PATCH, "deployment", "held", {"field": "env.COLOUR", "value": "blue"})
    driver.write(patch, driver.observe(patch), MARK)
    wait_for(
        lambda: (
            at(world.raw.call("GET", path), "status", "observedGeneration")
            == world.quiet(path)["metadata"]["generation"]
        )
    )
    assert len(world.raw.call("GET", sets)["items"]) == before

    resume = asked(driver, Verb.RESUME, "deployment", "held", {})
    live = driver.observe(resume)
    assert "new template" in live.facts
    driver.write(resume, live, MARK)

    wait_for(lambda: len(world.raw.call("GET", sets)["items"]) > before)


def test_pod_that_is_labelled_out_is_replaced_by_its_controller(driver: Driver, world: World) -> None:
    """Quarantine: the pod stays for a look, and another takes its place; the facts said so beforehand."""
    world.needs("controllers")
    made(world, "deployment", "sick")
    query = world.core("pods") + "?labelSelector=app%3Dsick"
    wait_for(lambda: len(world.raw.call("GET", query)["items"]) == 2)
    world.quiet(world.apps("deployments", "sick"))
    name = world.raw.call("GET", query)["items"][0]["metadata"]["name"]
    world.quiet(world.core("pods", name))
    action = asked(driver, Verb.LABEL, "pod", name, {"labels": "app=quarantine"})
    live = driver.observe(action)
    assert "replicaset/sick-" in live.facts["lost by"]

    driver.write(action, live, MARK)

    wait_for(lambda: name not in {one["metadata"]["name"] for one in world.raw.call("GET", query)["items"]})
    wait_for(lambda: len(world.raw.call("GET", query)["items"]) == 2)
    assert world.raw.find(world.core("pods", name)) is not None
