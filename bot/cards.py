"""Request -> Card: one card a request, one layout a state; chat systems only draw it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import assert_never

from bot.buttons import buttons
from bot.card import Card, Piece, Tiers, banner
from bot.check_pieces import check_rows, found
from bot.glass_pieces import alarm
from bot.keep_pieces import keep_pieces, option_rows
from bot.plan_pieces import (
    clock,
    command_pieces,
    fingerprint,
    judgement_rows,
    people_rows,
    preview_pieces,
)
from bot.result_pieces import audit_ids, by_cluster, has_facts, outcomes, outputs, summary, three_parts
from bot.understood_pieces import chips, understood_rows
from workers.domain.action import Effect
from workers.domain.observed import StepOutcome
from workers.domain.problem import Problem
from workers.domain.request import Earlier, Request
from workers.domain.section import Fields, Log, Text
from workers.domain.state import State
from workers.domain.value import ClusterName, RequestId

WORDS = {
    State.PLANNING: "planning",
    State.AWAITING_CHOICE: "needs an answer",
    State.READY: "about to run",
    State.RUNNING: "running",
    State.INTERRUPTED: "interrupted: outcome unknown",
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
    State.REFUSED: "refused",
    State.REJECTED: "rejected",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "expired",
}
NOTHING_WRITTEN = "nothing was written to any cluster"


def card(request: Request, tiers: Tiers, *, now: datetime | None = None, progress: Sequence[str] = ()) -> Card:
    """The request as it is; `tiers` gives each cluster's tier, `progress` the lines streamed so far.

    Without `now` the card gives only absolute times, so that it stays true where it cannot be updated.
    """
    return Card(
        request_id=request.id,
        state=request.state,
        status=status(request),
        title=request.intent.text,
        alarm=alarm(request, now),
        banner=banner(*_places(request), tiers) if _places(request)[0] else None,
        sections=tuple(_pieces(request, now, progress)),
        buttons=buttons(request),
        footer=" · ".join(part for part in (fingerprint(request), audit_ids(request)) if part),
    )


def receipt(request: Request) -> str:
    """One line for whoever has the card before them: what happened, who said yes, and who is still missing."""
    last = request.yes[-1:]
    rights = " (rights checked)" if last and last[0].checked_at is not None else ""
    who = f"{last[0].actor.name} said {'run' if last[0].role == 'requester' else 'approve'}{rights}; " if last else ""
    notice = f"{request.notice}; " if request.notice else ""
    return f"{request.id}: {notice}{who}still missing: {', '.join(needed.text for needed in request.missing)}"


def problem_card(problem: Problem, request_id: RequestId | None = None) -> Card:
    """A text or a press that was not taken, for whoever wrote it; the request's own card stays as it is."""
    parts = ("now", problem.now), ("next", problem.then), ("code", problem.code)
    return Card(
        request_id=request_id,
        state=None,
        status="not done",
        title=problem.text,
        sections=(Fields(rows=tuple((name, text) for name, text in parts if text)),),
        private=True,
    )


def status(request: Request) -> str:
    """The state in words, naming who is waited for."""
    if request.state is not State.AWAITING_APPROVAL:
        return "answered" if request.state is State.SUCCEEDED and request.plan is None else WORDS[request.state]
    roles = {needed.role for needed in request.missing}
    if roles == {"requester"}:
        return f"waits for {request.intent.actor.name}"
    if roles == {"approver"}:
        return "waits for approval"
    return "waits for run and approval"


