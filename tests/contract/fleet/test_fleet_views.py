"""The command lines that are shown for small changes are taken by the real kubectl, and do what they say."""

import json
from typing import Any

import pytest
from fleet_fixtures import Cluster

from workers.domain.action import Action, Verb
from workers.domain.target import Target
from workers.verbs.registry import spec, validated

LIMIT = {"field": "resources.limits.memory", "value": "256Mi", "container": "app"}
SCALER = {"min": 2, "max": 5, "cpu_percent": 70}
BOUNDS = {"min": 1, "max": 7, "scaler": "web"}
CONTAINER = ("spec", "template", "spec", "containers", 0)
SCALERS = "horizontalpodautoscalers.v2.autoscaling"
# Verb, object, parameters, and what is to be found where afterwards. In order: one leads to the next.
VIEWS: tuple[tuple[Verb, str, dict[str, Any], str, tuple[Any, ...], Any], ...] = (
    (Verb.LABEL, "pod/web-1", {"labels": "tier=cache"}, "pods/web-1", ("metadata", "labels", "tier"), "cache"),
    (Verb.LABEL, "pod/web-1", {"labels": "tier-"}, "pods/web-1", ("metadata", "labels"), {"app": "web"}),
    (
        Verb.ANNOTATE,
        "deployment/web",
        {"annotations": "note=a, b"},
        "deployments/web",
        ("metadata", "annotations", "note"),
        "a, b",
    ),
    (Verb.LABEL, "node/node-1", {"labels": "pool=ml"}, "nodes/node-1", ("metadata", "labels", "pool"), "ml"),
    (Verb.PAUSE, "deployment/web", {}, "deployments/web", ("spec", "paused"), True),
    (Verb.RESUME, "deployment/web", {}, "deployments/web", ("spec", "paused"), None),
    (
        Verb.PATCH,
        "deployment/web",
        LIMIT,
        "deployments/web",
        (*CONTAINER, "resources", "limits"),
        {"cpu": "1", "memory": "256Mi"},
    ),
    (
        Verb.PATCH,
        "deployment/web",
        {"field": "env.B", "value": "x y", "container": "app"},
        "deployments/web",
        (*CONTAINER, "env", 1),
        {"name": "B", "value": "x y"},
    ),
    (
        Verb.PATCH,
        "deployment/web",
        {"field": "env.B", "remove": True, "container": "app"},
        "deployments/web",
        (*CONTAINER, "env"),
        [{"name": "A", "value": "1"}],
    ),
    (
        Verb.PATCH,
        "deployment/web",
        {"field": "imagePullPolicy", "value": "Always", "container": "app"},
        "deployments/web",
        (*CONTAINER, "imagePullPolicy"),
        "Always",
    ),
    (Verb.PATCH, "deployment/web", {"field": "replicas", "value": 4}, "deployments/web", ("spec", "replicas"), 4),
    (Verb.AUTOSCALE, "deployment/web", SCALER, f"{SCALERS}/web", ("spec", "maxReplicas"), 5),
    (Verb.AUTOSCALE, "deployment/web", BOUNDS, f"{SCALERS}/web", ("spec", "maxReplicas"), 7),
    (
        Verb.PATCH,
        "horizontalpodautoscaler/web",
        {"field": "minReplicas", "value": 3},
        f"{SCALERS}/web",
        ("spec", "minReplicas"),
        3,
    ),
)


def test_the_command_line_of_a_small_change_has_its_effect(cluster: Cluster) -> None:
    """What people are shown is what they could have typed."""
    for verb, about, params, where, path, expected in VIEWS:
        kind, _, name = about.partition("/")
        place = None if kind == "node" else "payments"
        target = Target(cluster="demo", namespace=place, kind=kind, name=name)
        words = spec(verb).kubectl(validated(Action(verb=verb, target=target, params=params)))
        assert words[:3] == ("kubectl", "--context", "demo")

        cluster.kubectl(*words[3:])

        plural, _, named = where.partition("/")
        found: Any = json.loads(cluster.kubectl("get", plural, named, "-o", "json"))
        for key in path:
            found = found[key] if isinstance(key, int) else found.get(key)
        assert found == expected, (verb, params)


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        (Verb.PAUSE, ("patch", "cronjob", "nightly", "-p", '{"spec":{"suspend":true}}')),
        (Verb.RESUME, ("patch", "cronjob", "nightly", "-p", '{"spec":{"suspend":false}}')),
    ],
)
def test_a_cronjob_is_suspended_by_a_patch(verb: Verb, expected: tuple[str, ...]) -> None:
    """kubectl has no word for it."""
    target = Target(cluster="demo", namespace="payments", kind="cronjob", name="nightly")
    assert spec(verb).kubectl(Action(verb=verb, target=target))[5:] == expected
