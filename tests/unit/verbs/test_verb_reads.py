"""get, describe, events and top."""

from typing import Any

import pytest

from tests.unit.verbs.driving import APPS, CORE, DEPLOYMENT, action, drive, listed, node, pod, table, target, workload
from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, Shape
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.section import Fields, Section, Table, Text
from workers.verbs import happenings
from workers.verbs.registry import read_spec

PODS, EVENTS = f"{CORE}/pods", f"{CORE}/events"
POD_TABLE = table(
    "name ready status restarts age node*",
    "web-1 | 1/1 | Running | 0 | 15d | worker-1",
    "web-2 | 0/1 | CrashLoopBackOff | 17 (2s ago) | 6m | worker-2",
    "web-3 | 0/1 | Running | 18 (3s ago) | 6m | worker-2",
    "job-1 | 0/1 | Completed | 0 | 1h | worker-1",
    "new-1 | 0/1 | ContainerCreating | 0 | 3s | worker-1",
    "old-1 | 0/1 | Error | 0 | 3d | worker-1",
)
USE = listed(
    {
        "metadata": {"name": "web-1", "namespace": "payments"},
        "containers": [{"usage": {"cpu": "250m", "memory": "64Mi"}}],
    },
    {
        "metadata": {"name": "web-2", "namespace": "payments"},
        "containers": [{"usage": {"cpu": "1", "memory": "8Mi"}}, {"usage": {"cpu": "5000000n", "memory": "1Mi"}}],
    },
)
POD_USE = "/apis/metrics.k8s.io/v1beta1/namespaces/payments/pods"


def read(asked: Action, said: dict[str, Any], calls: list[Call] | None = None) -> tuple[Section, ...]:
    return drive(read_spec(asked.verb).read(asked), said, calls)


def names(section: Section) -> list[str]:
    assert isinstance(section, Table)
    return [row[section.columns.index("NAME")] for row in section.rows]


def test_a_list_is_the_servers_own_table():
    """Columns, words and ages are those that kubectl prints; one page is enough when nothing is filtered."""
    calls: list[Call] = []
    (found,) = read(action(Verb.GET, target("pod", None)), {PODS: POD_TABLE}, calls)

    assert isinstance(found, Table)
    assert found.title == "pods in payments of prod-eu"
    assert found.columns == ("NAME", "READY", "STATUS", "RESTARTS", "AGE")
    assert found.rows[0] == ("web-1", "1/1", "Running", "0", "15d")
    assert [(call.shape, call.query) for call in calls] == [(Shape.TABLE, {"limit": "500"})]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("CrashLoopBackOff", ["web-2", "web-3"]),
        ("NotReady", ["web-2", "web-3", "new-1", "old-1"]),
        ("Running", ["web-1", "web-3"]),
        ("Completed", ["job-1"]),
        ("Pending", ["new-1"]),
        ("Failed", ["old-1"]),
    ],
)
def test_a_status_finds_what_people_mean_by_it(status: str, expected: list[str]):
    """A pod that crash-loops is for moments Running, and still found."""
    calls: list[Call] = []
    (found,) = read(action(Verb.GET, target("pod", None), status=status), {PODS: POD_TABLE}, calls)
    assert names(found) == expected
    assert "limit" not in calls[0].query


