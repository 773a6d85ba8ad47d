"""`get`: objects as the server prints them, with a filter and an order that kubectl has not."""

import re
from collections.abc import Generator
from decimal import Decimal
from typing import Literal

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, Shape, get, list_of
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import ALL, IN_ALL, KINDS
from workers.domain.section import Section, Table, Text
from workers.domain.target import EVERYWHERE, Target
from workers.domain.value import Value
from workers.verbs import metrics
from workers.verbs.command import chosen, flags, kubectl
from workers.verbs.fields import items, name, rows, text
from workers.verbs.grammar import Name, Word
from workers.verbs.spec import ReadSpec
from workers.verbs.tables import Printed

PAGE = "500"
# Columns of `-o wide` that answer the usual question: which version. More would not fit into 80 columns.
ALSO = {
    "deployment": ("images",),
    "statefulset": ("images",),
    "daemonset": ("images",),
    "replicaset": ("images",),
}
COUNT = re.compile(r"[0-9]+")
# Words of the STATUS column that mean what was asked for.
ALIKE = {
    "imagepullbackoff": ("errimagepull", "invalidimagename"),
    "failed": ("error", "evicted", "oomkilled", "deadlineexceeded", "containerstatusunknown"),
    "completed": ("succeeded", "complete"),
    "pending": ("containercreating", "podinitializing"),
}
OVER = ("completed", "succeeded")
OFTEN = 3  # restarts of a pod that is not ready: it crash-loops, whatever it does at this moment
FRACTION = re.compile(r"([0-9]+)/([0-9]+)")


class Params(Value):
    status: Word | None = Field(None, description="a status such as CrashLoopBackOff, Pending or NotReady")
    node: Name | None = Field(None, description="the name of a node")
    sort_by: Literal["restarts", "cpu", "memory"] | None = Field(None, description="restarts, cpu or memory")


