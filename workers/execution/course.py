"""The steps of one execution that changes something: one after the other, or one sequence for each cluster at once.

Invariants: after the first step that did not succeed nothing more is started, in no cluster; a write that is under way
elsewhere is finished and watched; each result is recorded by the holder of the newest fence.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from workers.domain.action import Effect
from workers.domain.errors import Broken, KubechatError
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.plan import Step
from workers.domain.request import Request
from workers.driving import each
from workers.execution.recheck import seen_at_preview
from workers.execution.stepping import Stepping
from workers.ports import Claim, Clock
from workers.preview import Previewer

Record = Callable[[StepResult], Request]


class Course:
    """Of one running request; lives as long as its execution."""

    def __init__(
        self, request: Request, claim: Claim, *, stepping: Stepping, previewer: Previewer, clock: Clock, record: Record
    ) -> None:
        if request.plan is None:
            raise Broken(f"{request.id} runs without a plan")
        self._request = request
        self._plan = request.plan
        self._claim = claim
        self._stepping = stepping
        self._previewer = previewer
        self._clock = clock
        self._record = record
        self._expected = {step.number: seen_at_preview(request, step) for step in self._plan.steps}
        self._halted = threading.Event()
        self._because = ""  # of the first step that did not succeed

    def run(self) -> bool:
        """Whether every outcome is known: a step whose outcome is not has no result, nor have those after it.

        Raises Fenced.
        """
        return all(each(self._one_by_one, self._sequences()))

    def _sequences(self) -> list[tuple[Step, ...]]:
        steps = self._plan.steps
        if not self._plan.options.parallel:
            return [steps]
        return [
            tuple(step for step in steps if step.action.target.cluster == cluster) for cluster in self._plan.clusters
        ]

    def _one_by_one(self, steps: Sequence[Step]) -> bool:
        is_over = False
        try:
            for step in steps:
                if self._halted.is_set():
                    result = self._skipped(step)
                else:
                    result = self._result(step)
                    self._note(step, result)
                self._record(result)
                if result.outcome is StepOutcome.UNKNOWN:
                    return False
            is_over = True
        finally:
            if not is_over:  # this worker was fenced, or the store is away: the other clusters start nothing more
                self._halted.set()
        return is_over

    def _note(self, step: Step, result: StepResult) -> None:
        """Before it is recorded: what does not succeed stops the others as early as can be."""
        if result.outcome is StepOutcome.DONE or step.action.effect is Effect.READ or self._halted.is_set():
            return  # a change that was held back - by a freeze, say - has not succeeded either
        self._because = f"step {step.number}{self._where(step)} did not succeed"
        self._halted.set()

    def _where(self, step: Step) -> str:
        return f" in {step.action.target.cluster}" if len(self._plan.clusters) > 1 else ""

    def _result(self, step: Step) -> StepResult:
        if step.action.effect is Effect.READ:
            return self._stepping.read(self._request, step)
        seen = self._expected[step.number]
        if seen is None:
            raise Broken(f"step {step.number} of {self._request.id} was not previewed")
        return self._stepping.change(self._request, step, seen, self._claim, partial(self._expect_ours, step))

    def _expect_ours(self, step: Step) -> None:
        """Our own write is no drift for the steps after it; what others change from now on is."""
        preview, actor = self._request.preview, self._request.intent.actor
        for later in self._plan.steps[step.number :]:
            target = later.action.target
            if target == step.action.target and later.action.effect is not Effect.READ and preview:
                identity = preview.identities[target.cluster]
                with suppress(KubechatError):  # not to be seen: then the step finds what was previewed, or does nothing
                    self._expected[later.number] = self._previewer.look(later, actor, identity)[1]

    def _skipped(self, step: Step) -> StepResult:
        now = self._clock()
        said = f"not started, because {self._because or 'a step before it did not succeed'}"
        return StepResult(step=step.number, outcome=StepOutcome.SKIPPED, started_at=now, ended_at=now, message=said)
