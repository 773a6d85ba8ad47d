"""The commands about requests: ask, show, list, and every press."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_options import As, AsJson, Code, Data, Id, PlanDigest, Reason, Timeout, Wait, leave

if TYPE_CHECKING:
    from bot.commands import Command

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def ask(
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="What you want, in plain words.")],
    person: As,
    thread: Annotated[
        str, typer.Option("--thread", metavar="NAME", help="A conversation of yours, for what goes on from before.")
    ] = "",
    break_glass: Annotated[
        bool, typer.Option("--break-glass", help="An emergency: alone, in spite of a freeze, and reviewed afterwards.")
    ] = False,
    wait: Wait = True,
    timeout: Timeout = 900,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Ask for something, and see the plan or the answer."""
    from bot.commands import Ask

    said = " ".join(text).strip()
    if not said:
        raise typer.BadParameter("say what you want", param_hint="TEXT")
    _act(
        Ask(text=said, break_glass=break_glass),
        person,
        data,
        as_json=as_json,
        wait=wait,
        timeout=timeout,
        thread=thread,
    )


@commands.command()
def show(request: Id, data: Data = None, as_json: AsJson = False) -> None:
    """Show a request as it is now."""
    from bot.acting import show as shown

    leave(lambda: shown(request, data=data, as_json=as_json))


@commands.command(name="list")
def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not finished.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List requests, newest first."""
    from bot.acting import list_requests

    leave(lambda: list_requests(data=data, open_only=open_only, limit=limit, as_json=as_json))


@commands.command()
def run(
    request: Id,
    person: As,
    plan: PlanDigest = "",
    code: Code = "",
    wait: Wait = True,
    timeout: Timeout = 900,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Your own yes to your own request."""
    _press("run", request, person, data, as_json=as_json, wait=wait, timeout=timeout, plan=plan, code=code)


@commands.command()
def approve(
    request: Id,
    person: As,
    reason: Reason = "",
    plan: PlanDigest = "",
    code: Code = "",
    wait: Wait = True,
    timeout: Timeout = 900,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Your yes to somebody else's request."""
    _press(
        "approve",
        request,
        person,
        data,
        as_json=as_json,
        wait=wait,
        timeout=timeout,
        reason=reason,
        plan=plan,
        code=code,
    )


@commands.command()
def reject(
    request: Id,
    person: As,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why not; it is recorded and shown.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Your no, which stops a request."""
    _press("reject", request, person, data, as_json=as_json, reason=reason)


@commands.command()
def cancel(request: Id, person: As, data: Data = None, as_json: AsJson = False) -> None:
    """Take your request back while nothing runs."""
    _press("cancel", request, person, data, as_json=as_json)


@commands.command()
def choose(
    request: Id,
    choice: Annotated[str, typer.Argument(metavar="N", help="The number before the choice.")],
    person: As,
    wait: Wait = True,
    timeout: Timeout = 900,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with one of its choices."""
    _press("choose", request, person, data, as_json=as_json, wait=wait, timeout=timeout, choice=choice)


@commands.command()
def correct(
    request: Id,
    chip: Annotated[str, typer.Argument(metavar="LETTER+N", help="For example a2, as on the card.")],
    person: As,
    plan: PlanDigest = "",
    wait: Wait = True,
    timeout: Timeout = 900,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take another alternative of what was assumed; a plan is made again, a finished read is asked again."""
    _press("correct", request, person, data, as_json=as_json, wait=wait, timeout=timeout, choice=chip, plan=plan)


@commands.command(name="skip")
def skip_checks(
    request: Id, person: As, wait: Wait = True, timeout: Timeout = 900, data: Data = None, as_json: AsJson = False
) -> None:
    """Plan again without the suggested looks before the first change."""
    _press("skip checks", request, person, data, as_json=as_json, wait=wait, timeout=timeout)


@commands.command()
def edit(
    request: Id,
    step: Annotated[int, typer.Argument(min=1, help="The step's number.")],
    params: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="For example replicas=4.")],
    person: As,
    wait: Wait = True,
    timeout: Timeout = 900,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Change a step's parameters; it is planned and previewed again."""
    from bot.commands import Edit, parameters

    def edited() -> int:
        from bot.acting import act

        command = Edit(request=request, step=step, params=parameters(params))
        return act(command, person, data=data, as_json=as_json, wait=wait, timeout_seconds=timeout)

    leave(edited)


@commands.command()
def drop(
    request: Id,
    what: Annotated[str, typer.Argument(metavar="STEP|CLUSTER", help="A step's number, or a cluster: all its steps.")],
    person: As,
    plan: PlanDigest = "",
    wait: Wait = True,
    timeout: Timeout = 900,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Plan again without a step; approvals of what is left are kept where that is safe."""
    _press("drop", request, person, data, as_json=as_json, wait=wait, timeout=timeout, choice=what, plan=plan)


@commands.command()
def undo(
    request: Id, person: As, wait: Wait = True, timeout: Timeout = 900, data: Data = None, as_json: AsJson = False
) -> None:
    """Ask for what takes a finished request back."""
    _press("undo", request, person, data, as_json=as_json, wait=wait, timeout=timeout)


@commands.command()
def keep(request: Id, person: As, data: Data = None, as_json: AsJson = False) -> None:
    """Let stay what is taken back by itself unless somebody keeps it."""
    _press("keep", request, person, data, as_json=as_json)


@commands.command(name="continue")
def continue_(
    request: Id, person: As, wait: Wait = True, timeout: Timeout = 900, data: Data = None, as_json: AsJson = False
) -> None:
    """Ask for the steps of a stopped request that were not done."""
    _press("continue", request, person, data, as_json=as_json, wait=wait, timeout=timeout)


@commands.command()
def settle(
    request: Id,
    applied: Annotated[bool, typer.Option("--applied/--not-applied", help="What you saw in the cluster.")],
    person: As,
    step: Annotated[int, typer.Option(min=0, help="Which one, where several are in doubt.")] = 0,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say what an interrupted request really did."""
    what, choice = "applied" if applied else "not applied", str(step) if step else ""
    _press(what, request, person, data, as_json=as_json, choice=choice)


def _press(
    what: str,
    request: str,
    person: str,
    data: Path | None,
    *,
    as_json: bool,
    wait: bool = True,
    timeout: float = 900,
    reason: str = "",
    choice: str = "",
    plan: str = "",
    code: str = "",
) -> None:
    from bot.commands import Press, PressKind

    factor = sys.stdin.readline().strip() if code == "-" else code
    command = Press(what=PressKind(what), request=request, reason=reason, choice=choice, factor=factor.replace(" ", ""))
    _act(command, person, data, as_json=as_json, wait=wait, timeout=timeout, plan=plan)


def _act(
    command: "Command",
    person: str,
    data: Path | None,
    *,
    as_json: bool,
    wait: bool,
    timeout: float,
    plan: str = "",
    thread: str = "",
) -> None:
    from bot.acting import act

    leave(
        lambda: act(
            command,
            person,
            data=data,
            as_json=as_json,
            wait=wait,
            timeout_seconds=timeout,
            plan=plan,
            thread=thread,
        )
    )
