"""What `get` asks for, keeps, sorts and says."""

from typing import Any

import pytest
from driving import CORE, Said, action, drive, listed, pod, table, target

from workers.domain.action import Verb
from workers.domain.call import Call, Shape
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.section import Section, Table, Text
from workers.domain.target import Target
from workers.verbs.registry import read_spec, spec, validated
from workers.verbs.tables import MOST_ROWS

PODS = f"{CORE}/pods"
METRICS = "/apis/metrics.k8s.io/v1beta1/namespaces/payments/pods"
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


def test_a_list_is_the_servers_own_narrow_table():
    """One call for a table of bounded size gives kubectl's columns and no object."""
    calls: list[Call] = []

    (found,) = read(pods(), {PODS: table(COLUMNS, *ROWS)}, calls)

    assert isinstance(found, Table)
    assert (found.title, found.columns) == ("pods in payments of prod-eu", ("NAME", "READY", "STATUS", "RESTARTS"))
    assert found.rows[0] == ("web-1", "1/1", "Running", "0")
    assert [(one.path, one.shape, dict(one.query)) for one in calls] == [(PODS, Shape.TABLE, {"limit": "500"})]


def test_all_namespaces_stand_in_front():
    """Over all namespaces each row says where it is."""
    calls: list[Call] = []
    spaces = tuple({"metadata": {"namespace": space}} for space in ("payments", "search"))
    said: dict[str, Said] = {"/api/v1/pods": table("name status", "a | Running", "b | Running", objects=spaces)}

    (found,) = read(target("pod", None, namespace="*"), said, calls)

    assert isinstance(found, Table)
    assert found.columns[0] == "NAMESPACE"
    assert [row[:2] for row in found.rows] == [("payments", "a"), ("search", "b")]
    assert calls[0].query["includeObject"] == "Metadata"


def test_labels_and_nodes_are_left_to_the_server():
    """A selector and a node go into the query of the one call."""
    calls: list[Call] = []

    read(target("pod", None, selector="app=web"), {PODS: table(COLUMNS, *ROWS)}, calls, node="worker-2")

    assert dict(calls[0].query) == {"labelSelector": "app=web", "fieldSelector": "spec.nodeName=worker-2"}


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


def test_a_status_is_looked_for_in_all_rows():
    """Whoever filters gets no page of the list: what is left out could be what was meant."""
    calls: list[Call] = []

    read(pods(), {PODS: table(COLUMNS, *ROWS)}, calls, status="Running")

    assert "limit" not in calls[0].query


def test_a_pod_killed_for_memory_is_found_by_its_last_run():
    """A pod that crash-loops because it was killed for want of memory counts as OOMKilled."""
    killed = pod("web-2", waiting="CrashLoopBackOff", restarts=7)
    killed["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"reason": "OOMKilled"}}
    printed = table("name ready status", "web-1 | 1/1 | Running", "web-2 | 0/1 | CrashLoopBackOff")
    both = {**printed, "items": [pod("web-1"), killed]}  # one path, asked for as a table and as objects

    assert names(read(pods(), {PODS: both}, status="OOMKilled")) == ["web-2"]


def test_nothing_found_is_said():
    """An empty answer repeats what was looked for and where."""
    (found,) = read(pods(), {PODS: table(COLUMNS)}, status="Pending")

    assert found == Text(text="no pods with status Pending in payments of prod-eu")


def test_restarts_are_sorted_as_numbers():
    """The greatest count stands first, although the column holds words too."""
    said: dict[str, Said] = {PODS: table(COLUMNS, "a|1/1|Running|9", "b|1/1|Running|10 (3m ago)", "c|1/1|Running|0")}

    assert names(read(pods(), said, sort_by="restarts")) == ["b", "a", "c"]


def usage(name: str, cpu: str, memory: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "payments"},
        "containers": [{"name": "api", "usage": {"cpu": cpu, "memory": memory}}],
    }


