"""The last words of containers that are not well, as evidence: few lines of few containers."""

from collections.abc import Generator, Sequence

from workers.diagnosis.desk import Desk
from workers.diagnosis.evidence import Output, family
from workers.domain.call import Answer, Call, Shape
from workers.domain.errors import AccessDenied, NotThere, Rejected
from workers.domain.kind import KINDS
from workers.verbs.fields import Json, dig, name, number, rows, text
from workers.verbs.pods import is_leaving, is_over

MOST = 4  # containers
LINES, LONGEST_LINE, MOST_BYTES = 15, 500, 64 * 1024


def has_ended_well(pod: Json) -> bool:
    return is_over(pod) and text(pod, "status", "phase") == "Succeeded"


def listen(desk: Desk) -> Generator[Call, Answer, None]:
    """Of one pod of each owner: of the run before where a container was started again."""
    told: set[str] = set()
    for pod in desk.pods:
        if len(told) >= MOST:
            return
        status = _worst(pod)
        key = f"{family(pod)}/{text(status, 'name')}"
        if status is None or key in told:
            continue
        told.add(key)
        yield from _log(desk, pod, text(status, "name"), previous=number(status, "restartCount") > 0)


def _worst(pod: Json) -> Json | None:
    """The container to listen to; None when all is well or none has run yet."""
    if is_leaving(pod) or has_ended_well(pod):
        return None
    for one in (*rows(pod, "status", "initContainerStatuses"), *rows(pod, "status", "containerStatuses")):
        ran = bool(number(one, "restartCount") or dig(one, "state", "running") or dig(one, "state", "terminated"))
        done = dig(one, "state", "terminated", "reason") == "Completed"
        if ran and not done and (not dig(one, "ready") or number(one, "restartCount")):
            return one
    return None


def _log(desk: Desk, pod: Json, container: str, *, previous: bool) -> Generator[Call, Answer, None]:
    query = {"container": container, "tailLines": str(LINES), "limitBytes": str(MOST_BYTES)}
    space = text(pod, "metadata", "namespace")
    call = Call(
        method="GET",
        group="",
        version=KINDS["pod"].version,
        resource=KINDS["pod"].plural,
        namespace=space,
        name=name(pod),
        subresource="log",
        query={**query, **({"previous": "true"} if previous else {})},
        shape=Shape.TEXT,
    )
    try:
        answer = yield call
    except (AccessDenied, NotThere, Rejected) as error:
        desk.missing.append(f"log of {name(pod)} ({container}): {error.message}")
        return
    lines = _cut(answer.text.splitlines()[-LINES:])
    if lines:
        desk.outputs.append(Output(namespace=space, pod=name(pod), container=container, previous=previous, lines=lines))


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(one if len(one) <= LONGEST_LINE else f"{one[:LONGEST_LINE]}..." for one in lines)
