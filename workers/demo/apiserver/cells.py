"""What stands in a cell: ages, readiness, a pod's one-word status.

Rules: pkg/printers/internalversion/printers.go and k8s.io/apimachinery/pkg/util/duration, v1.36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workers.demo.apiserver.metadata import parse_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from workers.demo.apiserver.resources import Object

NONE = "<none>"
UNKNOWN = "<unknown>"


def dig(obj: Any, path: str, otherwise: Any = None) -> Any:
    """The value at a dotted path, `otherwise` where the path ends early."""
    for step in path.split("."):
        if not isinstance(obj, dict):
            return otherwise
        obj = obj.get(step)
    return otherwise if obj is None else obj


# Below so many seconds: the unit shown, its seconds, and the smaller unit shown beside it ("" for none).
DURATIONS: tuple[tuple[float, str, int, str, int], ...] = (
    (120, "s", 1, "", 0),
    (10 * 60, "m", 60, "s", 1),
    (180 * 60, "m", 60, "", 0),
    (8 * 3600, "h", 3600, "m", 60),
    (48 * 3600, "h", 3600, "", 0),
    (8 * 86400, "d", 86400, "h", 3600),
    (730 * 86400, "d", 86400, "", 0),
    (8 * 365 * 86400, "y", 365 * 86400, "d", 86400),
    (float("inf"), "y", 365 * 86400, "", 0),
)


def duration(seconds: float) -> str:
    """duration.HumanDuration: two units while the larger one is small."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    whole = max(whole, 0)
    _, unit, size, smaller, smaller_size = next(row for row in DURATIONS if whole < row[0])
    rest = whole % size // smaller_size if smaller else 0
    return f"{whole // size}{unit}" + (f"{rest}{smaller}" if rest else "")


def since(text: str | None, now: datetime) -> str:
    if not text:
        return UNKNOWN
    return duration((now - parse_timestamp(text)).total_seconds())


