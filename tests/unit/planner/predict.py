"""Planner results in the scorer's words."""

import importlib.util
from types import ModuleType
from typing import Any

from tests.unit.planner.inventory_look import DATA, InventoryLook, fleet, inventory, names
from workers.domain.action import Verb
from workers.domain.plan import Question, Scope
from workers.domain.value import ClusterName
from workers.planner.result import Draft, Refused, Reply, Result, Understood
from workers.planner.understand import understand


def scorer() -> ModuleType:
    """The bench's own scorer, loaded from its file."""
    spec = importlib.util.spec_from_file_location("score_intents", DATA / "score_intents.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def result_of(text: str, context: dict[str, Any], look: InventoryLook | None = None) -> Result:
    default, namespace = context.get("default_cluster"), context.get("default_namespace")
    scope = Scope(clusters=(ClusterName(default),) if default else (), namespaces=(namespace,) if namespace else ())
    return understand(text, choices=(), scope=scope, clusters=fleet(), names=names(), look=look or InventoryLook())


def prediction(id_: str, result: Result) -> dict[str, Any]:
    """One line for the scorer. "unclear" is the clarify of a question that has no choices to offer."""
    match result:
        case Understood():
            return {"id": id_, "outcome": "plan", "steps": _steps(result.drafts)}
        case Question():
            return {"id": id_, "outcome": "clarify"}
        case Refused():
            return {"id": id_, "outcome": "clarify" if result.problem.code == "unclear" else "refuse"}
        case Reply():
            return {"id": id_, "outcome": "chat"}


def _steps(drafts: tuple[Draft, ...]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    several: dict[str, list[Draft]] = {}
    for draft in drafts:
        if (
            draft.action.verb is Verb.DELETE_POD
            and draft.why.startswith("delete ")
            and " pods" in f" {draft.why}"
            and " with " in draft.why
        ):
            several.setdefault(draft.why, []).append(draft)
            continue
        steps.append(_step(draft))
    return steps + [_pods(why, group) for why, group in several.items()]


def _step(draft: Draft) -> dict[str, Any]:
    target, verb = draft.action.target, draft.action.verb
    params = dict(draft.action.params)
    if target.selector:
        params["selector"] = target.selector
    listed = verb is Verb.EVENTS and target.kind == "event"
    return {
        "verb": verb.value,
        "kind": None if listed else target.kind,
        "name": target.name,
        "namespace": target.namespace,
        "clusters": [target.cluster],
        "params": params,
    }


def _pods(why: str, group: list[Draft]) -> dict[str, Any]:
    """The planner names each pod; the bench writes one step with the selector, when these are exactly its pods."""
    selector = why.split(" with ", 1)[1].split(" ", maxsplit=1)[0]
    key, _, value = selector.partition("=")
    wanted = {
        (c, p["name"])
        for c in {d.action.target.cluster for d in group}
        for p in inventory()["pods"][c]
        if p["labels"].get(key) == value
    }
    assert wanted == {(d.action.target.cluster, d.action.target.name) for d in group}
    step = _step(group[0])
    clusters = list(dict.fromkeys(d.action.target.cluster for d in group))
    return step | {"name": None, "clusters": clusters, "params": {**step["params"], "selector": selector}}