def test_pods_killed_for_memory_are_found_by_their_last_run():
    """The table says OOMKilled only for a moment; the pods' own status remembers."""
    killed = pod("web-3")
    killed["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    asked = action(Verb.GET, target("pod", None), status="OOMKilled")

    talk = read_spec(Verb.GET).read(asked)
    next(talk)
    call = talk.send(Answer(status=200, body=POD_TABLE))
    with pytest.raises(StopIteration) as end:
        talk.send(Answer(status=200, body=listed(pod("web-1"), killed)))

    assert call.shape is Shape.OBJECT
    assert names(end.value.value[0]) == ["web-3"]


@pytest.mark.parametrize(
    ("by", "expected"),
    [("restarts", ["web-3", "web-2"]), ("cpu", ["web-2", "web-1"]), ("memory", ["web-1", "web-2"])],
)
def test_rows_are_sorted_greatest_first(by: str, expected: list[str]):
    """Use comes from the metrics API and stands beside the row."""
    (found,) = read(action(Verb.GET, target("pod", None), sort_by=by), {PODS: POD_TABLE, POD_USE: USE})
    assert isinstance(found, Table)
    assert names(found)[:2] == expected
    if by != "restarts":
        assert found.columns[-2:] == ("CPU", "MEMORY")
        assert found.rows[-1][-2:] == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("kind", "by", "said"),
    [
        ("pod", "cpu", "not sorted by cpu: no metrics"),
        ("service", "memory", "only pods and nodes"),
        ("service", "restarts", "no restarts"),
    ],
)
def test_what_cannot_be_sorted_is_said(kind: str, by: str, said: str):
    """The list is shown all the same."""
    answers = {f"{CORE}/{kind}s": POD_TABLE if kind == "pod" else table("name type", "web | ClusterIP")}
    answers[POD_USE] = NotThere("no metrics")  # type: ignore[assignment]
    _, note = read(action(Verb.GET, target(kind, None), sort_by=by), answers)
    assert isinstance(note, Text)
    assert said in note.text


def test_all_namespaces_have_a_column_for_theirs():
    """The server's table has none, so the objects' metadata is asked for with it."""
    calls: list[Call] = []
    objects = ({"metadata": {"namespace": "payments"}}, {"metadata": {"namespace": "search"}})
    said = {"/api/v1/pods": table("name status", "a | Running", "b | Running", objects=objects)}
    asked = action(Verb.GET, target("pod", None, namespace="*", selector="app=web"))
    (found,) = read(asked, said, calls)

    assert isinstance(found, Table)
    assert found.columns[0] == "NAMESPACE"
    assert [row[0] for row in found.rows] == ["payments", "search"]
    assert calls[0].query == {"labelSelector": "app=web", "includeObject": "Metadata"}
    assert read_spec(Verb.GET).kubectl(asked) == (
        "kubectl",
        "--context",
        "prod-eu",
        "get",
        "pods",
        "-l",
        "app=web",
        "-A",
    )


def test_a_long_list_says_how_much_it_leaves_out():
    """At most 200 rows, and the number of the others."""
    rows = [f"p-{i} | Running" for i in range(500)]
    (found,) = read(action(Verb.GET, target("pod", None)), {PODS: table("name status", *rows, remainingItemCount=1300)})
    assert isinstance(found, Table)
    assert (len(found.rows), found.more) == (200, 1600)


def test_an_empty_list_is_a_sentence():
    """Nothing found names what was looked for."""
    found = read(action(Verb.GET, target("pod", None), status="Evicted", node="worker-2"), {PODS: POD_TABLE})
    assert found == (Text(text="no pods with status Evicted on worker-2 in payments of prod-eu"),)


def test_a_node_is_a_filter_of_the_server():
    """And the same flag in the command line."""
    calls: list[Call] = []
    asked = action(Verb.GET, target("pod", None), node="worker-2")
    read(asked, {PODS: POD_TABLE}, calls)
    assert calls[0].query["fieldSelector"] == "spec.nodeName=worker-2"
    assert read_spec(Verb.GET).kubectl(asked)[-1] == "--field-selector=spec.nodeName=worker-2"


def test_secrets_are_described_by_name_only():
    """Their values are never asked for."""
    calls: list[Call] = []
    secret = {"metadata": {"name": "db", "namespace": "payments", "uid": "s-1"}}
    said = {f"{CORE}/secrets/db": table("name type data", "db | Opaque | 2", objects=(secret,)), EVENTS: table("name")}
    read(action(Verb.DESCRIBE, target("secret", "db")), said, calls)
    read(
        action(Verb.GET, target("secret", None)), {f"{CORE}/secrets": table("name type data", "db | Opaque | 2")}, calls
    )
    assert [(call.shape, call.query.get("includeObject")) for call in calls if call.resource == "secrets"] == [
        (Shape.TABLE, "Metadata"),
        (Shape.TABLE, None),
    ]


