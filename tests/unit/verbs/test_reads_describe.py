"""What `describe` shows of an object, and what it never does."""

from typing import Any

from tests.unit.verbs.driving import APPS, CORE, DEPLOYMENT, Json, Said, action, drive, pod, table, target, workload
from workers.domain.action import Verb
from workers.domain.call import Call
from workers.domain.section import Fields, Section, Table, Text
from workers.domain.target import Target
from workers.verbs.registry import read_spec, validated

EVENTS = f"{CORE}/events"
NO_EVENTS = table("last-seen type reason object message")
PODS = f"{CORE}/pods"


def read(where: Target, said: dict[str, Said], calls: list[Call] | None = None) -> tuple[Section, ...]:
    return drive(read_spec(Verb.DESCRIBE).read(validated(action(Verb.DESCRIBE, where))), said, calls)


def printed(*objects: Json) -> Json:
    """The server's table with the objects in it."""
    rows = [f"{one['metadata']['name']} | 4/4" for one in objects]
    return table("name ready", *rows, objects=objects)


def fields(sections: tuple[Section, ...]) -> dict[str, str]:
    first = sections[0]
    assert isinstance(first, Fields)
    return dict(first.rows)


def called(sections: tuple[Section, ...], start: str) -> Table:
    return next(one for one in sections if isinstance(one, Table) and one.title.startswith(start))


def happening(count: int) -> Json:
    """The server's table of events, which may leave it in any order."""
    rows = [f"{minutes}m | Warning | BackOff | pod/web | number {minutes}" for minutes in range(count, 0, -1)]
    made = table("last reason", *rows)
    made["columnDefinitions"] = [
        {"name": name, "priority": 0} for name in ("Last Seen", "Type", "Reason", "Object", "Message")
    ]
    return made


def test_the_newest_ten_events_of_the_very_object_are_shown():
    """Events are asked for by uid, so that those of an earlier object with the name stay out."""
    calls: list[Call] = []

    found = read(target("pod", "web-1"), {f"{PODS}/web-1": printed(pod("web-1")), EVENTS: happening(14)}, calls)

    events = called(found, "events of web-1")
    assert [row[-1] for row in events.rows] == [f"number {minutes}" for minutes in range(1, 11)]
    assert events.more == 4
    assert calls[1].query["fieldSelector"] == "involvedObject.uid=uid-web-1"


def leaky(kind: str) -> Json:
    env = [{"name": "TOKEN", "value": "hunter2"}]
    made: Json = {
        "metadata": {
            "name": "web",
            "namespace": "payments",
            "uid": "u-1",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"},
        },
        "data": {"password": "hunter2"},
        "spec": {"containers": [{"name": "api", "image": "a/b:1", "env": env, "args": ["--token=hunter2"]}]},
    }
    if kind != "pod":
        made["spec"] = {"template": {"spec": made["spec"]}}
    return made


def test_values_that_may_be_secret_stay_out():
    """Environment, arguments, data of a ConfigMap and the last applied manifest are not shown."""
    kinds = (("pod", f"{PODS}/web"), ("deployment", f"{APPS}/deployments/web"), ("configmap", f"{CORE}/configmaps/web"))
    for kind, path in kinds:
        found = read(target(kind, "web"), {path: printed(leaky(kind)), EVENTS: NO_EVENTS})

        assert "hunter2" not in str(found)
    assert fields(found)["keys"] == "password"


def test_nothing_selected_is_said():
    """An empty selection is an answer."""
    assert read(target("pod", None, selector="app=web"), {PODS: printed()}) == (
        Text(text="no prod-eu/payments pods (app=web)"),
    )


def test_long_values_are_cut():
    """No field is longer than a line that can be read."""
    loud: Any = workload()
    loud["status"]["conditions"] = [{"type": "Available", "status": "False", "message": "x" * 5000}]
    loud["metadata"]["labels"] = {"a": "y" * 5000}

    found = read(target(), {DEPLOYMENT: printed(loud), EVENTS: NO_EVENTS})

    assert len(fields(found)["labels"]) < 320
    assert len(called(found, "conditions").rows[0][3]) == 300
