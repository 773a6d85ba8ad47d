"""What `get` asks for, keeps, sorts and says."""

from typing import Any

import pytest

from tests.unit.verbs.driving import CORE, Said, action, drive, table, target
from workers.domain.action import Verb
from workers.domain.call import Call
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.section import Section, Table, Text
from workers.domain.target import Target
from workers.verbs.registry import read_spec, validated

PODS = f"{CORE}/pods"
COLUMNS = "name ready status restarts node*"
ROWS = (
    "web-1 | 1/1 | Running | 0 | worker-1",
    "web-2 | 0/1 | CrashLoopBackOff | 7 (41s ago) | worker-1",
    "web-3 | 0/1 | Running | 5 (2s ago) | worker-2",
    "web-4 | 0/1 | Running | 0 | worker-2",
    "web-5 | 0/1 | ErrImagePull | 0 | worker-2",
    "web-6 | 0/1 | Evicted | 0 | worker-3",
    "web-7 | 0/1 | ContainerCreating | 0 | worker-3",
    "web-8 | 0/1 | Init:CrashLoopBackOff | 4 (9s ago) | worker-3",
    "job-1 | 0/1 | Completed | 0 | worker-3",
    "web-9 | 1/1 | Terminating | 0 | worker-3",
)


def read(where: Target, said: dict[str, Said], calls: list[Call] | None = None, **params: Any) -> tuple[Section, ...]:
    return drive(read_spec(Verb.GET).read(validated(action(Verb.GET, where, **params))), said, calls)


def pods() -> Target:
    return target("pod", None)


def names(sections: tuple[Section, ...]) -> list[str]:
    first = sections[0]
    assert isinstance(first, Table)
    return [row[first.columns.index("NAME")] for row in first.rows]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("CrashLoopBackOff", ["web-2", "web-3", "web-8"]),
        ("crashloopbackoff", ["web-2", "web-3", "web-8"]),
        ("Running", ["web-1", "web-3", "web-4"]),
        ("ImagePullBackOff", ["web-5"]),
        ("Evicted", ["web-6"]),
        ("Failed", ["web-6"]),
        ("Pending", ["web-7"]),
        ("Completed", ["job-1"]),
        ("Terminating", ["web-9"]),
        ("NotReady", ["web-2", "web-3", "web-4", "web-5", "web-6", "web-7", "web-8"]),
    ],
)
def test_a_status_is_meant_as_people_know_it(status: str, expected: list[str]):
    """Words of the STATUS and READY columns, and a crash loop in the moments when it seems to run."""
    assert names(read(pods(), {PODS: table(COLUMNS, *ROWS)}, status=status)) == expected


def test_restarts_are_sorted_as_numbers():
    """The greatest count stands first, although the column holds words too."""
    said: dict[str, Said] = {PODS: table("name restarts", "a|9", "b|10 (3m ago)", "c|0")}

    assert names(read(pods(), said, sort_by="restarts")) == ["b", "a", "c"]


def test_a_remainder_that_the_server_cannot_count_is_said():
    """A list that goes on without a count is not passed off as whole."""
    said: dict[str, Said] = {PODS: table(COLUMNS, *ROWS, **{"continue": "token"})}

    assert "there are more" in read(target("pod", None, selector="app=web"), said)[1].text  # type: ignore[union-attr]


def test_a_workload_shows_its_images():
    """Which version runs is the usual question about a workload."""
    path = "/apis/apps/v1/namespaces/payments/deployments/payment-api"
    said: dict[str, Said] = {path: table("name ready containers* images*", "payment-api | 4/4 | api | a/b:1")}

    (found,) = read(target(), said)

    assert isinstance(found, Table)
    assert found.columns == ("NAME", "READY", "IMAGES")
    assert found.rows == (("payment-api", "4/4", "a/b:1"),)


def test_what_is_not_there_is_an_error():
    """A name that the cluster does not have is the person's to correct."""
    with pytest.raises(NotThere):
        read(target("pod", "gone"), {})


@pytest.mark.parametrize(
    ("where", "path", "title"),
    [
        (target(name=None), "/apis/apps/v1/namespaces/payments/deployments", "deployments in payments of prod-eu"),
        (target("pod", "web-1"), f"{PODS}/web-1", "pod web-1 in payments of prod-eu"),
    ],
    ids=["no pods", "one pod"],
)
def test_what_cannot_be_filtered_by_node_does_not_claim_to_be(where: Target, path: str, title: str):
    """Neither the title nor the command says a node that the call did not ask for."""
    calls: list[Call] = []

    found, note = read(where, {path: table("name ready", "web-1 | 1/1")}, calls, node="worker-2")

    assert isinstance(found, Table)
    assert found.title == title
    assert note == Text(text="not filtered by node: only a list of pods can be")
    assert "fieldSelector" not in calls[0].query
    command = read_spec(Verb.GET).kubectl(action(Verb.GET, where, node="worker-2"))
    assert not any("spec.nodeName" in word for word in command)


def test_everything_of_a_namespace_is_one_table_for_each_kind_that_is_there():
    """`get all` leaves out kinds without objects and says which of them may not be listed."""
    said: dict[str, Said] = {
        PODS: table(COLUMNS, *ROWS[:1]),
        f"{CORE}/services": AccessDenied("listing services in payments"),
        "/apis/batch/v1/namespaces/payments/jobs": table("name completions", "db-migrate | 1/1"),
    }

    sections = read(target("all", None), said)

    titles = [one.title if isinstance(one, Table) else one.text for one in sections if isinstance(one, Table | Text)]
    assert titles == [
        "pods in payments of prod-eu",
        "services: listing services in payments",
        "jobs in payments of prod-eu",
    ]