def test_a_description_has_what_the_server_prints_and_what_matters():
    """Facts, containers and the newest events of the object, told by its uid."""
    calls: list[Call] = []
    said = {
        DEPLOYMENT: table("name ready age", "payment-api | 3/4 | 304d", objects=(workload(),)),
        EVENTS: table("last_seen type reason object message", objects=()),
    }
    facts, containers = read(action(Verb.DESCRIBE), said, calls)

    assert isinstance(facts, Fields)
    assert facts.rows[:4] == (
        ("deployment", "payment-api"),
        ("namespace", "payments"),
        ("ready", "3/4"),
        ("age", "304d"),
    )
    assert ("selector", "app=payment-api") in facts.rows
    assert ("revision", "12") in facts.rows
    assert isinstance(containers, Table)
    assert [row[0] for row in containers.rows] == ["migrate (init)", "api", "proxy"]
    assert calls[1].query == {"fieldSelector": "involvedObject.uid=d-1"}


def test_a_description_of_a_pod_shows_how_its_containers_ended():
    """The state now, and the run before."""
    broken = pod("web-2", waiting="CrashLoopBackOff", restarts=3)
    broken["status"]["containerStatuses"][0]["lastState"] = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    said = {
        f"{PODS}/web-2": table("name status", "web-2 | CrashLoopBackOff", objects=(broken,)),
        EVENTS: AccessDenied("no"),
    }
    _, containers, conditions, events = read(action(Verb.DESCRIBE, target("pod", "web-2")), said)

    assert isinstance(containers, Table)
    assert containers.rows[0][2:6] == ("CrashLoopBackOff", "no", "3", "OOMKilled, exit code 137")
    assert isinstance(conditions, Table)
    assert events == Text(text="events of web-2: no")


def test_many_objects_are_described_up_to_a_bound():
    """Five, and the names of the others."""
    rows = [f"web-{i} | Running" for i in range(7)]
    objects = tuple({"metadata": {"name": f"web-{i}"}} for i in range(7))
    found = read(
        action(Verb.DESCRIBE, target("pod", None, selector="app=web")),
        {PODS: table("name status", *rows, objects=objects)},
    )
    assert found[-1] == Text(text="left out: web-5, web-6; name one to see it")


HAPPENED = table(
    "last_seen type reason object subobject* message",
    "3h5m | Normal | ScalingReplicaSet | deployment/payment-api | | Scaled up",
    "12s (x4 over 3m) | Warning | BackOff | pod/payment-api-7c9f8d5b6-x2k4j | | Back-off restarting",
    "5m32s | Warning | FailedMount | pod/payment-api-v2-7c9f8d5b6-x2k4j | | Unable to attach",
    "40m | Normal | SuccessfulCreate | replicaset/payment-api-7c9f8d5b6 | | Created pod",
)
HAPPENED["columnDefinitions"][0]["name"] = "Last Seen"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["BackOff", "SuccessfulCreate", "ScalingReplicaSet"]),
        ({"type": "Warning"}, ["BackOff"]),
        ({"since": "1h"}, ["BackOff", "SuccessfulCreate"]),
        ({"reason": "scaling"}, ["ScalingReplicaSet"]),
    ],
)
def test_events_of_a_workload_are_those_of_its_pods_too(params: dict[str, Any], expected: list[str]):
    """Newest first by the server's own ages; a workload with a longer name is another one."""
    (found,) = read(action(Verb.EVENTS, **params), {EVENTS: HAPPENED})
    assert isinstance(found, Table)
    assert [row[2] for row in found.rows] == expected
    assert found.columns == ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("deployment", "pod/web-7c9f8d5b6-x2k4j", True),
        ("deployment", "Pod/web-7c9f8d5b6-x2k4j", True),
        ("deployment", "pod/web-api-7c9f8d5b6-x2k4j", False),
        ("deployment", "service/web", False),
        ("statefulset", "pod/web-12", True),
        ("statefulset", "pod/web-x2k4j", False),
        ("daemonset", "pod/web-x2k4j", True),
        ("cronjob", "job/web-29000000", True),
        ("cronjob", "pod/web-29000000-x2k4j", True),
        ("job", "pod/web-x2k4j", True),
        ("job", "pod/web-0-x2k4j", True),
    ],
)
def test_what_a_workload_made_is_told_by_its_name(kind: str, cell: str, expected: bool):
    """By the forms of names that controllers give."""
    assert happenings.owned_by(kind, "web")(cell) is expected


