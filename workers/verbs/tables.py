"""The server's own tables (meta.k8s.io/v1 Table) as ours: kubectl's columns, ages by the server's clock."""

import re
from collections.abc import Sequence
from typing import Any

from workers.domain.section import Table
from workers.verbs.fields import Json, dig, name, rows, text
from workers.verbs.grammar import SECONDS

MOST_ROWS = 200
_AGE = re.compile(r"(?:([0-9]+)y)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")


class Printed:
    """A server's table: column names in lower case, cells as text, the object beside each row when it was asked for."""

    def __init__(self, body: Any) -> None:
        self.columns = [text(column, "name").lower() for column in rows(body, "columnDefinitions")]
        self.narrow = [not dig(column, "priority", default=0) for column in rows(body, "columnDefinitions")]
        self.rows = [_filled(row.get("cells") or (), len(self.columns)) for row in rows(body, "rows")]
        self.objects: list[Json] = [dig(row, "object", default={}) for row in rows(body, "rows")]
        metadata = dig(body, "metadata", default={})
        self.remaining: int = dig(metadata, "remainingItemCount", default=0)
        self.goes_on = bool(dig(metadata, "continue", default=""))

    def cells(self, column: str) -> list[str]:
        """One column; empty texts when the server has no such column."""
        if column not in self.columns:
            return ["" for _ in self.rows]
        at = self.columns.index(column)
        return [row[at] if at < len(row) else "" for row in self.rows]

    def namespaces(self) -> list[str]:
        return [text(obj, "metadata", "namespace") for obj in self.objects]

    def keep(self, chosen: Sequence[int]) -> None:
        """Only these rows, in this order."""
        self.rows = [self.rows[i] for i in chosen]
        self.objects = [self.objects[i] for i in chosen]

    def table(self, title: str, *, also: Sequence[str] = (), spaces: bool = False, most: int = MOST_ROWS) -> Table:
        """The narrow columns and those named in `also`; with `spaces` the namespace stands in front."""
        shown = [i for i, column in enumerate(self.columns) if self.narrow[i] or column in also]
        heads = [self.columns[i].upper() for i in shown]
        made = [tuple(row[i] if i < len(row) else "" for i in shown) for row in self.rows[:most]]
        if spaces:
            heads = ["NAMESPACE", *heads]
            made = [(space, *row) for space, row in zip(self.namespaces(), made, strict=False)]
        more = max(0, len(self.rows) - most) + self.remaining
        return Table(title=title, columns=tuple(heads), rows=tuple(made), more=more)

    def fields(self, at: int) -> list[tuple[str, str]]:
        """The narrow cells of one row with their names, as for one object."""
        row = self.rows[at]
        return [(self.columns[i], row[i]) for i in range(len(row)) if self.narrow[i] and self.columns[i] != "name"]

    def named(self, at: int) -> str:
        return name(self.objects[at]) or self.cells("name")[at]


def _filled(cells: Sequence[Any], width: int) -> list[str]:
    """As many cells as there are columns, so that a column can be put behind them."""
    return [str(cell) for cell in cells][:width] + [""] * (width - len(cells))


def age(cell: str) -> int:
    """Seconds of an age as the server prints it: `5m32s`, `3d4h`, `12s (x4 over 3m)`; a large number for none."""
    match = _AGE.match(cell.strip())
    if match is None or not match[0]:
        return 2**31
    years, days, hours, minutes, secs = (int(group or 0) for group in match.groups())
    return (years * 365 + days) * SECONDS["d"] + hours * SECONDS["h"] + minutes * SECONDS["m"] + secs
