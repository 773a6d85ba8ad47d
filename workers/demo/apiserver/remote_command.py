"""The exec subresource of pods: a command in a container over a WebSocket, without stdin and terminal.

Behaviour and texts: k8s.io/apiserver/pkg/util/wsstream, k8s.io/apimachinery/pkg/util/remotecommand (subprotocols
v4 and v5), pkg/registry/core/pod/strategy.go (StreamLocation), the kubelet's server and containerd, v1.36.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from workers.demo.apiserver import errors
from workers.demo.apiserver.container_log import choose_container
from workers.demo.apiserver.programs import PROGRAMS, Inside

if TYPE_CHECKING:
    from workers.demo.apiserver.call import Call
    from workers.demo.apiserver.resources import Object

SUBPROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
OUT, ERR, STATUS = 1, 2, 3  # channels; 0 is stdin, 4 the size of the terminal


async def execute(call: Call) -> web.StreamResponse:
    """403 was said before; 400 and 500 are said in plain HTTP, before anything is upgraded."""
    pod = call.store.get(call.row, call.namespace, call.target.name)
    argv = call.request.query.getall("command", [])
    streams = {OUT: call.flag("stdout"), ERR: call.flag("stderr")}
    if not argv:
        raise errors.bad_request("you must specify at least 1 command for the container")
    if not any(streams.values()) and not call.flag("stdin"):
        raise errors.bad_request("you must specify at least one of stdin, stdout, stderr")
    name = choose_container(pod, call.query.get("container", ""))
    _require_running(pod, name)
    if call.request.headers.get("Upgrade", "").lower() != "websocket":
        raise errors.bad_request("Upgrade request required")
    container = next(one for one in pod["spec"]["containers"] if one["name"] == name)
    socket = web.WebSocketResponse(protocols=SUBPROTOCOLS, heartbeat=None)
    socket.headers.update(call.headers)
    await socket.prepare(call.request)
    running = asyncio.create_task(_run(socket, Inside(call.store, pod, container), argv, streams))
    listening = asyncio.create_task(_until_closed(socket))
    cutting = asyncio.create_task(_until_cut(call))
    try:
        await asyncio.wait({running, listening, cutting}, return_when=asyncio.FIRST_COMPLETED)
        if cutting.done() and call.request.transport is not None:
            call.request.transport.abort()
    finally:
        for task in (running, listening, cutting):
            task.cancel()
        await asyncio.gather(running, listening, cutting, return_exceptions=True)
    if not socket.closed:
        await socket.close()
    return socket


async def _run(socket: web.WebSocketResponse, inside: Inside, argv: list[str], streams: dict[int, bool]) -> None:
    def to(channel: int) -> Callable[[bytes], Awaitable[None]]:
        async def write(data: bytes) -> None:
            if streams[channel]:
                await socket.send_bytes(bytes([channel]) + data)

        return write

    program = PROGRAMS.get(argv[0].rpartition("/")[2])
    if program is None:
        await socket.send_bytes(bytes([STATUS]) + msgspec.json.encode(_not_found(argv[0])))
        return
    code = await program(inside, argv[1:], to(OUT), to(ERR))
    await socket.send_bytes(bytes([STATUS]) + msgspec.json.encode(_ended(code)))


async def _until_closed(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass  # what a client sends is stdin, and nothing here reads it


async def _until_cut(call: Call) -> None:
    while "EXEC" not in call.world.faults.cut_after:
        await asyncio.sleep(0.05)


def _require_running(pod: Object, name: str) -> None:
    """As the kubelet: only a container that runs can be entered."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    status: dict[str, Any] = next((one for one in statuses if one.get("name") == name), {})
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        phase = pod["status"]["phase"]
        text = f"cannot exec into a container in a completed pod; current phase is {phase}"
        raise errors.StatusError(500, "InternalError", text, {})
    if "running" not in (status.get("state") or {}):
        text = f'Internal error occurred: unable to upgrade connection: container not found ("{name}")'
        raise errors.StatusError(500, "InternalError", text, {"causes": [{"message": text}]})


def _ended(code: int) -> dict[str, Any]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: error executing command, exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def _not_found(program: str) -> dict[str, Any]:
    text = (
        "Internal error occurred: Internal error occurred: error executing command in container: failed to exec in "
        "container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: "
        f'exec: "{program}": executable file not found in $PATH'
    )
    causes = {"causes": [{"message": text.removeprefix("Internal error occurred: ")}]}
    return {
        "metadata": {},
        "status": "Failure",
        "message": text,
        "reason": "InternalError",
        "details": causes,
        "code": 500,
    }
