"""`describe`: what matters of one object, its conditions and containers, and what happened to it last."""

from collections.abc import Generator

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call, Shape, get, list_of
from workers.domain.errors import AccessDenied, NotThere
from workers.domain.section import Fields, Section, Text
from workers.domain.target import EVERYWHERE
from workers.domain.value import Value
from workers.verbs import details, happenings
from workers.verbs.command import chosen, kubectl
from workers.verbs.fields import Json, text
from workers.verbs.spec import ReadSpec
from workers.verbs.tables import Printed

MOST_OBJECTS = 5
MOST_EVENTS = 10


class Params(Value):
    """None."""


class Describe(ReadSpec):
    verb = Verb.DESCRIBE
    params = Params
    kinds = ()
    example = "describe deployment payment-api in prod-eu"

    def kubectl(self, action: Action) -> tuple[str, ...]:
        return kubectl(action.target, "describe", *chosen(action.target))

    def read(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        target = action.target
        answer = yield _call(action)
        printed = Printed(answer.body)
        if not printed.rows:
            return (Text(text=f"no {target.text}"),)
        found: list[Section] = []
        for at in range(min(len(printed.rows), MOST_OBJECTS)):
            obj = printed.objects[at]
            head = [(target.kind, printed.named(at)), *_place(obj), *printed.fields(at)]
            found.append(Fields(rows=(*head, *details.fields(target.kind, obj))))
            found += details.tables(target.kind, obj)
            found += yield from _events(obj, printed.named(at))
        left = [printed.named(at) for at in range(MOST_OBJECTS, len(printed.rows))]
        if left:
            shown = ", ".join(left[:10]) + (f" and {len(left) - 10} more" if len(left) > 10 else "")
            found.append(Text(text=f"left out: {shown}; name one to see it"))
        return tuple(found)


def _call(action: Action) -> Call:
    """As a table with the objects in it: one call gives what the server prints and what it means."""
    target = action.target
    query = {"includeObject": "Metadata" if target.kind == "secret" else "Object"}  # never a secret's values
    if target.name:
        return get(target.resource, target.namespace, target.name, query=query, shape=Shape.TABLE)
    if target.selector:
        query["labelSelector"] = target.selector
    namespace = None if target.namespace == EVERYWHERE else target.namespace
    return list_of(target.resource, namespace, query=query, shape=Shape.TABLE)


def _place(obj: Json) -> list[tuple[str, str]]:
    namespace = text(obj, "metadata", "namespace")
    return [("namespace", namespace)] if namespace else []


def _events(obj: Json, name: str) -> Generator[Call, Answer, list[Section]]:
    if not text(obj, "metadata", "uid"):
        return []
    try:
        printed = yield from happenings.of_object(obj, text(obj, "metadata", "namespace") or None)
    except (AccessDenied, NotThere) as error:
        return [Text(text=f"events of {name}: {error.text}")]
    if not printed.rows:
        return []
    return [printed.table(f"events of {name}", most=MOST_EVENTS)]
