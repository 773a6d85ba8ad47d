"""Nodes in trouble, and pods that lost their place (rules D1 to D6)."""

from collections.abc import Iterator

from workers.diagnosis.evidence import Evidence, called, family
from workers.diagnosis.finding import Finding, Sure
from workers.verbs.fields import Json, dig, rows, text
from workers.verbs.pods import is_leaving

PRESSURES = ("DiskPressure", "MemoryPressure", "PIDPressure")
EVENTS = ("SystemOOM", "Rebooted", "ImageGCFailed", "FreeDiskSpaceFailed", "ContainerGCFailed", "EvictionThresholdMet")
OWN_LIMITS = ("ephemeral local storage usage exceeds", "exceeded its local ephemeral storage", "Usage of EmptyDir")


def nodes(seen: Evidence) -> Iterator[Finding]:
    for node in seen.nodes:
        for one in rows(node, "status", "conditions"):
            kind, status, message = text(one, "type"), text(one, "status"), text(one, "message")
            source = (f"condition {kind} is {status} since {text(one, 'lastTransitionTime')}: {message[:200]}",)
            if kind == "Ready" and status == "False":
                yield _of(
                    node, "D4", "is not ready", Sure.STATED, source, "its kubelet says why; look at its runtime and CNI"
                )
            elif kind == "Ready" and status == "Unknown":
                says = "is lost: its kubelet is silent"
                yield _of(node, "D4", says, Sure.STATED, source, "look at the machine and at its network")
            elif kind in PRESSURES and status == "True":
                what = kind.removesuffix("Pressure").lower()
                then = "look at what uses most of it; pods will be evicted"
                yield _of(
                    node, "D3", f"runs out of {what.upper() if what == 'pid' else what}", Sure.STATED, source, then
                )
            elif kind == "NetworkUnavailable" and status == "True":
                yield _of(node, "D5", "has no network", Sure.STATED, source, "look at the CNI's pods on it")
        if dig(node, "spec", "unschedulable"):
            yield _of(node, "D6", "is cordoned: it takes no new pods", Sure.INFORMATION, ("spec.unschedulable",))
        for event in seen.about(node, *EVENTS):
            source = (f"event {event.reason} {event.ago} ago: {event.message[:200]}",)
            yield _of(node, "D7", f"had {event.reason}", Sure.LIKELY, source)


def evictions(seen: Evidence) -> Iterator[Finding]:
    for pod in seen.pods:
        message = text(pod, "status", "message")
        if text(pod, "status", "reason") == "Evicted" and not is_leaving(pod):
            own = any(words in message for words in OWN_LIMITS)
            yield Finding(
                rule="D2" if own else "D1",
                about=called(pod),
                says="was evicted for using more than its own limit"
                if own
                else "was evicted because its node ran short",
                sure=Sure.STATED,
                sources=(f"status.message: {message[:300]}",),
                then="" if own else "look at the node, and at what uses more than it requested",
                family=f"{family(pod)}/{'D2' if own else 'D1'}",
            )


def _of(node: Json, rule: str, says: str, sure: Sure, sources: tuple[str, ...], then: str = "") -> Finding:
    about = called(node)
    return Finding(
        rule=rule, about=about, says=says, sure=sure, sources=sources, then=then, family=f"{about}/{rule}/{says}"
    )
