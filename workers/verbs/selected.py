"""The pods that a target stands for: itself, those with a label, or those of a workload, job or service."""

from collections.abc import Generator

from workers.domain.call import Answer, Call, get, list_of
from workers.domain.kind import KINDS
from workers.domain.target import EVERYWHERE, Target
from workers.verbs.fields import Json, body, items, owned, selector, text


def pods(target: Target) -> Generator[Call, Answer, list[Json]]:
    """Raises NotThere when the named object is not there."""
    if target.kind == "pod":
        return (yield from _themselves(target))
    answer = yield get(target.resource, target.namespace, str(target.name))
    found = body(answer.body, target.text)
    if target.kind == "cronjob":
        answer = yield list_of(KINDS["job"], target.namespace)
        jobs = owned(items(answer.body), found)
        if not jobs:
            return []
        found = max(jobs, key=lambda job: text(job, "metadata", "creationTimestamp"))
    return (yield from labelled(target.namespace, selector(found)))


def labelled(namespace: str | None, labels: str) -> Generator[Call, Answer, list[Json]]:
    """None when there is no selector: that would be every pod."""
    if not labels:
        return []
    answer = yield list_of(KINDS["pod"], namespace, query={"labelSelector": labels})
    return items(answer.body)


def _themselves(target: Target) -> Generator[Call, Answer, list[Json]]:
    if target.name:
        answer = yield get(target.resource, target.namespace, target.name)
        return [body(answer.body, target.text)]
    namespace = None if target.namespace == EVERYWHERE else target.namespace
    query = {"labelSelector": target.selector} if target.selector else {}
    answer = yield list_of(target.resource, namespace, query=query)
    return items(answer.body)
