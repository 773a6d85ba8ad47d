"""What the command line prints: cards and progress to standard output, problems to standard error, or JSON."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from bot.card import Card
from bot.chat.measure import safe, wrapped
from bot.chat.terminal import INDENT, render
from workers.domain.problem import Problem

WIDEST = 120  # longer lines are hard to read, however wide the window


def width_of(stream: TextIO) -> int:
    """80 columns unless the stream is a terminal that says otherwise."""
    return min(shutil.get_terminal_size().columns, WIDEST) if stream.isatty() else 80


def wants_colour(stream: TextIO) -> bool:
    """On a terminal, unless NO_COLOR (no-color.org) or a dumb terminal says no."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_card(card: Card, stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    stream.write(render(card, width=width_of(stream), colour=wants_colour(stream)))
    stream.flush()


def print_progress(text: str, stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    stream.write(progress_text(text, width_of(stream)))
    stream.flush()


def progress_text(text: str, width: int) -> str:
    """One streamed line, indented like everything that is not ours, with a dot that no card has."""
    first, *rest = wrapped(safe(text), width - len(INDENT) - 2)
    return "".join([f"{INDENT}· {first}\n", *(f"{INDENT}  {line}\n" for line in rest)])


def print_note(text: str) -> None:
    """Something to know that is no answer, such as a queue that does not answer."""
    sys.stderr.write(f"kubechat: {safe(text)}\n")


def print_problem(problem: Problem) -> None:
    parts = ("now", problem.now), ("next", problem.then), ("code", problem.code)
    lines = [f"kubechat: {safe(problem.text)}", *(f"  {name:<6}{safe(text)}" for name, text in parts if text)]
    sys.stderr.write("\n".join(lines) + "\n")


def print_json(value: Mapping[str, Any]) -> None:
    """One object on lines of its own; ASCII, so that nothing in it can act on a terminal."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
    sys.stdout.flush()
