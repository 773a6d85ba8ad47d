"""Watches a change until it has arrived, is stuck, or patience ends; says each movement once."""

import threading
from datetime import timedelta

from workers.domain.errors import KubechatError, Stale
from workers.domain.plan import Step
from workers.domain.request import Request
from workers.driving import Recording, converse
from workers.ports import Bus, Claim, Clock, Store
from workers.redaction import clean
from workers.verbs.registry import change_spec
from workers.verbs.spec import Moment, Stage

LOOKS_UNTIL_STUCK = 3  # in a row: one crash is not yet a crash loop
LOOK_EVERY_SECONDS = 0.5
TRY_EVERY_SECONDS = 5.0  # as kubectl does


class Fenced(Stale):
    """somebody else took over this execution; this worker writes nothing more"""

    code = "fenced"


class Arrival:
    def __init__(self, *, store: Store, bus: Bus, clock: Clock, lease: timedelta, patience: timedelta) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._lease = lease
        self._patience = patience

    def watch(self, request: Request, step: Step, claim: Claim, fleet: Recording) -> Moment:
        """DONE, STUCK, or MOVING when it did not arrive in time. A cluster that falls silent is waited for."""
        end, stuck, said = self._clock() + self._patience, 0, ""
        while True:
            moment = self._look(request, step, fleet)
            stuck = stuck + 1 if moment.stage is Stage.STUCK else 0
            if moment.text != said:
                said = moment.text
                self._say(request, f"{_called(request, step)}: {clean(said)}")
            if moment.stage is Stage.DONE or stuck >= LOOKS_UNTIL_STUCK:
                return moment
            if self._clock() >= end:
                minutes = self._patience.total_seconds() / 60
                text = f"still on its way after {minutes:g} min: {moment.text}"
                return Moment(stage=Stage.MOVING, text=text)
            self._wait(request, claim, LOOK_EVERY_SECONDS)

    def pause(self, request: Request, step: Step, claim: Claim, said: str, left: timedelta) -> None:
        """Between two tries of a write that the server did not want now; says why when that is new."""
        if said:
            self._say(request, f"{_called(request, step)}: {clean(said)}")
        self._wait(request, claim, min(TRY_EVERY_SECONDS, left.total_seconds()))

    def _wait(self, request: Request, claim: Claim, seconds: float) -> None:
        with self._store.change() as change:
            if not change.renew(claim, self._lease):
                raise Fenced(f"{request.id} was taken over by another worker")
        threading.Event().wait(seconds)

    def _look(self, request: Request, step: Step, fleet: Recording) -> Moment:
        spec, cluster = change_spec(step.action.verb), step.action.target.cluster
        try:
            return converse(fleet, cluster, request.intent.actor, spec.watch(step.action))
        except KubechatError as error:
            return Moment(stage=Stage.MOVING, text=f"cannot see it now: {error.text}")

    def _say(self, request: Request, text: str) -> None:
        with self._store.change() as change:
            change.progress(request, text)
        self._bus.announce(request.id)


def _called(request: Request, step: Step) -> str:
    """`step 2`, with its cluster where there are several."""
    several = request.plan is not None and len(request.plan.clusters) > 1
    return f"step {step.number} in {step.action.target.cluster}" if several else f"step {step.number}"
