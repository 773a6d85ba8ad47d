"""The commands about freezes, and about what was done under break-glass."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_options import As, AsJson, Data, Id, leave

if TYPE_CHECKING:
    from bot.guard_commands import Guarding

commands = typer.Typer(rich_markup_mode=None)
What = Annotated[
    list[str], typer.Argument(metavar="WHAT", help="A cluster, group or tier as people call it, or 'everything'.")
]
Because = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded and shown.")]


@commands.command()
def freeze(
    what: What,
    person: As,
    reason: Because,
    lasting: Annotated[
        str, typer.Option("--for", metavar="TIME", help="90m, 2h or 1d. Default: until somebody lifts it.")
    ] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Let no write begin there; reads go on."""
    from bot.guard_commands import Freeze, minutes_of

    minutes = minutes_of(lasting) if lasting else None
    if lasting and minutes is None:
        raise typer.BadParameter("say for example 90m, 2h or 1d", param_hint="--for")
    _aside(Freeze(what=" ".join(what).lower(), minutes=minutes, reason=reason), person, data, as_json=as_json)


@commands.command()
def unfreeze(what: What, person: As, reason: Because, data: Data = None, as_json: AsJson = False) -> None:
    """Lift a freeze, by its words or its id."""
    from bot.guard_commands import Unfreeze

    _aside(Unfreeze(what=" ".join(what).lower(), reason=reason), person, data, as_json=as_json)


@commands.command()
def freezes(data: Data = None, as_json: AsJson = False) -> None:
    """What is frozen, by whom, since when, until when, why, and how to lift it."""
    from bot.asides import listed
    from bot.guard_commands import Freezes

    leave(lambda: listed(Freezes(), data=data, as_json=as_json))


@commands.command()
def review(request: Id, person: As, reason: Because, data: Data = None, as_json: AsJson = False) -> None:
    """Your word on what somebody did under break-glass; it closes the review."""
    from bot.guard_commands import Review

    _aside(Review(request=request, reason=reason), person, data, as_json=as_json)


@commands.command()
def reviews(data: Data = None, as_json: AsJson = False) -> None:
    """What was done under break-glass, and what still waits for another person's review."""
    from bot.asides import listed
    from bot.guard_commands import Reviews

    leave(lambda: listed(Reviews(), data=data, as_json=as_json))


def _aside(command: "Guarding", person: str, data: Path | None, *, as_json: bool) -> None:
    from bot.asides import aside

    leave(lambda: aside(command, person, data=data, as_json=as_json))
