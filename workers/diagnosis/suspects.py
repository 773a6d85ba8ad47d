"""Which objects of a place are worth a look, by the cells that the server prints: so lists stay small."""

import re
from collections.abc import Callable, Generator

from workers.domain.call import Answer, Call, Shape, get, list_of
from workers.domain.kind import KINDS
from workers.domain.value import Value
from workers.verbs.fields import Json, name, owner, text
from workers.verbs.tables import Printed, age

RECENT = 3600  # seconds
_FRACTION = re.compile(r"([0-9]+)/([0-9]+)")
_AGO = re.compile(r"\(([0-9a-z]+) ago\)")
GOOD_PODS = ("running", "completed", "succeeded")


class Suspects(Value):
    there: int  # of the kind, healthy ones too
    objects: tuple[Json, ...]
    left_out: int = 0


def of(kind: str, namespace: str | None, most: int, query: Json | None = None) -> Generator[Call, Answer, Suspects]:
    """At most `most` objects in full, of as many owners as can be; raises what the list raises."""
    asked = {"includeObject": "Metadata", **(query or {})}
    answer = yield list_of(KINDS[kind], namespace, query=asked, shape=Shape.TABLE)
    printed = Printed(answer.body)
    there = len(printed.rows) + printed.remaining
    wrong = [i for i in range(len(printed.rows)) if _LOOKS[kind](printed, i)]
    chosen = _spread(printed, wrong)[:most]
    found = []
    for at in chosen:
        space = text(printed.objects[at], "metadata", "namespace") or namespace
        answer = yield get(KINDS[kind], space if KINDS[kind].namespaced else None, printed.named(at))
        found.append({"kind": KINDS[kind].title, **answer.body})
    return Suspects(there=there, objects=tuple(found), left_out=len(wrong) - len(chosen))


def _spread(printed: Printed, wrong: list[int]) -> list[int]:
    """One of every owner first: pods of one owner mostly fail alike."""
    seen: dict[str, int] = {}
    keyed = []
    for at in wrong:
        obj = printed.objects[at]
        reference = owner(obj)
        key = text(reference, "uid") if reference else f"{text(obj, 'metadata', 'namespace')}/{name(obj)}"
        seen[key] = seen.get(key, 0) + 1
        keyed.append((seen[key], at))
    return [at for _, at in sorted(keyed)]


def _pod(printed: Printed, at: int) -> bool:
    """In a bad state, not ready, or restarted within the hour."""
    status = printed.cells("status")[at].lower()
    if status not in GOOD_PODS:
        return True
    ago = _AGO.search(printed.cells("restarts")[at])
    if ago and age(ago[1]) < RECENT:
        return True
    return status == "running" and _is_short(printed.cells("ready")[at])


def _workload(printed: Printed, at: int) -> bool:
    wanted = _FRACTION.fullmatch(printed.cells("ready")[at])
    updated = printed.cells("up-to-date")[at]
    behind = wanted is not None and updated.isdecimal() and int(updated) < int(wanted[2])
    return _is_short(printed.cells("ready")[at]) or behind


def _daemonset(printed: Printed, at: int) -> bool:
    return printed.cells("desired")[at] != printed.cells("ready")[at]


def _job(printed: Printed, at: int) -> bool:
    return printed.cells("status")[at].lower() in ("failed", "suspended", "failuretarget")


def _claim(printed: Printed, at: int) -> bool:
    return printed.cells("status")[at] != "Bound"


def _scaler(printed: Printed, at: int) -> bool:
    full = printed.cells("replicas")[at] == printed.cells("maxpods")[at]
    return full or "<unknown>" in printed.cells("targets")[at]


def _node(printed: Printed, at: int) -> bool:
    return printed.cells("status")[at] != "Ready"


def _is_short(cell: str) -> bool:
    parts = _FRACTION.fullmatch(cell)
    return parts is not None and int(parts[1]) < int(parts[2])


_LOOKS: dict[str, Callable[[Printed, int], bool]] = {
    "pod": _pod,
    "deployment": _workload,
    "statefulset": _workload,
    "daemonset": _daemonset,
    "job": _job,
    "persistentvolumeclaim": _claim,
    "horizontalpodautoscaler": _scaler,
    "node": _node,
}