def _pieces(request: Request, now: datetime | None, progress: Sequence[str]) -> Iterator[Piece]:
    if request.notice and not request.state.is_final:
        yield Fields(rows=(("notice", request.notice),))
    match request.state:
        case State.PLANNING:
            yield from _planning(request)
        case State.AWAITING_CHOICE:
            yield from _question(request, now)
        case State.AWAITING_APPROVAL:
            yield from preview_pieces(request)
            yield from chips(request)
            checks = check_rows(request.plan) if request.plan else ()
            options = option_rows(request.plan) if request.plan else ()
            yield Fields(rows=(*understood_rows(request), *options, *checks, *judgement_rows(request, now)))
        case State.READY | State.RUNNING:
            yield from _under_way(request, now, progress)
        case State.INTERRUPTED:
            yield from _interrupted(request)
        case State.SUCCEEDED:
            yield from _succeeded(request)
            yield from keep_pieces(request, now)
        case State.FAILED:
            yield from _failed(request)
            yield from keep_pieces(request, now)
        case State.REFUSED:
            yield from _refused(request)
        case State.REJECTED | State.CANCELLED | State.EXPIRED:
            yield from _stopped(request)
        case _:
            assert_never(request.state)


def _planning(request: Request) -> Iterator[Piece]:
    if request.earlier is not None:
        less = len(request.edits) > len(request.earlier.edits) and request.edits[-1].drops
        dropped = "others' approvals are kept where that is safe" if less else "approvals are dropped"
        yield Text(text=f"revision {request.revision}: {_change(request, request.earlier)}; {dropped}")
    elif request.undoes:
        yield Text(text=f"finding what takes {request.undoes} back")
    elif request.continues:
        yield Text(text=f"finding what {request.continues} has left undone")
    else:
        yield Text(text="reading the words and looking at the clusters; nothing is written")


def _change(request: Request, earlier: Earlier) -> str:
    """What the requester has changed on the card."""
    if len(request.edits) > len(earlier.edits):
        edit = request.edits[-1]
        if edit.drops:
            return f"without {edit.about}"
        given = ", ".join(f"{name}={value}" for name, value in sorted(edit.params.items()))
        return f"step {edit.step} with {given}"
    if len(request.choices) > len(earlier.choices):
        return f"with {request.choices[-1].label}"
    if request.options != earlier.options:
        return "carried out another way"
    return "without the suggested checks"


def _question(request: Request, now: datetime | None) -> Iterator[Piece]:
    if request.question is None:
        return
    yield Text(text=request.question.text)
    yield Fields(rows=tuple((choice.id, choice.label) for choice in request.question.choices))
    if request.expires_at is not None:
        yield Fields(rows=(("valid", clock(request.expires_at, now)),))


def _under_way(request: Request, now: datetime | None, progress: Sequence[str]) -> Iterator[Piece]:
    if request.plan is not None:
        yield from command_pieces(request.plan)
    if progress:
        yield Log(title="progress", lines=tuple(progress))
    if request.plan is None or request.plan.effect is Effect.READ:
        return
    yield from found(request, whole=False)
    yield from by_cluster(request)
    yield from outcomes(request)
    rows = list(people_rows(request))
    if request.expires_at is not None:
        rows.append(("starts", f"{clock(request.expires_at, now)} to run"))
    yield Fields(rows=tuple(rows))


def _interrupted(request: Request) -> Iterator[Piece]:
    doubt = "a write was sent and no answer came: the cluster may or may not have applied it"
    yield Text(text=doubt if request.intended else "the worker was lost between two steps")
    yield from preview_pieces(request)
    yield from found(request, whole=False)
    yield from by_cluster(request)
    yield from outcomes(request)
    yield from summary(request)
    if request.problem is not None:
        yield three_parts(request.problem)
    which = f" step {request.intended[0]}" if len(request.intended) > 1 else ""
    words = f"type 'applied{which}' or 'not applied{which}'; that is recorded as yours"
    yield Fields(rows=(("next", f"look at {'each' if which else 'the'} object, then {words}"),))


def _succeeded(request: Request) -> Iterator[Piece]:
    if request.plan is None:
        yield from request.answer or summary(request)
        return
    yield from command_pieces(request.plan)
    yield from outputs(request)
    if request.plan.effect is Effect.READ:
        yield from _told(request)
        yield from chips(request)
        if rows := tuple(understood_rows(request)):
            yield Fields(rows=rows)
        return
    yield from found(request, whole=False)
    yield from outcomes(request)
    yield from summary(request)
    yield Fields(rows=(*understood_rows(request), *people_rows(request), *_undo_rows(request)))


