"""What the containers of a cluster have written: the same lines for the same pod and moment, without storing any."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from workers.demo import speech
from workers.demo.canaries import CANARIES
from workers.demo.identity import Json, between, fraction, moment, suffix
from workers.demo.images import Fate, fate, tag

Line = tuple[datetime, str]
KEPT = 600  # everyday lines that a node keeps of one container
BETWEEN_STARTUP_LINES = timedelta(milliseconds=40)


class Logs:
    """The log source of one cluster. `find` gives a pod's present state by namespace and name, None if it is gone."""

    def __init__(self, clock: Callable[[], datetime], find: Callable[[str, str], Json | None]) -> None:
        self._clock, self._find = clock, find

    def lines(self, pod: Json, container: str, previous: bool) -> list[Line] | None:
        """Lines so far, oldest first; None if there is no such container run.

        A container that waits to be restarted shows its last run, as a kubelet does.
        """
        status = _status(pod, container)
        if status is None:
            return None
        last = status["lastState"].get("terminated")
        state = status["state"]
        if previous:
            return _ended(pod, status, last)
        if "running" in state:
            return list(run(pod, status, moment(state["running"]["startedAt"]), self._clock()))
        return _ended(pod, status, state.get("terminated") or last)

    async def follow(self, pod: Json, container: str) -> AsyncIterator[Line]:
        """New lines as they are written, until the container stops."""
        meta = pod["metadata"]
        first = _status(pod, container)
        seen = self._clock()
        while first is not None:
            await asyncio.sleep(0.5)
            now = self._clock()
            current = self._find(meta["namespace"], meta["name"])
            status = _status(current, container) if current else None
            if current is None or status is None or current["metadata"]["uid"] != meta["uid"]:
                return
            for line in self.lines(current, container, previous=False) or ():
                if seen < line[0] <= now:
                    yield line
            if "running" not in status["state"] or status["restartCount"] != first["restartCount"]:
                return
            seen = now


def _ended(pod: Json, status: Json, end: Json | None) -> list[Line] | None:
    if not end:
        return None
    # The stored end has whole seconds, rounded down; the last words came up to a second later.
    until = moment(end["finishedAt"]) + timedelta(seconds=1)
    return list(run(pod, status, moment(end["startedAt"]), until))


def run(pod: Json, status: Json, started: datetime, until: datetime) -> Iterator[Line]:
    """The lines of one run of a container between its start and `until`."""
    application = _application(pod)
    facts = {"version": tag(status["image"])}
    if fate(status["image"]) is Fate.CRASHES:
        yield from _burst(speech.LAST_WORDS, pod, started, until, facts)
        return
    voice = speech.voice(application, status["name"])
    yield from _burst(voice.startup, pod, started, until, facts)
    if not voice.everyday:
        return
    step, uid = voice.every_seconds, pod["metadata"]["uid"]
    # Slots are counted from the epoch, so that a line never moves when the window does.
    last = int(until.timestamp()) // step
    first = max(int(started.timestamp()) // step + 1, last - KEPT)
    for slot in range(first, last + 1):
        seed = (uid, status["name"], slot)
        at = datetime.fromtimestamp(slot * step + step * fraction(*seed, "at"), UTC)
        if started < at <= until:
            yield at, _line(voice, seed)


def _burst(texts: tuple[str, ...], pod: Json, started: datetime, until: datetime, facts: Json) -> Iterator[Line]:
    for index, text in enumerate(texts):
        at = started + BETWEEN_STARTUP_LINES * (index + 1)
        if at <= until:
            yield at, _fill(text, (pod["metadata"]["uid"], index), facts)


def _line(voice: speech.Voice, seed: tuple[object, ...]) -> str:
    chance = between(1, 100, *seed, "kind")
    choice = voice.everyday
    if chance <= 2 and voice.leaks:
        choice = voice.leaks
    elif chance <= 6 and voice.trouble:
        choice = voice.trouble
    path = voice.paths[between(0, len(voice.paths) - 1, *seed, "path")]
    return _fill(choice[between(0, len(choice) - 1, *seed, "text")], seed, {"path": path})


def _fill(text: str, seed: tuple[object, ...], facts: Json) -> str:
    values: dict[str, Any] = {"version": "", "path": "/", **facts}
    values |= {"ms": between(8, 95, *seed, "ms"), "n": between(2, 99, *seed, "n"), "id": suffix(10, *seed, "id")}
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _application(pod: Json) -> str:
    labels = pod["metadata"].get("labels") or {}
    return str(labels.get("app", ""))


def _status(pod: Json, container: str) -> Json | None:
    statuses = pod["status"].get("containerStatuses") or ()
    return next((item for item in statuses if item["name"] == container), None)


__all__ = ["CANARIES", "Logs", "run"]
