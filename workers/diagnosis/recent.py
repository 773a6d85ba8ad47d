"""What changed before the trouble: a new revision of a workload whose new pods are those that fail (rule X1)."""

from collections.abc import Iterator, Mapping
from typing import Any

from workers.diagnosis.evidence import Evidence, Rollout, called, kind_of
from workers.diagnosis.finding import Finding, Sure
from workers.domain.diff import changes
from workers.verbs import revisions
from workers.verbs.fields import dig, name, stamp
from workers.verbs.pods import is_leaving, is_ready
from workers.verbs.revisions import Revision, timeless

MOST_CHANGES = 5
LONGEST = 120


def recent(seen: Evidence) -> Iterator[Finding]:
    for one in seen.rollouts:
        now = revisions.current(one.workload, one.revisions)
        before = revisions.previous(one.workload, one.revisions)
        if now is None or before is None or now.number <= before.number:
            continue
        failing, fine = _split(seen, one, now)
        if not failing:
            continue
        what = _changed(before.template, now.template)
        if not what:
            continue
        called_now = f"revision {now.number}, of {stamp(now.created)}" if now.created else f"revision {now.number}"
        only = f"; the {fine} pods of other revisions are ready" if fine else ""
        yield Finding(
            rule="X1",
            about=called(one.workload),
            says=f"its trouble came with {called_now}: {len(failing)} of its pods fail{only}",
            sure=Sure.LIKELY if fine else Sure.HINT,
            sources=(f"changed since revision {before.number}: {what}", f"failing: {', '.join(failing[:3])}"),
            then=f"compare, or roll back to revision {before.number}",
            family=f"{called(one.workload)}/X1",
        )


def _split(seen: Evidence, one: Rollout, now: Revision) -> tuple[list[str], int]:
    """The pods of the newest revision that are not ready, and how many others are."""
    mine = [pod for pod in seen.pods if revisions.is_of(now, one.workload, pod) and not is_leaving(pod)]
    failing = [name(pod) for pod in mine if not is_ready(pod)]
    kind = kind_of(one.workload)
    ready = dig(one.workload, "status", "numberReady" if kind == "daemonset" else "readyReplicas", default=0)
    return failing, max(0, ready - (len(mine) - len(failing)))


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    found = changes(timeless(before), timeless(after))
    said = [f"{one.path} {_short(one.before)} -> {_short(one.after)}" for one in found[:MOST_CHANGES]]
    more = len(found) - MOST_CHANGES
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")


def _short(value: str | None) -> str:
    said = "none" if value is None else value
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."
