"""Reading Kubernetes JSON by path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workers.domain.canonical import LARGEST_INTEGER
from workers.domain.errors import NotThere

Json = Mapping[str, Any]
DEEPEST = 32  # levels of nesting in an object that somebody gives; a pod's template has ten


def dig(obj: Any, *path: str, default: Any = None) -> Any:
    """The value at a path; the default where the path ends early or the value is null."""
    for key in path:
        if not isinstance(obj, Mapping):
            return default
        obj = obj.get(key)
    return default if obj is None else obj


def is_shallow(obj: Any, levels: int = DEEPEST) -> bool:
    """Whether nothing in it is nested deeper, so that it can be walked through."""
    inner = obj.values() if isinstance(obj, Mapping) else obj if isinstance(obj, list) else ()
    return levels > 0 and all(is_shallow(one, levels - 1) for one in inner)


def number(obj: Any, *path: str, default: int = 0) -> int:
    value = dig(obj, *path, default=default)
    return value if isinstance(value, int) else default


def text(obj: Any, *path: str) -> str:
    return str(dig(obj, *path, default=""))


def table(obj: Any, *path: str) -> Json:
    """The mapping at a path; empty when there is none."""
    value = dig(obj, *path)
    return value if isinstance(value, Mapping) else {}


def rows(obj: Any, *path: str) -> list[Json]:
    """The objects of a list; empty when there is none."""
    value = dig(obj, *path, default=())
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, Sequence) else []


def items(body: Any) -> list[Json]:
    return rows(body, "items")


def uid(obj: Json) -> str:
    return text(obj, "metadata", "uid")


def name(obj: Json) -> str:
    return text(obj, "metadata", "name")


def owner(obj: Json) -> Json | None:
    """The reference to the controller of an object."""
    return next((one for one in rows(obj, "metadata", "ownerReferences") if one.get("controller")), None)


def owned(objects: Sequence[Json], by: Json) -> list[Json]:
    """Those whose controller is this very object."""
    return [one for one in objects if text(owner(one), "uid") == uid(by)]


def annotation(obj: Json, key: str) -> str:
    return text(obj, "metadata", "annotations", key)


def stamp(time: str) -> str:
    """`2026-11-22T21:40:07Z` as people read it: `2026-11-22 21:40`."""
    return time[:16].replace("T", " ")


def selector(obj: Json) -> str:
    """The label selector of a workload as the API server takes it; empty when it selects nothing."""
    found = dig(obj, "spec", "selector", default={})
    labels = dig(found, "matchLabels", default=None if "matchExpressions" in found else found)
    parts = [f"{key}={value}" for key, value in sorted((labels or {}).items()) if isinstance(value, str)]
    for one in rows(found, "matchExpressions"):
        values = ",".join(dig(one, "values", default=()))
        match one.get("operator"):
            case "In":
                parts.append(f"{one['key']} in ({values})")
            case "NotIn":
                parts.append(f"{one['key']} notin ({values})")
            case "Exists":
                parts.append(f"{one['key']}")
            case "DoesNotExist":
                parts.append(f"!{one['key']}")
    return ",".join(parts)


def plain(value: Any) -> Any:
    """JSON with a canonical spelling: floats and very large integers become text."""
    match value:
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case float():
            return repr(value)
        case int() if not isinstance(value, bool) and abs(value) > LARGEST_INTEGER:
            return str(value)
    return value


def without_nulls(value: Any) -> Any:
    """JSON as the API server stores it: a null field is no field."""
    match value:
        case Mapping():
            return {key: without_nulls(item) for key, item in value.items() if item is not None}
        case list() | tuple():
            return [without_nulls(item) for item in value]
    return value


def body(answer_body: Any, what: str) -> Json:
    """The object of an answer; raises NotThere when the server sent none."""
    if not isinstance(answer_body, Mapping):
        raise NotThere(f"the server's answer has no {what}")
    return answer_body


def containers(template: Json) -> Iterator[Json]:
    """Of a pod template or a pod: init containers last, because the first is the main one."""
    yield from rows(template, "spec", "containers")
    yield from rows(template, "spec", "initContainers")
