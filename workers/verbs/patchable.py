"""The fields that `patch` may set, as data: where each is, and what it may be. Everything else is refused.

What is not here on purpose: whatever gives a container more rights or another program (securityContext, host*,
volumes, serviceAccountName, command, args, image), and what ties an object to others (selectors, owner references).
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

from workers.domain.errors import InvalidParameter, PolicyRefused
from workers.domain.kind import WORKLOADS
from workers.domain.value import Value
from workers.verbs.grammar import HIDDEN, is_name
from workers.verbs.quantity import amount, is_quantity

Typed = str | int | bool
Place = Literal["container", "pod", "object"]  # below a container, below the pod template's spec, below the object's
RULE = "patch-allow-list"
TEMPLATED = (*WORKLOADS, "cronjob")  # what has a pod template

NUMBER = re.compile(r"[0-9]{1,9}")
SHARE = re.compile(r"[0-9]{1,9}|(?:100|[0-9]{1,2})%")
SCHEDULE = re.compile(r"(?:[-*/,0-9A-Za-z?#]{1,40}[ ]){4}[-*/,0-9A-Za-z?#]{1,40}|@[a-z]{4,10}")
# Variables by which a program loads other code, is another program, or speaks to another API server.
STEERS = re.compile(
    r"PATH|IFS|ENV|BASH_ENV|SHELLOPTS|LD_.*|DYLD_.*|KUBERNETES_.*|.*JAVA.*OPTIONS|JDK_.*|NODE_OPTIONS|NODE_PATH|RUBYOPT"
    r"|RUBYLIB|PERL5.*|PYTHON(?:PATH|HOME|STARTUP|INSPECT)|GIT_SSH.*|GCONV_PATH|.*_PRELOAD",
    re.IGNORECASE,
)
ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,252}")
LONGEST_ENV = 4000
MOST_CPU, MOST_MEMORY = Decimal(1024), Decimal(1024) ** 5


class Field(Value):
    name: str  # as people say it, dotted; a `*` stands for one part
    kinds: tuple[str, ...]
    place: Place
    path: tuple[str, ...]  # below its place; empty where it is that of the name
    takes: str  # what it may be, for people
    needed: tuple[str, ...] = ()  # a path below its place that must be there: a probe is not made, only changed
    can_go: bool = True  # may be taken away again, by hand or by an undo
    unset: str = ""  # what the server takes an absent one for, where it cannot go


def _quantity(said: str, most: Decimal, *, whole: bool = False) -> str:
    value = amount(said)
    if not is_quantity(said) or not 0 < value <= most or (whole and value != value.to_integral_value()):
        raise ValueError("no such quantity")
    return said


def _cpu(said: str) -> str:
    """Whole or thousandths: nothing finer is kept."""
    found = _quantity(said, MOST_CPU)
    if amount(found) * 1000 % 1:
        raise ValueError("finer than 1m")
    return found


def _memory(said: str) -> str:
    """Whole bytes, and at least a mebibyte: `768` and `768m` are what people write who mean `768Mi`."""
    found = _quantity(said, MOST_MEMORY, whole=True)
    if amount(found) < 1024**2:
        raise ValueError("less than 1Mi")
    return found


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(said: str) -> int:
        if not NUMBER.fullmatch(said) or not least <= int(said) <= most:
            raise ValueError("out of range")
        return int(said)

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    """However it is spelled: `always` is `Always`."""

    def read(said: str) -> str:
        return next(word for word in words if word.lower() == said.lower())

    return read


def _share(said: str) -> Typed:
    if not SHARE.fullmatch(said):
        raise ValueError("neither a number nor a percentage")
    return said if said.endswith("%") else int(said)


def _switch(said: str) -> bool:
    return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}[said.lower()]


def _class(said: str) -> str:
    """What the cluster itself needs comes before everything else, and is not for workloads."""
    if not is_name(said) or said.startswith("system-"):
        raise ValueError("no priority class for a workload")
    return said


def _schedule(said: str) -> str:
    if not SCHEDULE.fullmatch(said):
        raise ValueError("no schedule")
    return said


def _env(said: str) -> str:
    if len(said) > LONGEST_ENV or HIDDEN.search(said):
        raise ValueError("too long, or with invisible characters")
    return said


_PULL, _END = ("Always", "IfNotPresent", "Never"), ("File", "FallbackToLogsOnError")
_CONCURRENCY, _SELECT = ("Allow", "Forbid", "Replace"), ("Max", "Min", "Disabled")
# What a field may be: how it is read, and how that is said.
READERS: dict[str, tuple[Callable[[str], Typed], str]] = {
    "cpu": (_cpu, "a quantity of CPU such as 250m, 0.5 or 2"),
    "memory": (_memory, "a quantity of memory such as 512Mi or 2Gi, at least 1Mi"),
    "storage": (_memory, "a size such as 20Gi"),
    "env": (_env, "a text of at most 4000 visible characters"),
    "pull": (_one_of(*_PULL), " or ".join(_PULL)),
    "end": (_one_of(*_END), " or ".join(_END)),
    "concurrency": (_one_of(*_CONCURRENCY), ", ".join(_CONCURRENCY)),
    "select": (_one_of(*_SELECT), ", ".join(_SELECT)),
    "class": (_class, "the name of a priority class, none of the system's own"),
    "schedule": (_schedule, "five fields such as */5 * * * *"),
    "switch": (_switch, "true or false"),
    "share": (_share, "a whole number or a percentage such as 25%"),
    "count": (_whole(0, 1000), "a whole number from 0 to 1000"),
    "some": (_whole(1, 1000), "a whole number from 1 to 1000"),
    "seconds": (_whole(0, 3600), "seconds from 0 to 3600"),
    "long": (_whole(0, 604_800), "seconds from 0 to 604800"),
}


def _rows() -> tuple[Field, ...]:
    jobs, scaler, found = ("cronjob",), ("horizontalpodautoscaler",), []

    def add(name: str, kinds: tuple[str, ...], place: Place, takes: str, path: str = "", **more: Any) -> None:
        parts = tuple((path or name).split("."))
        needed = parts[:1] if "Probe" in parts[0] else ()
        found.append(Field(name=name, kinds=kinds, place=place, path=parts, takes=takes, needed=needed, **more))

    for part in ("limits", "requests"):
        add(f"resources.{part}.cpu", TEMPLATED, "container", "cpu")
        add(f"resources.{part}.memory", TEMPLATED, "container", "memory")
        add(f"resources.{part}.ephemeral-storage", TEMPLATED, "container", "storage")
    add("env.*", TEMPLATED, "container", "env")
    add("imagePullPolicy", TEMPLATED, "container", "pull", can_go=False)
    add("terminationMessagePolicy", TEMPLATED, "container", "end", can_go=False)
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        add(f"{probe}.initialDelaySeconds", TEMPLATED, "container", "seconds")
        for name in ("periodSeconds", "timeoutSeconds", "failureThreshold"):
            add(f"{probe}.{name}", TEMPLATED, "container", "some", can_go=False)
    add("terminationGracePeriodSeconds", TEMPLATED, "pod", "seconds", can_go=False)
    add("priorityClassName", TEMPLATED, "pod", "class")
    add("replicas", ("deployment", "statefulset"), "object", "count", can_go=False)
    add("minReadySeconds", WORKLOADS, "object", "seconds")
    add("revisionHistoryLimit", WORKLOADS, "object", "count", can_go=False)
    add("progressDeadlineSeconds", ("deployment",), "object", "long", can_go=False)
    add("maxSurge", ("deployment",), "object", "share", "strategy.rollingUpdate.maxSurge", can_go=False)
    add("maxUnavailable", ("deployment",), "object", "share", "strategy.rollingUpdate.maxUnavailable", can_go=False)
    add("suspend", ("cronjob", "job"), "object", "switch", can_go=False)
    add("schedule", jobs, "object", "schedule", can_go=False)
    add("concurrencyPolicy", jobs, "object", "concurrency", can_go=False)
    add("startingDeadlineSeconds", jobs, "object", "long")
    add("successfulJobsHistoryLimit", jobs, "object", "count", can_go=False)
    add("failedJobsHistoryLimit", jobs, "object", "count", can_go=False)
    add("parallelism", ("job",), "object", "count", can_go=False)
    add("activeDeadlineSeconds", ("job",), "object", "long")
    add("minReplicas", scaler, "object", "some", can_go=False)
    add("maxReplicas", scaler, "object", "some", can_go=False)
    for way in ("scaleUp", "scaleDown"):
        add(
            f"{way}.selectPolicy", scaler, "object", "select", f"behavior.{way}.selectPolicy", can_go=False, unset="Max"
        )
    add("minAvailable", ("poddisruptionbudget",), "object", "share", can_go=False)
    add("maxUnavailable", ("poddisruptionbudget",), "object", "share", can_go=False)
    add("storage", ("persistentvolumeclaim",), "object", "storage", "resources.requests.storage", can_go=False)
    return tuple(found)


FIELDS = _rows()
_BEFORE = ("spec.template.spec.containers.", "spec.template.spec.", "spec.jobTemplate.spec.", "spec.")


def field(kind: str, name: str) -> Field:
    """The row of a field that may be set on the kind; raises PolicyRefused with what may be."""
    short = next((name.removeprefix(start) for start in _BEFORE if name.startswith(start)), name)
    for row in FIELDS:
        if kind not in row.kinds:
            continue
        if short.lower() in (row.name.lower(), ".".join(row.path).lower()):
            return row
        variable = short.removeprefix("env.")
        if (
            row.name == "env.*"
            and short.startswith("env.")
            and ENV.fullmatch(variable)
            and not STEERS.fullmatch(variable)
        ):
            return row.model_copy(update={"name": short, "path": ("env", short.removeprefix("env."))})
    names = [row.name.replace("*", "NAME") for row in FIELDS if kind in row.kinds]
    raise PolicyRefused(
        f"'{name[:80]}' of a {kind} is not changed from chat: rule '{RULE}'",
        now=f"what may be: {', '.join(names)}" if names else f"nothing of a {kind} may be",
        then="change anything else in a terminal, or where the object's manifest is kept",
    )


def typed(row: Field, said: str) -> Typed:
    """The value as the API takes it; raises InvalidParameter saying what it may be."""
    read, allowed = READERS[row.takes]
    try:
        return read(said.strip() if row.takes != "env" else said)
    except (ValueError, KeyError, StopIteration) as error:
        raise InvalidParameter(
            f"{row.name} cannot be '{said[:80]}'", now=f"allowed: {allowed}", then=f"type another value for {row.name}"
        ) from error
