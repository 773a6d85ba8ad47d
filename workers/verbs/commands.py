"""The command line that a person would type: a view of an action, never executed."""

from workers.domain.action import Action


def command(action: Action, *words: str) -> tuple[str, ...]:
    """`kubectl --context prod-eu -n payments` and the words; -A for all namespaces."""
    namespace = action.target.namespace
    place = () if namespace is None else ("-A",) if namespace == "*" else ("-n", namespace)
    return ("kubectl", "--context", action.target.cluster, *place, *words)


def object_of(action: Action) -> str:
    """`deployment/payment-api`."""
    return f"{action.target.kind}/{action.target.name}"
