"""What running has shown, as card pieces: outputs, step outcomes, facts with their sources, problems."""

from collections.abc import Iterator

from bot.card import Heading, Piece
from bot.plan_pieces import kubectl
from workers.domain.action import Effect
from workers.domain.observed import StepOutcome, StepResult
from workers.domain.problem import Problem
from workers.domain.remains import Fate, fate
from workers.domain.request import Request
from workers.domain.section import Fields, Text

WORDS = {
    StepOutcome.DONE: "done",
    StepOutcome.FAILED: "failed",
    StepOutcome.SKIPPED: "skipped",
    StepOutcome.UNKNOWN: "unknown",
}
WAITS = "waits"


def outputs(request: Request) -> Iterator[Piece]:
    """What the reading steps found, in order; named when there are several."""
    found = [result for result in request.results if result.output]
    several = request.plan is not None and len(request.plan.steps) > 1
    for result in found:
        if several:
            yield Heading(text=_name(request, result.step))
        yield from result.output


def outcomes(request: Request) -> Iterator[Piece]:
    """One row a step that did not simply read: how it ended, and those that were not reached."""
    steps = request.plan.steps if request.plan else ()
    results = {result.step: result for result in request.results}
    rows = []
    for step in steps:
        result = results.get(step.number)
        if result is None:
            rows.append((f"step {step.number}", _not_reached(request, step.number)))
        elif step.action.effect is not Effect.READ or result.outcome is not StepOutcome.DONE:
            rows.append((f"step {step.number}", f"{WORDS[result.outcome]}: {_said(result)}"))
    if len(steps) == 1:
        rows = [("result", text) for _, text in rows if text != WAITS]
    if rows:
        yield Fields(rows=tuple(rows))


def by_cluster(request: Request) -> Iterator[Piece]:
    """What became of the steps in each cluster; nothing where there is only one cluster, or one step."""
    plan = request.plan
    if plan is None or len(plan.clusters) < 2:
        return
    rows = []
    for cluster in plan.clusters:
        fates: dict[Fate, list[str]] = {}
        for step in plan.steps:
            if step.action.target.cluster == cluster:
                fates.setdefault(fate(request, step), []).append(str(step.number))
        said = (f"{became.value}: step{'s' if len(of) > 1 else ''} {', '.join(of)}" for became, of in fates.items())
        rows.append((cluster, "; ".join(said)))
    yield Fields(rows=tuple(rows))


def has_facts(request: Request) -> bool:
    """Whether the summary has a fact for every step that did not simply read."""
    return request.summary is not None and bool(request.summary.facts)


def summary(request: Request, *, headline: bool = True) -> Iterator[Piece]:
    """Facts first, each with its source; a suspected cause is marked with who suspects it."""
    found = request.summary
    if found is None:
        return
    if headline and found.headline:
        yield Text(text=found.headline)
    rows = [("fact", f"{fact.text} ({fact.source})" if fact.source else fact.text) for fact in found.facts]
    if found.suspected_cause:
        rows.append(("suspected", f"{found.suspected_cause} (a guess by {found.author}, not checked)"))
    rows += [("next", text) for text in found.follow_ups]
    if rows:
        yield Fields(rows=tuple(rows))


def three_parts(problem: Problem) -> Fields:
    """What was recorded, what is true now, what to type; and the code that stays the same for ever."""
    parts = ("recorded", problem.text), ("now", problem.now), ("next", problem.then), ("code", problem.code)
    return Fields(rows=tuple((name, text) for name, text in parts if text))


def audit_ids(request: Request) -> str:
    """`2 API audit ids`, or nothing: they join our record with the cluster's own audit log."""
    count = sum(len(result.audit_ids) for result in request.results)
    return f"{count} API audit id{'' if count == 1 else 's'}" if count else ""


def _name(request: Request, number: int) -> str:
    step = next((step for step in request.plan.steps if step.number == number), None) if request.plan else None
    return f"step {number}: {kubectl(step)}" if step else f"step {number}"


def _not_reached(request: Request, number: int) -> str:
    if number in request.intended:
        return "sent, and not answered: whether the cluster applied it is unknown"
    return "not reached" if request.state.is_final else WAITS


def _said(result: StepResult) -> str:
    seconds = (result.ended_at - result.started_at).total_seconds()
    took = f" ({seconds:.1f} s)" if seconds >= 0.1 else ""
    return f"{result.message}{took}"
