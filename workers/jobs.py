"""The worker process: RQ entry points, and a worker that believes nothing that Redis says.

A job is taken out of Redis entirely when it is taken: nothing of a running or finished one is there, no result, no
exception, no registry. It runs in a forked child with its own connections, which dies with this process.
"""

import gc
import os
import random
import select
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from workers.bus import Doorbell, ForgedJob, connect, opened
from workers.clusters import scratch
from workers.domain.audit import AuditEvent
from workers.domain.errors import Broken, KubechatError, RequestNotFound, Unavailable
from workers.domain.redact import redact, visible
from workers.domain.value import RequestId
from workers.horse import fork, kill
from workers.settings import Settings
from workers.store.upgrade import upgrade
from workers.store.warming import warm
from workers.telemetry import configure, log
from workers.wiring import Wiring, Work, wire

DEQUEUE_SECONDS = 0.5  # how long a signal may wait
SWEEP_SECONDS = 2.0
PROBE_SECONDS = 15.0
HEARTBEAT_SECONDS = 5.0
TIDY_SECONDS = 3600.0
GRACE_SECONDS = 25.0  # for the running job after SIGTERM: less than the 30 s of Kubernetes
PLAN_SECONDS = 300.0  # no plan takes so long unless it hangs; an execution has bounds of its own
UNKNOWN_REQUEST = 3  # how a child ends whose job names no request: rejections are counted here, in the parent
REJECTIONS_PER_MINUTE = 20  # leaves about forged jobs; whoever writes to Redis must not fill the audit trail


def plan(work: Work, request_id: RequestId, worker: str) -> None:
    work.plan(request_id, worker)


def run(work: Work, request_id: RequestId, worker: str) -> None:
    work.run(request_id, worker)


def reconcile(work: Work, request_id: RequestId, _worker: str) -> None:
    work.reconcile(request_id)


def vouch(work: Work, request_id: RequestId, _worker: str) -> None:
    work.vouch(request_id)


def tend(work: Work, request_id: RequestId, _worker: str) -> None:
    work.tend(request_id)


ENTRIES: Mapping[str, Callable[[Work, RequestId, str], None]] = {
    "plan": plan,
    "run": run,
    "reconcile": reconcile,
    "vouch": vouch,
    "tend": tend,
}


