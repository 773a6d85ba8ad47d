"""The `kubechat` command; the terminal is one more chat system.

Only typer is imported here: everything else is imported inside the commands, so that --help answers at once.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.commands import Command


class Left(Exception):  # not an error: how a command ends, told apart from typer's own usage errors
    """A command has ended with this exit code, and has printed all there is to print."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


app = typer.Typer(
    name="kubechat",
    help="Guarded Kubernetes operations from chat: plan, dry-run, two-person approval, undo, audit.",
    epilog="Exit codes: 0 done, 1 refused or failed, 2 usage, 3 waiting for people.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
audit = typer.Typer(help="The audit trail.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(audit, name="audit")

Data = Annotated[
    Path | None, typer.Option("--data", envvar="KUBECHAT_DATA", metavar="DIR", help="Data folder. Default: var")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
As = Annotated[str, typer.Option("--as", envvar="KUBECHAT_AS", metavar="PERSON", help="Who speaks.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="A request's id, or its unmistakable beginning.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until it is done or waits for people.")]
Timeout = Annotated[float, typer.Option("--timeout", min=0, metavar="S", help="How many seconds to wait.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded and shown.")]
FilePath = Annotated[Path | None, typer.Option(metavar="FILE", exists=True, dir_okay=False)]


@app.command()
def ask(
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="What you want, in plain words.")],
    person: As,
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
    _act(Ask(text=said), person, data, as_json=as_json, wait=wait, timeout=timeout)


@app.command()
def show(request: Id, data: Data = None, as_json: AsJson = False) -> None:
    """Show a request as it is now."""
    from bot.acting import show as shown

    _leave(lambda: shown(request, data=data, as_json=as_json))


@app.command(name="list")
def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not finished.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List requests, newest first."""
    from bot.acting import list_requests

    _leave(lambda: list_requests(data=data, open_only=open_only, limit=limit, as_json=as_json))


@app.command()
def run(
    request: Id, person: As, wait: Wait = True, timeout: Timeout = 900, data: Data = None, as_json: AsJson = False
) -> None:
    """Your own yes to your own request."""
    _press("run", request, person, data, as_json=as_json, wait=wait, timeout=timeout)


@app.command()
def approve(
    request: Id,
    person: As,
    reason: Reason = "",
    wait: Wait = True,
    timeout: Timeout = 900,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Your yes to somebody else's request."""
    _press("approve", request, person, data, as_json=as_json, wait=wait, timeout=timeout, reason=reason)


@app.command()
def reject(
    request: Id,
    person: As,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why not; it is recorded and shown.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Your no, which stops a request."""
    _press("reject", request, person, data, as_json=as_json, reason=reason)


@app.command()
def cancel(request: Id, person: As, data: Data = None, as_json: AsJson = False) -> None:
    """Take your request back while nothing runs."""
    _press("cancel", request, person, data, as_json=as_json)


@app.command()
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


@app.command()
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

        command = Edit(request=request, step=step, params=parameters(" ".join(params)))
        return act(command, person, data=data, as_json=as_json, wait=wait, timeout_seconds=timeout)

    _leave(edited)


@app.command()
def undo(
    request: Id, person: As, wait: Wait = True, timeout: Timeout = 900, data: Data = None, as_json: AsJson = False
) -> None:
    """Ask for what takes a finished request back."""
    _press("undo", request, person, data, as_json=as_json, wait=wait, timeout=timeout)


@app.command()
def settle(
    request: Id,
    applied: Annotated[bool, typer.Option("--applied/--not-applied", help="What you saw in the cluster.")],
    person: As,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say what an interrupted request really did."""
    _press("applied" if applied else "not applied", request, person, data, as_json=as_json)


@app.command()
def chat(person: As, data: Data = None) -> None:
    """Talk to a running instance; '?' lists what to type."""

    def talk() -> int:
        from bot.chat.console import open_console

        return open_console(person, data)

    _leave(talk)


@app.command()
def up(
    data: Data = None,
    kubeconfig: FilePath = None,
    people: FilePath = None,
    policy: FilePath = None,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Processes that run approved plans.")] = 2,
    http_port: Annotated[int | None, typer.Option(min=0, max=65535)] = None,
) -> None:
    """Serve a data folder until you stop it."""

    def served() -> int:
        from bot.processes import serve
        from bot.wiring import settings_of

        settings = settings_of(data, kubeconfig=kubeconfig, people=people, policy=policy, http_port=http_port)
        return serve(settings, run_workers=workers)

    _leave(served)


@app.command()
def demo(
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="Who speaks first.")] = "alice",
) -> None:
    """The terminal chat over four simulated clusters."""

    def shown() -> int:
        from bot.demo import run_demo

        return run_demo(person)

    _leave(shown)


@app.command()
def story() -> None:
    """One incident, from question to verified audit."""

    def told() -> int:
        from bot.story import main as tell

        return int(tell() or 0)

    _leave(told)


@app.command()
def worker(
    queues: Annotated[list[str] | None, typer.Argument(help="'run', 'plan', or both. Default: run plan")] = None,
    data: Data = None,
) -> None:
    """One worker process of a served data folder."""
    _become(["-m", "workers.jobs", *(queues or ["run", "plan"])], data)


@app.command()
def bot(data: Data = None) -> None:
    """The chat process of a served data folder."""
    _become(["-m", "bot"], data)


@audit.command()
def verify(data: Data = None, as_json: AsJson = False) -> None:
    """Check that the audit trail is whole."""

    def verified() -> int:
        from bot.inspecting import verify_audit

        return verify_audit(data, as_json=as_json)

    _leave(verified)


@app.command()
def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """Say what is wrong here, and the fix."""

    def examined() -> int:
        from bot.inspecting import examine

        return examine(data, as_json=as_json)

    _leave(examined)


@app.command()
def version(as_json: AsJson = False) -> None:
    """The installed version."""
    from importlib.metadata import version as installed

    found = installed("kubechat")
    print(f'{{"v": 1, "version": "{found}", "exit_code": 0}}' if as_json else f"kubechat {found}")


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
) -> None:
    from bot.commands import Press, PressKind

    command = Press(what=PressKind(what), request=request, reason=reason, choice=choice)
    _act(command, person, data, as_json=as_json, wait=wait, timeout=timeout)


def _act(command: "Command", person: str, data: Path | None, *, as_json: bool, wait: bool, timeout: float) -> None:
    from bot.acting import act

    _leave(lambda: act(command, person, data=data, as_json=as_json, wait=wait, timeout_seconds=timeout))


def _leave(work: Callable[[], int]) -> NoReturn:
    """Ends the process with the work's exit code."""
    raise Left(int(work()))


def _become(arguments: list[str], data: Path | None) -> NoReturn:
    import os

    if data is not None:
        os.environ["KUBECHAT_DATA"] = str(data.absolute())
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606  # our own interpreter, fixed arguments


def main() -> None:
    """Runs the command line; every error a person can act on is three lines, or JSON, and an exit code."""
    as_json = "--json" in sys.argv[1:]
    try:
        app()
    except Left as end:
        sys.exit(end.code)
    except SystemExit as end:
        if as_json and end.code == 2:  # typer has said why on standard error
            _print_usage_json()
        raise
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has gone
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:  # noqa: BLE001  # the top: only our own errors are answered here
        sys.exit(_answered(error, as_json=as_json))


def _answered(error: Exception, *, as_json: bool) -> int:
    from bot.outcome import exit_code_of
    from bot.printing import print_json, print_problem
    from bot.wire_json import problem_json
    from workers.domain.errors import KubechatError
    from workers.domain.request import Problem

    if not isinstance(error, KubechatError):
        raise error
    code = exit_code_of(error)
    if as_json:
        print_json(problem_json(Problem.of(error), code))
    else:
        print_problem(Problem.of(error))
    return int(code)


def _print_usage_json() -> None:
    text = "the command line cannot be read; standard error says why"
    print(f'{{"v": 1, "request": null, "problem": {{"code": "usage", "text": "{text}"}}, "exit_code": 2}}')
