"""The doorbell and the live wire over Redis; implements workers.ports.Bus.

With jobs.py the only module that knows redis and rq. Redis is never an authority: a job names one of four functions
and one request, and whoever takes it reads everything else from the store. Losing Redis raises nothing here.
"""

import json
import re
import secrets
import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.connection import UnixDomainSocketConnection
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as Unanswered
from redis.retry import Retry
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker_registration import REDIS_WORKER_KEYS

from workers.domain.redact import redact
from workers.domain.value import RequestId

QUEUES: Mapping[str, str] = {  # job -> queue
    "plan": "plan",
    "run": "run",
    "reconcile": "plan",
    "vouch": "plan",
    "tend": "plan",
}
FUNCTIONS: Mapping[str, str] = {job: f"workers.jobs.{job}" for job in QUEUES}
_JOBS: Mapping[str, str] = {function: job for job, function in FUNCTIONS.items()}
_REQUEST_ID = re.compile(r"req-[0-9a-hjkmnp-tv-z]{8}")
CHANNEL = "kubechat:changed"
LARGEST_JOB_BYTES = 1024
LARGEST_JOB_FIELDS = 40
QUEUED_SECONDS = 30  # how long an untaken job keeps others like it away
RUNNING_SECONDS = 15  # the same for a running one, renewed while its worker lives
JOB_SECONDS = 600  # after that an untaken job vanishes; the sweeper rings again
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 5.0
BELL_SECONDS = 1.0  # for an answer while a person waits: the sweeper rings again anyway
SILENT_SECONDS = 2.0  # for so long a server that did not answer is not asked by people
MOST_WORKERS = 1000  # that are counted
# A job hash that we wrote has none of these. RQ would import, call or fetch what they name.
_FORBIDDEN = frozenset(f"{when}_callback_name" for when in ("success", "failure", "stopped")) | {
    "webhooks",
    "dependency_id",
    "dependency_ids",
    "retries_left",
    "repeats_left",
    "group_id",
}


class ForgedJob(Exception):
    """a job in the queue that this bus did not write"""


class Doorbell(Job):  # type: ignore[misc]  # rq is untyped
    """An RQ job reduced to what we write: restoring reads nothing else and calls nothing."""

    job: str
    request_id: RequestId

    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        """Raises ForgedJob, naming what is not ours."""
        fields = {key.decode("utf-8", "replace"): value for key, value in raw_data.items()}
        if strange := sorted(key for key in _FORBIDDEN & fields.keys() if fields[key] not in (b"", b"[]")):
            raise ForgedJob(f"it carries {', '.join(strange)}")
        self.job, self.request_id = _read(fields.get("data", b""))


def opened(redis: Redis, job_id: str) -> Doorbell | None:
    """The job with this id, gone from Redis; None when it is gone already. Raises ForgedJob for what is not ours."""
    try:
        job = Doorbell(job_id, connection=redis, serializer=JSONSerializer)
    except (TypeError, ValueError) as error:
        raise ForgedJob("its id is not one of ours") from error
    try:
        sizes = redis.pipeline(transaction=False)
        sizes.hlen(job.key)
        sizes.hstrlen(job.key, "data")
        fields, length = sizes.execute()
        if fields > LARGEST_JOB_FIELDS or length > LARGEST_JOB_BYTES:
            redis.unlink(job.key)
            raise ForgedJob("it is too large")
        out = redis.pipeline()
        out.hgetall(job.key)
        out.unlink(job.key)
        raw, _ = out.execute()
    except ResponseError as error:  # the key holds something else than a hash
        redis.unlink(job.key)
        raise ForgedJob("it is not a hash") from error
    if not raw:
        return None
    job.restore(raw)
    return job


