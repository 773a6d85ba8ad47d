"""What a diagnosis reads: few calls, small answers, and what could not be seen is said."""

from typing import Any

import pytest

from tests.unit.diagnosis.test_rules import crashing, deployment, event, pod
from tests.unit.verbs.driving import Said, drive, listed, table
from workers.diagnosis.gather import gather
from workers.diagnosis.judge import judge
from workers.diagnosis.report import report
from workers.domain.call import Call, Shape
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import ALL
from workers.domain.section import Log, Table, Text
from workers.domain.target import Target

Json = dict[str, Any]
SHOP, APPS = "/api/v1/namespaces/shop", "/apis/apps/v1/namespaces/shop"
LOG = f"{SHOP}/pods/web-a/log"


def at(kind: str, name: str | None = None, namespace: str | None = "shop", **more: Any) -> Target:
    return Target(cluster="prod-eu", namespace=namespace, kind=kind, name=name, **more)


def meta(name: str, owner: str = "", namespace: str = "shop") -> Json:
    references = [{"kind": "ReplicaSet", "name": owner, "uid": owner, "controller": True}] if owner else []
    return {"metadata": {"name": name, "namespace": namespace, "ownerReferences": references}}


def events(*said: tuple[str, str, str]) -> Json:
    """Pairs of age, reason and the pod's name."""
    objects = tuple(
        {
            "involvedObject": {"kind": "Pod", "name": name, "namespace": "shop"},
            "reason": reason,
            "message": f"{reason} of {name}",
            "type": "Warning",
            "count": 3,
        }
        for _, reason, name in said
    )
    heads = [{"name": "Last Seen"}, {"name": "Reason"}]
    rows = [{"cells": [ago, reason], "object": one} for (ago, reason, _), one in zip(said, objects, strict=True)]
    return {"kind": "Table", "metadata": {}, "columnDefinitions": heads, "rows": rows}


PLACE: dict[str, Said] = {
    f"{SHOP}/pods": table(
        "name ready status restarts age",
        "web-a|0/1|CrashLoopBackOff|7 (30s ago)|6m",
        "web-b|0/1|CrashLoopBackOff|7 (31s ago)|6m",
        "web-c|1/1|Running|0|3d",
        "other|1/1|Running|2 (5m ago)|3d",
        "old|1/1|Running|2 (9d ago)|30d",
        "done|0/1|Completed|0|1d",
        objects=(
            meta("web-a", "rs"),
            meta("web-b", "rs"),
            meta("web-c", "rs"),
            meta("other"),
            meta("old"),
            meta("done"),
        ),
    ),
    f"{SHOP}/pods/web-a": crashing(1),
    f"{SHOP}/pods/web-b": {**crashing(1), "metadata": {**crashing(1)["metadata"], "name": "web-b"}},
    f"{SHOP}/pods/other": pod("other", status={"conditions": [{"type": "Ready", "status": "True"}]}),
    f"{APPS}/deployments": table("name ready up-to-date available", "web|3/4|2|3", objects=(meta("web"),)),
    f"{APPS}/deployments/web": deployment(),
    f"{APPS}/replicasets": listed(),
    f"{APPS}/statefulsets": AccessDenied("you may not list statefulsets"),
    f"{APPS}/daemonsets": table("name desired current ready", "log|3|3|3", objects=(meta("log"),)),
    f"{SHOP}/persistentvolumeclaims": table("name status", "data|Bound", objects=(meta("data"),)),
    f"{SHOP}/events": events(("30s", "BackOff", "web-a"), ("2h", "BackOff", "web-b"), ("5m", "Killing", "web-c")),
    LOG: "one\npanic: no queue\n",
    "/api/v1/nodes/worker-3": {"metadata": {"name": "worker-3"}, "spec": {}, "status": {"conditions": []}},
}


def test_of_a_place_only_suspects_are_read_in_full():
    """Lists are tables with names; healthy pods are counted and never fetched."""
    calls: list[Call] = []
    seen = drive(gather(at(ALL)), PLACE, calls)

    fetched = [call.path for call in calls if call.name and call.resource == "pods" and not call.subresource]
    assert fetched == [f"{SHOP}/pods/web-a", f"{SHOP}/pods/other", f"{SHOP}/pods/web-b"]
    lists = [call for call in calls if not call.name and call.resource != "replicasets"]
    assert all(call.shape is Shape.TABLE for call in lists)
    assert all(call.query["includeObject"] == "Metadata" for call in lists if call.resource != "events")
    assert dict(seen.looked_at)["pod"] == 6
    assert [obj["metadata"]["name"] for obj in seen.workloads] == ["web"]


def test_what_may_not_be_seen_is_said_and_does_not_end_it():
    """Other kinds go on."""
    seen = drive(gather(at(ALL)), PLACE)
    assert any("you may not list statefulsets" in one for one in seen.missing)
    last = report("shop", seen, judge(seen))[-1]
    assert isinstance(last, Text)
    assert last.text.startswith("could not be seen: ")


