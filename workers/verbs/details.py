"""What of an object matters to people, kind by kind: a table of labels and paths."""

from collections.abc import Mapping, Sequence
from typing import Any

from workers.domain.section import Section, Table
from workers.verbs.fields import Json, dig, name, owner, rows, stamp, text
from workers.verbs.pods import ending, state

LONGEST = 300
# Label and path, beside what the server prints itself. A value that is absent has no row.
# Environment and data have none: they may be secret.
FIELDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "pod": (
        ("node", "spec.nodeName"),
        ("pod address", "status.podIP"),
        ("service account", "spec.serviceAccountName"),
        ("quality of service", "status.qosClass"),
        ("priority class", "spec.priorityClassName"),
        ("message", "status.message"),
    ),
    "deployment": (
        ("replicas", "spec.replicas"),
        ("strategy", "spec.strategy.type"),
        ("surge", "spec.strategy.rollingUpdate.maxSurge"),
        ("may be missing", "spec.strategy.rollingUpdate.maxUnavailable"),
        ("selector", "spec.selector.matchLabels"),
        ("paused", "spec.paused"),
        ("revision", "metadata.annotations.deployment\\.kubernetes\\.io/revision"),
        ("change cause", "metadata.annotations.kubernetes\\.io/change-cause"),
    ),
    "statefulset": (
        ("replicas", "spec.replicas"),
        ("update strategy", "spec.updateStrategy.type"),
        ("selector", "spec.selector.matchLabels"),
        ("service", "spec.serviceName"),
        ("current revision", "status.currentRevision"),
        ("update revision", "status.updateRevision"),
    ),
    "daemonset": (("update strategy", "spec.updateStrategy.type"), ("selector", "spec.selector.matchLabels")),
    "replicaset": (("replicas", "spec.replicas"), ("selector", "spec.selector.matchLabels")),
    "job": (
        ("parallelism", "spec.parallelism"),
        ("completions", "spec.completions"),
        ("tries allowed", "spec.backoffLimit"),
        ("failed pods", "status.failed"),
        ("started", "status.startTime"),
        ("completed", "status.completionTime"),
    ),
    "cronjob": (
        ("concurrency", "spec.concurrencyPolicy"),
        ("last success", "status.lastSuccessfulTime"),
        ("active jobs", "status.active"),
    ),
    "service": (
        ("selector", "spec.selector"),
        ("ports", "spec.ports"),
        ("session affinity", "spec.sessionAffinity"),
        ("external traffic", "spec.externalTrafficPolicy"),
    ),
    "endpoints": (("subsets", "subsets"),),
    "node": (
        ("taints", "spec.taints"),
        ("takes no new pods", "spec.unschedulable"),
        ("capacity", "status.capacity"),
        ("allocatable", "status.allocatable"),
        ("kubelet", "status.nodeInfo.kubeletVersion"),
        ("system", "status.nodeInfo.osImage"),
        ("runtime", "status.nodeInfo.containerRuntimeVersion"),
    ),
    "persistentvolumeclaim": (("requested", "spec.resources.requests"),),
    "persistentvolume": (("reclaim policy", "spec.persistentVolumeReclaimPolicy"), ("claim", "spec.claimRef.name")),
    "resourcequota": (("hard", "status.hard"), ("used", "status.used")),
    "horizontalpodautoscaler": (
        ("wanted now", "status.desiredReplicas"),
        ("last scaled", "status.lastScaleTime"),
    ),
    "poddisruptionbudget": (
        ("healthy now", "status.currentHealthy"),
        ("healthy needed", "status.desiredHealthy"),
        ("selector", "spec.selector.matchLabels"),
    ),
    "ingress": (("rules", "spec.rules"), ("tls", "spec.tls")),
    "networkpolicy": (("pods", "spec.podSelector.matchLabels"), ("types", "spec.policyTypes")),
}


def fields(kind: str, obj: Json) -> list[tuple[str, str]]:
    """Of every kind its labels, owner and time; of this kind what FIELDS names; of a ConfigMap the keys."""
    found = [(label, shown(dig(obj, *_steps(path)))) for label, path in FIELDS.get(kind, ())]
    if kind == "configmap":
        keys = [*dig(obj, "data", default={}), *dig(obj, "binaryData", default={})]
        found.append(("keys", ", ".join(sorted(keys))))
    reference = owner(obj)
    found += [
        ("labels", shown(dig(obj, "metadata", "labels"))),
        ("controlled by", f"{text(reference, 'kind').lower()}/{text(reference, 'name')}" if reference else ""),
        ("made", stamp(text(obj, "metadata", "creationTimestamp"))),
        ("being deleted since", stamp(text(obj, "metadata", "deletionTimestamp"))),
    ]
    return [(label, value) for label, value in found if value]


def tables(kind: str, obj: Json) -> list[Section]:
    """Containers and conditions."""
    found: list[Section] = []
    if kind == "pod":
        found.append(_running(obj))
    elif rows(obj, "spec", "template", "spec", "containers"):
        found.append(_templated(dig(obj, "spec", "template")))
    conditions = rows(obj, "status", "conditions")
    if conditions:
        found.append(
            Table(
                title=f"conditions of {name(obj)}",
                columns=("TYPE", "STATUS", "REASON", "MESSAGE"),
                rows=tuple(
                    tuple(text(one, key)[:LONGEST] for key in ("type", "status", "reason", "message"))
                    for one in conditions
                ),
            )
        )
    return found


def shown(value: Any) -> str:
    """Any JSON as one short line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    match value:
        case None:
            return ""
        case Mapping():
            made = ", ".join(f"{key}={shown(item) or '-'}" for key, item in sorted(value.items()))
        case str():
            made = value
        case Sequence():
            made = "; ".join(shown(item) for item in value)
        case _:
            made = str(value)
    return made if len(made) <= LONGEST else f"{made[:LONGEST]}..."


def _steps(path: str) -> list[str]:
    return [part.replace("\0", ".") for part in path.replace("\\.", "\0").split(".")]


def _running(pod: Json) -> Table:
    states = {
        text(one, "name"): one
        for one in (*rows(pod, "status", "containerStatuses"), *rows(pod, "status", "initContainerStatuses"))
    }
    made = []
    for group in ("initContainers", "containers"):
        for one in rows(pod, "spec", group):
            now = states.get(text(one, "name"), {})
            made.append(
                (
                    text(one, "name") + (" (init)" if group == "initContainers" else ""),
                    text(one, "image"),
                    state(now) or "not started",
                    "yes" if dig(now, "ready") else "no",
                    str(dig(now, "restartCount", default=0)),
                    ending(now),
                    shown(dig(one, "resources", "limits")),
                )
            )
    columns = ("CONTAINER", "IMAGE", "STATE", "READY", "RESTARTS", "LAST RUN", "LIMITS")
    return Table(title=f"containers of {name(pod)}", columns=columns, rows=tuple(made))


def _templated(template: Json) -> Table:
    made = [
        (
            text(one, "name") + (" (init)" if group == "initContainers" else ""),
            text(one, "image"),
            shown([port.get("containerPort") for port in rows(one, "ports")]),
            shown(dig(one, "resources", "requests")),
            shown(dig(one, "resources", "limits")),
        )
        for group in ("initContainers", "containers")
        for one in rows(template, "spec", group)
    ]
    columns = ("CONTAINER", "IMAGE", "PORTS", "REQUESTS", "LIMITS")
    return Table(title="containers of its pods", columns=columns, rows=tuple(made))
