"""What a press on a terminal is bound to: the plan and the preview that a person has read, as a button would be."""

import re

from bot.commands import Command, Press, PressKind
from bot.plan_pieces import SHORT_DIGEST
from workers.domain.errors import InvalidParameter, PlanChanged
from workers.domain.request import Request
from workers.domain.value import Digest, Value

YES = frozenset({PressKind.RUN, PressKind.APPROVE})  # counts only for what it names
BOUND = YES | {PressKind.CORRECT, PressKind.DROP}
_DIGITS = rf"[0-9a-f]{{{SHORT_DIGEST},64}}"
WRITTEN = re.compile(rf"(?P<plan>{_DIGITS})(?:/(?P<preview>{_DIGITS}))?")


class Shown(Value):
    """What of a request one card has shown."""

    plan: Digest | None = None
    preview: Digest | None = None

    @property
    def text(self) -> str:
        """`a8acaa89/8d10069f`: how a person writes it after --plan."""
        return "/".join(part[:SHORT_DIGEST] for part in (self.plan, self.preview) if part)


def shown_by(request: Request) -> Shown:
    """What a card of the request, as it is here, shows."""
    plan, preview = request.plan, request.preview
    return Shown(plan=plan.digest if plan else None, preview=preview.digest if preview else None)


def as_button(command: Command, shown: Shown) -> Command:
    """A typed yes or letter as the button of the card that was last drawn would be; other commands as they are."""
    if not isinstance(command, Press) or command.what not in BOUND or command.plan_digest is not None:
        return command
    return command.model_copy(update={"plan_digest": shown.plan, "preview_digest": shown.preview})


def bound(command: Press, request: Request, written: str) -> Press:
    """The press with the whole digests of what was written; raises PlanChanged when that is not what is stored."""
    match = WRITTEN.fullmatch(written)
    if match is None:
        raise InvalidParameter(
            f"'{written}' is no digest of a plan",
            now="it has at least 8 hexadecimal digits",
            then=f"`show {request.id}`",
        )
    if command.what in YES and not match["preview"]:
        raise InvalidParameter(
            f"'{written}' names a plan, and not what was seen to come of it",
            now="a yes is to a plan and its preview; the card's last line has both",
            then=f"read it with `show {request.id}` and write both, as in --plan 3b2a9c1e/77ab01f2",
        )
    shown = shown_by(request)
    if not (shown.plan or "").startswith(match["plan"]):
        raise PlanChanged(
            f"{request.id} is not plan {match['plan']}",
            now=f"it is {essence(request)}",
            then=f"read it with `show {request.id}` and say it again",
        )
    if not (shown.preview or "").startswith(match["preview"] or ""):
        raise PlanChanged(
            f"{request.id} would not do any more what preview {match['preview']} showed",
            now=request.notice or f"its preview is {(shown.preview or '')[:SHORT_DIGEST]}",
            then=f"read it with `show {request.id}` and say it again",
        )
    return command.model_copy(update={"plan_digest": shown.plan, "preview_digest": shown.preview})


def essence(request: Request) -> str:
    """`plan r1 3b2a9c1e: scale deployment payment-api (replicas 5) in prod-eu`."""
    plan = request.plan
    return f"plan r{plan.revision} {plan.digest[:SHORT_DIGEST]}: {plan.explanation}" if plan else request.intent.text