class KubechatWorker(Worker):  # type: ignore[misc]  # rq is untyped
    """RQ's registration and queues; taking and running a job are ours. Commands over pub/sub are not listened to."""

    def __init__(
        self, queues: Sequence[str], wiring: Wiring, redis_url: str, grace_seconds: float = GRACE_SECONDS
    ) -> None:
        super().__init__(
            list(queues),
            name=f"{socket.gethostname()}-{os.getpid()}-{random.randrange(1 << 32):08x}",  # noqa: S311  # a name
            connection=connect(redis_url),
            serializer=JSONSerializer,
            job_class=Doorbell,
            worker_ttl=20,
        )
        self._wiring = wiring
        self._grace_seconds = grace_seconds
        self._stop_by: float | None = None
        self._stop_asked_at = 0.0
        self._due = {"sweep": 0.0, "probe": 0.0, "heartbeat": 0.0, "tidy": 0.0}
        self._prober = 0
        self._lost: dict[tuple[str, RequestId], int] = {}
        self._rejected: list[float] = []
        self._said: dict[str, float] = {}
        self._is_registered = False

    def work(self) -> None:
        """Until SIGTERM or SIGINT; the running job is finished within the grace, a second signal kills it."""
        self._install_signal_handlers()
        warm(self._wiring.store)
        gc.collect()
        gc.freeze()  # what is loaded now is never looked through by a child's collector, so its pages stay shared
        log(worker=self.name).info("worker.started", queues=",".join(self.queue_names()))
        if self._wiring.keeper and "plan" in self.queue_names():
            self._wiring.keeper.start()
        while self._stop_by is None:
            self._do_what_is_due()
            taken = self._take()
            if taken is not None:
                self.execute_job(taken)
        if self._prober:
            kill(self._prober)
        with suppress(RedisError):
            self.register_death()
        log(worker=self.name).info("worker.ended")

    def execute_job(self, job: Doorbell, _queue: Queue | None = None) -> None:
        """In a child, under the policy as it is in its file now; returns when it has ended."""
        self._follow()
        bus, key = self._wiring.bus, (job.job, job.request_id)
        bus.started(*key)
        ours, theirs = os.pipe()  # closed by the kernel when the child ends, however it ends
        pid = self._fork(lambda: self._perform(job))  # it keeps `theirs` open
        self._horse_pid = pid
        os.close(theirs)
        limit = None if job.job == "run" else time.monotonic() + PLAN_SECONDS
        while not select.select([ours], [], [], DEQUEUE_SECONDS)[0]:
            bus.running(*key)
            self._do_what_is_due()
            if min(limit or float("inf"), self._stop_by or float("inf")) < time.monotonic():
                kill(pid)
        os.close(ours)
        _, status = os.waitpid(pid, 0)
        self._horse_pid = 0
        scratch.remove(self._wiring.data, pid)
        if os.WIFSIGNALED(status):
            self._lost[key] = lost = self._lost.get(key, 0) + 1
            number = os.WTERMSIG(status)
            log(request=job.request_id, worker=self.name).error("job.lost", job=job.job, signal=number, times=lost)
            bus.hold(*key, seconds=min(2**lost, 600))
            return
        self._lost.pop(key, None)
        bus.ended(*key)
        if os.WEXITSTATUS(status) == UNKNOWN_REQUEST:
            self._reject(job.id, "no request has this id")

    def _perform(self, job: Doorbell) -> int:
        """In the child."""
        said = log(request=job.request_id, job=job.job, worker=self.name)
        try:
            ENTRIES[job.job](self._wiring.work, job.request_id, self.name)
        except RequestNotFound:
            return UNKNOWN_REQUEST
        except Broken as error:
            said.exception("job.broken", code=error.code, message=error.text)
        except Unavailable as error:
            said.warning("job.postponed", code=error.code, message=error.text)
        except KubechatError as error:
            said.info("job.ended", code=error.code, message=error.text)
        except Exception:  # noqa: BLE001  # the top of a job
            said.exception("job.broken")
            return 1
        return 0

    def _take(self) -> Doorbell | None:
        """The next job that is in order, gone from Redis; None after a while or when Redis is down."""
        try:
            popped = self.connection.blpop([queue.key for queue in self.queues], DEQUEUE_SECONDS)
        except RedisError as error:
            self._say("queue.unreachable", error)
            self._is_registered = False
            time.sleep(DEQUEUE_SECONDS)
            return None
        if popped is None:
            return None
        job_id = popped[1].decode("utf-8", "replace")
        try:
            return opened(self.connection, job_id)
        except ForgedJob as error:
            self._reject(job_id, str(error))
        except RedisError as error:
            self._say("queue.unreachable", error)
        return None

    def _reject(self, job_id: str, because: str) -> None:
        now = time.monotonic()
        self._rejected = [at for at in self._rejected if at > now - 60]
        facts = {"job": visible(redact(job_id[:100])), "because": because, "worker": self.name}
        log(**facts).warning("job.rejected")
        if len(self._rejected) >= REJECTIONS_PER_MINUTE:
            return
        self._rejected.append(now)
        try:
            with self._wiring.store.change() as change:
                change.leaf(AuditEvent.JOB_REJECTED, request_id=None, actor=None, facts=facts)
        except KubechatError as error:
            self._say("job.unrecorded", error)

    def _follow(self) -> None:
        try:
            if self._wiring.following is not None:
                self._wiring.following.follow()
        except KubechatError as error:  # it is in force, and recorded as soon as the database answers
            self._say("policy.unrecorded", error)

    def _do_what_is_due(self) -> None:
        if self._is_due("heartbeat", HEARTBEAT_SECONDS):
            self._beat()
            for what in self._wiring.keeper.lost() if self._wiring.keeper else ():
                log(worker=self.name).warning("names.lost", what=redact(what))
        if self._is_due("sweep", SWEEP_SECONDS):
            self._follow()
            try:
                self._wiring.work.sweep()
            except Exception as error:  # noqa: BLE001  # the worker outlives it and sweeps again
                self._say("sweep.failed", error)
        if self._prober and os.waitpid(self._prober, os.WNOHANG)[0]:
            scratch.remove(self._wiring.data, self._prober)
            self._prober = 0
        is_prober = "plan" in self.queue_names() and not self._prober
        if is_prober and self._is_due("probe", PROBE_SECONDS) and self._wiring.bus.turn("probe", PROBE_SECONDS - 1):
            self._prober = self._fork(self._probe)
        if "plan" in self.queue_names() and self._is_due("tidy", TIDY_SECONDS):
            try:
                self._wiring.work.tidy()
            except KubechatError as error:
                self._say("tidy.failed", error)

    def _probe(self) -> int:
        """In a child: a cluster that does not answer must not keep a job waiting."""
        try:
            self._wiring.work.probe()
        except Exception as error:  # noqa: BLE001  # probed again soon
            self._say("probe.failed", error)
        return 0

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + seconds
        return True

    def _beat(self) -> None:
        """Shows this worker to `rq info`, and again after Redis has lost it."""
        with suppress(RedisError, ValueError):
            if self._is_registered and self.connection.exists(self.key):
                self.heartbeat()
            else:
                self.register_birth()
                self._is_registered = True

    def _say(self, event: str, error: Exception) -> None:
        """At most once in 30 s for each event, so that an outage does not fill the disk."""
        now = time.monotonic()
        if now - self._said.get(event, float("-inf")) > 30:
            self._said[event] = now
            log(worker=self.name).warning(event, error=type(error).__name__, message=redact(str(error)))

    def _fork(self, perform: Callable[[], int]) -> int:
        def with_own_connections() -> int:
            self._wiring.store.dispose()
            self._wiring.bus.dispose()
            self._wiring.after_fork()
            return perform()

        return fork(with_own_connections)

    def request_stop(self, signum: int, _frame: object) -> None:
        now = time.monotonic()
        if self._stop_by is None:
            self._stop_by, self._stop_asked_at = now + self._grace_seconds, now
        elif now - self._stop_asked_at > 1:  # a terminal and a supervisor may both say it
            log(worker=self.name).warning("worker.killed", signal=signum)
            self._stop_by = now
            if self._horse_pid:
                kill(self._horse_pid)

    def _set_ip_address(self, _connection: object) -> None:
        self.ip_address = "unknown"  # RQ would ask Redis here, which may be down


def main(queues: Sequence[str]) -> int:
    """`kubechat worker`: settings come from the environment."""
    configure()
    try:
        settings = Settings.read(os.environ)
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        upgrade(settings.database_url)
        scratch.sweep(settings.data)
        wiring = wire(settings)
    except KubechatError as error:
        log().error("worker.unstarted", code=error.code, message=error.text)
        return 1
    worker = KubechatWorker(queues or ("run", "plan"), wiring, settings.redis_url)
    if ready := os.environ.get("KUBECHAT_READY_FILE"):  # for the supervisor, which names it
        Path(ready).write_text(f"{worker.name}\n", encoding="utf-8")
    worker.work()
    wiring.bus.close()
    wiring.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
