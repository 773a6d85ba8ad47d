"""Steps that differ in their object only are one table; whatever says more has a block of its own."""

from typing import Any

from bot.alike import alike_table, runs
from workers.domain.action import Action, Verb
from workers.domain.observed import Access, DryRun, StepPreview
from workers.domain.plan import Step, Undo
from workers.domain.section import FieldChange
from workers.domain.target import Target
from workers.domain.value import ClusterName


def step(number: int, name: str, *, because: str = "gone") -> Step:
    target = Target(cluster=ClusterName("dev"), namespace="payments", kind="pod", name=name)
    return Step(number=number, action=Action(verb=Verb.EVICT, target=target), why="drain", undo=Undo(because=because))


def seen(number: int, **more: Any) -> StepPreview:
    change = FieldChange(path="pods/x", before="uid 0123456789abcdef0123", after=None)
    plain = {"diff": (change,), "access": Access(allowed=True, because=""), "dry_run": DryRun.DONE}
    return StepPreview(number=number, **plain | more)


def sizes(steps: list[Step], previews: dict[int, StepPreview]) -> list[int]:
    return [len(together) for together in runs(steps, previews)]


def test_three_alike_are_one_table() -> None:
    """Two are not worth it."""
    steps = [step(n, f"web-{n}") for n in (1, 2, 3)]
    previews = {n: seen(n) for n in (1, 2, 3)}

    assert sizes(steps, previews) == [3]
    assert sizes(steps[:2], previews) == [1, 1]


def test_what_only_one_of_them_says_is_never_hidden() -> None:
    """A warning, a missing right, a failed dry run, another undo, no preview: such a step stands alone."""
    steps = [step(n, f"web-{n}") for n in range(1, 7)]
    plain = {n: seen(n) for n in range(1, 7)}
    different = (
        plain | {4: seen(4, warnings=("slow",))},
        plain | {4: seen(4, access=Access(allowed=False, because="no"))},
        plain | {4: seen(4, dry_run=DryRun.FAILED)},
        {n: one for n, one in plain.items() if n != 4},
    )

    assert [sizes(steps, previews) for previews in different] == [[3, 1, 1, 1]] * 4
    other = [*steps[:3], step(4, "web-4", because="another reason"), *steps[4:]]
    assert sizes(other, plain) == [3, 1, 1, 1]


def test_every_object_has_its_row() -> None:
    """Number, namespace, name, the beginning of what changes, and a note where there is one."""
    steps = [step(n, f"web-{n}") for n in (1, 2, 3)]

    table = alike_table(steps, {n: seen(n) for n in (1, 2, 3)}, {2: "the last one ready"})

    assert table.columns == ("step", "namespace", "pod", "change", "note")
    assert table.rows[1] == ("2", "payments", "web-2", "uid 0123456789abc...", "the last one ready")