@pytest.mark.parametrize(("by", "expected"), [("cpu", ["b", "a", "c"]), ("memory", ["a", "b", "c"])])
def test_use_is_joined_and_sorted(by: str, expected: list[str]):
    """Processor time and memory come from the metrics API; who has no numbers stands last."""
    said: dict[str, Said] = {
        PODS: table(COLUMNS, "c|1/1|Running|0", "a|1/1|Running|0", "b|1/1|Running|0"),
        METRICS: listed(usage("a", "90m", "2Gi"), usage("b", "1", "512Mi")),
    }

    found = read(pods(), said, sort_by=by)

    assert names(found) == expected
    assert isinstance(found[0], Table)
    assert found[0].columns[-2:] == ("CPU", "MEMORY")
    assert dict(zip(names(found), (row[-2:] for row in found[0].rows), strict=True)) == {
        "a": ("90m", "2048Mi"),
        "b": ("1000m", "512Mi"),
        "c": ("unknown", "unknown"),
    }


@pytest.mark.parametrize("error", [NotThere("no metrics"), AccessDenied("no right")], ids=["absent", "denied"])
def test_rows_without_numbers_are_shown_unsorted(error: NotThere | AccessDenied):
    """Without the metrics API the pods are still shown, with the reason beside them."""
    found = read(pods(), {PODS: table(COLUMNS, *ROWS), METRICS: error}, sort_by="cpu")

    assert names(found)[0] == "web-1"
    assert found[1:] == (Text(text=f"not sorted by cpu: {error.text}"),)


def test_what_cannot_be_sorted_is_said():
    """Nodes do not restart and services use nothing."""
    services = {f"{CORE}/services": table("name", "web")}

    assert read(target("service", None), services, sort_by="cpu")[1] == Text(
        text="not sorted: only pods and nodes have a use of cpu"
    )
    assert read(target("node", None), {"/api/v1/nodes": table("name", "worker-1")}, sort_by="restarts")[1] == Text(
        text="not sorted: nodes have no restarts"
    )


def test_rows_are_capped_and_counted():
    """No answer is longer than the cap; the rest is a number, the server's own remainder included."""
    rows = [f"p-{i} | 1/1 | Running | 0 | w" for i in range(MOST_ROWS + 7)]

    (found,) = read(pods(), {PODS: table(COLUMNS, *rows, remainingItemCount=30, **{"continue": "token"})})

    assert isinstance(found, Table)
    assert (len(found.rows), found.more) == (MOST_ROWS, 37)


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


def test_secrets_are_only_printed():
    """Of secrets the server's table is asked for, never the objects that hold the values."""
    calls: list[Call] = []

    read(target("secret", None), {f"{CORE}/secrets": table("name type data", "db | Opaque | 2")}, calls)
    read(target("secret", "db"), {f"{CORE}/secrets/db": table("name type data", "db | Opaque | 2")}, calls)

    assert all(one.shape is Shape.TABLE and one.query.get("includeObject", "Metadata") == "Metadata" for one in calls)


def test_what_is_not_there_is_an_error():
    """A name that the cluster does not have is the person's to correct."""
    with pytest.raises(NotThere):
        read(target("pod", "gone"), {})


@pytest.mark.parametrize(
    ("where", "params", "words"),
    [
        (target("pod", None, selector="app=x"), {}, "kubectl --context prod-eu -n payments get pods -l app=x"),
        (target("pod", None, namespace="*"), {}, "kubectl --context prod-eu get pods -A"),
        (target("node", None), {}, "kubectl --context prod-eu get nodes"),
        (
            target("pod", None),
            {"node": "worker-2"},
            "kubectl --context prod-eu -n payments get pods --field-selector=spec.nodeName=worker-2",
        ),
    ],
)
def test_the_command_is_what_a_person_would_type(where: Target, params: dict[str, Any], words: str):
    """The view as kubectl takes it."""
    assert spec(Verb.GET).kubectl(action(Verb.GET, where, **params)) == tuple(words.split())
