"""What somebody has changed after a request, on the objects that it changed: in its own fields, or beside them."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from workers.domain.action import Effect
from workers.domain.actor import Actor
from workers.domain.errors import NotThere
from workers.domain.observed import Observed, StepResult
from workers.domain.plan import Step
from workers.domain.request import Request
from workers.ports import Fleet
from workers.preview import Previewer

MOST = 4  # fields that are named of one object


class Since(NamedTuple):
    """A sentence for each object."""

    own: Mapping[
        int, str
    ]  # by step, in fields that it has set: "... was changed after req-...: replicas was 4 and ..."
    beside: tuple[str, ...]  # in others: an undo leaves these alone


def since(done: Request, actor: Actor, fleet: Fleet, previewer: Previewer) -> Since:
    """As of now, read as the actor; raises what the clusters say."""
    own: dict[int, str] = {}
    beside: list[str] = []
    for step, result, after in _last(done):
        identity = fleet.identity(step.action.target.cluster, actor)
        try:
            now = previewer.closely(step, actor, identity)
        except NotThere:
            if step.action.effect is not Effect.DESTROY:
                own[step.number] = f"{step.action.target.text} was there after {done.id}, and is gone now"
            continue
        if result.before is not None and now.touched_digest == result.before.touched_digest:
            continue  # somebody has taken it back by hand: there is nothing of theirs to overwrite
        if (now.uid, now.touched_digest) != (after.uid, after.touched_digest):
            own[step.number] = _own(done, result, after, now)
        elif _generation(done, after) != now.generation:
            beside.append(f"other fields of {after.target.text} were changed after {done.id}; they are left alone")
    return Since(own, tuple(dict.fromkeys(beside)))


def _last(done: Request) -> Iterator[tuple[Step, StepResult, Observed]]:
    """Each change that can be taken back; of several of one verb on one object the last, which the others led to."""
    steps = {step.number: step for step in (done.plan.steps if done.plan else ())}
    known = set()
    for result in done.undoable:
        step, after = steps.get(result.step), result.after
        if step is None or after is None or (step.action.verb, step.action.target) in known:
            continue
        known.add((step.action.verb, step.action.target))
        yield step, result, after


def _generation(done: Request, after: Observed) -> int | None:
    """Of the object as the request has left it: a later step of its own may have changed other fields of it."""
    known = [r.after.generation for r in done.results if r.after is not None and r.after.target == after.target]
    return max((number for number in known if number is not None), default=None)


def _own(done: Request, result: StepResult, after: Observed, now: Observed) -> str:
    target = after.target.text
    if now.uid != after.uid:
        return f"{target} is not the object any more that {done.id} has changed"
    names = sorted(after.fields.keys() | now.fields.keys())
    fields = [name for name in names if after.fields.get(name) != now.fields.get(name)]
    if not fields:
        return f"what step {result.step} of {done.id} has set on {target} was changed since"
    told = [
        f"{name} was {after.fields.get(name, 'not set')} and is {now.fields.get(name, 'not set')} now"
        for name in fields[:MOST]
    ]
    more = f", and {len(fields) - MOST} more fields" if len(fields) > MOST else ""
    return f"{target} was changed after {done.id}: {', '.join(told)}{more}"
