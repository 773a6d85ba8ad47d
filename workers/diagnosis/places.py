"""What pods stand on and what stands in front of them: claims (V1 to V4), services (N1 to N3)."""

from collections.abc import Iterator

from workers.diagnosis.evidence import Evidence, called
from workers.diagnosis.finding import Finding, Sure
from workers.verbs.budgets import selects
from workers.verbs.fields import Json, rows, table, text
from workers.verbs.pods import is_over

RESIZING = ("FileSystemResizePending", "Resizing", "ControllerResizeError", "NodeResizeError")


def claims(seen: Evidence) -> Iterator[Finding]:
    for one in seen.claims:
        phase = text(one, "status", "phase")
        if phase == "Lost":
            yield _of(one, "V3", "has lost its volume", Sure.STATED, ("status.phase is Lost",))
        if phase == "Pending":
            yield from _pending(seen, one)
        for condition in rows(one, "status", "conditions"):
            if text(condition, "type") in RESIZING and condition.get("status") == "True":
                source = (f"condition {text(condition, 'type')}: {text(condition, 'message')[:200]}",)
                yield _of(one, "V4", "is being resized", Sure.LIKELY, source, "some volumes grow only with a new pod")


def _pending(seen: Evidence, one: Json) -> Iterator[Finding]:
    """A claim that waits for its first pod is as it should be."""
    event = next(seen.about(one, "ProvisioningFailed", "FailedBinding"), None)
    if event is not None:
        source = (f"event {event.reason} {event.ago} ago: {event.message[:300]}",)
        missing = "not found" in event.message and "storageclass" in event.message.lower()
        says = (
            f"its storage class '{text(one, 'spec', 'storageClassName')}' does not exist"
            if missing
            else "gets no volume"
        )
        yield _of(one, "V1", says, Sure.STATED, source, "look at the storage classes there are")
    elif next(seen.about(one, "WaitForFirstConsumer"), None) is None:
        says = "is Pending, and nothing says why"
        yield _of(one, "V1", says, Sure.HINT, ("status.phase is Pending",), "its events may have expired")


def services(seen: Evidence) -> Iterator[Finding]:
    for one, endpoints in seen.services:
        selector = table(one, "spec", "selector")
        if not selector or text(one, "spec", "type") == "ExternalName":
            continue
        behind = [p for p in seen.pods if selects({"matchLabels": selector}, table(p, "metadata", "labels"))]
        behind = [p for p in behind if not is_over(p)]
        ready = [a for subset in rows(endpoints, "subsets") for a in rows(subset, "addresses")]
        wanted = ", ".join(f"{key}={value}" for key, value in sorted(selector.items()))
        if not behind:
            then = "compare the labels of the pods with the selector"
            yield _of(one, "N1", f"selects no pod: none has {wanted}", Sure.STATED, (f"selector {wanted}",), then)
            continue
        if endpoints and not ready:
            says = f"has no ready pod behind it, of {len(behind)}"
            yield _of(one, "N2", says, Sure.STATED, ("its endpoints are empty",), "the pods' own trouble is the cause")
        yield from _ports(one, behind)


def _ports(one: Json, behind: list[Json]) -> Iterator[Finding]:
    """A named port must be a container's; a number may be served without being declared."""
    ports = [port for pod in behind for c in rows(pod, "spec", "containers") for port in rows(c, "ports")]
    names = {text(port, "name") for port in ports}
    for port in rows(one, "spec", "ports"):
        target = port.get("targetPort")
        if isinstance(target, str) and not target.isdecimal() and target not in names:
            has = ", ".join(sorted(n for n in names if n)) or "none"
            source = (f"targetPort {target}; ports with a name: {has}",)
            yield _of(one, "N3", f"sends to port '{target}', which no container names", Sure.STATED, source)


def _of(one: Json, rule: str, says: str, sure: Sure, sources: tuple[str, ...], then: str = "") -> Finding:
    about = called(one)
    return Finding(rule=rule, about=about, says=says, sure=sure, sources=sources, then=then, family=f"{about}/{rule}")
