"""The few programs that every simulated container has: what they print, to which stream, and how they end."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from workers.demo.apiserver.errors import StatusError
from workers.demo.apiserver.resources import find

if TYPE_CHECKING:
    from workers.demo.apiserver.resources import Object
    from workers.demo.apiserver.store import Store

Write = Callable[[bytes], Awaitable[None]]
NOT_A_NUMBER = 'sleep: invalid time interval "{}"\n'
DF = """Filesystem      Size  Used Avail Use% Mounted on
overlay          80G   31G   50G  39% /
tmpfs            64M     0   64M   0% /dev
/dev/nvme1n1     20G   17G  3.0G  85% /var/lib/data
"""
PS = """  PID TTY          TIME CMD
    1 ?        00:04:12 {started}
   47 ?        00:00:00 ps
"""
FILES = {
    "/etc/hostname": "{pod}\n",
    "/etc/os-release": 'NAME="Alpine Linux"\nID=alpine\n',
    "/proc/loadavg": "0.42 0.36\n",
}


@dataclass(frozen=True)
class Inside:
    """Where a program runs."""

    store: Store
    pod: Object
    container: Object

    def environment(self) -> dict[str, str]:
        """Names and values, those of secrets included, as the container has them."""
        found = {"HOSTNAME": self.pod["metadata"]["name"], "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"}
        for one in self.container.get("env") or ():
            reference = (one.get("valueFrom") or {}).get("secretKeyRef")
            found[one["name"]] = self._secret(reference) if reference else str(one.get("value", ""))
        for source in self.container.get("envFrom") or ():
            if reference := source.get("secretRef"):
                found |= {key: self._secret({**reference, "key": key}) for key in self._keys(reference["name"])}
        return found

    def _keys(self, name: str) -> Sequence[str]:
        return sorted(self._data(name))

    def _secret(self, reference: Object) -> str:
        value = self._data(reference["name"]).get(reference["key"], "")
        return base64.b64decode(value).decode(errors="replace")

    def _data(self, name: str) -> dict[str, str]:
        row = find("", "v1", "secrets")
        if row is None:
            return {}
        try:
            secret = self.store.get(row, self.pod["metadata"]["namespace"], name)
        except StatusError:
            return {}
        return dict(secret.get("data") or {})


Program = Callable[[Inside, Sequence[str], Write, Write], Awaitable[int]]


async def _df(_: Inside, __: Sequence[str], out: Write, ___: Write) -> int:
    await out(DF.encode())
    return 0


async def _ls(_: Inside, arguments: Sequence[str], out: Write, err: Write) -> int:
    paths = [one for one in arguments if not one.startswith("-")]
    if any(path not in ("/", "/app", "/var/lib/data") for path in paths):
        await err(f"ls: {paths[0]}: No such file or directory\n".encode())
        return 1
    await out(b"app\nbin\ndev\netc\nlib\nproc\nrun\nsys\ntmp\nusr\nvar\n")
    return 0


async def _ps(inside: Inside, _: Sequence[str], out: Write, __: Write) -> int:
    container = inside.container
    started = [*(container.get("command") or [container["name"]]), *(container.get("args") or ())]
    await out(PS.format(started=" ".join(started)).encode())
    return 0


async def _id(_: Inside, __: Sequence[str], out: Write, ___: Write) -> int:
    await out(b"uid=10001(app) gid=10001(app) groups=10001(app)\n")
    return 0


async def _date(inside: Inside, _: Sequence[str], out: Write, __: Write) -> int:
    await out(f"{inside.store.clock().astimezone(UTC):%a %b %d %H:%M:%S UTC %Y}\n".encode())
    return 0


async def _hostname(inside: Inside, _: Sequence[str], out: Write, __: Write) -> int:
    await out(f"{inside.pod['metadata']['name']}\n".encode())
    return 0


async def _env(inside: Inside, _: Sequence[str], out: Write, __: Write) -> int:
    await out("".join(f"{name}={value}\n" for name, value in inside.environment().items()).encode())
    return 0


async def _cat(inside: Inside, arguments: Sequence[str], out: Write, err: Write) -> int:
    for path in arguments:
        if path not in FILES:
            await err(f"cat: can't open '{path}': No such file or directory\n".encode())
            return 1
        await out(FILES[path].format(pod=inside.pod["metadata"]["name"]).encode())
    return 0


async def _echo(_: Inside, arguments: Sequence[str], out: Write, __: Write) -> int:
    await out(f"{' '.join(arguments)}\n".encode())
    return 0


async def _false(_: Inside, __: Sequence[str], ___: Write, ____: Write) -> int:
    return 1


async def _sleep(_: Inside, arguments: Sequence[str], __: Write, err: Write) -> int:
    if len(arguments) != 1 or not arguments[0].isdecimal():
        await err(NOT_A_NUMBER.format(" ".join(arguments)).encode())
        return 1
    await asyncio.sleep(int(arguments[0]))
    return 0


async def _yes(_: Inside, arguments: Sequence[str], out: Write, __: Write) -> int:
    line = f"{' '.join(arguments) or 'y'}\n".encode()
    while True:
        await out(line * 1000)
        await asyncio.sleep(0.001)  # others are served too, however fast the reader is


PROGRAMS: dict[str, Program] = {
    "df": _df,
    "ls": _ls,
    "ps": _ps,
    "id": _id,
    "date": _date,
    "hostname": _hostname,
    "env": _env,
    "cat": _cat,
    "echo": _echo,
    "false": _false,
    "sleep": _sleep,
    "yes": _yes,
}
