"""What finds a pod by its labels: services, its controller, disruption budgets and network policies."""

from collections.abc import Generator, Mapping, Sequence

from workers.domain.call import Answer, Call, get, list_of
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import KIND_BY_WORD, KINDS
from workers.domain.target import Target
from workers.verbs.budgets import selects
from workers.verbs.fields import Json, dig, items, name, owner, text

# Kind, and where its selector is. A service has bare labels, and none when it selects nothing.
FINDERS = (
    ("service", ("spec", "selector")),
    ("poddisruptionbudget", ("spec", "selector")),
    ("networkpolicy", ("spec", "podSelector")),
)


def facts(target: Target, pod: Json, after: Mapping[str, str]) -> Generator[Call, Answer, dict[str, str]]:
    """What loses the pod, and what gains it, when its labels become `after`."""
    before: Mapping[str, str] = dig(pod, "metadata", "labels", default={})
    lost: list[str] = []
    gained: list[str] = []
    unknown: list[str] = []
    for kind, path in FINDERS:
        found = yield from _list(kind, target)
        if found is None:
            unknown.append(KINDS[kind].plural)
            continue
        for one in found:
            had, has = (_finds(kind, dig(one, *path), labels) for labels in (before, after))
            if had != has:
                (lost if had else gained).append(f"{kind}/{name(one)}")
    controller = yield from _controller(target, pod)
    if controller and not selects(dig(controller, "spec", "selector"), after):
        kind = text(owner(pod), "kind").lower()
        lost.append(f"{kind}/{name(controller)}, which makes another pod in its place")
    said = {
        "lost by": lost,
        "gained by": gained,
        "unknown": [f"whether {', '.join(unknown)} lose it"] if unknown else [],
    }
    return {key: "; ".join(value) for key, value in said.items() if value}


def _finds(kind: str, selector: Json | None, labels: Mapping[str, str]) -> bool:
    if kind == "service":
        return bool(selector) and selects({"matchLabels": selector}, labels)
    return selects(selector, labels)


def _controller(target: Target, pod: Json) -> Generator[Call, Answer, Json]:
    reference = owner(pod)
    kind = KIND_BY_WORD.get(text(reference, "kind").lower()) if reference else None
    if kind is None:
        return {}
    try:
        answer = yield get(kind, target.namespace, text(reference, "name"))
    except (AccessDenied, NotThere):
        return {}
    return answer.body if isinstance(answer.body, Mapping) else {}


def _list(kind: str, target: Target) -> Generator[Call, Answer, Sequence[Json] | None]:
    try:
        answer = yield list_of(KINDS[kind], target.namespace)
    except (AccessDenied, NotThere):
        return None
    return items(answer.body)
