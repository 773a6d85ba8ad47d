"""Workloads: rollouts that are stuck, pods that may not be made, switches that are off (rules W1 to W10)."""

import re
from collections.abc import Iterator

from workers.diagnosis.evidence import Evidence, called, kind_of
from workers.diagnosis.finding import Finding, Sure
from workers.domain.kind import WORKLOADS
from workers.verbs import rollout
from workers.verbs.fields import Json, dig, name, number, rows, text

QUOTA = re.compile(r"exceeded quota: ([\w.-]+), requested: (.+), used: (.+), limited: (.+?)(?:$|\")")
WEBHOOK = re.compile(r'failed calling webhook "([^"]+)"')


def rollouts(seen: Evidence) -> Iterator[Finding]:
    for one in seen.workloads:
        if kind_of(one) not in WORKLOADS:
            continue
        yield from _switches(one)
        for condition in rows(one, "status", "conditions"):
            if text(condition, "reason") == rollout.DEADLINE:
                counts = rollout.counts(kind_of(one), one)
                yield _of(
                    one,
                    "W1",
                    f"its rollout is stuck: {counts}",
                    Sure.HINT,
                    (f"condition Progressing: {text(condition, 'message')[:200]}",),
                    "the pods of its newest revision show why; rolling back brings the last good one",
                )
        yield from _creation(seen, one)
        yield from _gap(one)


def _switches(one: Json) -> Iterator[Finding]:
    if kind_of(one) != "daemonset" and dig(one, "spec", "replicas") == 0:
        yield _of(one, "W5", "is scaled to zero", Sure.INFORMATION, ("spec.replicas is 0",))
    if dig(one, "spec", "paused"):
        says = "its rollout is paused: a new template waits"
        yield _of(one, "W5", says, Sure.INFORMATION, ("spec.paused is true",), "resume it when it may go on")


def _creation(seen: Evidence, one: Json) -> Iterator[Finding]:
    """Its pods cannot be made: the message is in a condition, or in an event of its ReplicaSet."""
    told = [text(c, "message") for c in rows(one, "status", "conditions") if c.get("type") == "ReplicaFailure"]
    told += [e.message for e in seen.happenings if e.reason == "FailedCreate" and _is_of(e.kind, e.name, one)]
    if not told:
        return
    message = told[0]
    quota, hook = QUOTA.search(message), WEBHOOK.search(message)
    source = (f"FailedCreate: {message[:300]}",)
    if quota:
        says = f"quota {quota[1]} allows no more: asked {quota[2]}, used {quota[3]}, limit {quota[4]}"
        yield _of(one, "W2", says, Sure.STATED, source, "lower the requests, free something, or have the quota raised")
    elif "failed quota" in message or "must specify" in message:
        yield _of(one, "W2", "a quota wants requests and limits that its pods have not", Sure.STATED, source)
    elif hook:
        says = f"the admission webhook {hook[1]} does not answer, so no pod can be made"
        yield _of(one, "W4", says, Sure.STATED, source, "look at the webhook's own service")
    elif "serviceaccount" in message and "not found" in message:
        yield _of(one, "W3", "its service account does not exist", Sure.STATED, source, "make it, or correct the name")
    else:
        yield _of(one, "W3", "its pods are not admitted", Sure.STATED, source)


def _gap(one: Json) -> Iterator[Finding]:
    kind = kind_of(one)
    wanted, ready = rollout.desired(kind, one), rollout.ready(kind, one)
    if ready < wanted and not dig(one, "spec", "paused"):
        image = rollout.images(dig(one, "spec", "template", default={}))
        says = f"{ready} of {wanted} pods are ready"
        yield _of(one, "W6", says, Sure.HINT, ("status", f"image {image[:200]}"), "its pods show why")


def jobs(seen: Evidence) -> Iterator[Finding]:
    for one in seen.workloads:
        if kind_of(one) == "job":
            for condition in rows(one, "status", "conditions"):
                if condition.get("type") == "Failed" and condition.get("status") == "True":
                    source = (f"condition Failed: {text(condition, 'reason')} {text(condition, 'message')[:200]}",)
                    tries = number(one, "status", "failed")
                    says = f"has failed after {tries} {'try' if tries == 1 else 'tries'}"
                    yield _of(one, "W9", says, Sure.STATED, source, "the logs of its last pod show why")
            if dig(one, "spec", "suspend"):
                yield _of(one, "W9", "is suspended", Sure.INFORMATION, ("spec.suspend is true",))
        elif kind_of(one) == "cronjob" and dig(one, "spec", "suspend"):
            yield _of(one, "W10", "is suspended: it makes no jobs", Sure.INFORMATION, ("spec.suspend is true",))


def scalers(seen: Evidence) -> Iterator[Finding]:
    for one in seen.scalers:
        high, now = number(one, "spec", "maxReplicas"), number(one, "status", "currentReplicas")
        conditions = {text(c, "type"): c for c in rows(one, "status", "conditions")}
        limited, active = conditions.get("ScalingLimited", {}), conditions.get("ScalingActive", {})
        if text(limited, "reason") == "TooManyReplicas" or (limited == {} and now and now >= high):
            says = f"is at its maximum of {high} replicas and would scale further"
            source = (
                (f"condition ScalingLimited: {text(limited, 'message')[:200]}",)
                if limited
                else ("status.currentReplicas",)
            )
            then = "raise the maximum if the cluster has room, or look at why the load is high"
            yield _of(one, "W12", says, Sure.LIKELY, source, then)
        if text(active, "status") == "False" and text(active, "reason") != "ScalingDisabled":
            message = text(active, "message")
            lacks = "missing request for" in message
            says = "cannot scale: its pods request no CPU or memory" if lacks else "cannot scale: it gets no metrics"
            source = (f"condition ScalingActive: {message[:250]}",)
            yield _of(one, "W11", says, Sure.STATED, source, "set requests" if lacks else "look at the metrics server")
        able = conditions.get("AbleToScale", {})
        if text(able, "reason") == "FailedGetScale":
            yield _of(one, "W13", "its target does not exist", Sure.STATED, (text(able, "message")[:200],))


def _is_of(kind: str, named: str, one: Json) -> bool:
    """A ReplicaSet's event is its Deployment's."""
    if kind == kind_of(one) and named == name(one):
        return True
    return kind == "replicaset" and kind_of(one) == "deployment" and named.rpartition("-")[0] == name(one)


def _of(one: Json, rule: str, says: str, sure: Sure, sources: tuple[str, ...], then: str = "") -> Finding:
    about = called(one)
    return Finding(rule=rule, about=about, says=says, sure=sure, sources=sources, then=then, family=f"{about}/{rule}")
