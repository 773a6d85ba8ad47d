"""The one place where the planner has parameters checked."""

from workers.domain.action import Action
from workers.verbs import registry


def checked(action: Action) -> Action:
    """The action with its parameters in their types and limits; raises InvalidParameter."""
    return registry.validated(action)
