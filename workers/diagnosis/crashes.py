"""Containers that end: why, by exit code, reason and last line (rules C1 to C12)."""

from collections.abc import Iterator

from workers.diagnosis.evidence import Evidence, called, family
from workers.diagnosis.finding import Finding, Sure
from workers.domain.value import Value
from workers.verbs.fields import Json, dig, number, rows, text
from workers.verbs.pods import is_leaving, is_ready

OFTEN = 2  # restarts from which a series is one
NOT_FOUND, WRONG_CPU = "executable file not found", "exec format error"
STARTS = ("RunContainerError", "StartError", "ContainerCannotRun")
KILLED = 137


class Ending(Value):
    """What a way of ending means."""

    rule: str
    says: str
    sure: Sure
    then: str


def _ending(rule: str, sure: Sure, says: str, then: str) -> Ending:
    return Ending(rule=rule, says=says, sure=sure, then=then)


_COMMAND = _ending("C7", Sure.STATED, "could not run its command", "look at its command, its arguments and its image")
_CRASH = "look at the previous log and at the image"
# By exit code; 128 and more is the number of a signal.
ENDINGS = {
    0: _ending(
        "C9",
        Sure.STATED,
        "ends by itself with success, and is started again",
        "its command may be meant for a job; look at the command",
    ),
    126: _COMMAND,
    127: _COMMAND,
    128: _COMMAND,
    132: _ending("C8", Sure.LIKELY, "crashed: SIGILL, often an image for another CPU architecture", _CRASH),
    134: _ending("C8", Sure.LIKELY, "crashed by itself (SIGABRT)", _CRASH),
    135: _ending("C8", Sure.LIKELY, "crashed by itself (SIGBUS)", _CRASH),
    KILLED: _ending(
        "C4",
        Sure.LIKELY,
        "was killed from outside (SIGKILL)",
        "look at the node's events for SystemOOM or an eviction",
    ),
    139: _ending("C8", Sure.LIKELY, "crashed by itself (SIGSEGV)", _CRASH),
    143: _ending(
        "C5",
        Sure.HINT,
        "was asked to stop (SIGTERM)",
        "a rollout, a drain or a probe asks so; look at its events",
    ),
    255: _ending("C10", Sure.HINT, "ended in an unknown way, perhaps with its node", "look at the node's events"),
}
BY_ERROR = _ending(
    "C6",
    Sure.LIKELY,
    "ends with an error of its own (exit code {0})",
    "its last words mostly say which setting or dependency it lacks",
)
BY_PROBE = _ending(
    "C3",
    Sure.STATED,
    "was killed because its liveness probe failed",
    "look at the probe's path, port and delay, and at what the application was doing",
)
OVER_LIMIT = _ending(
    "C2",
    Sure.STATED,
    "was killed for using more than its memory limit of {0}",
    "compare with `top`; raise the limit, or look for what grew",
)
WITHOUT_LIMIT = _ending(
    "C2",
    Sure.LIKELY,
    "was killed for want of memory on its node, and has no limit",
    "look at the node's memory; set a request and a limit",
)


def crashes(seen: Evidence) -> Iterator[Finding]:
    for pod in seen.pods:
        if is_leaving(pod) or text(pod, "status", "phase") == "Succeeded":
            continue
        for one, initial in _statuses(pod):
            ended = _ended(one)
            if ended is not None and (not is_ready(pod) or number(one, "restartCount") >= OFTEN):
                yield _judged(seen, pod, one, ended, initial=initial)


def _statuses(pod: Json) -> Iterator[tuple[Json, bool]]:
    for one in rows(pod, "status", "initContainerStatuses"):
        yield one, True
    for one in rows(pod, "status", "containerStatuses"):
        yield one, False


def _ended(status: Json) -> Json | None:
    """How its last run ended; None when none did, or when an init container has done its work."""
    now = dig(status, "state", "terminated")
    if now and (number(now, "exitCode") or text(now, "reason") == "OOMKilled"):
        return dict(now)
    before = dig(status, "lastState", "terminated")
    if now or not before:
        return None
    return dict(before)


def _judged(seen: Evidence, pod: Json, status: Json, ended: Json, *, initial: bool) -> Finding:
    container, reason = text(status, "name"), text(ended, "reason")
    restarts = number(status, "restartCount")
    line = seen.last_line(pod, container) or text(ended, "message").strip()[:300]
    what = f"{'init container' if initial else 'container'} {container}"
    times = f", {restarts} restart{'' if restarts == 1 else 's'}" if restarts else ""
    ending = _cause(seen, pod, container, ended, line)
    sources = [f"last run of {container}: {reason or 'ended'}, exit code {number(ended, 'exitCode')}{times}"]
    if line:
        sources.append(f"its last words: {line}")
    return Finding(
        rule=ending.rule,
        about=called(pod),
        says=f"{what} {ending.says}",
        sure=ending.sure,
        sources=tuple(sources),
        then=ending.then,
        family=f"{family(pod)}/{container}/{ending.rule}",
    )


def _cause(seen: Evidence, pod: Json, container: str, ended: Json, line: str) -> Ending:
    code, reason = number(ended, "exitCode"), text(ended, "reason")
    if reason == "OOMKilled":
        limit = _limit(pod, container)
        return OVER_LIMIT.model_copy(update={"says": OVER_LIMIT.says.format(limit)}) if limit else WITHOUT_LIMIT
    if reason in STARTS or NOT_FOUND in line.lower():
        return ENDINGS[127]
    if WRONG_CPU in line.lower():
        return ENDINGS[132]
    if code == KILLED:
        probed = any("liveness" in one.message.lower() for one in seen.about(pod, "Killing", "Unhealthy"))
        return BY_PROBE if probed else ENDINGS[KILLED]
    found = ENDINGS.get(code, BY_ERROR)
    return found.model_copy(update={"says": found.says.format(code)})


def _limit(pod: Json, container: str) -> str:
    for one in (*rows(pod, "spec", "containers"), *rows(pod, "spec", "initContainers")):
        if one.get("name") == container:
            return text(one, "resources", "limits", "memory")
    return ""
