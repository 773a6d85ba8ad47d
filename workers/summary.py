"""What happened, in facts with their sources; no model is needed for it."""

from workers.domain.action import Effect, Verb
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.plan import Step
from workers.domain.remains import Fate, fate, left
from workers.domain.request import Request
from workers.domain.summary import Fact, Summary


def summarise(request: Request, *, good: bool | None, because: str = "") -> Summary:
    """`good` is None when the outcome is unknown: then nothing is called done or failed that is not known."""
    steps = request.plan.steps if request.plan else ()
    results = {result.step: result for result in request.results}
    facts = tuple(_fact(step, results.get(step.number), request) for step in steps if _tells(step, results, good))
    what = request.plan.explanation if request.plan else request.intent.text
    match good:
        case True:
            headline = what
        case False:
            failed = [f"step {r.step}: {r.message}" for r in request.results if r.outcome is StepOutcome.FAILED]
            headline = f"{what}: did not succeed ({'; '.join(failed) or 'not every step was carried out'})"
        case None:
            headline = f"{what}: outcome unknown, {because}"
    return Summary(headline=headline, facts=facts, follow_ups=_follow_ups(request, good))


def _tells(step: Step, results: dict[int, StepResult], good: bool | None) -> bool:
    """Reads speak through their output; only what they could not see is worth a fact."""
    result = results.get(step.number)
    return step.action.effect is not Effect.READ or good is None or (result is not None and bool(result.message))


def _fact(step: Step, result: StepResult | None, request: Request) -> Fact:
    target = step.action.target
    source = f"{target.cluster} {target.resource.resource}"
    became = fate(request, step)
    if result is None:
        sent = "was about to be sent, no answer is recorded" if became is Fate.UNKNOWN else became.value
        return Fact(text=f"{step.action.verb} {target.text}: {sent}", source="the record of this request")
    ran_in_vain = became is Fate.APPLIED and step.action.verb is Verb.EXEC
    word = "ran, and did not succeed" if ran_in_vain else became.value
    said = f": {result.message}" if result.message else ""
    return Fact(text=f"{step.action.verb} {target.text}: {word}{said}", source=source)


def _follow_ups(request: Request, good: bool | None) -> tuple[str, ...]:
    if good is None:
        return (f"show {request.id}",)
    changed = any(result.after is not None for result in request.results)
    undoable = any(result.undo is not None and result.undo.action is not None for result in request.results)
    back = (f"undo {request.id}",) if changed and undoable else ()
    return (*back, f"continue {request.id}") if good is False and not request.intended and left(request) else back
