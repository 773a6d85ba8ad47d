"""A plan, its preview and its judgement as card pieces: what is shown before anything runs."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from bot.alike import alike_table, runs
from bot.card import Code, Heading, Piece
from workers.domain.action import Action, Effect, Verb
from workers.domain.approval import Verdict
from workers.domain.observed import DryRun, Observed, Proof, StepPreview, UndoProof
from workers.domain.plan import Plan, Step, Undo
from workers.domain.policy import Outcome, PolicyDecision
from workers.domain.request import Request
from workers.domain.section import Diff, Fields, Text

DRY_RUN = {
    DryRun.UNSUPPORTED: "not possible on this server; nobody has tried this beforehand",
    DryRun.FAILED: "the server would not try it",
}
# Of a live object what a person should know before the change; the rest is in its own row of a list.
WEIGHTY: Mapping[Verb, frozenset[str]] = {
    Verb.EVICT: frozenset({"disruption budget"}),
    Verb.LABEL: frozenset({"lost by", "gained by", "unknown"}),
    Verb.RESUME: frozenset({"new template", "missed runs", "running now"}),
    Verb.PAUSE: frozenset({"running now"}),
    Verb.AUTOSCALE: frozenset({"autoscaler", "replicas", "warning"}),
}
MOST_LINES = 3  # command lines of one verb in a row; more are counted
SHORT_DIGEST = 8  # characters of a digest that a person compares


def kubectl(step: Step) -> str:
    """The command line as a shell would take it; the action in words when the step carries no view."""
    return shlex.join(step.kubectl) if step.kubectl else action_text(step.action)


def action_text(action: Action) -> str:
    """`scale prod-eu/payments deployment/payment-api replicas=4`."""
    given = "".join(f" {name}={value}" for name, value in sorted(action.params.items()))
    return f"{action.verb.value.replace('_', ' ')} {action.target.text}{given}"


def command_pieces(plan: Plan) -> Iterator[Piece]:
    """Only the command lines: all that a finished or a reading request needs to say about its steps."""
    several = len(plan.steps) > 1
    for verb, group in groupby(plan.steps, key=lambda step: (step.action.verb, step.action.target.cluster)):
        steps = tuple(group)
        if len(steps) > MOST_LINES:
            label = f"{steps[0].number}-{steps[-1].number}"
            yield Code(label=label, lines=(kubectl(steps[0]),))
            yield Text(text=f"... and {len(steps) - 1} more like it ({verb[0].value.replace('_', ' ')})")
            continue
        for step in steps:
            yield Code(label=str(step.number) if several else "", lines=(kubectl(step),))


def preview_pieces(request: Request) -> Iterator[Piece]:
    """Every step with its call, its diff and what the server said about it."""
    plan = request.plan
    if plan is None:
        return
    previews = {step.number: step for step in request.preview.steps} if request.preview else {}
    several, found = len(plan.steps) > 1, _observed(request)
    for together in runs(plan.steps, previews):
        if len(together) > 1:
            yield from _alike(together, len(plan.steps), previews, found)
            continue
        (step,) = together
        if several:
            yield Heading(text=f"step {step.number} of {len(plan.steps)}: {step.why}")
        yield Code(lines=(kubectl(step),))
        seen = previews.get(step.number)
        if seen and seen.diff:
            yield Diff(changes=seen.diff)
        rows = (*_weighty(step, found.get(step.number)), *_step_rows(step, seen))
        if rows:
            yield Fields(rows=rows)


def _alike(
    steps: Sequence[Step], of: int, previews: Mapping[int, StepPreview], found: Mapping[int, Observed]
) -> Iterator[Piece]:
    """Steps that differ in their object only: one command line as an example, a row for each, one undo for all."""
    first, last = steps[0], steps[-1]
    notes = {
        step.number: "; ".join(f"{name}: {value}" for name, value in _weighty(step, found.get(step.number)))
        for step in steps
    }
    verb, kind = first.action.verb.value.replace("_", " "), first.action.target.resource.plural
    yield Heading(text=f"steps {first.number} to {last.number} of {of}: {verb} {len(steps)} {kind}: {first.why}")
    yield alike_table(steps, previews, notes)
    yield Code(label="first", lines=(kubectl(first),))
    yield Fields(rows=tuple(_step_rows(first, previews.get(first.number))))


def _observed(request: Request) -> dict[int, Observed]:
    """What the preview saw of each changing step; they are stored in the order of those steps."""
    if request.plan is None or request.preview is None:
        return {}
    changing = [step.number for step in request.plan.steps if step.action.effect is not Effect.READ]
    return dict(zip(changing, request.preview.observed, strict=False))


def _weighty(step: Step, found: Observed | None) -> Iterator[tuple[str, str]]:
    """What hangs on an object: a person would have looked it up by hand."""
    verb = step.action.verb
    for name, value in (found.facts if found else {}).items():
        if verb is Verb.DELETE or name in WEIGHTY.get(verb, ()):
            yield name, value


def _step_rows(step: Step, seen: StepPreview | None) -> Iterator[tuple[str, str]]:
    if step.call:
        yield "api call", step.call
    if step.action.effect is Effect.READ:
        return
    if seen is None:
        yield "preview", "none was taken"
        return
    if not seen.diff and seen.dry_run is DryRun.DONE:
        yield "diff", "nothing would change"
    if seen.dry_run in DRY_RUN:
        yield "dry run", DRY_RUN[seen.dry_run]
    if not seen.access.allowed:
        yield "access", seen.access.because
    for warning in seen.warnings:
        yield "server says", warning
    yield "undo", undo_text(step, seen.undo)


def undo_text(step: Step, proof: UndoProof | None) -> str:
    """How the step is taken back and how well that is known."""
    if step.undo is None or step.undo.action is None or (proof is not None and proof.proof is Proof.IMPOSSIBLE):
        because = (proof and proof.because) or (step.undo and step.undo.because) or "this verb has no inverse"
        return f"impossible: {because}"
    back = _inverse(step, step.undo)
    if proof is None:
        return f"not tried: {back}"
    if proof.proof is Proof.PROVEN:
        return f"proven by dry run: {back}"
    return f"partial: {back}; {proof.because}"


def _inverse(step: Step, undo: Undo) -> str:
    """What a person would type, without the place when that is the step's own."""
    words, n = undo.kubectl, _place_words(step.kubectl)
    if not words:
        return action_text(undo.action).replace(f"{_place(step)} ", "", 1) if undo.action else ""
    return " ".join(words[n:] if words[:n] == step.kubectl[:n] else words)


