"""docs/cli.md names what the command line really prints and takes."""

import re
from pathlib import Path

import typer

from bot.cli import app
from bot.outcome import ExitCode
from bot.wire_json import request_json
from tests.unit.bot import samples

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()
NAMED = {word for quoted in re.findall(r"`([^`]+)`", PAGE) for word in re.findall(r"[a-z][a-z_-]*", quoted)}


def test_every_field_of_the_json_is_on_the_page() -> None:
    """A field that programs can read is documented."""
    fields = request_json(samples.planned(), ExitCode.WAITING)

    assert set(fields) - NAMED == set()


def test_every_command_is_on_the_page() -> None:
    """A command that people can type is documented."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]

    assert set(commands) - NAMED - {"version"} == set()
