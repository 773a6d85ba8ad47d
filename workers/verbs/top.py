"""`top`: what nodes or pods use now."""

from collections.abc import Generator, Sequence
from typing import Literal

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, list_of
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import KINDS
from workers.domain.section import Section, Table, Text
from workers.domain.target import EVERYWHERE
from workers.domain.value import Value
from workers.verbs import metrics
from workers.verbs.command import chosen, flags, kubectl
from workers.verbs.fields import Json, items, name
from workers.verbs.metrics import Use, share
from workers.verbs.spec import ReadSpec
from workers.verbs.tables import MOST_ROWS


class Params(Value):
    sort_by: Literal["cpu", "memory"] | None = Field(None, description="cpu or memory")


class Top(ReadSpec):
    verb = Verb.TOP
    params = Params
    kinds = ("pod", "node")  # of a workload it is the use of its pods: by their label
    example = "top pods in payments in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        return kubectl(action.target, "top", *chosen(action.target), *flags(sort_by=action.params.get("sort_by")))

    def read(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        target = action.target
        try:
            answer = yield metrics.call(target)
        except NotThere as error:
            known = f"{target.text}: " if target.name else ""
            said = "the cluster has no numbers; the metrics API (metrics-server) does not answer for this"
            return (Text(text=f"{known}{said}: {error.text}"),)
        found = metrics.read(answer.body)
        by = str(action.params.get("sort_by") or "")
        found.sort(key=(lambda one: -one.of(by)) if by else (lambda one: (one.namespace, one.name)))
        if not found:
            return (Text(text=f"no numbers for {target.text}"),)
        if target.kind == "node":
            return ((yield from _nodes(action, found)),)
        return (_pods(action, found),)


def _pods(action: Action, found: Sequence[Use]) -> Table:
    everywhere = action.target.namespace == EVERYWHERE
    heads = ("NAME", "CPU", "MEMORY")
    rows = [(one.name, one.cpu_text, one.memory_text) for one in found[:MOST_ROWS]]
    return Table(
        title=f"use of {action.target.text}",
        columns=("NAMESPACE", *heads) if everywhere else heads,
        rows=tuple((one.namespace, *row) for one, row in zip(found, rows, strict=False)) if everywhere else tuple(rows),
        more=max(0, len(found) - MOST_ROWS),
    )


def _nodes(action: Action, found: Sequence[Use]) -> Generator[Call, Answer, Table]:
    """With shares of what each node can give, where nodes may be listed."""
    nodes: dict[str, Json] = {}
    try:
        answer = yield list_of(KINDS["node"], None)
        nodes = {name(node): node for node in items(answer.body)}
    except (AccessDenied, NotThere):
        pass
    rows = [
        (
            one.name,
            one.cpu_text,
            share(one.cpu, nodes.get(one.name, {}), "cpu"),
            one.memory_text,
            share(one.memory, nodes.get(one.name, {}), "memory"),
        )
        for one in found[:MOST_ROWS]
    ]
    return Table(
        title=f"use of {action.target.text}",
        columns=("NAME", "CPU", "CPU%", "MEMORY", "MEMORY%"),
        rows=tuple(rows),
        more=max(0, len(found) - MOST_ROWS),
    )
