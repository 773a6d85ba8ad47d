"""Text in terminal cells: made safe, measured, wrapped. Pure.

Nothing is cut off: what does not fit goes on in the next line. Widths are those of wcwidth (Unicode East Asian Width).
"""

import unicodedata
from collections.abc import Iterator, Sequence

from wcwidth import wcwidth

from workers.domain.redact import visible

BREAK_AFTER = " /-,;:=&?_."  # where a long word may go on in the next line
MOST_MARKS = 4  # combining marks on one letter; more is decoration that runs over other lines


def safe(text: str) -> str:
    """One line without anything that moves the cursor, hides, or reorders; what was there is spelled out."""
    text = visible(text.replace("\t", "    ")).replace("\n", "\\u000a")
    if text.isascii():
        return text
    return "".join(_spelled(text))


def _spelled(text: str) -> Iterator[str]:
    marks = 0
    for character in text:
        marks = marks + 1 if wcwidth(character) == 0 else 0
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") or marks > MOST_MARKS:
            yield f"\\u{ord(character):04x}"
        else:
            yield character


def cells(text: str) -> int:
    """Columns that safe text takes."""
    return len(text) if text.isascii() else sum(max(0, wcwidth(character)) for character in text)


def padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most so many cells, broken at spaces, else after punctuation, else anywhere; never empty."""
    if cells(text) <= width:
        return [text]
    lines: list[str] = []
    rest = text
    while cells(rest) > width:
        cut = _fits(rest, width)
        at = _break(rest, cut)
        lines.append(rest[:at].rstrip(" "))
        rest = rest[at:].lstrip(" ")
    return [*lines, rest] if rest or not lines else lines


def hard_wrapped(text: str, width: int) -> list[str]:
    """Every column kept where it is: for output of clusters, where spaces carry meaning."""
    lines: list[str] = []
    rest = text
    while cells(rest) > width:
        cut = _fits(rest, width)
        lines.append(rest[:cut])
        rest = rest[cut:]
    return [*lines, rest]


def command_wrapped(text: str, width: int) -> list[str]:
    """A command line over several lines that a shell still takes as one: each but the last ends with a backslash."""
    if cells(text) <= width:
        return [text]
    lines, line = [], ""
    for word in text.split(" "):
        if line and cells(line) + 1 + cells(word) > width - 2:
            lines.append(f"{line} \\")
            line = f"    {word}"
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def columns(rows: Sequence[Sequence[str]], width: int, gap: int = 2, least: int = 8) -> list[int] | None:
    """Widths that fit, taken from the widest columns first; None when not even narrow columns fit.

    Names stay whole as long as a column of several words can give way.
    """
    widths = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    whole = [max(cells(word) for row in rows for word in row[i].split(" ")) for i in range(len(rows[0]))]
    room = width - gap * (len(widths) - 1)
    for floors in (whole, [min(natural, least) for natural in widths]):
        while sum(widths) > room:
            widest = max(range(len(widths)), key=lambda i: widths[i] - floors[i])
            if widths[widest] <= floors[widest]:
                break
            widths[widest] -= 1
    return widths if sum(widths) <= room else None


def _fits(text: str, width: int) -> int:
    """How many characters fit, at least one; a mark stays with its letter."""
    used = 0
    for index, character in enumerate(text):
        used += max(0, wcwidth(character))
        if used > width and index > 0:
            return index
    return len(text)


def _break(text: str, cut: int) -> int:
    """The last good place at or before the cut that leaves a reasonable line."""
    if cut < len(text) and text[cut] == " ":
        return cut
    for marks in (" ", BREAK_AFTER):
        at = max((text.rfind(mark, 0, cut) for mark in marks), default=-1)
        if at >= cut // 3:
            return at + 1
    return cut
