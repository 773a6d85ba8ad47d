"""The command line that a person would type: arguments, shown and never run."""

from workers.domain.target import EVERYWHERE, Target


def kubectl(target: Target, *words: str) -> tuple[str, ...]:
    """`kubectl --context prod-eu -n payments ...`; `-A` for all namespaces."""
    return ("kubectl", "--context", target.cluster, *_place(target), *words)


def named(target: Target) -> str:
    """`deployment/payment-api`."""
    return f"{target.kind}/{target.name}"


def _place(target: Target) -> tuple[str, ...]:
    if target.namespace is None:
        return ()
    return ("-A",) if target.namespace == EVERYWHERE else ("-n", target.namespace)


def chosen(target: Target) -> tuple[str, ...]:
    """The object or objects of `get`, `describe` and `top`: `pods -l app=web`, `pods web-1`."""
    if target.name:
        return (target.resource.plural, target.name)
    return (target.resource.plural, "-l", target.selector) if target.selector else (target.resource.plural,)


def flags(**values: str | int | bool | None) -> tuple[str, ...]:
    """`--tail=50 --previous`; what is not set is not said."""
    said = []
    for name, value in values.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            said.append(flag)
        elif value is not None and value is not False:
            said.append(f"{flag}={value}")
    return tuple(said)
