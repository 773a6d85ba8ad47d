"""`rollout_history`: the revisions that a workload can be rolled back to."""

from collections.abc import Generator, Sequence

from pydantic import Field

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, Shape, list_of
from workers.domain.errors import Mistake
from workers.domain.kind import KINDS, WORKLOADS
from workers.domain.section import Fields, Section, Table, Text
from workers.domain.value import Value
from workers.verbs import revisions, rollout
from workers.verbs.command import flags, kubectl, named
from workers.verbs.fields import containers, dig, name, rows, selector, stamp, text
from workers.verbs.grammar import Span, Whole, seconds
from workers.verbs.revisions import Revision
from workers.verbs.spec import ReadSpec
from workers.verbs.tables import Printed, age
from workers.verbs.workload import read


class Params(Value):
    revision: Whole | None = Field(None, ge=1, le=10**9, description="the number of a revision, from 1")
    since: Span | None = Field(None, description="a span such as 10m, 2h or 1d")


class RolloutHistory(ReadSpec):
    verb = Verb.ROLLOUT_HISTORY
    params = Params
    kinds = WORKLOADS
    example = "rollout history of payment-api in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        more = flags(revision=action.params.get("revision"))
        return kubectl(action.target, "rollout", "history", named(action.target), *more)

    def read(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        target, span = action.target, action.params.get("since")
        found = yield from read(target)
        kind = KINDS["replicaset" if target.kind == "deployment" else "controllerrevision"]
        query = {"labelSelector": selector(found), "includeObject": "Object"}
        answer = yield list_of(kind, target.namespace, query=query, shape=Shape.TABLE)
        printed = Printed(answer.body)
        known = revisions.read(target.kind, found, printed.objects)
        ages = dict(zip([printed.named(i) for i in range(len(printed.rows))], printed.cells("age"), strict=True))
        number = action.params.get("revision")
        if number is not None:
            return _one(action, int(number), known)
        if span:
            known = tuple(one for one in known if age(ages.get(name(one.source), "")) <= seconds(str(span)))
        if not known:
            when = f" in the last {span}" if span else ""
            return (Text(text=f"{target.text} has no revisions{when}"),)
        now = revisions.current(found, known)
        return (_table(target.text, known, now, ages),)


def _table(what: str, known: Sequence[Revision], now: Revision | None, ages: dict[str, str]) -> Table:
    """Newest first, because that is what people go back to."""
    return Table(
        title=f"revisions of {what}",
        columns=("REVISION", "CHANGE-CAUSE", "IMAGES", "AGE", ""),
        rows=tuple(
            (
                str(one.number),
                one.cause or "<none>",
                rollout.images(one.template),
                ages.get(name(one.source), ""),
                "now" if one == now else "",
            )
            for one in reversed(known)
        ),
    )


def _one(action: Action, number: int, known: Sequence[Revision]) -> tuple[Section, ...]:
    """What its pods are made from; environment values stay out, because they may be secret."""
    chosen = next((one for one in known if one.number == number), None)
    if chosen is None:
        numbers = ", ".join(str(one.number) for one in known) or "none"
        raise Mistake(
            f"{action.target.text} has no revision {number}",
            now=f"its revisions: {numbers}",
            then=f"look with 'rollout history of {action.target.name} in {action.target.cluster}'",
        )
    facts = [
        ("revision", str(chosen.number)),
        ("change cause", chosen.cause or "<none>"),
        ("made", stamp(chosen.created)),
        ("template hash", chosen.hash),
    ]
    for one in containers(chosen.template):
        called = text(one, "name")
        facts.append((f"image of {called}", text(one, "image")))
        facts += [(f"{what} of {called}", _pairs(dig(one, "resources", what))) for what in ("requests", "limits")]
        facts.append((f"environment of {called}", ", ".join(text(env, "name") for env in rows(one, "env"))))
    return (Fields(rows=tuple((label, value) for label, value in facts if value)),)


def _pairs(values: object) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(values.items())) if isinstance(values, dict) else ""