def _place(step: Step) -> str:
    return step.action.target.text.rpartition(" ")[0]


def _place_words(kubectl: Sequence[str]) -> int:
    """How many words come before the command itself: `kubectl --context prod-eu -n payments`."""
    return 5 if "-n" in kubectl[:4] else 3


def judgement_rows(request: Request, now: datetime | None) -> Iterator[tuple[str, str]]:
    """Risk, policy, people and the clock."""
    if request.risk is not None:
        yield "risk", f"{request.risk.level.word}; {request.risk.blast_radius.text}"
        for text in dict.fromkeys(reason.text for reason in request.risk.reasons):
            yield "", text
    if request.decision is not None:
        for text in dict.fromkeys(f"{hit.rule}: {hit.text}" for hit in request.decision.because):
            yield "policy", f"{text}; the glass is broken" if request.decision.break_glass else text
        if request.decision.outcome is Outcome.ALLOW:
            yield "", "runs without anybody's yes"
    yield from people_rows(request)
    if request.expires_at is not None:
        yield "valid", clocks(request.expires_at, request.decision, now)


def people_rows(request: Request) -> Iterator[tuple[str, str]]:
    """Who asked, who has said what, and who is still missing."""
    asked = request.intent.actor.name
    reason = request.intent.reason
    yield "asked by", f"{asked}, because {reason}" if reason else asked
    for given in request.approvals:
        said = f": {given.reason}" if given.reason else ""
        if given.verdict is Verdict.NO:
            yield "rejected by", f"{given.actor.name} at {_time(given.at)}{said}"
        elif given in request.yes:
            word = "run by" if given.role == "requester" else "approved by"
            rights = ", rights checked" if given.checked_at is not None else ""
            rights += ", second factor checked" if given.has_fresh_factor else ""
            rights += ", before a part of it was dropped" if given.carried_from is not None else ""
            yield word, f"{given.actor.name} at {_time(given.at)}{rights}{said}"
    if not request.state.is_final:
        for needed in request.missing:
            yield "missing", needed.text
        if request.missing and request.decision is not None and request.decision.second_factor:
            yield "each with", "a code of their second factor: run 123456 · approve 123456"


def fingerprint(request: Request) -> str:
    """`plan r1 3b2a9c1e · preview 77ab01f2 · from grammar`: what two people compare."""
    if request.plan is None:
        return ""
    parts = [f"plan r{request.plan.revision} {request.plan.digest[:SHORT_DIGEST]}"]
    if request.preview is not None and request.preview.observed:
        parts.append(f"preview {request.preview.digest[:SHORT_DIGEST]}")
    source = request.plan.source
    parts.append(f"from {source.kind}" + (f" {source.name}" if source.kind in ("recipe", "model") else ""))
    return " · ".join(parts)


def clocks(until: datetime, decision: PolicyDecision | None, now: datetime | None) -> str:
    """`until 10:32:00 UTC, 17 min left to approve · then 10 min to run`: both count in the policy's own time."""
    run = f" · then {_span(decision.run_within)} to run" if decision is not None else ""
    return f"{clock(until, now)} to approve{run}"


def clock(until: datetime, now: datetime | None) -> str:
    """`until 10:32:00 UTC, 28 min left`; the second half only where the reader's moment is known."""
    if now is None:
        return f"until {_time(until)}"
    left = int((until - now).total_seconds())
    if left <= 0:
        return f"until {_time(until)}, which is over"
    spare = f"{-(-left // 60)} min" if left >= 60 else f"{left} s"
    day = f"{until:%Y-%m-%d} " if until.date() != now.date() else ""
    return f"until {day}{_time(until)}, {spare} left"


def _span(whole: timedelta) -> str:
    seconds = int(whole.total_seconds())
    return f"{-(-seconds // 60)} min" if seconds >= 60 else f"{seconds} s"


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"
