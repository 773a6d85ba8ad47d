"""Turns what controllers say into Event objects; a repetition raises the count of the first."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from workers.demo.controllers.actions import Emit
from workers.demo.identity import Json, number, stamp


def event(said: Emit, at: datetime) -> Json:
    """The Event for the first time that this is said."""
    meta = said.about["metadata"]
    about = {
        "apiVersion": said.about["apiVersion"],
        "kind": said.about["kind"],
        "name": meta["name"],
        "uid": meta.get("uid", ""),
        "resourceVersion": meta.get("resourceVersion", ""),
    }
    namespace = meta.get("namespace") or "default"
    if meta.get("namespace"):
        about["namespace"] = namespace
    component, _, host = said.source.partition(", ")
    when = stamp(said.at or at)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name_of(said), "namespace": namespace, "creationTimestamp": when},
        "involvedObject": {key: value for key, value in about.items() if value},
        "reason": said.reason,
        "message": said.message,
        "type": "Warning" if said.warning else "Normal",
        "source": {"component": component, **({"host": host} if host else {})},
        "reportingComponent": component,
        "reportingInstance": host,
        "firstTimestamp": when,
        "lastTimestamp": when,
        "eventTime": None,
        "count": 1,
    }


def name_of(said: Emit) -> str:
    """The same for every repetition: an event is counted by object, reason and message."""
    meta = said.about["metadata"]
    return f"{meta['name']}.{number(meta.get('uid'), said.reason, said.message):016x}"


def again(old: Mapping[str, Any], said: Emit, at: datetime) -> Json:
    """The Event after one more repetition."""
    return {**old, "count": old.get("count", 1) + 1, "lastTimestamp": stamp(said.at or at)}


def collect(said: Iterable[Emit], at: datetime) -> list[Json]:
    """The Events for everything that was said, in the order of the first time."""
    events: dict[str, Json] = {}
    for one in said:
        name = name_of(one)
        events[name] = again(events[name], one, at) if name in events else event(one, at)
    return list(events.values())