def _told(request: Request) -> Iterator[Piece]:
    """A plain read needs no headline over its own output; findings do."""
    found = request.summary
    if found is not None and (found.facts or found.suspected_cause or not any(r.output for r in request.results)):
        yield from summary(request)


def _failed(request: Request) -> Iterator[Piece]:
    if request.plan is not None:
        yield from command_pieces(request.plan)
        yield from found(request, whole=True)
        yield from outputs(request)
        yield from by_cluster(request)
        if not has_facts(request):
            yield from outcomes(request)
    yield from summary(request, headline=False)
    yield three_parts(request.problem or _without_problem(request))
    if request.plan is not None and request.plan.effect is not Effect.READ:
        yield Fields(rows=(*people_rows(request), *_undo_rows(request)))


def _undo_rows(request: Request) -> Iterator[tuple[str, str]]:
    if request.continues:
        yield "continues", request.continues
    if request.continued_by:
        yield "continued by", request.continued_by
    if request.undoes:
        yield "undoes", request.undoes
    if request.undone_by:
        yield "undone by", request.undone_by
    for result in request.results:
        if result.undo is not None and result.undo.action is None:
            yield "no undo", result.undo.because


def _refused(request: Request) -> Iterator[Piece]:
    if request.plan is not None:
        yield from preview_pieces(request)
    yield three_parts(request.problem or _by_policy(request))
    if request.plan is not None:
        yield Fields(rows=tuple(people_rows(request)))


def _stopped(request: Request) -> Iterator[Piece]:
    if request.plan is not None:
        yield from command_pieces(request.plan)
    yield three_parts(request.problem or _why_stopped(request))
    yield Fields(rows=tuple(people_rows(request)))


def _why_stopped(request: Request) -> Problem:
    again = "ask again to get a new plan on the clusters as they are then"
    name = request.intent.actor.name
    match request.state:
        case State.REJECTED:
            said = next((a for a in reversed(request.approvals) if a.verdict == "no"), None)
            reason = f": {said.reason}" if said and said.reason else ""
            text = f"{said.actor.name if said else 'somebody'} said no{reason}"
            return Problem(code="rejected", text=text, now=NOTHING_WRITTEN, then=again)
        case State.CANCELLED:
            return Problem(code="cancelled", text=f"{name} took it back", now=NOTHING_WRITTEN, then=again)
        case _:
            now = "; ".join(part for part in (NOTHING_WRITTEN, request.notice) if part)
            return Problem(code="request-expired", text=_what_is_over(request), now=now, then=again)


def _what_is_over(request: Request) -> str:
    if request.plan is None:
        return "the time to wait for an answer is over"
    return "the time to run is over" if request.is_cleared else "the time to wait for everybody's yes is over"


def _by_policy(request: Request) -> Problem:
    """A refusal by rule, in the words of the rules that refused."""
    because = request.decision.because if request.decision else ()
    text = "; ".join(dict.fromkeys(f"{hit.rule}: {hit.text}" for hit in because)) or "policy refuses this"
    return Problem(code="policy-refused", text=text, now=NOTHING_WRITTEN, then="ask for something the policy allows")


def _without_problem(request: Request) -> Problem:
    """The facts above say why; said again only where there are none."""
    failed = [result for result in request.results if result.outcome is StepOutcome.FAILED]
    if failed and has_facts(request):
        several = request.plan is not None and len(request.plan.steps) > 1
        text = f"step {failed[-1].step} did not succeed" if several else "it did not succeed"
    else:
        text = failed[-1].message if failed else "it ended without a result"
    return Problem(code="failed", text=text, then="ask again to get a new plan on the clusters as they are then")


def _places(request: Request) -> tuple[tuple[ClusterName, ...], tuple[str, ...]]:
    """Clusters and namespaces in order of first use."""
    if request.plan is None:
        return (), ()
    targets = [step.action.target for step in request.plan.steps]
    return request.plan.clusters, tuple(dict.fromkeys(t.namespace for t in targets if t.namespace))
