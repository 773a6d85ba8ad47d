"""Steps that differ in their object only, side by side: fourteen evictions are one table, not fourteen blocks."""

from collections.abc import Iterator, Mapping, Sequence

from workers.domain.observed import DryRun, StepPreview
from workers.domain.plan import Step
from workers.domain.section import Table

FEWEST = 3  # below that each step has its own block


def runs(steps: Sequence[Step], previews: Mapping[int, StepPreview]) -> Iterator[tuple[Step, ...]]:
    """All steps in their order; those that follow each other and are alike together."""
    together: list[Step] = []
    for step in steps:
        if together and not _are_alike(together[-1], step, previews):
            yield from _given(together)
            together = []
        together.append(step)
    yield from _given(together)


def alike_table(steps: Sequence[Step], previews: Mapping[int, StepPreview], notes: Mapping[int, str]) -> Table:
    """A row for each: its number, its object, what would change of it, and what a person should know."""
    rows: list[tuple[str, ...]] = []
    for step in steps:
        target, seen = step.action.target, previews.get(step.number)
        change = seen.diff[0] if seen and seen.diff else None
        said = " -> ".join(_short(value) for value in (change.before, change.after) if value) if change else ""
        rows.append((str(step.number), target.namespace or "", target.name or "", said, notes.get(step.number, "")))
    columns = ["step", "namespace", steps[0].action.target.kind, "change", "note"]
    kept = [at for at in range(len(columns)) if any(row[at] for row in rows)]
    return Table(columns=tuple(columns[at] for at in kept), rows=tuple(tuple(row[at] for at in kept) for row in rows))


def _given(together: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    if len(together) >= FEWEST:
        yield tuple(together)
    else:
        yield from ((step,) for step in together)


def _are_alike(one: Step, other: Step, previews: Mapping[int, StepPreview]) -> bool:
    """Same verb on the same kind in one cluster, undone in the same way, with nothing that only one of them says."""
    return _shape(one, previews) == _shape(other, previews) is not None


def _shape(step: Step, previews: Mapping[int, StepPreview]) -> tuple[object, ...] | None:
    """What must be equal; None for a step that has something of its own to say."""
    seen, action = previews.get(step.number), step.action
    if seen is None or seen.warnings or not seen.access.allowed or len(seen.diff) != 1:
        return None
    if seen.dry_run is not DryRun.DONE or step.undo is None or step.undo.action is not None:
        return None
    said = {name: value for name, value in action.params.items() if name not in ("uid", "owner", "ready", "own")}
    return (action.verb, action.target.kind, action.target.cluster, step.why, step.undo.because, tuple(said.items()))


def _short(value: str) -> str:
    return value if len(value) <= 20 else f"{value[:17]}..."
