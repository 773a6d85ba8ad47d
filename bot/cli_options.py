"""What the commands of the command line share: options, and how a command ends. Imports typer only."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

Data = Annotated[
    Path | None, typer.Option("--data", envvar="KUBECHAT_DATA", metavar="DIR", help="Data folder. Default: var")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
As = Annotated[str, typer.Option("--as", envvar="KUBECHAT_AS", metavar="PERSON", help="Who speaks.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="A request's id, or its unmistakable beginning.")]
PlanDigest = Annotated[
    str,
    typer.Option(
        "--plan", metavar="PLAN/PREVIEW", help="What you have read, by the first 8 digits of both; no other counts."
    ),
]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until it is done or waits for people.")]
Timeout = Annotated[float, typer.Option("--timeout", min=0, metavar="S", help="How many seconds to wait.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded and shown.")]

Code = Annotated[
    str, typer.Option("--code", metavar="DIGITS", help="Of your second factor; '-' reads it from standard input.")
]


class Left(Exception):  # not an error: how a command ends, told apart from typer's own usage errors
    """A command has ended with this exit code, and has printed all there is to print."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def leave(work: Callable[[], int]) -> NoReturn:
    """Ends the process with the work's exit code."""
    raise Left(int(work()))
