"""What of a plan the words themselves said: verbs, objects, namespaces, clusters and parameters."""

from collections.abc import Sequence

from workers.domain.action import Action
from workers.domain.plan import Taken
from workers.planner.ask import Ask


def spoken(asks: Sequence[Ask], actions: Sequence[Action], elsewhere: Sequence[Taken]) -> tuple[Taken, ...]:
    """In this order, each once; what came from the thread or was assumed is told there."""
    other = {(taken.what, taken.value) for taken in elsewhere}
    found = [("verb", action.verb.value.replace("_", " ")) for action in actions]
    names = {mention.name for ask in asks for mention in ask.mentions}
    found += [("name", str(action.target.name)) for action in actions if action.target.name in names]
    found += [("namespace", ask.namespace) for ask in asks if ask.namespace and ask.namespace != "*"]
    found += [("cluster", ", ".join(ask.said.clusters)) for ask in asks if ask.said.clusters]
    found += [(name, str(value)) for action in actions for name, value in action.params.items() if _is_said(name, asks)]
    return tuple(
        Taken(what=what, value=value, source="words")
        for what, value in dict.fromkeys(found)
        if (what, value) not in other
    )


def _is_said(name: str, asks: Sequence[Ask]) -> bool:
    return any(name in ask.params for ask in asks)
