"""`logs`: what containers wrote, of one pod or of the pods of a workload."""

from collections.abc import Generator, Sequence

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, Shape
from workers.domain.errors import Mistake, NotThere, Rejected
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.section import Log, Section, Text
from workers.domain.value import Value
from workers.verbs import selected
from workers.verbs.command import flags, kubectl, named
from workers.verbs.fields import Json, annotation, containers, name, rows, text
from workers.verbs.grammar import Container, Moment, Span, Whole, Words, seconds
from workers.verbs.pods import is_ready, restarts, status, trouble
from workers.verbs.spec import ReadSpec

TAIL = 50
MOST_LINES = 5000
MOST_PODS = 5
LONGEST_LINE = 2000
MOST_BYTES = 4 * 1024 * 1024  # of one container: what `limitBytes` asks for
MAIN = "kubectl.kubernetes.io/default-container"


class Params(Value):
    tail: Whole | None = Field(None, ge=1, le=MOST_LINES, description=f"a number of lines from 1 to {MOST_LINES}")
    since: Span | None = Field(None, description="a span such as 10m, 2h or 1d")
    since_time: Moment | None = Field(None, description="a time with its zone: 2026-11-22T21:40:00Z")
    container: Container | None = Field(None, description="the name of a container")
    previous: bool | None = Field(None, description="true or false")
    all_containers: bool | None = Field(None, description="true or false")
    grep: Words | None = Field(None, description="words to look for, at most 200 characters")
    follow: bool | None = Field(None, description="true or false")


class Logs(ReadSpec):
    verb = Verb.LOGS
    params = Params
    kinds = ("pod", *WORKLOADS, "replicaset", "job", "cronjob", "service")
    example = "logs of payment-api in prod-eu since 10m"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        """Filtering is left to grep, which a person would pipe it into."""
        target, params = action.target, action.params
        what = [named(target)] if target.name else ["-l", str(target.selector or ""), "--prefix"]
        said = {key: params.get(key) for key in ("since", "since_time", "container", "previous", "all_containers")}
        return kubectl(target, "logs", *what, *flags(tail=params.get("tail", TAIL), **said))

    def read(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        pods = yield from selected.pods(action.target)
        if not pods:
            return (Text(text=f"{action.target.text} has no pods now, so there are no logs"),)
        if action.params.get("previous"):
            pods = [pod for pod in pods if restarts(pod)] if len(pods) > 1 else pods
            if not pods:
                return (Text(text=f"no pod of {action.target.text} has restarted, so there is no earlier run"),)
        ordered = sorted(pods, key=_interest)
        found: list[Section] = []
        for pod in ordered[:MOST_PODS]:
            found += yield from _logs(action, pod)
        left = [name(pod) for pod in ordered[MOST_PODS:]]
        if left:
            shown = ", ".join(left[:10]) + (f" and {len(left) - 10} more" if len(left) > 10 else "")
            found.append(Text(text=f"left out: {shown}; name a pod to see its log"))
        if action.params.get("follow"):
            found.append(Text(text="this is the log up to now; in a terminal, `kubectl logs -f` follows it"))
        return tuple(found)


def _interest(pod: Json) -> tuple[bool, bool, int, str]:
    """Who is in trouble comes first, then who is not ready, then who restarted most."""
    return trouble(pod) is None, is_ready(pod), -restarts(pod), name(pod)


def _containers(action: Action, pod: Json) -> Sequence[str]:
    """All, the named one, or the main one: the annotated, else the first."""
    names = [text(one, "name") for one in containers(pod)]
    wanted = action.params.get("container")
    if wanted is not None:
        if wanted not in names:
            raise Mistake(
                f"{name(pod)} has no container '{wanted}'",
                now=f"its containers: {', '.join(names)}",
                then="name one of them",
            )
        return [str(wanted)]
    if action.params.get("all_containers"):
        return names
    main = annotation(pod, MAIN)
    return [main] if main in names else names[:1]


def call(action: Action, pod: Json, container: str, *, lines: int) -> Call:
    """The log of one container; a refusal comes as NotThere or Rejected."""
    params = action.params
    query = {"container": container, "tailLines": str(lines), "limitBytes": str(MOST_BYTES)}
    if params.get("since"):
        query["sinceSeconds"] = str(seconds(str(params["since"])))
    elif params.get("since_time"):
        query["sinceTime"] = str(params["since_time"])
    if params.get("previous"):
        query["previous"] = "true"
    return Call(
        method="GET",
        group="",
        version=KINDS["pod"].version,
        resource=KINDS["pod"].plural,
        namespace=text(pod, "metadata", "namespace") or action.target.namespace,
        name=name(pod),
        subresource="log",
        query=query,
        shape=Shape.TEXT,
    )


def _logs(action: Action, pod: Json) -> Generator[Call, Answer, list[Section]]:
    found = []
    for container in _containers(action, pod):
        section = yield from _log(action, pod, container)
        found.append(section)
    return found


def _log(action: Action, pod: Json, container: str) -> Generator[Call, Answer, Section]:
    """A filter looks at more lines than it shows."""
    params = action.params
    most, words = int(params.get("tail", TAIL)), str(params.get("grep", "")).lower()
    title = f"{name(pod)} ({container}) {_state(pod, container)}" + (
        ", the run before" if params.get("previous") else ""
    )
    try:
        answer = yield call(action, pod, container, lines=MOST_LINES if words else most)
    except (NotThere, Rejected) as error:
        return Text(text=f"{title}: {error.text}")
    lines = answer.text.splitlines()
    hits = [line for line in lines if words in line.lower()] if words else lines
    if not hits:
        wanted = f"no line with '{params['grep']}' among the last {len(lines)}" if words else "no lines"
        return Text(text=f"{title}: {wanted}")
    shown = tuple(line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}..." for line in hits[-most:])
    found = f", {len(hits)} of the last {len(lines)} lines have '{params['grep']}'" if words else ""
    return Log(title=f"{title}{found}", lines=shown, more=len(hits) - len(shown))


def _state(pod: Json, container: str) -> str:
    """`CrashLoopBackOff, 12 restarts`: why one would look."""
    one = next((s for s in rows(pod, "status", "containerStatuses") if s.get("name") == container), {})
    times = one.get("restartCount") or 0
    return status(pod) + (f", {times} restart{'' if times == 1 else 's'}" if times else "")
