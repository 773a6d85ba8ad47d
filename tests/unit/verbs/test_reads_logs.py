"""Whose logs are read, how much of them, and what is left out."""

from typing import Any

import pytest

from tests.unit.verbs.driving import CORE, DEPLOYMENT, Json, Said, action, drive, listed, pod, target, workload
from workers.domain.action import Verb
from workers.domain.call import Call
from workers.domain.errors import AccessDenied, NotThere, Rejected
from workers.domain.section import Log, Section, Text
from workers.domain.target import Target
from workers.verbs.registry import read_spec, validated

PODS = f"{CORE}/pods"
ONE = target("pod", "web-1")


def read(where: Target, said: dict[str, Said], calls: list[Call] | None = None, **params: Any) -> tuple[Section, ...]:
    return drive(read_spec(Verb.LOGS).read(validated(action(Verb.LOGS, where, **params))), said, calls)


def fleet(*pods: Json, **logs: Said) -> dict[str, Said]:
    """A workload, its pods and their logs; a pod without a log of its own says one line."""
    said: dict[str, Said] = {DEPLOYMENT: workload(), PODS: listed(*pods)}
    for one in pods:
        name = one["metadata"]["name"]
        said[f"{PODS}/{name}"] = one
        said[f"{PODS}/{name}/log"] = logs.get(name.replace("-", "_"), f"hello from {name}\n")
    return said


def logs(sections: tuple[Section, ...]) -> list[Log]:
    return [one for one in sections if isinstance(one, Log)]


def asked(calls: list[Call]) -> list[Call]:
    return [one for one in calls if one.subresource == "log"]


def test_all_containers_are_read_one_after_the_other():
    """Each with a section of its own, init containers last."""
    calls: list[Call] = []
    both = pod("web-1")
    both["spec"]["initContainers"] = [{"name": "migrate", "image": "a/b:1"}]

    found = read(ONE, fleet(both), calls, all_containers=True)

    assert [one.query["container"] for one in asked(calls)] == ["api", "proxy", "migrate"]
    assert len(logs(found)) == 3


def test_of_a_workload_the_pods_in_trouble_come_first():
    """Crash loops, then pods that are not ready, then restarts; five pods, the others by name."""
    pods = [
        pod("web-1"),
        pod("web-2", restarts=3),
        pod("web-3", ready=False),
        pod("web-4", waiting="CrashLoopBackOff", restarts=7),
        pod("web-5"),
        pod("web-6", waiting="CrashLoopBackOff", restarts=12),
        pod("web-7"),
    ]
    calls: list[Call] = []

    found = read(target(), fleet(*pods), calls)

    assert [one.name for one in asked(calls)] == ["web-6", "web-4", "web-3", "web-2", "web-1"]
    assert logs(found)[0].title == "web-6 (api) CrashLoopBackOff, 12 restarts"
    assert found[-1] == Text(text="left out: web-5, web-7; name a pod to see its log")


@pytest.mark.parametrize(
    ("where", "path"),
    [
        (target(), DEPLOYMENT),
        (target("statefulset", "db"), "/apis/apps/v1/namespaces/payments/statefulsets/db"),
        (target("daemonset", "agent"), "/apis/apps/v1/namespaces/payments/daemonsets/agent"),
        (target("job", "sweep"), "/apis/batch/v1/namespaces/payments/jobs/sweep"),
    ],
    ids=["deployment", "statefulset", "daemonset", "job"],
)
def test_a_workloads_pods_are_those_of_its_own_selector(where: Target, path: str):
    """Names of pods are never guessed: the object's selector is what the controller itself goes by."""
    calls: list[Call] = []
    labels = {"matchLabels": {"app": "odd-name", "tier": "data"}}

    read(where, {**fleet(pod("web-1")), path: workload(selector=labels)}, calls)

    assert [one.path for one in calls[:2]] == [path, PODS]
    assert dict(calls[1].query) == {"labelSelector": "app=odd-name,tier=data"}


def test_a_workload_without_a_selector_has_no_pods():
    """An empty selector would be every pod of the namespace."""
    calls: list[Call] = []

    found = read(target(), {**fleet(pod("web-1")), DEPLOYMENT: workload(selector={})}, calls)

    assert found == (Text(text="prod-eu/payments deployment/payment-api has no pods now, so there are no logs"),)
    assert [one.path for one in calls] == [DEPLOYMENT]


def test_earlier_logs_are_asked_only_of_pods_with_an_earlier_run():
    """A pod that never restarted has no run before this one."""
    calls: list[Call] = []

    read(target(), fleet(pod("web-1"), pod("web-2", waiting="CrashLoopBackOff", restarts=2)), calls, previous=True)

    assert [one.name for one in asked(calls)] == ["web-2"]


@pytest.mark.parametrize("error", [Rejected("previous terminated container not found"), NotThere("pod is gone")])
def test_one_pod_without_a_log_does_not_hide_the_others(error: Rejected | NotThere):
    """What the server says about one pod stands in its place."""
    found = read(target(), fleet(pod("web-1"), pod("web-2"), web_1=error))

    assert found[0] == Text(text=f"web-1 (api) Running: {error.text}")
    assert [one.lines for one in logs(found)] == [("hello from web-2",)]


def test_a_right_that_is_missing_is_no_empty_log():
    """A refusal reaches the person as a refusal."""
    with pytest.raises(AccessDenied):
        read(ONE, fleet(pod("web-1"), web_1=AccessDenied("alice may not read logs")))


def test_a_filter_is_plain_text():
    """What is looked for is never a pattern: a hostile one costs nothing."""
    (found,) = logs(read(ONE, fleet(pod("web-1"), web_1="a.b\naxb\n"), grep="a.b"))

    assert found.lines == ("a.b",)
