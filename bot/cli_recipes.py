"""`kubechat recipes`: the approved runbooks."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli_options import As, AsJson, Data, Timeout, Wait, leave

commands = typer.Typer(rich_markup_mode=None)
recipes = typer.Typer(help="Approved runbooks.", no_args_is_help=True, rich_markup_mode=None)
commands.add_typer(recipes, name="recipes")

Folder = Annotated[
    Path | None,
    typer.Option("--folder", envvar="KUBECHAT_RECIPES", metavar="DIR", exists=True, file_okay=False, help="Where."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A recipe's name.")]


@recipes.command(name="list")
def list_(folder: Folder = None, as_json: AsJson = False) -> None:
    """Names, versions, owners and what they are for."""

    def listed() -> int:
        from bot.recipes import list_recipes

        return list_recipes(folder, as_json=as_json)

    leave(listed)


@recipes.command()
def show(name: Name, folder: Folder = None, as_json: AsJson = False) -> None:
    """One recipe: parameters with their limits, guards, steps, and how to run it."""

    def shown() -> int:
        from bot.recipes import show_recipe

        return show_recipe(name, folder, as_json=as_json)

    leave(shown)


@recipes.command()
def lint(
    files: Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Default: the whole folder.")] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Everything that is wrong and can be seen without a cluster."""

    def linted() -> int:
        from bot.recipes import lint_recipes

        return lint_recipes(files or [], folder, as_json=as_json)

    leave(linted)


@recipes.command()
def test(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Default: all of them.")] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Run them on the simulated clusters, with everything but the people being real; undo what they changed."""

    def tested() -> int:
        from bot.recipe_trials import try_recipes

        return try_recipes(names or [], folder, as_json=as_json)

    leave(tested)


@recipes.command()
def run(
    name: Name,
    person: As,
    params: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="The parameters.")] = None,
    cluster: Annotated[list[str] | None, typer.Option("--cluster", metavar="NAME", help="Where; repeatable.")] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded and shown.")] = "",
    wait: Wait = True,
    timeout: Timeout = 900,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Ask a running instance for a recipe; it is planned, previewed and approved like anything else."""

    def asked() -> int:
        from bot.acting import act
        from bot.commands import Ask
        from bot.recipes import order

        command = Ask(text=order(name, params or [], cluster or [], reason))
        return act(command, person, data=data, as_json=as_json, wait=wait, timeout_seconds=timeout)

    leave(asked)
