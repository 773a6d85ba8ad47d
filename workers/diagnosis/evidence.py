"""What was gathered about an object, a namespace or a cluster, as the rules read it."""

from collections.abc import Iterator, Mapping
from typing import Any

from workers.domain.value import Value
from workers.verbs.fields import Json, name, owner, rows, text
from workers.verbs.revisions import Revision


class Happening(Value):
    """One event."""

    kind: str  # lower case: "pod"
    namespace: str
    name: str
    warning: bool
    reason: str
    message: str
    count: int = 1
    ago: str = ""  # by the server's clock: "5m32s"


class Output(Value):
    """The last lines that a container wrote."""

    namespace: str
    pod: str
    container: str
    previous: bool  # of the run before the present one
    lines: tuple[str, ...]


class Rollout(Value):
    """A workload with its revisions, oldest first."""

    workload: Mapping[str, Any]
    revisions: tuple[Revision, ...]


class Evidence(Value):
    """Objects as the API server gave them; only those in scope that are worth a look."""

    pods: tuple[Json, ...] = ()
    workloads: tuple[Json, ...] = ()  # deployments, statefulsets, daemonsets, jobs, cronjobs
    rollouts: tuple[Rollout, ...] = ()
    nodes: tuple[Json, ...] = ()
    claims: tuple[Json, ...] = ()
    scalers: tuple[Json, ...] = ()
    services: tuple[tuple[Json, Json], ...] = ()  # with its Endpoints
    happenings: tuple[Happening, ...] = ()  # newest first
    outputs: tuple[Output, ...] = ()
    looked_at: tuple[tuple[str, int], ...] = ()  # how many there are of each kind, healthy ones too
    missing: tuple[str, ...] = ()  # what could not be seen, and why

    def about(self, obj: Json, *reasons: str) -> Iterator[Happening]:
        """The events of one object, newest first; only those with one of the reasons."""
        kind, space = kind_of(obj), text(obj, "metadata", "namespace")
        for one in self.happenings:
            same = (one.kind, one.name) == (kind, name(obj)) and one.namespace in (space, "default")
            if same and (not reasons or one.reason in reasons):
                yield one

    def last_line(self, pod: Json, container: str) -> str:
        """The line that says most of a container's end: the last that names an error, else the last; may be empty."""
        for one in self.outputs:
            if (one.namespace, one.pod, one.container) == (text(pod, "metadata", "namespace"), name(pod), container):
                told = [line for line in one.lines if line.strip()]
                bad = [line for line in told if any(word in line.lower() for word in BAD)]
                return (bad or told or [""])[-1].strip()[:LONGEST_LINE]
        return ""


BAD = ("panic", "fatal", "exception", "error", "traceback", "cannot", "refused", "denied", "no such", "missing")
LONGEST_LINE = 300


def kind_of(obj: Json) -> str:
    """Lower case; what a list left out is told by what the object has."""
    said = text(obj, "kind").lower()
    return said or ("pod" if rows(obj, "spec", "containers") else "")


def called(obj: Json) -> str:
    """`pod payments/payment-worker-6c9d8-x2k4j`, `node worker-3`."""
    space = text(obj, "metadata", "namespace")
    return f"{kind_of(obj)} {space}/{name(obj)}" if space else f"{kind_of(obj)} {name(obj)}"


def family(pod: Json) -> str:
    """What the pods of one owner share; the pod itself when nothing owns it."""
    reference = owner(pod)
    own = f"{text(reference, 'kind').lower()} {text(reference, 'name')}" if reference else f"pod {name(pod)}"
    return f"{text(pod, 'metadata', 'namespace')}/{own}"
