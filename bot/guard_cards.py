"""Freezes, and what was done under break-glass, as private cards: what stands, since when, why, and what to type."""

from collections.abc import Iterable, Sequence

from bot.card import Card, Piece
from bot.glass_pieces import review_text
from workers.domain.break_glass import Review, Ticket
from workers.domain.freeze import Freeze
from workers.domain.section import Fields, Table, Text
from workers.guard.freezing import Frost


def freezes_card(freezes: Sequence[Freeze]) -> Card:
    columns = ("FROZEN", "BY", "SINCE (UTC)", "UNTIL", "WHY", "ID")
    rows = tuple(
        (
            one.what,
            one.by,
            f"{one.at:%m-%d %H:%M}",
            f"{one.until:%m-%d %H:%M}" if one.until else "lifted",
            one.reason,
            one.id,
        )
        for one in freezes
    )
    pieces: list[Piece] = [Table(columns=columns, rows=rows) if rows else Text(text="nothing is frozen")]
    if freezes:
        pieces.append(Fields(rows=(("lift", ", ".join(dict.fromkeys(one.lifting for one in freezes))),)))
    return _card("freezes", "what is frozen: reads go on, no write begins", pieces)


def frost_card(frost: Frost) -> Card:
    """What was just frozen, and whom it meets."""
    rows = [
        ("frozen", frost.freeze.text),
        ("clusters", ", ".join(frost.clusters) or "none is known yet; all that come"),
        ("lift", frost.freeze.lifting),
    ]
    if frost.waiting:
        rows.append(("waiting", f"{', '.join(frost.waiting)}: told so on their cards"))
    if frost.running:
        rows.append(("running", f"{', '.join(frost.running)}: ends before its next write"))
    return _card("frozen", f"{frost.freeze.what} is frozen", [Fields(rows=tuple(rows))])


def lifted_card(lifted: Iterable[Freeze]) -> Card:
    rows = tuple((one.what, f"was frozen by {one.by} since {one.at:%m-%d %H:%M} UTC: {one.reason}") for one in lifted)
    return _card("lifted", "no freeze of that any more", [Fields(rows=rows)])


def reviews_card(reviews: Sequence[Review], tickets: Sequence[Ticket]) -> Card:
    columns = ("ID", "BY", "WHEN (UTC)", "WHY", "REVIEW")
    rows = tuple((r.request_id, r.by, f"{r.opened_at:%m-%d %H:%M}", r.reason, review_text(r)) for r in reviews)
    pieces: list[Piece] = [Table(columns=columns, rows=rows) if rows else Text(text="the glass was never broken")]
    if tickets:
        pieces.append(Fields(rows=tuple((f"ticket {one.id}", one.text) for one in tickets[:3])))
    return _card("reviews", "broken glass: the open one blocks the next", pieces)


def reviewed_card(review: Review) -> Card:
    rows = (("by", f"{review.by}: {review.reason}"), ("review", review_text(review)))
    return _card("reviewed", f"{review.request_id} is reviewed", [Fields(rows=rows)])


def _card(status: str, title: str, pieces: Iterable[Piece]) -> Card:
    return Card(request_id=None, state=None, status=status, title=title, sections=tuple(pieces), private=True)
