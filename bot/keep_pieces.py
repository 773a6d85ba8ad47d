"""How a plan is carried out, and the clock of what is taken back by itself, as card pieces."""

from collections.abc import Iterator
from datetime import datetime

from bot.card import Piece
from bot.plan_pieces import clock
from workers.domain.option import spoken
from workers.domain.plan import Plan
from workers.domain.request import Request
from workers.domain.section import Fields


def option_rows(plan: Plan) -> Iterator[tuple[str, str]]:
    """What people approve beside the steps."""
    if plan.options.keep_seconds is not None:
        yield "unless kept", f"taken back by itself {spoken(plan.options.keep_seconds)} after it has run"
        yield "", "or as soon as it is not well; the undo above needs no further yes then"
    if plan.options.parallel:
        yield "order", "all clusters at once, in each of them step by step; the first failure stops the others"
    elif len(plan.clusters) > 1:
        yield "order", "cluster after cluster, step by step; the first failure stops the rest"


def keep_pieces(request: Request, now: datetime | None) -> Iterator[Piece]:
    """Of a request that is over: until when it may be kept, or what became of that."""
    keeping = request.keeping
    if keeping is None:
        return
    if keeping.kept_by is not None:
        at = f" at {keeping.kept_at:%H:%M:%S} UTC" if keeping.kept_at else ""
        yield Fields(rows=(("kept by", f"{keeping.kept_by}{at}; it is not taken back by itself"),))
    elif keeping.taken_back_by is not None:
        because = keeping.because or "nobody kept it in its time"
        yield Fields(rows=(("taken back", f"by {keeping.taken_back_by}: {because}"),))
    else:
        because = f"because {keeping.because}; " if keeping.because else ""
        until = clock(keeping.until, now).removeprefix("until ")
        rows = (("taken back", f"{because}by itself at {until}"), ("next", f"keep {request.id}"))
        yield Fields(rows=rows)
