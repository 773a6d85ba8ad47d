"""`diagnose`: what is wrong with an object, in a namespace or in a cluster, and how it is known."""

from collections.abc import Generator

from pydantic import Field

from workers.diagnosis.gather import RECENT, gather
from workers.diagnosis.judge import judge
from workers.diagnosis.report import report
from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.kind import ALL
from workers.domain.section import Section
from workers.domain.target import EVERYWHERE, NO_KIND
from workers.domain.value import Value
from workers.verbs.command import chosen, flags, kubectl
from workers.verbs.grammar import Span, Word, seconds
from workers.verbs.spec import ReadSpec


class Params(Value):
    status: Word | None = Field(None, description="a status such as CrashLoopBackOff, Pending or NotReady")
    since: Span | None = Field(None, description="a span such as 10m, 2h or 1d")


class Diagnose(ReadSpec):
    verb = Verb.DIAGNOSE
    params = Params
    kinds = ()
    kindless = True
    example = "why is payment-worker failing in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        """Where a person would begin; there is no one command for it."""
        target = action.target
        if target.name and target.kind != "namespace":
            return kubectl(target, "describe", *chosen(target))
        if target.kind == "namespace" and target.name:
            return ("kubectl", "--context", target.cluster, "-n", target.name, "get", "pods,events")
        return kubectl(target, "get", "pods,events", *flags(selector=target.selector))

    def read(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        span = seconds(str(action.params["since"])) if "since" in action.params else RECENT
        seen = yield from gather(action.target, status=str(action.params.get("status", "")), since=span)
        return report(_where(action), seen, judge(seen))


def _where(action: Action) -> str:
    target = action.target
    if target.name:
        return target.text
    space = "all namespaces" if target.namespace in (None, EVERYWHERE) else f"namespace {target.namespace}"
    what = "" if target.kind in (ALL, NO_KIND) else f"{target.resource.plural} of "
    return f"{what}{space} in {target.cluster}"
