"""The next step in the life of one container, read off its status."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workers.demo.identity import Json, moment, stamp, uid
from workers.demo.images import Fate, fate
from workers.demo.timing import Timing

Said = tuple[str, str, bool]  # reason, message, warning


@dataclass(frozen=True)
class Change:
    """A container's next status and when it takes effect."""

    at: datetime
    index: int
    status: Json
    events: tuple[Said, ...] = ()


def next_change(pod: Mapping[str, Any], index: int, timing: Timing) -> Change | None:
    """What happens next to the container, None if it stays as it is. Pure."""
    status = pod["status"]["containerStatuses"][index]
    match status["state"]:
        case {"waiting": {"reason": "ContainerCreating"}}:
            return _created(pod, index, timing)
        case {"waiting": {"reason": "ErrImagePull"}}:
            return _pull_backs_off(pod, index, timing)
        case {"waiting": {"reason": "CrashLoopBackOff"}}:
            finished = moment(status["lastState"]["terminated"]["finishedAt"])
            at = finished + timing.backoff(status["restartCount"])
            return _starts(pod, index, at, status["restartCount"] + 1)
        case {"running": {"startedAt": started}}:
            return _runs(pod, index, moment(started), timing)
        case {"terminated": end} if end["exitCode"] and pod["spec"].get("restartPolicy", "Always") != "Never":
            at = moment(end["finishedAt"]) + timing.pick(timing.error_seconds)
            return _backs_off(pod, index, at, timing)
        case _:
            return None


def waiting(reason: str, message: str = "") -> Json:
    return {"waiting": {"reason": reason, "message": message} if message else {"reason": reason}}


def _creation(pod: Mapping[str, Any], index: int, timing: Timing) -> datetime:
    delay = timing.pick(timing.create_seconds, pod["metadata"]["uid"], index)
    return moment(pod["status"]["startTime"]) + delay


def _created(pod: Mapping[str, Any], index: int, timing: Timing) -> Change:
    at = _creation(pod, index, timing)
    image = pod["spec"]["containers"][index]["image"]
    if fate(image) is not Fate.MISSING:
        return _starts(pod, index, at, 0)
    message = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
    status = {**pod["status"]["containerStatuses"][index], "state": waiting("ErrImagePull", message)}
    pulling = ("Pulling", f'Pulling image "{image}"', False)
    failed = ("Failed", f'Failed to pull image "{image}": rpc error: code = NotFound desc = {message}', True)
    return Change(at, index, status, (pulling, failed, ("Failed", "Error: ErrImagePull", True)))


def _pull_backs_off(pod: Mapping[str, Any], index: int, timing: Timing) -> Change:
    at = _creation(pod, index, timing) + timing.scaled(1.0)
    message = f'Back-off pulling image "{pod["spec"]["containers"][index]["image"]}"'
    status = {**pod["status"]["containerStatuses"][index], "state": waiting("ImagePullBackOff", message)}
    return Change(at, index, status, (("BackOff", message, False), ("Failed", "Error: ImagePullBackOff", True)))


def _starts(pod: Mapping[str, Any], index: int, at: datetime, restarts: int) -> Change:
    old = pod["status"]["containerStatuses"][index]
    spec = pod["spec"]["containers"][index]
    image, name = spec["image"], spec["name"]
    status = {
        **old,
        "image": image,
        "imageID": f"{image.partition(':')[0]}@sha256:{uid(image).replace('-', '') * 2}",
        "containerID": f"containerd://{uid(pod['metadata']['uid'], name, restarts).replace('-', '') * 2}",
        "restartCount": restarts,
        "started": True,
        "state": {"running": {"startedAt": stamp(at)}},
    }
    pulled = f'Successfully pulled image "{image}" in 812ms (812ms including waiting). Image size: 48293012 bytes.'
    if restarts:
        pulled = f'Container image "{image}" already present on machine'
    return Change(
        at,
        index,
        status,
        (
            *(() if restarts else (("Pulling", f'Pulling image "{image}"', False),)),
            ("Pulled", pulled, False),
            ("Created", f"Container created: {name}", False),
            ("Started", "Container started", False),
        ),
    )


def _runs(pod: Mapping[str, Any], index: int, started: datetime, timing: Timing) -> Change | None:
    status = pod["status"]["containerStatuses"][index]
    seed = (pod["metadata"]["uid"], index)
    if fate(status["image"]) is Fate.CRASHES:
        return _ends(status, index, started, timing.pick(timing.crash_seconds, *seed), 1, _unhealthy(pod, index))
    if pod["spec"].get("restartPolicy", "Always") != "Always":
        return _ends(status, index, started, timing.pick(timing.job_seconds, *seed), 0)
    if not status["ready"]:
        return Change(started + timing.pick(timing.ready_seconds, *seed, "ready"), index, {**status, "ready": True})
    return None


def _unhealthy(pod: Mapping[str, Any], index: int) -> tuple[Said, ...]:
    """What the kubelet says about the readiness probe of a container that never listens."""
    probe = (pod["spec"]["containers"][index].get("readinessProbe") or {}).get("httpGet")
    if not probe:
        return ()
    where = f"{pod['status']['podIP']}:{probe['port']}"
    refused = f'Get "http://{where}{probe["path"]}": dial tcp {where}: connect: connection refused'
    return (("Unhealthy", f"Readiness probe failed: {refused}", True),)


def _ends(
    status: Json, index: int, started: datetime, lasted: timedelta, code: int, said: tuple[Said, ...] = ()
) -> Change:
    at = started + lasted
    end = {
        "exitCode": code,
        "reason": "Error" if code else "Completed",
        "startedAt": stamp(started),
        "finishedAt": stamp(at),
        "containerID": status["containerID"],
    }
    return Change(at, index, {**status, "ready": False, "started": False, "state": {"terminated": end}}, said)


def _backs_off(pod: Mapping[str, Any], index: int, at: datetime, timing: Timing) -> Change:
    old = pod["status"]["containerStatuses"][index]
    name, meta = old["name"], pod["metadata"]
    whom = f"{name} in pod {meta['name']}_{meta['namespace']}({meta['uid']})"
    seconds = round(timing.backoff(old["restartCount"]).total_seconds() * timing.speed)
    message = f"back-off {seconds}s restarting failed container={name} pod={whom.rpartition(' ')[2]}"
    status = {**old, "state": waiting("CrashLoopBackOff", message), "lastState": old["state"]}
    return Change(at, index, status, (("BackOff", f"Back-off restarting failed container {whom}", True),))