def age(obj: Object, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def labels(values: Object | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((values or {}).items())) or NONE


def selector(obj: Object, _: datetime) -> str:
    found = dig(obj, "spec.selector", {})
    return labels(found.get("matchLabels", found))


def job_selector(obj: Object, _: datetime) -> str:
    return labels(dig(obj, "spec.jobTemplate.spec.selector", {}).get("matchLabels"))


def containers(path: str, field: str) -> Any:
    def cell(obj: Object, _: datetime) -> str:
        return ",".join(str(one.get(field, "")) for one in dig(obj, path, [])) or NONE

    return cell


def of(path: str, otherwise: Any = NONE) -> Any:
    def cell(obj: Object, _: datetime) -> Any:
        return dig(obj, path, otherwise)

    return cell


def number(path: str) -> Any:
    return of(path, 0)


def pod_ready(pod: Object, _: datetime) -> str:
    statuses = dig(pod, "status.containerStatuses", [])
    ready = sum(1 for one in statuses if one.get("ready"))
    return f"{ready}/{len(dig(pod, 'spec.containers', []))}"


def pod_restarts(pod: Object, now: datetime) -> str:
    statuses = dig(pod, "status.containerStatuses", [])
    count = sum(one.get("restartCount", 0) for one in statuses)
    ends = [end for one in statuses if (end := dig(one, "lastState.terminated.finishedAt"))]
    return f"{count} ({since(max(ends), now)} ago)" if count and ends else str(count)


def pod_status(pod: Object, _: datetime) -> str:
    """`Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating` ..."""
    status = pod.get("status") or {}
    reason = status.get("reason") or status.get("phase") or "Unknown"
    starting = _init_status(pod, status)
    if starting:
        reason = starting
    else:
        running = False
        for one in reversed(status.get("containerStatuses") or ()):
            found = _state_reason(one)
            reason = found or reason
            running = running or bool(one.get("ready") and dig(one, "state.running") is not None)
        if reason == "Completed" and running:
            reason = "Running" if _is_ready(status) else "NotReady"
    if pod["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return str(reason)


def _init_status(pod: Object, status: Object) -> str:
    total = len(dig(pod, "spec.initContainers", []))
    for index, one in enumerate(status.get("initContainerStatuses") or ()):
        ended = dig(one, "state.terminated")
        if (ended is not None and ended.get("exitCode") == 0) or one.get("started"):
            continue
        reason = _state_reason(one)
        return f"Init:{reason}" if reason and reason != "PodInitializing" else f"Init:{index}/{total}"
    return ""


def _state_reason(status: Object) -> str:
    state = status.get("state") or {}
    if state.get("waiting") is not None:
        return str(state["waiting"].get("reason", ""))
    ended = state.get("terminated")
    if ended is None:
        return ""
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _is_ready(status: Object) -> bool:
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in status.get("conditions") or ())


def node_status(node: Object, _: datetime) -> str:
    ready: Object = next((one for one in dig(node, "status.conditions", []) if one.get("type") == "Ready"), {})
    text = {"True": "Ready"}.get(ready.get("status", ""), "NotReady" if ready else "Unknown")
    return text + (",SchedulingDisabled" if dig(node, "spec.unschedulable") else "")


def node_roles(node: Object, _: datetime) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = [key[len(prefix) :] for key in node["metadata"].get("labels") or {} if key.startswith(prefix)]
    return ",".join(sorted(roles)) or NONE


def node_address(kind: str) -> Any:
    def cell(node: Object, _: datetime) -> str:
        found = [one["address"] for one in dig(node, "status.addresses", []) if one.get("type") == kind]
        return str(found[0]) if found else NONE

    return cell


def service_ports(service: Object, _: datetime) -> str:
    return (
        ",".join(
            f"{port['port']}:{port['nodePort']}/{port['protocol']}"
            if port.get("nodePort")
            else f"{port['port']}/{port.get('protocol', 'TCP')}"
            for port in dig(service, "spec.ports", [])
        )
        or NONE
    )


def service_external(service: Object, _: datetime) -> str:
    if dig(service, "spec.type") == "LoadBalancer":
        balancers = dig(service, "status.loadBalancer.ingress", [])
        return ",".join(one.get("ip") or one.get("hostname", "") for one in balancers) or "<pending>"
    if dig(service, "spec.type") == "ExternalName":
        return str(dig(service, "spec.externalName", NONE))
    return ",".join(dig(service, "spec.externalIPs", [])) or NONE


def scaler_reference(scaler: Object, _: datetime) -> str:
    return f"{dig(scaler, 'spec.scaleTargetRef.kind', '')}/{dig(scaler, 'spec.scaleTargetRef.name', '')}"


def scaler_targets(scaler: Object, _: datetime) -> str:
    if "targetCPUUtilizationPercentage" in (scaler.get("spec") or {}):
        return f"cpu: {UNKNOWN}/{scaler['spec']['targetCPUUtilizationPercentage']}%"
    now = {dig(one, "resource.name"): one for one in dig(scaler, "status.currentMetrics", [])}
    texts = []
    for metric in dig(scaler, "spec.metrics", []):
        name = dig(metric, "resource.name", metric.get("type", ""))
        target = dig(metric, "resource.target", {})
        current = dig(now.get(name), "resource.current", {})
        if "averageUtilization" in target:
            used = f"{current['averageUtilization']}%" if "averageUtilization" in current else UNKNOWN
            texts.append(f"{name}: {used}/{target['averageUtilization']}%")
        else:
            texts.append(f"{name}: {current.get('averageValue', UNKNOWN)}/{target.get('averageValue', UNKNOWN)}")
    return ", ".join(texts) or NONE


def job_status(job: Object, _: datetime) -> str:
    for wanted in ("Complete", "Failed", "Suspended"):
        for one in dig(job, "status.conditions", []):
            if one.get("type") == wanted and one.get("status") == "True":
                return wanted
    return "Running"


def job_completions(job: Object, _: datetime) -> str:
    return f"{dig(job, 'status.succeeded', 0)}/{dig(job, 'spec.completions', 1)}"


def job_duration(job: Object, now: datetime) -> str:
    start, end = dig(job, "status.startTime"), dig(job, "status.completionTime")
    if not start:
        return ""
    return since(start, parse_timestamp(end) if end else now)


def last_schedule(job: Object, now: datetime) -> str:
    last = dig(job, "status.lastScheduleTime")
    return since(last, now) if last else NONE


def yes_no(path: str) -> Any:
    def cell(obj: Object, _: datetime) -> str:
        return "True" if dig(obj, path) else "False"

    return cell


def count(path: str) -> Any:
    def cell(obj: Object, _: datetime) -> int:
        return len(dig(obj, path, ()) or ())

    return cell


def event_last_seen(event: Object, now: datetime) -> str:
    seen = event.get("lastTimestamp") or event.get("deprecatedLastTimestamp")
    return since(dig(event, "series.lastObservedTime") or seen or event.get("eventTime"), now)


def event_object(event: Object, _: datetime) -> str:
    about = event.get("involvedObject") or event.get("regarding") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"


def event_source(event: Object, _: datetime) -> str:
    source = event.get("source") or event.get("deprecatedSource") or {}
    parts = [source.get("component") or event.get("reportingComponent", ""), source.get("host", "")]
    return ", ".join(part for part in parts if part)


def ingress_hosts(ingress: Object, _: datetime) -> str:
    return ",".join(rule.get("host", "*") for rule in dig(ingress, "spec.rules", [])) or "*"


def ingress_ports(ingress: Object, _: datetime) -> str:
    return "80, 443" if dig(ingress, "spec.tls") else "80"


def endpoint_addresses(endpoints: Object, _: datetime) -> str:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in endpoints.get("subsets") or ()
        for port in subset.get("ports") or ()
        for address in subset.get("addresses") or ()
    ]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more..." if len(found) > 3 else "") or NONE


def role_reference(binding: Object, _: datetime) -> str:
    return f"{dig(binding, 'roleRef.kind', '')}/{dig(binding, 'roleRef.name', '')}"


def subjects(kind: str) -> Any:
    def cell(binding: Object, _: datetime) -> str:
        found = [
            f"{one['namespace']}/{one['name']}" if one.get("namespace") else str(one["name"])
            for one in binding.get("subjects") or ()
            if one.get("kind") == kind
        ]
        return ", ".join(found)

    return cell