@pytest.mark.parametrize(
    ("where", "path", "query", "words"),
    [
        (
            target("pod", "web-1"),
            EVENTS,
            "involvedObject.kind=Pod,involvedObject.name=web-1",
            ("events", "--for=pod/web-1"),
        ),
        (
            target("node", "w"),
            "/api/v1/events",
            "involvedObject.kind=Node,involvedObject.name=w",
            ("events", "--for=node/w"),
        ),
        (target("namespace", "payments"), EVENTS, None, ("-n", "payments", "events")),
        (target("event", None), EVENTS, None, ("-n", "payments", "events")),
    ],
)
def test_events_are_asked_for_where_they_are(where: Any, path: str, query: str | None, words: tuple[str, ...]):
    """Of one object by the server's filter; of a namespace all."""
    calls: list[Call] = []
    read(action(Verb.EVENTS, where), {path: HAPPENED}, calls)
    assert calls[0].path == path
    assert calls[0].query.get("fieldSelector") == query
    assert read_spec(Verb.EVENTS).kubectl(action(Verb.EVENTS, where))[-len(words) :] == words


def test_no_events_is_a_sentence_with_the_reason():
    """Kubernetes forgets events, which people should know."""
    found = read(action(Verb.EVENTS, type="Warning", since="1m", reason="OOMKilling"), {EVENTS: HAPPENED})
    assert "no warning events of prod-eu/payments deployment/payment-api with reason OOMKilling" in str(found)


def test_use_of_pods_is_the_sum_of_their_containers():
    """In kubectl's units, by name, or greatest first when asked."""
    (found,) = read(action(Verb.TOP, target("pod", None)), {POD_USE: USE})
    (sorted_,) = read(action(Verb.TOP, target("pod", None), sort_by="cpu"), {POD_USE: USE})
    assert isinstance(found, Table)
    assert found.rows == (("web-1", "250m", "64Mi"), ("web-2", "1005m", "9Mi"))
    assert names(sorted_) == ["web-2", "web-1"]


@pytest.mark.parametrize(("nodes", "share"), [(True, "25%"), (False, "")])
def test_use_of_nodes_is_a_share_where_nodes_may_be_listed(nodes: bool, share: str):
    """Without that right the numbers stand alone."""
    able = {**node(), "status": {"allocatable": {"cpu": "4", "memory": "16Gi"}}}
    said = {
        "/apis/metrics.k8s.io/v1beta1/nodes": listed(
            {"metadata": {"name": "worker-3"}, "usage": {"cpu": "1", "memory": "1Gi"}}
        ),
        "/api/v1/nodes": listed(able) if nodes else AccessDenied("no"),
    }
    (found,) = read(action(Verb.TOP, target("node", None), sort_by="memory"), said)
    assert isinstance(found, Table)
    assert found.rows[0][:3] == ("worker-3", "1000m", share)


def test_a_cluster_without_metrics_says_so():
    """The API is an extra, and often absent."""
    (found,) = read(action(Verb.TOP, target("pod", None)), {})
    assert isinstance(found, Text)
    assert "metrics-server" in found.text


def test_a_single_pod_is_asked_for_by_name():
    """The object itself, not a list."""
    calls: list[Call] = []
    (found,) = read(action(Verb.TOP, target("pod", "web-1")), {f"{POD_USE}/web-1": USE["items"][0]}, calls)
    assert names(found) == ["web-1"]
    assert calls[0].name == "web-1"
    assert APPS not in calls[0].path
