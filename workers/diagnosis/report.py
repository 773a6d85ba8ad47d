"""A diagnosis as people read it: findings with their sources, then the evidence itself."""

from collections.abc import Iterator, Sequence

from workers.diagnosis.evidence import Evidence
from workers.diagnosis.finding import Finding, Sure
from workers.diagnosis.judge import MOST
from workers.domain.section import Log, Section, Table, Text
from workers.verbs.fields import name, text
from workers.verbs.pods import restarts, status

MOST_EVENTS = 12
MOST_PODS = 10
LONGEST = 200


def report(where: str, seen: Evidence, found: Sequence[Finding]) -> tuple[Section, ...]:
    wrong = [one for one in found if one.sure is not Sure.INFORMATION]
    said: list[Section] = [Text(text=_verdict(where, seen, wrong))]
    said += [Text(text=_told(at, one)) for at, one in enumerate(found[:MOST], 1)]
    if len(found) > MOST:
        said.append(Text(text=f"and {len(found) - MOST} more findings; name a namespace or an object to see them"))
    if wrong:
        said += _evidence(seen)
    if seen.missing:
        said.append(Text(text="could not be seen: " + "; ".join(seen.missing)))
    return tuple(said)


def _verdict(where: str, seen: Evidence, wrong: Sequence[Finding]) -> str:
    looked = ", ".join(f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in seen.looked_at)
    if wrong:
        count = len(wrong)
        return f"{where}: {count} finding{'' if count == 1 else 's'} (looked at {looked or 'nothing'})"
    if seen.missing:
        return f"{where}: nothing unhealthy in what could be seen ({looked or 'nothing'})"
    return f"{where}: nothing unhealthy ({looked or 'nothing there'})"


def _told(at: int, one: Finding) -> str:
    more = f" (and {one.alike} more alike)" if one.alike else ""
    lines = [f"{at}. {one.about}: {one.says}{more} [{one.sure.word}, rule {one.rule}]"]
    lines += [f"   seen: {source}" for source in one.sources]
    lines += [f"   next: {one.then}"] if one.then else []
    return "\n".join(lines)


def _evidence(seen: Evidence) -> Iterator[Section]:
    if seen.pods:
        rows = [
            (text(p, "metadata", "namespace"), name(p), status(p), str(restarts(p)), text(p, "spec", "nodeName"))
            for p in seen.pods
        ]
        yield Table(
            title="pods looked at",
            columns=("NAMESPACE", "POD", "STATUS", "RESTARTS", "NODE"),
            rows=tuple(rows[:MOST_PODS]),
            more=max(0, len(rows) - MOST_PODS),
        )
    warnings = [one for one in seen.happenings if one.warning]
    if warnings:
        yield Table(
            title="warnings",
            columns=("LAST SEEN", "OBJECT", "REASON", "TIMES", "MESSAGE"),
            rows=tuple(
                (one.ago, f"{one.kind}/{one.name}", one.reason, str(one.count), one.message[:LONGEST])
                for one in warnings[:MOST_EVENTS]
            ),
            more=max(0, len(warnings) - MOST_EVENTS),
        )
    for one in seen.outputs:
        run = ", the run before" if one.previous else ""
        yield Log(title=f"last lines of {one.pod} ({one.container}){run}", lines=one.lines)
