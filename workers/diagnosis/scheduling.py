"""Pods that no node takes (rules S1 to S16), one finding for each reason that the scheduler gives."""

import re
from collections.abc import Iterator

from workers.diagnosis.evidence import Evidence, called, family
from workers.diagnosis.finding import Finding, Sure
from workers.domain.value import Value
from workers.verbs.fields import Json, rows, table, text
from workers.verbs.pods import is_leaving

REJECTED = ("OutOfcpu", "OutOfmemory", "OutOfpods", "NodeAffinity", "UnexpectedAdmissionError")
NODES_OWN = ("not-ready", "unreachable", "pressure", "unschedulable", "network-unavailable")


class Why(Value):
    rule: str
    pattern: re.Pattern[str]
    says: str  # with {0} for what the pattern found
    then: str = ""


def _why(rule: str, pattern: str, says: str, then: str = "") -> Why:
    return Why(rule=rule, pattern=re.compile(pattern), says=says, then=then)


# Reasons of kube-scheduler 1.36: framework plugins' PreFilter and Filter.
WHYS = (
    _why(
        "S1",
        r"Insufficient ([\w/-]+(?:\.[\w/-]+)*)",
        "too little {0} is free",
        "lower the request, or free or add a node",
    ),
    _why("S2", r"Too many pods", "the nodes hold as many pods as they may", "add a node"),
    _why("S3", r"had untolerated taint \{([^}]*)\}", "the taint {0} is not tolerated", "tolerate it, or take it away"),
    _why("S3", r"had taint \{([^}]*)\}", "the taint {0} is not tolerated", "tolerate it, or take it away"),
    _why("S5", r"were unschedulable", "nodes are cordoned", "look who cordoned them and why; uncordon them"),
    _why(
        "S4", r"didn't match Pod's node affinity/selector", "no node has the labels that it wants: {0}", "label a node"
    ),
    _why("S6", r"didn't match pod (anti-)?affinity rules", "its rules about pods beside it cannot be met"),
    _why("S6", r"didn't satisfy existing pods anti-affinity rules", "other pods do not want it beside them"),
    _why(
        "S7",
        r"didn't match pod topology spread constraints",
        "it would be spread unevenly",
        "look at the domains' labels",
    ),
    _why("S8", r"didn't have free ports", "its host port is taken on the nodes"),
    _why("S9", r"had volume node affinity conflict", "its volume is in a zone or on a node where no place is"),
    _why(
        "S10",
        r"unbound immediate PersistentVolumeClaims|didn't find available persistent volumes",
        "its claim has no volume",
    ),
    _why(
        "S11",
        r'persistentvolumeclaim "([^"]+)" not found',
        "its claim '{0}' does not exist",
        "make it, or correct the name",
    ),
    _why("S12", r"exceed max volume count", "the nodes have as many volumes attached as they may"),
)


def scheduling(seen: Evidence) -> Iterator[Finding]:
    for pod in seen.pods:
        if is_leaving(pod):
            continue
        if text(pod, "status", "reason") in REJECTED:
            yield _found(
                pod, "S16", f"its node rejected it: {text(pod, 'status', 'message')[:200]}", ("status.reason",)
            )
        for condition in rows(pod, "status", "conditions"):
            if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
                yield from _unplaced(seen, pod, condition)


def _unplaced(seen: Evidence, pod: Json, condition: Json) -> Iterator[Finding]:
    if text(condition, "reason") == "SchedulingGated":
        gates = ", ".join(text(one, "name") for one in rows(pod, "spec", "schedulingGates"))
        yield _found(pod, "S13", f"it waits for the gate {gates}", ("condition PodScheduled",))
        return
    event = next(seen.about(pod, "FailedScheduling"), None)
    told = text(condition, "message") or (event.message if event else "")
    source = f"scheduler: {told[:300]}" if told else "condition PodScheduled"
    found = [(why, match) for why in WHYS for match in why.pattern.finditer(told)]
    for why, match in found:
        said = match[1] if match.re.groups and match[1] else _wanted(pod)
        rule, then = why.rule, why.then
        if rule == "S3" and any(word in said for word in NODES_OWN):
            then = "the trouble is the node's, not the pod's"
        yield _found(pod, rule, f"no node takes it: {why.says.format(said)}", (source,), then, said)
    if not found:
        says = "no node takes it" if told else "it waits for a node, and the scheduler has said nothing"
        then = "" if told else "is there such a scheduler, and does it run?"
        yield _found(pod, "S15", says, (source,), then)


def _wanted(pod: Json) -> str:
    wanted = table(pod, "spec", "nodeSelector")
    return ", ".join(f"{key}={value}" for key, value in sorted(wanted.items())) or "its node affinity"


def _found(pod: Json, rule: str, says: str, sources: tuple[str, ...], then: str = "", more: str = "") -> Finding:
    return Finding(
        rule=rule,
        about=called(pod),
        says=says,
        sure=Sure.STATED,
        sources=sources,
        then=then,
        family=f"{family(pod)}/{rule}/{more}",
    )
