"""The events about what is looked at, as evidence: newest first, bounded, with ages by the server's clock."""

from collections.abc import Callable, Generator

from workers.diagnosis.desk import Desk
from workers.diagnosis.evidence import Happening, kind_of
from workers.domain.call import Answer, Call, Shape, list_of
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.target import EVERYWHERE, Target
from workers.verbs import happenings
from workers.verbs.fields import Json, dig, name, number, text
from workers.verbs.tables import Printed, age

MOST = 200
PAGE = 500


def tell(desk: Desk, target: Target, since: int) -> Generator[Call, Answer, None]:
    """Newest first; of a whole cluster only warnings, of a node its own."""
    namespace = target.name if target.kind == "namespace" else target.namespace
    query = {"includeObject": "Object", "limit": str(PAGE)}
    if namespace in (None, EVERYWHERE):
        namespace = None
        own = f"involvedObject.kind=Node,involvedObject.name={target.name}"
        query["fieldSelector"] = own if target.kind == "node" and target.name else "type=Warning"
    try:
        answer = yield list_of(KINDS["event"], namespace, query=query, shape=Shape.TABLE)
    except (AccessDenied, NotThere) as error:
        desk.missing.append(f"events: {error.message}")
        return
    printed = happenings.newest_first(Printed(answer.body))
    if printed.goes_on:
        desk.missing.append(f"some events: there are more than {PAGE}")
    about = _is_about(desk, target)
    for at, event in enumerate(printed.objects):
        if age(printed.cells("last seen")[at]) <= since and about(event):
            desk.happenings.append(_happening(event, printed.cells("last seen")[at]))
    del desk.happenings[MOST:]


def _is_about(desk: Desk, target: Target) -> Callable[[Json], bool]:
    """Of a named workload those of what it made, too; of a place all."""
    if not target.name or target.kind == "namespace":
        return lambda _: True
    known = {(kind_of(obj), name(obj)) for obj in (*desk.pods, *(o for some in desk.objects.values() for o in some))}
    families = [happenings.owned_by(kind, named) for kind, named in known if kind in (*WORKLOADS, "job", "cronjob")]

    def about(event: Json) -> bool:
        kind, named = text(event, "involvedObject", "kind").lower(), text(event, "involvedObject", "name")
        return (kind, named) in known or any(one(f"{kind}/{named}") for one in families)

    return about


def _happening(event: Json, seen: str) -> Happening:
    about = dig(event, "involvedObject", default={})
    return Happening(
        kind=text(about, "kind").lower(),
        namespace=text(about, "namespace") or text(event, "metadata", "namespace"),
        name=text(about, "name"),
        warning=event.get("type") == "Warning",
        reason=text(event, "reason"),
        message=text(event, "message"),
        count=number(event, "series", "count") or number(event, "count", default=1),
        ago=seen.partition(" ")[0],
    )
