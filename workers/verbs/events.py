"""`events`: what the cluster itself says has happened, newest first."""

from collections.abc import Generator
from typing import Literal

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.section import Section, Text
from workers.domain.target import EVERYWHERE
from workers.domain.value import Value
from workers.verbs import happenings
from workers.verbs.command import flags, kubectl, named
from workers.verbs.grammar import Span, Word, seconds
from workers.verbs.spec import ReadSpec
from workers.verbs.tables import Printed, age

MOST = 100


class Params(Value):
    since: Span | None = Field(None, description="a span such as 10m, 2h or 1d")
    type: Literal["Warning", "Normal"] | None = Field(None, description="Warning or Normal")
    reason: Word | None = Field(None, description="an event's reason, such as BackOff or OOMKilling")


class Events(ReadSpec):
    verb = Verb.EVENTS
    params = Params
    kinds = ()
    example = "events of payment-api in prod-eu since 1h"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        target = action.target
        about = named(target) if target.name and target.kind not in ("event", "namespace") else None
        words = flags(**{"for": about}, types=action.params.get("type"))
        if target.kind == "namespace" and target.name:
            return ("kubectl", "--context", target.cluster, "-n", target.name, "events", *words)
        return kubectl(target, "events", *words)

    def read(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        target = action.target
        printed = yield from happenings.of(target)
        printed.keep([i for i in range(len(printed.rows)) if _is_wanted(printed, i, action)])
        title = _title(action)
        if not printed.rows:
            return (Text(text=f"no {title}; Kubernetes forgets them after an hour"),)
        spaces = target.namespace == EVERYWHERE or target.kind == "node"
        return (printed.table(title, spaces=spaces, most=MOST),)


def _is_wanted(printed: Printed, at: int, action: Action) -> bool:
    """By the server's own ages, because nobody's clock but the server's has seen the event."""
    span, kind, reason = (action.params.get(name) for name in ("since", "type", "reason"))
    if span and age(printed.cells("last seen")[at]) > seconds(str(span)):
        return False
    if kind and printed.cells("type")[at] != kind:
        return False
    return not reason or str(reason).lower() in printed.cells("reason")[at].lower()


def _title(action: Action) -> str:
    target, params = action.target, action.params
    kind = f"{str(params['type']).lower()} events" if params.get("type") else "events"
    words = [kind, f"of {target.text}" if target.name or target.kind != "event" else f"in {_place(action)}"]
    words += [f"with reason {params['reason']}"] if params.get("reason") else []
    words += [f"in the last {params['since']}"] if params.get("since") else []
    return " ".join(words)


def _place(action: Action) -> str:
    target = action.target
    if target.namespace == EVERYWHERE or target.namespace is None:
        return f"all namespaces of {target.cluster}"
    return f"{target.namespace} of {target.cluster}"
