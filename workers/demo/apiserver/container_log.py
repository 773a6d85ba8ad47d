"""The log subresource of pods: which lines, in which form, and following them.

Behaviour and texts: pkg/registry/core/pod/strategy.go (LogLocation) and the kubelet's log reader, v1.36.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from workers.demo.apiserver import errors
from workers.demo.apiserver.metadata import parse_timestamp
from workers.demo.apiserver.validation import NOT_NEGATIVE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workers.demo.apiserver.call import Call
    from workers.demo.apiserver.resources import Object
    from workers.demo.apiserver.sources import Line

PLAIN = "text/plain"


@dataclass(frozen=True)
class Options:
    since: datetime | None
    tail: int | None  # None is everything
    limit_bytes: int | None
    timestamps: bool

    def write(self, line: Line) -> bytes:
        moment, text = line
        if self.timestamps:
            stamp = moment.astimezone(UTC)
            text = f"{stamp:%Y-%m-%dT%H:%M:%S}.{stamp.microsecond:06d}000Z {text}"
        return text.encode() + b"\n"

    def choose(self, lines: Iterable[Line]) -> bytes:
        wanted = [line for line in lines if self.since is None or line[0] >= self.since]
        if self.tail is not None:
            wanted = wanted[-self.tail :] if self.tail else []
        whole = b"".join(self.write(line) for line in wanted)
        return whole if self.limit_bytes is None else whole[: self.limit_bytes]


async def log(call: Call) -> web.StreamResponse:
    pod = call.store.get(call.row, call.namespace, call.target.name)
    container = choose_container(pod, call.query.get("container", ""))
    options = _options(call)
    previous = call.flag("previous")
    lines = call.world.logs.lines(pod, container, previous)
    if previous and (lines is None or not _ran_before(pod, container)):
        text = f'previous terminated container "{container}" in pod "{call.target.name}" not found'
        raise errors.bad_request(text)
    if lines is None:
        why = _waiting(pod, container)
        raise errors.bad_request(f'container "{container}" in pod "{call.target.name}" is waiting to start: {why}')
    content = options.choose(lines)
    if previous or not call.flag("follow"):
        return call.answer(content, content_type=PLAIN)
    return await _follow(call, pod, container, options, content)


async def _follow(call: Call, pod: Object, container: str, options: Options, content: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={**call.headers, "Content-Type": PLAIN})
    left = None if options.limit_bytes is None else options.limit_bytes - len(content)
    try:
        await response.prepare(call.request)
        if content:
            await response.write(content)
        async for line in call.world.logs.follow(pod, container):
            text = options.write(line)
            if left is not None:
                text, left = text[:left], left - len(text)
            await response.write(text)
            if left is not None and left <= 0:
                break
        await response.write_eof()
    except (ConnectionError, asyncio.CancelledError):
        if not _gone(call):
            raise
    return response


def _gone(call: Call) -> bool:
    """The client hung up: the usual end of following."""
    transport = call.request.transport
    return transport is None or transport.is_closing()


def choose_container(pod: Object, asked: str) -> str:
    """The container meant; 400 when several could be, or none is."""
    name, spec = pod["metadata"]["name"], pod.get("spec") or {}
    containers = [one["name"] for one in spec.get("containers") or ()]
    initial = [one["name"] for one in spec.get("initContainers") or ()]
    debugging = [one["name"] for one in spec.get("ephemeralContainers") or ()]
    if not asked:
        if len(containers) == 1:
            return str(containers[0])
        text = f"a container name must be specified for pod {name}, choose one of: [{' '.join(containers)}]"
        if initial:
            text += f" or one of the init containers: [{' '.join(initial)}]"
        raise errors.bad_request(text)
    if asked not in (*containers, *initial, *debugging):
        raise errors.bad_request(f"container {asked} is not valid for pod {name}")
    return asked


def _options(call: Call) -> Options:
    since: datetime | None = None
    if call.query.get("sinceSeconds") and call.query.get("sinceTime"):
        cause = errors.not_allowed("sinceSeconds", "at most one of `sinceTime` or `sinceSeconds` may be specified")
        raise errors.invalid("", "PodLogOptions", call.target.name, [cause])
    seconds = _number(call, "sinceSeconds", 1)
    if seconds is not None:
        since = call.store.clock() - timedelta(seconds=seconds)
    elif call.query.get("sinceTime"):
        try:
            since = parse_timestamp(call.query["sinceTime"])
        except ValueError as problem:
            raise errors.bad_request(f"parsing time {errors.shown(call.query['sinceTime'])}: {problem}") from problem
    return Options(since, _number(call, "tailLines", 0), _number(call, "limitBytes", 1), call.flag("timestamps"))


def _number(call: Call, name: str, least: int) -> int | None:
    text = call.query.get(name)
    if text is None:
        return None
    try:
        number = int(text)
    except ValueError as problem:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from problem
    if number < least:
        text = "must be greater than 0" if least else NOT_NEGATIVE
        cause = errors.wrong(name, number, text)
        raise errors.invalid("", "PodLogOptions", call.target.name, [cause])
    return number


def _statuses(pod: Object, container: str) -> Object:
    status = pod.get("status") or {}
    every = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    return next((one for one in every if one.get("name") == container), {})


def _ran_before(pod: Object, container: str) -> bool:
    return bool((_statuses(pod, container).get("lastState") or {}).get("terminated"))


def _waiting(pod: Object, container: str) -> str:
    waiting = (_statuses(pod, container).get("state") or {}).get("waiting") or {}
    return str(waiting.get("reason", "ContainerCreating"))
