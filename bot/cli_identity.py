"""The commands about oneself: accounts of chat systems, and the second factor."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli_options import As, AsJson, Data, leave

commands = typer.Typer(rich_markup_mode=None)
factor = typer.Typer(
    help="Your second factor: codes of an authenticator app.", no_args_is_help=True, rich_markup_mode=None
)
commands.add_typer(factor, name="second-factor")
Code = Annotated[str, typer.Argument(metavar="CODE", help="As the chat has given it to you.")]


@commands.command()
def link(
    code: Code,
    kubeconfig: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own, which says who you are. Default: KUBECONFIG, ~/.kube/config"),
    ] = None,
    context: Annotated[str, typer.Option(metavar="NAME", help="Default: its current context.")] = "",
    sure: Annotated[bool, typer.Option("--yes", help="Do not ask whether the account is yours.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make an account of a chat system yours, with the code that it was given."""
    from bot.identifying import link as linked

    leave(lambda: linked(code, kubeconfig=kubeconfig, context=context, sure=sure, data=data, as_json=as_json))


@commands.command()
def links(
    person: Annotated[str, typer.Option("--of", metavar="PERSON", help="Only theirs.")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List which accounts are whose."""
    from bot.identifying import links as listed

    leave(lambda: listed(person, data=data, as_json=as_json))


@commands.command()
def unlink(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="As `kubechat links` names it.")],
    person: As,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make an account of yours nobody's."""
    from bot.identifying import unlink as unlinked

    leave(lambda: unlinked(account, person, data=data, as_json=as_json))


@factor.command()
def enroll(person: As, data: Data = None) -> None:
    """Show a secret for your authenticator app, and take its first code."""
    from bot.identifying import enroll as enrolled

    leave(lambda: enrolled(person, data=data))


@factor.command()
def remove(
    person: As,
    lost: Annotated[bool, typer.Option("--lost", help="Without a code; recorded as such.")] = False,
    data: Data = None,
) -> None:
    """Remove it, with a code of the app."""
    from bot.identifying import remove as removed

    leave(lambda: removed(person, lost=lost, data=data))


@factor.command()
def status(person: As, data: Data = None, as_json: AsJson = False) -> None:
    """Say whether there is one, and whether it is locked."""
    from bot.identifying import status as told

    leave(lambda: told(person, data=data, as_json=as_json))