def test_of_one_owner_one_log_is_read_that_of_the_run_before():
    """Pods of one owner fail alike."""
    calls: list[Call] = []
    seen = drive(gather(at(ALL)), PLACE, calls)
    logs = [call for call in calls if call.subresource == "log"]

    assert [call.path for call in logs] == [LOG]
    assert logs[0].query["previous"] == "true"
    assert int(logs[0].query["tailLines"]) <= 20
    assert seen.outputs[0].lines == ("one", "panic: no queue")


def test_events_of_the_last_hour_count():
    """Older ones say nothing about now; a longer span may be asked for."""
    names = [one.name for one in drive(gather(at(ALL)), PLACE).happenings]
    assert names == ["web-a", "web-c"]
    assert len(drive(gather(at(ALL), since=3 * 3600), PLACE).happenings) == 3


def test_a_status_leaves_the_others_out():
    """Only what was asked about."""
    seen = drive(gather(at("pod"), status="crashloopbackoff"), PLACE)
    assert [one["metadata"]["name"] for one in seen.pods] == ["web-a", "web-b"]
    assert drive(gather(at("pod"), status="Pending"), PLACE).pods == ()


def test_the_named_object_itself_must_be_there():
    """Nothing is said about what does not exist."""
    with pytest.raises(NotThere):
        drive(gather(at("deployment", "nobody")), PLACE)


def test_of_a_workload_its_pods_events_and_revisions_are_read():
    """A pod of another workload is none of its business."""
    said: dict[str, Said] = {
        **PLACE,
        f"{SHOP}/pods": listed(crashing(1)),
        f"{SHOP}/events": events(("30s", "BackOff", "web-new-abcde"), ("31s", "BackOff", "api-new-abcde")),
    }
    seen = drive(gather(at("deployment", "web")), said)
    assert [one["metadata"]["name"] for one in seen.pods] == ["web-a"]
    assert [one.name for one in seen.happenings] == ["web-new-abcde"]
    assert len(seen.rollouts) == 1


def test_of_a_whole_cluster_only_warnings_and_also_nodes_are_read():
    """The narrowest question that the server understands."""
    calls: list[Call] = []
    everywhere = {path.replace("/namespaces/shop", ""): said for path, said in PLACE.items()}
    drive(gather(at(ALL, namespace="*")), {**PLACE, **everywhere}, calls)
    (asked,) = [call for call in calls if call.resource == "events"]
    assert asked.query["fieldSelector"] == "type=Warning"
    assert "nodes" in [call.resource for call in calls]


def test_a_diagnosis_of_many_stays_small():
    """A place with hundreds of failing pods is told by a few, and the rest counted."""
    names = [f"p-{number}" for number in range(300)]
    cells = [f"{name}|0/1|CrashLoopBackOff|9 (1s ago)|5m" for name in names]
    said: dict[str, Said] = {
        f"{SHOP}/pods": table("name ready status restarts age", *cells, objects=tuple(meta(name) for name in names)),
        **{f"{SHOP}/pods/{name}": {**crashing(1), "metadata": meta(name)["metadata"]} for name in names},
        **{f"{SHOP}/pods/{name}/log": "x\n" * 500 for name in names},
    }
    calls: list[Call] = []
    seen = drive(gather(at(ALL)), said, calls)
    found = report("shop", seen, judge(seen))

    assert len(calls) < 40
    assert any("288 more pods that look unhealthy" in one for one in seen.missing)
    assert sum(len(one.lines) for one in found if isinstance(one, Log)) <= 60
    assert all(len(one.rows) <= 12 for one in found if isinstance(one, Table))


def test_a_report_names_what_was_looked_at_even_when_all_is_well():
    """Nothing unhealthy is an answer, with its extent."""
    quiet: dict[str, Said] = {**PLACE, "/api/v1/pods": table("name"), "/api/v1/events": events()}
    calls: list[Call] = []
    (said,) = report("shop", drive(gather(at("node", "worker-3", None)), quiet, calls), ())
    assert calls[-1].query["fieldSelector"] == "involvedObject.kind=Node,involvedObject.name=worker-3"
    assert isinstance(said, Text)
    assert said.text == "shop: nothing unhealthy (1 node, 0 pods)"


def test_an_event_is_found_by_its_object():
    """By kind, name and namespace; nodes have their events in default."""
    one = event("BackOff", "x")
    seen = drive(gather(at(ALL)), PLACE).model_copy(update={"happenings": (one,)})
    assert list(seen.about(crashing(1))) == [one]
    assert list(seen.about(crashing(1), "Killing")) == []
    assert list(seen.about(pod("web-b"))) == []