class RedisBus:
    """Safe to share between threads; connects at the first use."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._closed = threading.Event()
        self._silent_until = 0.0
        self._open()

    def ring(self, job: str, request_id: RequestId) -> bool:
        queue, function = QUEUES[job], FUNCTIONS[job]
        if self._is_silent():
            return False
        try:
            if not self._first(job, request_id):
                return True  # one like it is waiting, or will be rung when the running one ends
            try:
                Queue(queue, connection=self._redis, serializer=JSONSerializer, job_class=Doorbell).enqueue_call(
                    function,
                    args=(request_id,),
                    job_id=f"{job}-{request_id}-{secrets.token_hex(4)}",
                    description=job,
                    ttl=JOB_SECONDS,
                    result_ttl=0,
                    failure_ttl=1,
                )
            except RedisError:
                with suppress(RedisError):
                    self._redis.delete(_mark(job, request_id))
                raise
        except RedisError as error:
            self._note(error)
            return False
        return True

    def announce(self, request_id: RequestId) -> None:
        if self._is_silent():
            return
        try:
            self._redis.publish(CHANNEL, request_id)
        except RedisError as error:
            self._note(error)

    def listen(self, timeout_seconds: float) -> RequestId | None:
        """Each thread has its own ear, and the ear stays open between calls."""
        end = time.monotonic() + timeout_seconds
        try:
            ear = self._ear()
            while (left := end - time.monotonic()) > 0:
                message = ear.get_message(timeout=left)
                if message and (said := _request_id(message.get("data"))):
                    return said
        except (RedisError, OSError, ValueError):  # ValueError: closed by another thread while it listens
            self._deafen()
            self._closed.wait(max(0.0, end - time.monotonic()))
        return None

    def check(self) -> str:
        try:
            self._redis.ping()
        except RedisError as error:
            return redact(str(error)) or type(error).__name__
        return ""

    def workers(self) -> int:
        """How many workers have said lately that they live; 0 when Redis does not answer."""
        with suppress(RedisError):
            named = islice(self._redis.sscan_iter(REDIS_WORKER_KEYS), MOST_WORKERS)
            return sum(bool(self._redis.exists(key)) for key in named)
        return 0

    def started(self, job: str, request_id: RequestId) -> None:
        """The job has left the queue: a ring for the same is kept from now on until `ended`."""
        with suppress(RedisError):
            self._redis.set(_mark(job, request_id), "running", ex=RUNNING_SECONDS)

    def running(self, job: str, request_id: RequestId) -> None:
        """Still: to be said more often than every RUNNING_SECONDS."""
        with suppress(RedisError):
            self._redis.expire(_mark(job, request_id), RUNNING_SECONDS)

    def hold(self, job: str, request_id: RequestId, seconds: int) -> None:
        """Its worker was lost: a ring for the same is kept away for a while, it may be what kills workers."""
        with suppress(RedisError):
            self._redis.set(_mark(job, request_id), "queued", ex=seconds)

    def turn(self, what: str, seconds: float) -> bool:
        """Whether it is this caller's turn to do what one of all workers does so often; everybody's without Redis."""
        try:
            return bool(self._redis.set(f"kubechat:turn:{what}", "1", nx=True, px=int(seconds * 1000)))
        except RedisError:
            return True

    def ended(self, job: str, request_id: RequestId) -> None:
        """Rings once more when somebody rang meanwhile."""
        with suppress(RedisError):
            if self._redis.getdel(_mark(job, request_id)) == b"again":
                self.ring(job, request_id)

    def dispose(self) -> None:
        """In a forked child: leaves the parent's sockets alone and opens new ones."""
        self._inherited = (self._redis, self._ears)  # kept, so that nothing of the parent's is closed
        self._open()

    def close(self) -> None:
        self._closed.set()
        for ear in self._ears:
            ear.close()
        self._redis.close()

    def _is_silent(self) -> bool:
        return time.monotonic() < self._silent_until

    def _note(self, error: RedisError) -> None:
        if isinstance(error, Unanswered):  # who refuses at once may be asked at once
            self._silent_until = time.monotonic() + SILENT_SECONDS

    def _open(self) -> None:
        self._redis = connect(self._url, BELL_SECONDS)
        self._ears: list[PubSub] = []
        self._mine = threading.local()

    def _first(self, job: str, request_id: RequestId) -> bool:
        """Whether no job like this is waiting or running; asks a running one's worker to ring again at its end."""
        mark = _mark(job, request_id)
        for _ in range(10):
            if self._redis.set(mark, "queued", nx=True, ex=QUEUED_SECONDS):
                return True
            if self._redis.get(mark) in (b"queued", b"again"):
                return False
            if self._redis.set(mark, "again", xx=True, keepttl=True):
                return False
        return True

    def _ear(self) -> PubSub:
        ear: PubSub | None = getattr(self._mine, "ear", None)
        if ear is None:
            ear = self._redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # as redis has it
            ear.subscribe(CHANNEL)
            self._mine.ear = ear
            self._ears.append(ear)
        return ear

    def _deafen(self) -> None:
        ear: PubSub | None = getattr(self._mine, "ear", None)
        self._mine.ear = None
        if ear is not None:
            self._ears.remove(ear)
            with suppress(RedisError, OSError):
                ear.close()


class _LinkedSocket(UnixDomainSocketConnection):
    """Follows the link that stands for a socket whose path is too long to connect to; see embedded.py."""

    def _connect(self) -> Any:
        link = Path(self.path)
        self.path = str(link.readlink() if link.is_symlink() else link)
        try:
            return super()._connect()  # type: ignore[no-untyped-call]  # as redis has it
        finally:
            self.path = str(link)


def connect(url: str, answer_seconds: float = ANSWER_SECONDS) -> Redis:
    """A client that gives up at once: whoever calls has the database to fall back on."""
    more = {"connection_class": _LinkedSocket} if url.startswith("unix://") else {}
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=answer_seconds,
        retry=Retry(NoBackoff(), 0),
        **more,
    )


class _Form(NamedTuple):
    job: str
    request_id: RequestId


def _read(data: bytes) -> _Form:
    """The only form of a job: `["workers.jobs.plan", null, ["req-7f3k2m9q"], {}]`, perhaps compressed."""
    try:
        plain = zlib.decompressobj()
        text = plain.decompress(data, LARGEST_JOB_BYTES)
        if plain.unconsumed_tail:
            raise ForgedJob("it is too large")
    except zlib.error:
        text = data
    if len(text) > LARGEST_JOB_BYTES:
        raise ForgedJob("it is too large")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ForgedJob("it is not JSON") from error
    match said:
        case [str(function), None, [str(request_id)], {**keywords}] if not keywords:
            job = _JOBS.get(function)
        case _:
            raise ForgedJob("it is not a function with one request id")
    if job is None:
        raise ForgedJob("its function is not one of ours")
    if not _REQUEST_ID.fullmatch(request_id):
        raise ForgedJob("its argument is not a request id")
    return _Form(job, RequestId(request_id))


def _request_id(data: Any) -> RequestId | None:
    text = data.decode("ascii", "replace") if isinstance(data, bytes) else ""
    return RequestId(text) if _REQUEST_ID.fullmatch(text) else None


def _mark(job: str, request_id: RequestId) -> str:
    return f"kubechat:bell:{job}:{request_id}"
