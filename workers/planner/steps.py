"""What drafts of changes and of reads are made of."""

from collections.abc import Mapping

from workers.domain.action import Action, Parameter, Verb
from workers.domain.target import Target
from workers.planner.answers import Ended, refuse
from workers.planner.ask import Ask
from workers.planner.names import Named
from workers.planner.parameters import checked
from workers.planner.places import Context
from workers.planner.result import Draft

OWNER_LABELS = ("app", "app.kubernetes.io/name", "k8s-app", "app.kubernetes.io/instance")
Params = Mapping[str, Parameter]


def draft(verb: Verb, target: Target, params: Params, wanted: Ask) -> Draft:
    return Draft(action=checked(Action(verb=verb, target=target, params=dict(params))), why=wanted.words[:200])


def target_of(named: Named) -> Target:
    return Target(cluster=named.cluster, namespace=named.namespace, kind=named.kind, name=named.name)


def only(params: Params, *names: str) -> dict[str, Parameter]:
    return {name: value for name, value in params.items() if name in names}


def literal_space(context: Context) -> str:
    return context.spaces[0] if context.spaces else "default"


def owner_selector(named: Named, context: Context) -> str:
    """The selector of a workload's pods, from the labels it carries itself."""
    for key in OWNER_LABELS:
        if key in named.labels:
            return f"{key}={named.labels[key]}"
    context.take("selector", f"app={named.name}", f"the usual label, {named.name} carries none itself")
    return f"app={named.name}"


def has_labels(labels: Mapping[str, str], selector: str | None) -> bool:
    """Equality selectors; anything else matches nothing, so that a change never reaches further than asked."""
    for part in (selector or "").split(","):
        key, unequal, value = part.partition("!=")
        if unequal and labels.get(key) == value:
            return False
        if part and not unequal:
            key, equal, value = part.replace("==", "=").partition("=")
            if not equal or labels.get(key) != value:
                return False
    return True


def unknown(hint: str) -> Ended:
    """The refusal for a verb that this release does not have."""
    known = ", ".join(verb.value.replace("_", " ") for verb in Verb)
    return refuse(
        "unknown-verb",
        "this release of Kubechat does not do that",
        now=f"it knows: {known}",
        then=f"in a terminal this would be '{hint}'",
    )
