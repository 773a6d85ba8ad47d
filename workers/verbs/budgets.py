"""PodDisruptionBudgets: which of them guard a pod, and what they allow now."""

from collections.abc import Sequence

from workers.verbs.fields import Json, dig, name, number, rows, text


def budgets_of(pod: Json, budgets: Sequence[Json]) -> list[Json]:
    labels = dig(pod, "metadata", "labels", default={})
    return [one for one in budgets if selects(dig(one, "spec", "selector"), labels)]


def allowed(budget: Json) -> int:
    """How many pods may be evicted now."""
    return number(budget, "status", "disruptionsAllowed")


def told(budget: Json) -> str:
    """`payment-api wants 2 healthy pods and has 3: 1 may go now`."""
    wants, has = number(budget, "status", "desiredHealthy"), number(budget, "status", "currentHealthy")
    pods = "pod" if wants == 1 else "pods"
    return f"{name(budget)} wants {wants} healthy {pods} and has {has}: {allowed(budget)} may go now"


def selects(selector: Json | None, labels: Json) -> bool:
    """As the server matches a label selector with objects; no selector selects nothing, an empty one everything."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in dig(selector, "matchLabels", default={}).items()):
        return False
    return all(_meets(one, labels) for one in rows(selector, "matchExpressions"))


def _meets(requirement: Json, labels: Json) -> bool:
    key, values = text(requirement, "key"), dig(requirement, "values", default=())
    match requirement.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
