"""`kubechat plan`."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli_options import AsJson, leave

commands = typer.Typer(rich_markup_mode=None)
ExistingFile = Annotated[
    Path, typer.Option("--inventory", metavar="FILE", exists=True, dir_okay=False, help="A fleet.")
]


@commands.command()
def plan(
    inventory: ExistingFile,
    text: Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="What you would type in chat.")] = None,
    batch: Annotated[
        Path | None, typer.Option("--batch", metavar="FILE", exists=True, dir_okay=False, help="Texts as JSON lines.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: standard output.")] = None,
    cluster: Annotated[str | None, typer.Option("--cluster", help="The default cluster of the place.")] = None,
    namespace: Annotated[str | None, typer.Option("--namespace", help="The default namespace of the place.")] = None,
    as_json: AsJson = False,
) -> None:
    """What the planner makes of a text, without any cluster, model or server."""
    said = " ".join(text or ()).strip()
    if bool(said) == bool(batch):
        raise typer.BadParameter("give a TEXT, or --batch FILE", param_hint="TEXT")

    def planned() -> int:
        from bot.batch import plan_batch, plan_text

        if batch is not None:
            return plan_batch(batch, inventory, out)
        return plan_text(said, inventory, cluster=cluster, namespace=namespace, as_json=as_json)

    leave(planned)
