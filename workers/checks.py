"""The looks that a plan with changes suggests before its first write: chosen when it is planned, taken when it runs.

They are suggestions. The requester may skip them, and nothing that they find, or do not find in time, stops a change.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from workers.domain.action import Action, Effect, Parameter, Verb
from workers.domain.actor import Actor
from workers.domain.call import Right
from workers.domain.errors import KubechatError
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.plan import Check, Step
from workers.domain.target import Target
from workers.domain.value import RequestId
from workers.ports import Clock, Fleet
from workers.telemetry import log
from workers.verbs.registry import read_spec, validated

MOST_TARGETS = 2
TOGETHER_SECONDS = 3.0  # for all checks of a request: a change is not kept waiting for what it does not need
MAKES = frozenset({Verb.CREATE, Verb.RUN, Verb.APPLY})  # what is not there yet cannot be looked at


class Look(NamedTuple):
    verb: Verb
    params: dict[str, Parameter]
    what: str


STATUS = Look(Verb.ROLLOUT_STATUS, {}, "rollout status")
STATE = Look(Verb.GET, {}, "status")
EVENTS = Look(Verb.EVENTS, {"since": "15m"}, "events since 15m")
LOGS = Look(Verb.LOGS, {"tail": 20}, "last 20 log lines")
LOOKS: dict[str, tuple[Look, ...]] = {
    **dict.fromkeys(WORKLOADS, (STATUS, EVENTS, LOGS)),
    "pod": (STATE, EVENTS, LOGS),
    "node": (STATE, EVENTS),
}


def suggested(
    actions: Sequence[Action], actor: Actor, fleet: Fleet, allows: Callable[[Action], bool]
) -> tuple[Check, ...]:
    """Looks at what these actions change, as far as policy and cluster allow them to the person; numbered from 1."""
    found = [(action, what) for target in _targets(actions) for action, what in _looks(target) if allows(action)]
    may = _may([action for action, _ in found], actor, fleet)
    kept = [pair for pair, allowed in zip(found, may, strict=True) if allowed]
    return tuple(
        Check(number=number, action=action, why=what, kubectl=read_spec(action.verb).kubectl(action))
        for number, (action, what) in enumerate(kept, 1)
    )


class Looking:
    """The checks of one request, under way since this was made."""

    def __init__(
        self,
        checks: Sequence[Check],
        look: Callable[[Step], StepResult],
        clock: Clock,
        request_id: RequestId,
        *,
        seconds: float = TOGETHER_SECONDS,
    ) -> None:
        self._checks, self._clock, self._request_id, self._seconds = checks, clock, request_id, seconds
        self._began, self._end = clock(), time.monotonic() + seconds
        pool = ThreadPoolExecutor(max_workers=max(1, len(checks)))
        self._futures = [pool.submit(look, _as_step(check)) for check in checks]
        pool.shutdown(wait=False)

    def results(self) -> tuple[StepResult, ...]:
        """What each look gave, in order; those that are not back in time are given up and say so."""
        wait(self._futures, timeout=max(0.0, self._end - time.monotonic()))
        return tuple(self._result(check, future) for check, future in zip(self._checks, self._futures, strict=True))

    def _result(self, check: Check, future: "Future[StepResult]") -> StepResult:
        message = _went_wrong(future, self._request_id, self._seconds)
        if not message:
            return future.result()
        return StepResult(
            step=check.number,
            outcome=StepOutcome.FAILED,
            started_at=self._began,
            ended_at=self._clock(),
            message=message,
        )


def recorded(checks: Sequence[Check], found: Sequence[StepResult]) -> list[dict[str, object]]:
    """For the record: what was looked at and how it went, without the output itself."""
    return [
        {
            **check.action.model_dump(mode="json"),
            "outcome": result.outcome.value,
            "message": result.message,
            "audit_ids": list(result.audit_ids),
            "output_sections": len(result.output),
        }
        for check, result in zip(checks, found, strict=True)
    ]


def _went_wrong(future: "Future[StepResult]", request_id: RequestId, seconds: float) -> str:
    """Empty for a result, whatever it says; a defect of ours is logged and stops no change."""
    if not future.done():
        return f"no answer within {seconds:g} s; the change did not wait for it"
    error = future.exception()
    if error is None:
        return ""
    log(request=request_id).error("check.broken", error=type(error).__name__)
    return "Kubechat could not carry out this look"


def _as_step(check: Check) -> Step:
    return Step(number=check.number, action=check.action, why=check.why, kubectl=check.kubectl)


def _targets(actions: Sequence[Action]) -> list[Target]:
    """Distinct, in order of first use."""
    found: list[Target] = []
    for action in actions:
        target = action.target
        changes = action.effect is not Effect.READ and action.verb not in MAKES
        if changes and target.name and target.kind in LOOKS and target not in found:
            found.append(target)
    return found[:MOST_TARGETS]


def _looks(target: Target) -> Iterator[tuple[Action, str]]:
    for look in LOOKS[target.kind]:
        yield validated(Action(verb=look.verb, target=target, params=look.params)), look.what


def _may(actions: Sequence[Action], actor: Actor, fleet: Fleet) -> list[bool]:
    """Only events and logs are asked about: the object itself the person must see for the change to be planned."""
    needed = [_right(action) for action in actions]
    refused: set[tuple[str, Right]] = set()
    for cluster in dict.fromkeys(action.target.cluster for action in actions):
        pairs = zip(actions, needed, strict=True)
        rights = list(dict.fromkeys(right for action, right in pairs if right and action.target.cluster == cluster))
        try:
            answers = fleet.review(cluster, rights, actor)
            refused |= {(cluster, right) for right, one in zip(rights, answers, strict=True) if not one.allowed}
        except KubechatError as error:
            log(cluster=cluster).info("checks.unasked", code=error.code)
            refused |= {(cluster, right) for right in rights}
    return [(action.target.cluster, right) not in refused for action, right in zip(actions, needed, strict=True)]


def _right(action: Action) -> Right | None:
    target = action.target
    match action.verb:
        case Verb.EVENTS:
            kind = KINDS["event"]
            return Right(verb="list", group=kind.group, resource=kind.plural, namespace=target.namespace or "")
        case Verb.LOGS:
            kind = KINDS["pod"]
            return Right(
                verb="get", group=kind.group, resource=kind.plural, subresource="log", namespace=target.namespace or ""
            )
        case _:
            return None
