"""Containers that run and are not ready, or are killed for it (rules C14 to C16)."""

import re
from collections.abc import Iterator

from workers.diagnosis.evidence import Evidence, called, family
from workers.diagnosis.finding import Finding, Sure
from workers.verbs.fields import Json, dig, rows, text
from workers.verbs.pods import is_leaving, is_ready, trouble

PROBES = {"readiness": "C14", "liveness": "C15", "startup": "C16"}
STATUS = re.compile(r"statuscode: ([0-9]{3})")


def probes(seen: Evidence) -> Iterator[Finding]:
    for pod in seen.pods:
        if is_leaving(pod) or is_ready(pod) or trouble(pod) is not None:
            continue
        for kind, rule in PROBES.items():
            one = next((e for e in seen.about(pod, "Unhealthy") if e.message.lower().startswith(kind)), None)
            if one is None:
                continue
            says, then = _read(one.message)
            yield Finding(
                rule=rule,
                about=called(pod),
                says=f"its {kind} probe fails: {says}",
                sure=Sure.LIKELY,
                sources=(
                    f"event Unhealthy {one.ago} ago, {one.count} times: {one.message[:300]}",
                    f"probe: {_probe(pod, kind)}",
                ),
                then=then,
                family=f"{family(pod)}/{rule}",
            )
            break


def _read(message: str) -> tuple[str, str]:
    low, code = message.lower(), STATUS.search(message)
    if code and code[1] in ("404", "405"):
        return f"the path answers {code[1]}", "look at the probe's path"
    if code and code[1] in ("401", "403"):
        return f"the path answers {code[1]}", "the probe has no credentials; choose a path that needs none"
    if code:
        return (
            f"the application answers {code[1]}",
            "the application or what it depends on is in trouble; look at its log",
        )
    if "connection refused" in low:
        return "nothing listens on the port", "look at the port; or the application has not come up yet"
    if "timeout" in low or "deadline exceeded" in low:
        return "no answer in time", "the application is overloaded or hangs, or the timeout is too short"
    return message.partition(": ")[2][:160] or "no reason is given", "look at its log"


def _probe(pod: Json, kind: str) -> str:
    for container in rows(pod, "spec", "containers"):
        found = dig(container, f"{kind}Probe")
        if found:
            web = dig(found, "httpGet", default={})
            asks = f"GET {text(web, 'path')} on port {text(web, 'port')}" if web else "a command or a port"
            delay, every = text(found, "initialDelaySeconds") or "0", text(found, "periodSeconds") or "10"
            return f"{asks}, after {delay} s, every {every} s, timeout {text(found, 'timeoutSeconds') or '1'} s"
    return "none in the pod's spec"
