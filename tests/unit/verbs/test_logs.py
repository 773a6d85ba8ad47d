"""logs: which pods, which container, which lines."""

from typing import Any

import pytest

from tests.unit.verbs.driving import APPS, CORE, DEPLOYMENT, action, drive, listed, pod, target, template, workload
from workers.domain.action import Verb
from workers.domain.call import Call
from workers.domain.errors import Mistake, Rejected
from workers.domain.section import Log, Section, Text
from workers.verbs.registry import read_spec

LOGS = read_spec(Verb.LOGS)
PODS = f"{CORE}/pods"


def read(
    said: dict[str, Any], where: Any = None, calls: list[Call] | None = None, **params: Any
) -> tuple[Section, ...]:
    return drive(LOGS.read(action(Verb.LOGS, where, **params)), said, calls)


def log(name: str) -> str:
    return f"{PODS}/{name}/log"


def test_a_workloads_log_begins_with_the_pod_in_trouble():
    """Up to five pods; the others are named."""
    pods = [pod(f"p-{i}", restarts=i) for i in range(6)] + [pod("sick", waiting="CrashLoopBackOff", restarts=1)]
    said = {DEPLOYMENT: workload(), PODS: listed(*pods), **{log(p["metadata"]["name"]): "one\ntwo\n" for p in pods}}
    calls: list[Call] = []
    *logs, left = read(said, calls=calls)

    assert [section.title.split()[0] for section in logs if isinstance(section, Log)] == [
        "sick",
        "p-5",
        "p-4",
        "p-3",
        "p-2",
    ]
    assert left == Text(text="left out: p-1, p-0; name a pod to see its log")
    assert calls[1].query == {"labelSelector": "app=payment-api"}
    assert calls[2].query == {"container": "api", "tailLines": "50", "limitBytes": str(4 * 1024 * 1024)}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"tail": 10, "since": "2h"}, {"tailLines": "10", "sinceSeconds": "7200"}),
        ({"since_time": "2026-11-22T21:40:00Z"}, {"tailLines": "50", "sinceTime": "2026-11-22T21:40:00Z"}),
        ({"previous": True, "container": "proxy"}, {"tailLines": "50", "previous": "true", "container": "proxy"}),
        ({"grep": "x"}, {"tailLines": "5000"}),
    ],
)
def test_parameters_become_the_servers_own(params: dict[str, Any], expected: dict[str, str]):
    """A filter looks at more lines than it shows."""
    calls: list[Call] = []
    read({f"{PODS}/p": pod("p", restarts=1), log("p"): "x"}, target("pod", "p"), calls, **params)
    assert expected.items() <= calls[-1].query.items()


@pytest.mark.parametrize(
    ("notes", "params", "expected"),
    [
        ({}, {}, ["api"]),
        ({"kubectl.kubernetes.io/default-container": "proxy"}, {}, ["proxy"]),
        ({}, {"all_containers": True}, ["api", "proxy"]),
    ],
)
def test_the_main_container_is_the_annotated_or_the_first(
    notes: dict[str, str], params: dict[str, Any], expected: list[str]
):
    """As kubectl chooses."""
    calls: list[Call] = []
    read({f"{PODS}/p": pod("p", annotations=notes), log("p"): "x"}, target("pod", "p"), calls, **params)
    assert [call.query["container"] for call in calls[1:]] == expected


def test_an_unknown_container_is_answered_with_the_known_ones():
    """What is not there is answered with what is."""
    with pytest.raises(Mistake, match="has no container 'envoy'") as caught:
        read({f"{PODS}/p": pod("p")}, target("pod", "p"), container="envoy")
    assert "its containers: api, proxy" in caught.value.text


def test_a_filter_ignores_case_and_counts():
    """The last matching lines are shown, with how many there were."""
    lines = "\n".join(f"ERROR {i}" if i % 2 else f"fine {i}" for i in range(100))
    (found,) = read({f"{PODS}/p": pod("p"), log("p"): lines}, target("pod", "p"), grep="error", tail=3)
    assert isinstance(found, Log)
    assert found.lines == ("ERROR 95", "ERROR 97", "ERROR 99")
    assert found.more == 47
    assert "50 of the last 100 lines have 'error'" in found.title


@pytest.mark.parametrize(
    ("answer", "params", "said"),
    [
        ("", {}, "p (api) Running: no lines"),
        ("a\nb", {"grep": "Z"}, "p (api) Running: no line with 'Z' among the last 2"),
        (Rejected("container is waiting to start"), {}, "p (api) Running: container is waiting to start"),
    ],
)
def test_nothing_to_show_is_a_sentence(answer: Any, params: dict[str, Any], said: str):
    """A container without a log does not hide the others."""
    assert read({f"{PODS}/p": pod("p"), log("p"): answer}, target("pod", "p"), **params) == (Text(text=said),)


def test_a_huge_line_is_cut():
    """One line cannot fill a card."""
    (found,) = read({f"{PODS}/p": pod("p"), log("p"): "x" * 9000}, target("pod", "p"))
    assert isinstance(found, Log)
    assert found.lines == ("x" * 2000 + "...",)


def test_a_cronjobs_log_is_that_of_its_newest_job():
    """Older runs have their own jobs."""

    def job(name: str, made: str) -> dict[str, Any]:
        owner = [{"kind": "CronJob", "name": "report", "uid": "c-1", "controller": True}]
        metadata = {"name": name, "uid": name, "creationTimestamp": made, "ownerReferences": owner}
        return {"metadata": metadata, "spec": {"selector": {"matchLabels": {"job": name}}, "template": template()}}

    batch = "/apis/batch/v1/namespaces/payments"
    said = {
        f"{batch}/cronjobs/report": {"metadata": {"name": "report", "uid": "c-1"}},
        f"{batch}/jobs": listed(job("report-1", "2026-11-21T00:00:00Z"), job("report-2", "2026-11-22T00:00:00Z")),
        PODS: listed(),
    }
    calls: list[Call] = []
    (found,) = read(said, target("cronjob", "report"), calls)

    assert calls[-1].query == {"labelSelector": "job=report-2"}
    assert isinstance(found, Text)
    assert "has no pods now" in found.text
    assert APPS not in calls[0].path


def test_the_command_line_is_what_a_person_would_type():
    """The view is the exact command."""
    asked = action(Verb.LOGS, since="10m", previous=True)
    assert LOGS.kubectl(asked)[5:] == ("logs", "deployment/payment-api", "--tail=50", "--since=10m", "--previous")
    many = action(Verb.LOGS, target("pod", None, selector="app=web"), tail=5)
    assert LOGS.kubectl(many)[5:] == ("logs", "-l", "app=web", "--prefix", "--tail=5")


def test_following_is_left_to_a_terminal():
    """The log up to now is shown, and the way to follow it is said."""
    found = read({f"{PODS}/p": pod("p"), log("p"): "x"}, target("pod", "p"), follow=True)
    assert isinstance(found[-1], Text)
    assert "kubectl logs -f" in found[-1].text
