"""The command line that a person would type: arguments, shown and never run."""

from workers.domain.target import EVERYWHERE, Target


def kubectl(target: Target, *words: str) -> tuple[str, ...]:
    """`kubectl --context prod-eu -n payments ...`; all namespaces are `-A`, which only subcommands know, at the end."""
    start = ("kubectl", "--context", target.cluster)
    if target.namespace == EVERYWHERE:
        return (*start, *words, "-A")
    return (*start, *(("-n", target.namespace) if target.namespace else ()), *words)


def named(target: Target) -> str:
    """`deployment/payment-api`."""
    return f"{target.kind}/{target.name}"


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
