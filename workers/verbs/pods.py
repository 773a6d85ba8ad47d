"""Pods: their one-word status, and whether one is in trouble that does not pass by itself.

Status words: pkg/printers/internalversion/printers.go, Kubernetes 1.36.
"""

from collections.abc import Sequence

from workers.domain.value import Value
from workers.verbs.fields import Json, dig, name, number, rows, text

TROUBLE = {
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}
LONGEST_MESSAGE = 160


class Trouble(Value):
    """One container that keeps a pod from becoming ready."""

    pod: str
    container: str
    reason: str
    restarts: int
    detail: str = ""

    @property
    def text(self) -> str:
        times = f", {self.restarts} restart{'' if self.restarts == 1 else 's'}" if self.restarts else ""
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.pod} ({self.container}) {self.reason}{times}{detail}"


def is_ready(pod: Json) -> bool:
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in rows(pod, "status", "conditions"))


def is_leaving(pod: Json) -> bool:
    return bool(dig(pod, "metadata", "deletionTimestamp"))


def is_over(pod: Json) -> bool:
    return dig(pod, "status", "phase") in ("Succeeded", "Failed")


def restarts(pod: Json) -> int:
    return sum(number(one, "restartCount") for one in rows(pod, "status", "containerStatuses"))


def status(pod: Json) -> str:
    """`Running`, `CrashLoopBackOff`, `Init:CrashLoopBackOff`, `Completed`, `Terminating` ..."""
    if is_leaving(pod):
        return "Terminating"
    for one in rows(pod, "status", "initContainerStatuses"):
        reason = state(one)
        if reason not in ("", "Completed", "PodInitializing", "Running"):
            return f"Init:{reason}"
    for one in rows(pod, "status", "containerStatuses"):
        reason = state(one)
        if reason not in ("", "Running", "Completed"):
            return reason
    return text(pod, "status", "reason") or text(pod, "status", "phase") or "Unknown"


def state(container_status: Json) -> str:
    """`Running`, or why a container is not: `CrashLoopBackOff`, `OOMKilled`, `ExitCode:1`."""
    held = dig(container_status, "state", default={})
    if "waiting" in held:
        return text(held, "waiting", "reason")
    if "terminated" in held:
        return text(held, "terminated", "reason") or f"ExitCode:{number(held, 'terminated', 'exitCode')}"
    return "Running" if "running" in held else ""


def trouble(pod: Json) -> Trouble | None:
    """The first container that crash-loops or cannot be started; None for a pod that is merely not ready yet."""
    for one in (*rows(pod, "status", "initContainerStatuses"), *rows(pod, "status", "containerStatuses")):
        reason = text(one, "state", "waiting", "reason")
        if reason in TROUBLE:
            return Trouble(
                pod=name(pod),
                container=text(one, "name"),
                reason=reason,
                restarts=number(one, "restartCount"),
                detail=_detail(one),
            )
    return None


def troubles(pods: Sequence[Json]) -> list[Trouble]:
    found = [trouble(pod) for pod in pods if not is_leaving(pod) and not is_ready(pod)]
    return [one for one in found if one is not None]


def told(found: Sequence[Trouble]) -> str:
    """The first in full, the others counted: pods of one workload mostly fail alike."""
    if not found:
        return ""
    rest = len(found) - 1
    return found[0].text + (f", and {rest} more {'pod' if rest == 1 else 'pods'} in trouble" if rest else "")


def unschedulable(pod: Json) -> str:
    """Why no node takes the pod; empty when one does."""
    for one in rows(pod, "status", "conditions"):
        if one.get("type") == "PodScheduled" and one.get("status") == "False":
            return text(one, "message")[:LONGEST_MESSAGE] or "no node takes it"
    return ""


def ending(container_status: Json) -> str:
    """How the run before this one ended: `OOMKilled, exit code 137`; empty when there was none."""
    ended = dig(container_status, "lastState", "terminated", default={})
    return f"{text(ended, 'reason') or 'ended'}, exit code {number(ended, 'exitCode')}" if ended else ""


def _detail(container_status: Json) -> str:
    last = ending(container_status)
    if last:
        return f"last run {last}"
    message = text(container_status, "state", "waiting", "message")
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}..."
