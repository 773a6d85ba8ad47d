"""The registry and what it lets in."""

import ast
import inspect
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.verbs.driving import action, target
from workers.domain.action import Effect, Verb
from workers.domain.errors import Broken, InvalidParameter
from workers.domain.target import Target
from workers.verbs.registry import SPECS, change_spec, read_spec, single, spec, validated
from workers.verbs.spec import ChangeSpec, CompoundSpec, LocalSpec


def test_every_verb_has_a_spec_and_every_spec_a_verb():
    """A verb that is not in the table does not exist."""
    assert set(SPECS) == set(Verb)
    assert all(one.verb is verb for verb, one in SPECS.items())


@pytest.mark.parametrize("verb", SPECS)
def test_a_spec_is_of_the_kind_that_its_effect_says(verb: Verb):
    """What only reads cannot write, and what writes says how it is undone."""
    if isinstance(spec(verb), (CompoundSpec, LocalSpec)):
        return
    assert isinstance(spec(verb), ChangeSpec) is (verb.effect is not Effect.READ)
    assert spec(verb).editable <= set(spec(verb).params.model_fields)
    assert all(field.description for field in spec(verb).params.model_fields.values())
    wrong = read_spec if isinstance(spec(verb), ChangeSpec) else change_spec
    with pytest.raises(Broken):
        wrong(verb)


GOOD: list[tuple[Verb, Target, dict[str, Any], dict[str, Any]]] = [
    (Verb.SCALE, target(), {"replicas": 0}, {"replicas": 0}),
    (Verb.SCALE, target(), {"replicas": "1000"}, {"replicas": 1000}),
    (Verb.SCALE, target("statefulset"), {"percent": -50}, {"percent": -50}),
    (Verb.SET_IMAGE, target(), {"tag": "v1.2.3"}, {"tag": "v1.2.3"}),
    (Verb.SET_IMAGE, target(), {"image": "host:5000/a/b:1@sha256:" + "0" * 64}, {}),
    (Verb.LOGS, target("pod", None, selector="app in (a, b),!old"), {"tail": 5000}, {"tail": 5000}),
    (Verb.LOGS, target(), {"since_time": "2025-11-21T08:00:00Z"}, {"since_time": "2025-11-21T08:00:00Z"}),
    (Verb.GET, target("pod", None, namespace="*"), {}, {}),
    (Verb.GET, target("node", None), {"sort_by": "cpu"}, {"sort_by": "cpu"}),
    (Verb.LABEL, target("node", "worker-3"), {"labels": "pool=ml,tier-"}, {"labels": "pool=ml,tier-"}),
    (Verb.ANNOTATE, target(), {"annotations": "note=a, b"}, {"annotations": "note=a, b"}),
    (Verb.PAUSE, target(), {}, {}),
    (Verb.RESUME, target("cronjob", "nightly"), {}, {}),
    (Verb.PATCH, target(), {"field": "replicas", "value": 3}, {"field": "replicas", "value": "3"}),
    (Verb.PATCH, target("cronjob"), {"field": "suspend", "value": True}, {"field": "suspend", "value": "true"}),
    (Verb.PATCH, target(), {"field": "env.LOG_LEVEL", "value": ""}, {"field": "env.LOG_LEVEL", "value": ""}),
    (Verb.AUTOSCALE, target(), {"min": 1, "max": "3", "cpu_percent": 50}, {"min": 1, "max": 3, "cpu_percent": 50}),
]


@pytest.mark.parametrize(("verb", "where", "params", "expected"), GOOD)
def test_what_is_allowed_comes_back_typed(verb: Verb, where: Target, params: Any, expected: Any):
    """Only what was said goes into the parameters, in its type."""
    assert validated(action(verb, where, **params)).params == (expected or params)


