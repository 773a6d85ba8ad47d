"""Everything that is left of a run of the product: what the checker judges, and keeps when it finds something."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.stack import Json, Stack, raw
from workers.bus import connect
from workers.domain.audit import AuditRecord
from workers.domain.request import Request

KEPT = Path(os.environ.get("KUBECHAT_HISTORIES") or Path(tempfile.gettempdir()) / "kubechat-histories")


@dataclass(frozen=True)
class Shown:
    """One card as people saw it."""

    at: str
    request_id: str
    state: str
    text: str


@dataclass
class History:
    name: str
    seed: int
    calls: dict[str, list[Json]] = field(default_factory=dict)  # cluster -> its own journal, oldest first
    records: list[Json] = field(default_factory=list)  # of the audit trail: sequence, leaf, previous_hash, hash
    head: str | None = None  # the end of the trail as it was noted outside the database
    requests: dict[str, Json] = field(default_factory=dict)  # as the database has them
    queue: dict[str, str] = field(default_factory=dict)  # all that was in Redis
    shown: list[Shown] = field(default_factory=list)
    sinks: dict[str, str] = field(default_factory=dict)  # logs, progress, database files: where no secret may be
    healed_at: str | None = None  # when the last fault was over

    @property
    def leaves(self) -> list[Json]:
        return [json.loads(record["leaf"]) | {"sequence": record["sequence"]} for record in self.records]

    def audit(self) -> list[AuditRecord]:
        return [AuditRecord(**{**record, "leaf": record["leaf"].encode()}) for record in self.records]

    def keep(self, why: list[str], root: Path = KEPT) -> Path:
        """Written where somebody can look into it; the folder."""
        folder = root / f"{self.name}-{self.seed}-{os.getpid()}"
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in asdict(self).items():
            (folder / f"{name}.json").write_text(json.dumps(value, indent=1))
        (folder / "violations.txt").write_text("\n".join(why) + "\n")
        return folder


def collected(
    stack: Stack, name: str, seed: int, *, shown: list[Shown], since: Mapping[str, int], healed_at: str | None
) -> History:
    """Of a stack at rest; `since` is how long each cluster's journal was when the stack began."""
    store = stack.instance.store
    settings = stack.instance.settings
    head = settings.data / "audit.head"
    found = History(name, seed, shown=list(shown), healed_at=healed_at)
    found.calls = {cluster: stack.world.fleet.requests(cluster)[since.get(cluster, 0) :] for cluster in since}
    found.head = head.read_text() if head.exists() else None  # before the records: they only grow
    found.records = [
        {**record.model_dump(exclude={"leaf"}), "leaf": record.leaf.decode()} for record in store.records()
    ]
    found.requests = {r.id: json.loads(r.model_dump_json()) for r in _requests(stack)}
    found.queue = dict(_queue(settings.redis_url))
    found.sinks = dict(_sinks(stack))
    return found


def _requests(stack: Stack) -> tuple[Request, ...]:
    return stack.instance.store.requests(limit=10_000)


def _queue(url: str) -> Iterator[tuple[str, str]]:
    client = connect(url)
    readers: dict[bytes, Any] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
    }
    try:
        for key in client.scan_iter():
            kind = client.type(key)
            if kind in readers:  # else it is gone already
                yield key.decode(errors="replace"), repr(readers[kind](key))
    finally:
        client.close()


def _sinks(stack: Stack) -> Iterator[tuple[str, str]]:
    data = stack.instance.settings.data
    for file in (*data.glob("*.sqlite3*"), *data.glob("logs/*.log")):
        yield file.name, raw(file)
    cursor, lines = 0, []
    while rows := stack.instance.store.progress_after(cursor):
        cursor = rows[-1].id
        lines += [row.text for row in rows]
    yield "progress", "\n".join(lines)
