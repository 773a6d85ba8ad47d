"""What differs between two Kubernetes objects, field by field, as people read it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workers.domain.redact import redact
from workers.domain.section import FieldChange

VOLATILE = frozenset(
    {
        "metadata.managedFields",
        "metadata.resourceVersion",
        "metadata.generation",
        "metadata.creationTimestamp",
        "metadata.uid",
        "metadata.selfLink",
        "metadata.annotations.kubechat.io/execution",
        "status",
    }
)
TOLD = frozenset({"apiVersion", "kind", "metadata.name", "metadata.namespace"})  # by the target of a new object
LONGEST_TEXT = 400
DEEPEST = 4  # of the fields of a new object: spec.template.spec.containers[api].resources is one line
LEAD = 40  # characters that are shown before the first difference


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[FieldChange, ...]:
    """Every differing field in path order, without what the server itself keeps (VOLATILE)."""
    return tuple(_walk(before, after, ""))


def creation(written: Mapping[str, Any], made: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """The fields that were written of a new object, as the server would store them; not what it fills in by itself."""
    return tuple(_made(written, made, ""))


def _made(written: Any, made: Any, path: str) -> Iterator[FieldChange]:
    if path in VOLATILE or path in TOLD:
        return
    deep = path.count(".") >= DEEPEST
    if isinstance(written, Mapping) and isinstance(made, Mapping) and written and not deep:
        for key in sorted(written):
            yield from _made(written[key], made.get(key), f"{path}.{key}" if path else key)
        return
    if _named(written) and _named(made) and not deep:
        stored = {item["name"]: item for item in made}
        for item in written:
            yield from _made(item, stored.get(item["name"]), f"{path}[{item['name']}]")
        return
    after = _text(made)
    yield FieldChange(path=path, before=None, after=None if after is None else _cut(redact(after), 0))


def _walk(before: Any, after: Any, path: str) -> Iterator[FieldChange]:
    if path == "metadata.annotations":  # the first annotation brings the map with it
        before, after = before or {}, after or {}
    if path in VOLATILE or before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted(before.keys() | after.keys()):
            yield from _walk(before.get(key), after.get(key), f"{path}.{key}" if path else key)
        return
    if _named(before) and _named(after):
        old, new = ({item["name"]: item for item in items} for items in (before, after))
        for name in (*old, *(name for name in new if name not in old)):
            yield from _walk(old.get(name), new.get(name), f"{path}[{name}]")
        return
    # redacted before they are cut: without its beginning a secret no longer looks like one
    was, becomes = (None if text is None else redact(text) for text in (_text(before), _text(after)))
    start = _start(was or "", becomes or "")
    yield FieldChange(path=path, before=_cut(was, start), after=_cut(becomes, start))


def _named(items: Any) -> bool:
    """Whether a list is keyed by `name`, as containers, ports and environment are."""
    if not isinstance(items, Sequence) or isinstance(items, str) or not items:
        return False
    names = [item.get("name") if isinstance(item, Mapping) else None for item in items]
    return None not in names and len(set(names)) == len(names)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else _compact(value)


def _start(old: str, new: str) -> int:
    """Where long texts are shown from: a little before they begin to differ, or their beginning when that shows it."""
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return 0 if same < LONGEST_TEXT - LEAD else same - LEAD


def _cut(text: str | None, start: int) -> str | None:
    if text is None or len(text) <= LONGEST_TEXT:
        return text
    left, right = "..." if start else "", "..." if start + LONGEST_TEXT < len(text) else ""
    return f"{left}{text[start : start + LONGEST_TEXT]}{right} ({len(text)} characters)"


def _compact(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_text(item)}" for key, item in sorted(value.items())) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(str(_text(item)) for item in value) + "]"
    return str(value)
