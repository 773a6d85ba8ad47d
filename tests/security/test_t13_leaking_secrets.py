"""Two hundred planted secrets and a tour of everything that people ask: none of them is anywhere afterwards."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.outcome import ExitCode
from bot.wire_json import request_json
from tests.e2e.stack import Stack, World, deployment_path, raw
from tests.security.planted import EACH, SHAPES, planted
from workers.bus import connect
from workers.domain.canonical import canonical
from workers.domain.redact import redact, redact_tree
from workers.domain.section import Log, Text
from workers.domain.state import State
from workers.redaction import clean_section
from workers.telemetry import configure, log

pytestmark = pytest.mark.xdist_group("guarded")
PLANTED = planted()


def found_in(text: str) -> list[str]:
    return [value for value, _ in PLANTED if value in text]


def test_t13_there_are_two_hundred_of_many_shapes() -> None:
    """No value twice, and each is in its text."""
    assert len({value for value, _ in PLANTED}) == len(SHAPES) * EACH == 200
    assert all(value in text for value, text in PLANTED)


def test_t13_no_shape_passes_the_choke_point() -> None:
    """As a text, in a log among other lines, in a tree, and in the middle of a sentence."""
    for value, text in PLANTED:
        assert value not in redact(text)
        assert value not in redact(f"2026-11-23T10:00:00Z ERROR while connecting: {text}\nretrying")
        assert value not in str(redact_tree({"spec": {"note": [text]}}))
        lines = Log(title="log", lines=("before", *text.split("\n"), "after"))
        assert value not in clean_section(lines).model_dump_json()
        assert value not in clean_section(Text(text=f"it said: {text}")).model_dump_json()


def fail(text: str) -> None:
    """Two exceptions, one because of the other, and both quote the text."""
    try:
        json.loads(text + "{")
    except ValueError as error:
        raise ValueError(f"while reading: {text}") from error


def test_t13_no_log_line_of_ours_has_one(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither as a fact, nor in an exception with all that caused it."""
    configure()
    for value, text in PLANTED:
        log(request="req-00000000").info("cluster.answered", message=text, facts={"note": [text]})
        try:
            fail(text)
        except ValueError:
            log().exception("job.broken", why=text, value=f"password={value}")

    said = "".join(capfd.readouterr())
    assert said.count("job.broken") == len(PLANTED)
    assert found_in(said) == []


def plant(world: World, cluster: str) -> str:
    """A workload whose variables, annotations and events are full of them, and a ConfigMap beside it; its name."""
    name = world.deployment(cluster)
    live = world.live(cluster, name)
    texts = [text for _, text in PLANTED]
    variables = [{"name": f"SETTING_{number}", "value": text} for number, text in enumerate(texts[0::3])]
    notes = {f"example.com/note-{number}": text for number, text in enumerate(texts[1::3])}
    container = {**live["spec"]["template"]["spec"]["containers"][0], "env": variables}
    world.admin(
        cluster,
        "PATCH",
        deployment_path(name),
        {"metadata": {"annotations": notes}, "spec": {"template": {"spec": {"containers": [container]}}}},
    )
    about = {"name": name, "namespace": "payments", "uid": live["metadata"]["uid"]}
    for number, text in enumerate(texts[2::3]):
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{name}.{number}", "namespace": "payments"},
            "involvedObject": about | {"kind": "Deployment"},
            "reason": "Planted",
            "message": text,
            "type": "Warning",
            "firstTimestamp": "2026-11-23T00:00:00Z",
            "lastTimestamp": "2026-11-23T00:00:00Z",
            "count": 1,
        }
        world.admin(cluster, "POST", "/api/v1/namespaces/payments/events", event)
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{name}-config", "namespace": "payments"},
        "data": {f"line-{number}": text for number, text in enumerate(texts)},
    }
    world.admin(cluster, "POST", "/api/v1/namespaces/payments/configmaps", config)
    return name


@pytest.mark.slow
def test_t13_a_tour_of_requests_leaves_none_anywhere(stack: Stack, world: World) -> None:
    """Database, audit, progress, logs, cards, JSON, Redis and every file: reads, changes, refusals, undo."""
    name = plant(world, "staging")
    words = " ".join(text.replace("\n", " ") for _, text in PLANTED[::40])
    asked = [
        stack.ask("alice", text)
        for text in (
            f"describe {name} in staging",
            f"events of {name} in staging",
            f"why is {name} failing in staging",
            f"show me the annotations of {name} in staging",
            f"describe configmap {name}-config in payments in staging",
            f"show configmap {name}-config in payments in staging",
            f"logs of {name} in staging",
            f"logs of payment-worker in prod-eu {words}",
            f"list pods in payments in staging with {words}",
            f"describe secret payments-db in payments in staging {words}",
        )
    ]
    scaled = stack.waiting(f"scale {name} to 3 in staging because {words}")
    asked.append(stack.done("alice", "run", scaled))
    asked.append(stack.done("alice", "undo", scaled))
    denied = stack.waiting(f"scale payment-api to 5 in prod-us because {PLANTED[7][1]}")
    stack.press("bob", f"reject because {PLANTED[57][1]}", denied)
    asked += [stack.now(denied), stack.ask("alice", f"annotate {name} in staging with note={PLANTED[3][1]}")]

    for request in asked:
        stack.card(stack.now(request))
    seen = "".join(stack.cards)
    hits = {where: hit for where, text in sinks(stack) if (hit := found_in(text))}

    assert hits == {}
    assert "REDACTED" in seen
    assert sum(request.state is State.SUCCEEDED for request in map(stack.now, asked)) >= 5


def sinks(stack: Stack) -> Iterator[tuple[str, str]]:
    """Everything that is kept, shown or sent."""
    yield from stack._sinks(stack.leaves())
    for file in Path(stack.instance.settings.data).rglob("*"):
        if file.is_file():
            yield str(file.name), raw(file)
    for request in stack.instance.store.requests(limit=1000):
        yield f"the JSON of {request.id}", json.dumps(request_json(request, ExitCode.DONE), default=str)
    client = connect(stack.instance.settings.redis_url)
    for key in client.keys("*"):
        kind = client.type(key)
        held = client.hgetall(key) if kind == b"hash" else client.dump(key)
        yield f"redis {key!r}", f"{key!r} {held!r}"
    client.close()
    yield "the trail as it is hashed", canonical(stack.leaves()).decode()
