"""What a press on the command line is bound to: the plan that was shown, or the one that is said to be acted on."""

import re

from bot.commands import Press, PressKind
from bot.plan_pieces import SHORT_DIGEST
from workers.domain.errors import InvalidParameter, PlanChanged
from workers.domain.request import Request

BOUND = frozenset({PressKind.RUN, PressKind.APPROVE, PressKind.CORRECT})
WRITTEN = re.compile(rf"[0-9a-f]{{{SHORT_DIGEST},64}}")


def bound(command: Press, request: Request, written: str) -> Press:
    """The press as a button of the request's card would make it; raises PlanChanged when `written` is another plan."""
    if written and not WRITTEN.fullmatch(written):
        raise InvalidParameter(
            f"'{written}' is no digest of a plan",
            now="it has at least 8 hexadecimal digits",
            then=f"`show {request.id}`",
        )
    plan, preview = request.plan, request.preview
    if plan is None or preview is None:
        return command
    if not plan.digest.startswith(written):
        raise PlanChanged(
            f"{request.id} is not plan {written}",
            now=f"it is {essence(request)}",
            then=f"read it with `show {request.id}` and say it again",
        )
    return command.model_copy(update={"plan_digest": plan.digest, "preview_digest": preview.digest})


def essence(request: Request) -> str:
    """`plan r1 3b2a9c1e: scale deployment payment-api (replicas 5) in prod-eu`."""
    plan = request.plan
    return f"plan r{plan.revision} {plan.digest[:SHORT_DIGEST]}: {plan.explanation}" if plan else request.intent.text
