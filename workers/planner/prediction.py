"""Lines of intents in, what the planner makes of them out: the planner tried by the thousand, without any cluster."""

from collections.abc import Sequence
from typing import Any

from pydantic import ConfigDict

from workers.domain.action import Verb
from workers.domain.kind import ALL
from workers.domain.plan import Question, Scope
from workers.domain.target import NO_KIND
from workers.domain.value import ClusterName, Value
from workers.planner.inventory import InventoryLook
from workers.planner.result import Draft, Refused, Reply, Result, Understood
from workers.planner.understand import understand

OPEN = frozenset({"unclear", "invalid-parameter"})  # said another way, the request could be planned


class Surroundings(Value):
    """Where a text was typed."""

    model_config = ConfigDict(extra="ignore")

    clusters: tuple[ClusterName, ...] = ()  # that exist there; empty: all of the inventory
    default_cluster: ClusterName | None = None
    default_namespace: str | None = None

    @property
    def scope(self) -> Scope:
        return Scope(
            clusters=(self.default_cluster,) if self.default_cluster else (),
            namespaces=(self.default_namespace,) if self.default_namespace else (),
        )


class Line(Value):
    model_config = ConfigDict(extra="ignore")

    id: str
    text: str
    context: Surroundings = Surroundings()


def understood(line: Line, look: InventoryLook) -> Result:
    return understand(
        line.text,
        choices=(),
        scope=line.context.scope,
        clusters=look.inventory.fleet(line.context.clusters),
        names=look.inventory.names,
        look=look,
    )


def prediction(result: Result) -> dict[str, Any]:
    """Outcome, and steps or words; "unclear" is the question that has no choices to offer."""
    match result:
        case Understood():
            return {
                "outcome": "plan",
                "steps": _steps(result.drafts),
                "explanation": result.explanation,
            }
        case Question():
            return {"outcome": "clarify", "text": result.text, "choices": [choice.label for choice in result.choices]}
        case Refused():
            outcome = "clarify" if result.problem.code in OPEN else "refuse"
            return {"outcome": outcome, "text": result.problem.text, "now": result.problem.now}
        case Reply():
            return {"outcome": "chat", "text": result.headline}


def _steps(drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """One for each operation: several clusters in a row with the same one are one step."""
    steps: list[dict[str, Any]] = []
    for draft in drafts:
        step = _step(draft)
        if steps and {**steps[-1], "clusters": step["clusters"]} == step:
            steps[-1]["clusters"] += step["clusters"]
        else:
            steps.append(step)
    return steps


def _step(draft: Draft) -> dict[str, Any]:
    action = draft.action
    params = dict(action.params)
    if action.target.selector:
        params["selector"] = action.target.selector
    place = ALL if action.verb is Verb.DIAGNOSE else "event"  # the events or the trouble of a place, of no one object
    listed = action.target.kind in (place, NO_KIND)
    return {
        "verb": action.verb.value,
        "kind": None if listed else action.target.kind,
        "name": action.target.name,
        "namespace": action.target.namespace,
        "clusters": [action.target.cluster],
        "params": params,
    }