class Get(ReadSpec):
    verb = Verb.GET
    params = Params
    kinds = ()
    example = "get pods in payments in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        """Status and order by use have no flag; a person would pipe into grep and sort."""
        field = f"spec.nodeName={node}" if (node := _node(action)) else None
        return kubectl(action.target, "get", *chosen(action.target), *flags(field_selector=field))

    def read(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        target, status = action.target, str(action.params.get("status", ""))
        if target.kind == ALL:
            return (yield from self._all(action))
        everywhere = target.namespace == EVERYWHERE
        answer = yield _call(action)
        printed = Printed(answer.body)
        if status:
            killed = yield from _killed(action)
            keys = list(zip(_spaces(printed, target), printed.cells("name"), strict=True))
            printed.keep([i for i, key in enumerate(keys) if key in killed or _has_status(printed, i, status)])
        notes = yield from _order(printed, action)
        if action.params.get("node") and not _node(action):
            notes = [Text(text="not filtered by node: only a list of pods can be"), *notes]
        title = _title(action)
        table = printed.table(title, also=ALSO.get(target.kind, ()), spaces=everywhere)
        if not table.rows:
            return (Text(text=f"no {title}"), *notes)
        if printed.goes_on and not printed.remaining:
            notes = [*notes, Text(text="there are more; name a namespace, a label or a status")]
        return (table, *notes)

    def _all(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        """A table for each kind of which there is something; what may not be listed is said."""
        found: list[Section] = []
        for kind in IN_ALL:
            target = action.target.model_copy(update={"kind": kind})
            try:
                table, *notes = yield from self.read(action.model_copy(update={"target": target}))
            except NotThere:
                continue  # the cluster does not serve this kind
            except AccessDenied as error:
                found.append(Text(text=f"{KINDS[kind].plural}: {error.text}"))
                continue
            found += [table, *notes] if isinstance(table, Table) else []
        return tuple(found) or (Text(text=f"nothing {_where(action.target)}"),)


def _node(action: Action) -> str:
    """The node to filter by; empty where the server has no such filter."""
    target = action.target
    return str(action.params.get("node", "")) if target.kind == "pod" and not target.name else ""


def _call(action: Action) -> Call:
    target, params = action.target, action.params
    if target.name:
        return get(target.resource, target.namespace, target.name, shape=Shape.TABLE)
    query: dict[str, str] = {}
    if target.selector:
        query["labelSelector"] = target.selector
    if node := _node(action):
        query["fieldSelector"] = f"spec.nodeName={node}"
    if not query and not params.get("status") and not params.get("sort_by"):
        query["limit"] = PAGE  # whoever filters or sorts needs all of them
    namespace = None if target.namespace == EVERYWHERE else target.namespace
    if namespace is None:
        query["includeObject"] = "Metadata"  # for the namespace, which is no column of the server's
    return list_of(target.resource, namespace, query=query, shape=Shape.TABLE)


def _has_status(printed: Printed, at: int, wanted: str) -> bool:
    """By the STATUS column as people know it; a pod that crash-loops is for moments Running and not ready."""
    word, status = wanted.lower(), printed.cells("status")[at].lower()
    if {word, *ALIKE.get(word, ())} & {*status.split(","), *status.split(":")}:
        return True
    parts = FRACTION.fullmatch(printed.cells("ready")[at])
    missing = parts is not None and parts[1] != parts[2] and status not in OVER
    if word == "crashloopbackoff":
        return missing and status in ("running", "error") and _restarts(printed, at) >= OFTEN
    return missing and word == "notready"


def _killed(action: Action) -> Generator[Call, Answer, set[tuple[str, str]]]:
    """Pods whose last run was ended for want of memory, by namespace and name: the table only says so for a moment."""
    if str(action.params.get("status", "")).lower() != "oomkilled" or action.target.kind != "pod" or action.target.name:
        return set()
    call = _call(action)
    query = {key: value for key, value in call.query.items() if key != "includeObject"}
    answer = yield call.model_copy(update={"query": query, "shape": Shape.OBJECT})
    return {
        (text(pod, "metadata", "namespace"), name(pod))
        for pod in items(answer.body)
        for one in rows(pod, "status", "containerStatuses")
        if text(one, "lastState", "terminated", "reason") == "OOMKilled"
    }


def _restarts(printed: Printed, at: int) -> int:
    match = COUNT.match(printed.cells("restarts")[at])
    return int(match[0]) if match else 0


def _spaces(printed: Printed, target: Target) -> list[str]:
    return printed.namespaces() if target.namespace == EVERYWHERE else [target.namespace or ""] * len(printed.rows)


def _order(printed: Printed, action: Action) -> Generator[Call, Answer, list[Text]]:
    """Sorts the rows, greatest first; says why when it cannot."""
    by, target = action.params.get("sort_by"), action.target
    if by is None:
        return []
    if by == "restarts":
        if "restarts" not in printed.columns:
            return [Text(text=f"not sorted: {target.resource.plural} have no restarts")]
        counts = [_restarts(printed, i) for i in range(len(printed.rows))]
        printed.keep(sorted(range(len(counts)), key=lambda i: -counts[i]))
        return []
    if target.kind not in ("pod", "node"):
        return [Text(text=f"not sorted: only pods and nodes have a use of {by}")]
    try:
        answer = yield metrics.call(target)
    except (AccessDenied, NotThere) as error:
        return [Text(text=f"not sorted by {by}: {error.text}")]
    use = {(one.namespace, one.name): one for one in metrics.read(answer.body)}
    found = [use.get(key) for key in zip(_spaces(printed, target), printed.cells("name"), strict=True)]
    for column in ("cpu", "memory"):
        printed.columns.append(column)
        printed.narrow.append(True)
    printed.rows = [
        [*row, one.cpu_text if one else "unknown", one.memory_text if one else "unknown"]
        for row, one in zip(printed.rows, found, strict=True)
    ]
    printed.keep(sorted(range(len(found)), key=lambda i: -_amount(found[i], str(by))))
    return []


def _amount(use: metrics.Use | None, what: str) -> Decimal:
    return use.of(what) if use else Decimal(-1)


def _title(action: Action) -> str:
    """`pods (app=web) with status Pending on worker-2 in payments of prod-eu`."""
    target, params = action.target, action.params
    words = [_subject(target)]
    words += [f"with status {params['status']}"] if params.get("status") else []
    words += [f"on {node}"] if (node := _node(action)) else []
    return " ".join([*words, _where(target)])


def _where(target: Target) -> str:
    """`in payments of prod-eu`."""
    place = "in all namespaces " if target.namespace == EVERYWHERE else f"in {target.namespace} "
    return f"{place if target.namespace else ''}of {target.cluster}"


def _subject(target: Target) -> str:
    if target.name:
        return f"{target.kind} {target.name}"
    return f"{target.resource.plural} ({target.selector})" if target.selector else target.resource.plural
