"""Card -> text for a terminal, 80 columns unless told otherwise.

Column 0 belongs to Kubechat: only the rule over a card starts there, everything that comes from people or clusters is
indented, and cluster output has a bar before every line. So no text can imitate a card.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from bot.card import Button, Card, Chip, Chips, Code, Heading, Piece
from bot.chat.measure import cells, columns, command_wrapped, hard_wrapped, padded, safe, wrapped
from bot.commands import Edit, Press, PressKind, words
from workers.domain.section import Diff, Fields, Log, Table, Text

INDENT = "   "
LABEL = 12  # cells of the column of names
RULE = "─"
BAR, BAR_ON = "│ ", "┊ "  # before a line of output, before the rest of a long one
NARROWEST = 52

Span = tuple[str, str]  # text, style
Line = tuple[Span, ...]
STYLES = {
    "": "",
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "production": "1;37;41",
}
STATUS_STYLE = {
    "succeeded": "green",
    "failed": "red",
    "refused": "red",
    "rejected": "red",
    "interrupted": "red",
    "awaiting_approval": "yellow",
    "awaiting_choice": "yellow",
}


def render(card: Card, *, width: int = 80, colour: bool = False) -> str:
    """The whole card, each line ended by a newline; only a long word of a command line is wider than `width`."""
    width = max(width, NARROWEST)
    return "".join(_paint(line, colour=colour) + "\n" for line in _lines(card, width))


def _lines(card: Card, width: int) -> Iterator[Line]:
    yield _rule(card, width)
    room = width - len(INDENT)
    for line in wrapped(safe(card.alarm), room) if card.alarm else ():
        yield (INDENT, ""), (line, "production")
    if card.banner is not None:
        tier = safe(card.banner.tier)
        tier, style = (tier.upper(), "production") if tier == "production" else (tier, "bold")
        where = wrapped(safe(_where(card)), room - cells(tier) - 2)
        yield (INDENT, ""), (tier, style), (f"  {where[0]}", "")
        for line in where[1:]:
            yield _plain(" " * (cells(tier) + 2) + line)
    for line in wrapped(safe(card.title), room):
        yield (INDENT, ""), (line, "bold")
    before: Piece | None = None
    for piece in card.sections:
        if _apart(before, piece):
            yield ()
        yield from _piece(piece, room)
        before = piece
    if card.buttons or card.footer:
        yield ()
    if card.buttons:
        yield from _keys(card.buttons, room)
    if card.footer:
        for line in wrapped(safe(card.footer), room):
            yield (INDENT, ""), (line, "dim")


def _rule(card: Card, width: int) -> Line:
    """`── req-7f3k2m9q ───────────── waits for bob ──`: the only line that starts in column 0."""
    name, status = card.request_id or "kubechat", safe(card.status)
    fill = RULE * max(2, width - len(name) - cells(status) - 8)
    style = STATUS_STYLE.get(card.state.value, "bold") if card.state else "red"
    return (f"{RULE * 2} ", "dim"), (name, "bold"), (f" {fill} ", "dim"), (status, style), (f" {RULE * 2}", "dim")


def _where(card: Card) -> str:
    if card.banner is None:
        return ""
    spaces = ["all namespaces" if name == "*" else name for name in card.banner.namespaces]
    return ", ".join(card.banner.clusters) + (" / " + ", ".join(spaces) if spaces else "")


def _apart(before: Piece | None, piece: Piece) -> bool:
    """Whether an empty line helps: not inside a step, and not under a heading."""
    if isinstance(before, Heading):
        return False
    if isinstance(before, Chips):
        return not isinstance(piece, Fields)
    return not (isinstance(before, Code | Diff) and isinstance(piece, Code | Diff | Fields))


def _piece(piece: Piece, room: int) -> Iterator[Line]:
    match piece:
        case Text():
            for paragraph in piece.text.split("\n"):
                yield from (_plain(line) for line in wrapped(safe(paragraph), room))
        case Heading():
            for line in wrapped(safe(piece.text), room):
                yield (INDENT, ""), (line, "bold")
        case Code():
            yield from _code(piece, room)
        case Fields():
            yield from _fields(piece.rows, room)
        case Chips():
            yield from _fields((row for chip in piece.chips for row in _chip(chip)), room)
        case Diff():
            yield from _diff(piece, room)
        case Table():
            yield from _table(piece, room)
        case Log():
            yield from _log(piece, room)
        case _:
            assert_never(piece)


def _code(code: Code, room: int) -> Iterator[Line]:
    label = f"{code.label}  " if code.label else ""
    for text in code.lines:
        first, *rest = command_wrapped(safe(text), room - len(label) - 2)
        yield (INDENT, ""), (label, "dim"), ("$ ", "dim"), (first, "")
        yield from (_plain(" " * (len(label) + 2) + line) for line in rest)


def _fields(rows: Iterable[tuple[str, str]], room: int) -> Iterator[Line]:
    """Names in one column, values wrapped beside them; a name equal to the one above is not repeated."""
    before = ""
    for name, value in rows:
        label = "" if name == before else safe(name)
        before = name or before
        parts = [part for text in value.split("\n") for part in wrapped(safe(text), room - LABEL)]
        if cells(label) > LABEL - 1:
            yield (INDENT, ""), (label, "dim")
            label = ""
        yield (INDENT, ""), (padded(label, LABEL), "dim"), (parts[0], "")
        yield from (_plain(" " * LABEL + part) for part in parts[1:])


def _chip(chip: Chip) -> Iterator[tuple[str, str]]:
    """What was assumed, and under it what to type for something else."""
    yield chip.name, chip.text
    yield "", "or " + " · ".join(f"{typed(option)} {option.label}" for option in chip.options)


def _diff(diff: Diff, room: int) -> Iterator[Line]:
    if diff.title:
        yield (INDENT, ""), (safe(diff.title), "bold")
    for change in diff.changes:
        yield from (((INDENT, ""), ("  " + line, "dim")) for line in wrapped(safe(change.path), room - 2))
        for mark, value, style in (("-", change.before, "red"), ("+", change.after, "green")):
            for text in value.split("\n") if value is not None else ():
                yield from (((INDENT, ""), (f"  {mark} {line}", style)) for line in hard_wrapped(safe(text), room - 4))


def _table(table: Table, room: int) -> Iterator[Line]:
    if table.title:
        yield (INDENT, ""), (safe(table.title), "bold")
    head = [safe(name) for name in table.columns]
    rows = [_row(row, len(head)) for row in table.rows]
    widths = columns([head, *rows], room - len(BAR)) if head else None
    if widths is None:
        yield from _records(head, rows, room)
    else:
        yield from _table_row(head, widths, "dim")
        for row in rows:
            yield from _table_row(row, widths, "")
    if not rows:
        yield _barred("none found", "dim")
    if table.more:
        yield (INDENT, ""), (f"and {table.more} more", "dim")


def _row(row: Sequence[str], count: int) -> list[str]:
    """As many cells as there are columns; a cell too many joins the last."""
    found = [safe(cell) for cell in row]
    if len(found) > count > 0:
        found[count - 1 :] = [" ".join(found[count - 1 :])]
    return found + [""] * (count - len(found))


def _table_row(row: Sequence[str], widths: Sequence[int], style: str) -> Iterator[Line]:
    parts = [wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(len(part) for part in parts)):
        line = "  ".join(
            padded(part[number] if number < len(part) else "", width) for part, width in zip(parts, widths, strict=True)
        )
        yield _barred(line.rstrip(), style)


def _records(head: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> Iterator[Line]:
    """One row under the other as names and values, when the columns do not fit side by side."""
    label = min(max((cells(name) for name in head), default=0), LABEL) + 2
    for number, row in enumerate(rows):
        if number:
            yield _barred("", "")
        for name, value in zip(head, row, strict=True):
            first, *rest = wrapped(value, room - len(BAR) - label)
            name_lines = wrapped(name, label - 2)
            yield from (_barred(line, "dim") for line in name_lines[:-1])
            yield (INDENT, ""), (BAR, "dim"), (padded(name_lines[-1], label), "dim"), (first, "")
            yield from (_barred(" " * label + line, "") for line in rest)


def _log(log: Log, room: int) -> Iterator[Line]:
    if log.title:
        yield from (((INDENT, ""), (line, "dim")) for line in wrapped(safe(log.title), room))
    if log.more:
        yield _barred(f"... {log.more} lines before these ...", "dim")
    for text in log.lines:
        for part in text.split("\n"):
            first, *rest = hard_wrapped(safe(part), room - len(BAR))
            yield _barred(first, "")
            yield from (((INDENT, ""), (BAR_ON, "dim"), (line, "")) for line in rest)
    if not log.lines:
        yield _barred("no output", "dim")


def _keys(buttons: Sequence[Button], room: int) -> Iterator[Line]:
    """What to type, by whose turn it is: choices one a line, the rest together."""
    by_person: dict[str, list[str]] = {}
    for button in buttons:
        by_person.setdefault(button.by, []).append(typed(button))
    for person, texts in by_person.items():
        line = f"{safe(person)}: " + " · ".join(safe(text) for text in texts)
        first, *rest = wrapped(line, room)
        yield (INDENT, ""), (first, "bold")
        yield from (((INDENT, ""), ("  " + part, "bold")) for more in rest for part in wrapped(more, room - 2))


def typed(button: Button) -> str:
    """What a button is in a terminal, where the current request needs no id."""
    match button.command:
        case Press(what=PressKind.REJECT):
            return "reject because ..."
        case Press() | Edit():
            return words(button.command.model_copy(update={"request": ""}))
        case _:
            return words(button.command)


def _barred(text: str, style: str) -> Line:
    return (INDENT, ""), (BAR, "dim"), (text, style)


def _plain(text: str) -> Line:
    return (INDENT, ""), (text, "")


def _paint(line: Line, *, colour: bool) -> str:
    if not colour:
        return "".join(text for text, _ in line).rstrip()
    return "".join(f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and text else text for text, style in line)
