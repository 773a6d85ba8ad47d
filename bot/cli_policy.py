"""`kubechat policy`: who may do what."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli_options import As, AsJson, Data, leave

commands = typer.Typer(rich_markup_mode=None)
policy = typer.Typer(help="Who may do what, and what that would change.", no_args_is_help=True, rich_markup_mode=None)
commands.add_typer(policy, name="policy")

Maybe = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", exists=True, dir_okay=False, help="Default: the instance's own.")
]
Version = Annotated[str | None, typer.Argument(metavar="VERSION", help="A number or the beginning of a digest.")]


@policy.command()
def lint(file: Maybe = None, data: Data = None, as_json: AsJson = False) -> None:
    """Everything that is wrong or doubtful in a policy, with its line and what to write."""

    def linted() -> int:
        from bot.policies import lint_policy

        return lint_policy(file, data, as_json=as_json)

    leave(linted)


@policy.command()
def show(file: Maybe = None, data: Data = None, as_json: AsJson = False) -> None:
    """The policy in words, the strictest rules first."""

    def shown() -> int:
        from bot.policies import show_policy

        return show_policy(file, data, as_json=as_json)

    leave(shown)


@policy.command()
def test(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The changed policy.")],
    days: Annotated[int, typer.Option("--days", min=1, max=3650, metavar="N", help="How far back.")] = 30,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Which requests of the last days another policy would have blocked or eased, and why."""

    def tested() -> int:
        from bot.policies import try_policy

        return try_policy(file, days, data, as_json=as_json)

    leave(tested)


@policy.command()
def history(data: Data = None, as_json: AsJson = False) -> None:
    """Every policy that was in force, newest first."""

    def listed() -> int:
        from bot.policies import show_history

        return show_history(data, as_json=as_json)

    leave(listed)


@policy.command()
def diff(old: Version = None, new: Version = None, data: Data = None) -> None:
    """What changed between two versions; without names, with the last change."""

    def compared() -> int:
        from bot.policies import show_diff

        return show_diff(old, new, data)

    leave(compared)


@policy.command()
def rollback(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="A number or the beginning of a digest.")],
    person: As,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Put an earlier version back in force."""

    def rolled() -> int:
        from bot.policies import roll_back

        return roll_back(version, person, data, as_json=as_json)

    leave(rolled)


@policy.command()
def explain(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What you would type in chat.")],
    person: As,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="At another time: 2026-11-23T22:30, UTC.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", exists=True, dir_okay=False, help="Another policy.")
    ] = None,
    kubeconfig: Annotated[Path | None, typer.Option(metavar="FILE", exists=True, dir_okay=False)] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """What the policy says of a text; nothing is run or stored."""

    def told() -> int:
        from bot.policies import explain_policy
        from bot.wiring import settings_of

        settings = settings_of(data, kubeconfig=kubeconfig)
        return explain_policy(text, person, at, settings, file, as_json=as_json)

    leave(told)
