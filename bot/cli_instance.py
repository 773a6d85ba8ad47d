"""The commands about an instance: talk to it, serve it, look into it."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.cli_options import As, AsJson, Data, leave

commands = typer.Typer(rich_markup_mode=None)
audit = typer.Typer(help="The audit trail.", no_args_is_help=True, rich_markup_mode=None)
commands.add_typer(audit, name="audit")
FilePath = Annotated[Path | None, typer.Option(metavar="FILE", exists=True, dir_okay=False)]


@commands.command()
def chat(person: As, data: Data = None) -> None:
    """Talk to a running instance; '?' lists what to type."""

    def talk() -> int:
        from bot.chat.console import open_console

        return open_console(person, data)

    leave(talk)


@commands.command()
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

    leave(served)


@commands.command()
def demo(
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="Who speaks first.")] = "alice",
) -> None:
    """The terminal chat over four simulated clusters."""

    def shown() -> int:
        from bot.demo import run_demo

        return run_demo(person)

    leave(shown)


@commands.command()
def story() -> None:
    """One incident, from question to verified audit."""

    def told() -> int:
        from bot.story import main as tell

        return int(tell() or 0)

    leave(told)


@commands.command()
def worker(
    queues: Annotated[list[str] | None, typer.Argument(help="'run', 'plan', or both. Default: run plan")] = None,
    data: Data = None,
) -> None:
    """One worker process of a served data folder."""
    _become(["-m", "workers.jobs", *(queues or ["run", "plan"])], data)


@commands.command()
def bot(data: Data = None) -> None:
    """The chat process of a served data folder."""
    _become(["-m", "bot"], data)


@commands.command()
def queue(data: Data = None) -> None:
    """The queue server of a data folder, until you stop it."""

    def served() -> int:
        from bot.processes import serve_queue
        from bot.wiring import settings_of

        return serve_queue(settings_of(data))

    leave(served)


@commands.command()
def migrate(data: Data = None) -> None:
    """Bring the database to this version's tables."""

    def migrated() -> int:
        from bot.wiring import settings_of
        from workers.store.upgrade import upgrade

        settings = settings_of(data)
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        upgrade(settings.database_url)
        return 0

    leave(migrated)


@audit.command()
def verify(data: Data = None, as_json: AsJson = False) -> None:
    """Check that the audit trail is whole."""

    def verified() -> int:
        from bot.inspecting import verify_audit

        return verify_audit(data, as_json=as_json)

    leave(verified)


@commands.command()
def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """Say what is wrong here, and the fix."""

    def examined() -> int:
        from bot.inspecting import examine

        return examine(data, as_json=as_json)

    leave(examined)


@commands.command()
def version(as_json: AsJson = False) -> None:
    """The installed version."""
    from importlib.metadata import version as installed

    found = installed("kubechat")
    sys.stdout.write(f'{{"v": 1, "version": "{found}", "exit_code": 0}}\n' if as_json else f"kubechat {found}\n")


def _become(arguments: list[str], data: Path | None) -> NoReturn:
    import os

    if data is not None:
        os.environ["KUBECHAT_DATA"] = str(data.absolute())
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606  # our own interpreter, fixed arguments
