"""Puts what was read from clusters through the one choke point before it is stored or shown."""

from workers.domain.redact import redact, redact_tree, visible
from workers.domain.section import Diff, FieldChange, Fields, Log, Section, Table, Text


def clean(text: str) -> str:
    """Redacted, with control and reordering characters spelled out."""
    return visible(redact(text))


def clean_section(section: Section) -> Section:
    match section:
        case Text():
            return section.model_copy(update={"text": clean(section.text)})
        case Fields():
            return section.model_copy(update={"rows": tuple((clean(n), _value(n, v)) for n, v in section.rows)})
        case Table():
            rows = tuple(tuple(clean(cell) for cell in row) for row in section.rows)
            return section.model_copy(update={"title": clean(section.title), "rows": rows})
        case Diff():
            return section.model_copy(update={"changes": clean_changes(section.changes)})
        case Log():
            joined = clean("\n".join(section.lines))  # together: a key may span lines
            return section.model_copy(update={"title": clean(section.title), "lines": tuple(joined.split("\n"))})


def clean_changes(changes: tuple[FieldChange, ...]) -> tuple[FieldChange, ...]:
    """The name of a field tells what its value is: `env[DB_PASSWORD].value`."""
    return tuple(
        change.model_copy(
            update={"before": _value(change.path, change.before), "after": _value(change.path, change.after)}
        )
        for change in changes
    )


def _value(name: str, value: str | None) -> str | None:
    """All of it is redacted under a sensitive name, and what looks like a secret under any other."""
    return None if value is None else visible(redact_tree(value, name.rsplit("[", 1)[-1]))