BAD: list[tuple[Verb, Target, dict[str, Any], str]] = [
    (Verb.SCALE, target(), {"replicas": -1}, "scale: replicas '-1' cannot be; allowed: a whole number from 0 to 1000"),
    (Verb.SCALE, target(), {"replicas": 10000}, "replicas '10000' cannot be; allowed: a whole number from 0 to 1000"),
    (Verb.SCALE, target(), {"replicas": True}, "replicas 'True'"),
    (Verb.SCALE, target(), {"replicas": 1, "delta": 2}, "exactly one of replicas, delta and percent"),
    (Verb.SCALE, target(), {}, "no parameter given; exactly one"),
    (Verb.SCALE, target(), {"size": 3}, "scale has no parameter 'size'; its parameters: replicas, delta, percent"),
    (Verb.SCALE, target("daemonset"), {"replicas": 3}, "does not work on a daemonset; it works on: deployment,"),
    (Verb.RESTART, target(namespace="*"), {}, "is not one object"),
    (Verb.RESTART, target("", None), {}, "restart needs a kind"),
    (Verb.DELETE, target("pod", "web"), {}, "delete does not work on a pod"),
    (Verb.RESTART, target(namespace=None), {}, "needs a namespace"),
    (Verb.RESTART, target(name="a/../b"), {}, "name 'a/../b' cannot be"),
    (Verb.RESTART, target(namespace="kube system"), {}, "namespace 'kube system' cannot be"),
    (Verb.GET, target("pod", None, selector="app=web;rm"), {}, "selector 'app=web;rm' cannot be"),
    (Verb.GET, target("pod", None, cluster="--kubeconfig=x"), {}, "cluster '--kubeconfig=x' cannot be"),
    (Verb.GET, target("pod", "web", namespace="*"), {}, "is not one object"),
    (Verb.LOGS, target("pod", None), {}, "needs a pod, a workload or a label"),
    (Verb.LOGS, target("deployment", None), {}, "needs one deployment by name"),
    (Verb.LOGS, target(), {"tail": 5001}, "allowed: a number of lines from 1 to 5000"),
    (Verb.LOGS, target(), {"since": "yesterday"}, "allowed: a span such as 10m"),
    (Verb.LOGS, target(), {"since_time": "2025-11-21T08:00:00"}, "allowed: a time with its zone"),
    (Verb.LOGS, target(), {"grep": "a\x1bb"}, "words to look for"),
    (Verb.ROLLBACK, target(), {"revision": 0}, "allowed: the number of a revision, from 1"),
    (Verb.SET_IMAGE, target(), {"tag": "a" * 129}, "tag 'aaa"),
    (Verb.SET_IMAGE, target(), {"image": "x", "tag": "y"}, "exactly one of image and tag"),
    (Verb.SET_IMAGE, target(), {"image": "a b"}, "allowed: an image reference"),
    (Verb.DELETE_POD, target("pod", "p"), {"grace_period": 3601}, "seconds from 0 to 3600"),
    (Verb.LABEL, target(), {"labels": "tier"}, "allowed: labels to set or to remove"),
    (Verb.LABEL, target(), {"labels": "tier=a b"}, "allowed: labels to set or to remove"),
    (Verb.LABEL, target(), {"labels": "a=1,a=2"}, "labels 'a=1,a=2' cannot be"),
    (Verb.ANNOTATE, target(), {"annotations": "a=\x1b"}, "annotations 'a="),
    (Verb.ANNOTATE, target(), {"annotations": "/x=1"}, "annotations '/x=1' cannot be"),
    (Verb.PAUSE, target("statefulset"), {}, "pause does not work on a statefulset; it works on: deployment, cronjob"),
    (Verb.PATCH, target(), {"field": "a b", "value": 1}, "field 'a b' cannot be"),
    (Verb.PATCH, target(), {"field": "replicas"}, "either a value is set or the field is removed"),
    (Verb.PATCH, target(), {"field": "env.A", "value": "a\u200b"}, "value 'a"),
    (Verb.AUTOSCALE, target(), {}, "min, max or cpu_percent says how it should scale"),
    (Verb.AUTOSCALE, target(), {"min": 4, "max": 2}, "min is at most max"),
]


@pytest.mark.parametrize(("verb", "where", "params", "said"), BAD)
def test_what_is_not_allowed_is_explained(verb: Verb, where: Target, params: Any, said: str):
    """An invalid parameter says what was asked, what is allowed, and what to type."""
    with pytest.raises(InvalidParameter) as caught:
        validated(action(verb, where, **params))

    assert said in caught.value.text
    assert caught.value.then == f"type, for example: '{spec(verb).example}'"
    assert len(caught.value.text) < 400


MANY = [target(name=None), target(name=None, selector="app=web"), target(name=None, namespace="*", selector="app=web")]


@pytest.mark.parametrize("where", MANY)
def test_a_change_over_many_is_valid_but_no_step(where: Target):
    """A planner may leave it open which objects are meant; what is carried out names one."""
    asked = validated(action(Verb.RESTART, where))
    with pytest.raises(InvalidParameter, match="restart needs one object by name"):
        single(asked)


@pytest.mark.parametrize(("verb", "where", "params"), [
    (Verb.RESTART, target(), {}),
    (Verb.RUN, target("pod", None), {"image": "busybox"}),
    (Verb.CREATE, target("job", None), {"from": "cronjob/nightly-report"}),
    (Verb.APPLY, target("", None, namespace=None), {"filename": "overlays/staging"}),
    (Verb.DRAIN, target("node", "worker-3"), {"timeout": "2m", "force": True, "ignore_daemonsets": True}),
])  # fmt: skip
def test_what_makes_its_own_name_needs_none(verb: Verb, where: Target, params: Any):
    """A new object may get its name when it is pinned."""
    assert single(validated(action(verb, where, **params))).params == params


@pytest.mark.parametrize("verb", SPECS)
def test_verbs_do_not_import_each_other(verb: Verb):
    """A verb is understood from its own file and the shared ideas beside the registry."""
    modules = {type(one).__module__ for one in SPECS.values()}
    own = type(spec(verb)).__module__
    tree = ast.parse(inspect.getsource(inspect.getmodule(type(spec(verb)))))  # type: ignore[arg-type]
    imported = {
        name
        for found in ast.walk(tree)
        if isinstance(found, ast.ImportFrom) and found.module
        for name in (found.module, *(f"{found.module}.{alias.name}" for alias in found.names))
    }
    assert not imported & (modules - {own})


def test_parameters_are_values():
    """Parameters are frozen and know their names."""
    with pytest.raises(ValidationError):
        spec(Verb.GET).params.model_validate({"nonsense": 1})
