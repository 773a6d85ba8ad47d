"""What one clause leaves out, carried over from its neighbours: the verb, the object, the place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from workers.domain.action import Verb
from workers.planner.ask import CHANGES, Ask
from workers.planner.clause import Clause, loose_words
from workers.planner.frame import Found
from workers.planner.frames import Frame
from workers.planner.frames_image import rollback, set_image
from workers.planner.frames_scale import scale
from workers.planner.scope import Said
from workers.planner.tokens import said

INHERITING = frozenset({Verb.DIAGNOSE, Verb.ROLLOUT_STATUS, Verb.ROLLOUT_HISTORY, Verb.LOGS})
OWN_VALUE: Mapping[str, Frame] = {Verb.SCALE: scale, Verb.SET_IMAGE: set_image, Verb.ROLLBACK: rollback}
AGAIN = frozenset({"same", "likewise", "too", "also", "again"})
NEW = frozenset({Verb.APPLY, Verb.CREATE, Verb.RUN})  # about nothing that was named before
# A further object goes on with these as they are; others have a value of their own for each object.
SAME_FOR_ALL = frozenset({
    Verb.RESTART, Verb.CORDON, Verb.UNCORDON, Verb.DRAIN, Verb.PAUSE, Verb.RESUME, Verb.EVICT, "delete",
    Verb.LABEL, Verb.ANNOTATE,
})  # fmt: skip


def carried(asks: Sequence[Ask], parts: Sequence[Clause]) -> list[Ask]:
    """The asks with what their neighbours say; objects without a verb that nothing can be made of stay as they are."""
    return _inherited(_merged(_commands(_continued(_placed(asks), parts))))


def _placed(asks: Sequence[Ask]) -> list[Ask]:
    """`web (staging), redis (dev)`: a place of its own belongs to what stands before it, where that has none."""
    done: list[Ask] = []
    for ask in asks:
        bare = ask.said and not ask.verb and not (ask.mentions or ask.kinds or ask.namespace or ask.loose)
        if bare and done and not done[-1].said:
            done[-1] = replace(done[-1], said=ask.said)
        else:
            done.append(ask)
    return done


def _continued(asks: Sequence[Ask], parts: Sequence[Clause]) -> list[Ask]:
    """`... and payment-worker to 3`, `... then kafka-1`: a clause of objects goes on with the verb before it."""
    by_words = {said(part.tokens): part for part in parts}
    done: list[Ask] = []
    for ask in asks:
        before = next((one for one in reversed(done) if one.verb or one.mentions), None)
        part = by_words.get(ask.words)
        further = _further(ask, before, part) if before and part and not ask.verb else None
        listed = bool(before and _is_header(before) and ask.mentions and before.verb == (further or ask).verb)
        if before and listed:
            done.remove(before)
        done.append(further or ask)
    return done


def _is_header(ask: Ask) -> bool:
    """`please scale:` before a list of objects."""
    return bool(ask.verb) and not (ask.mentions or ask.kinds or ask.namespace or ask.loose or ask.params)


def _further(ask: Ask, before: Ask, part: Clause) -> Ask | None:
    frame = OWN_VALUE.get(before.verb)
    found = frame(part.tokens, "scale") if frame else Found()
    if found.params and not found.problem:
        loose = loose_words(part.tokens, before.verb)
        return replace(ask, verb=before.verb, params=found.params, loose=loose, every=False)
    again = ask.said and not ask.mentions and any(token.low in AGAIN for token in part.tokens)
    if again and before.verb in CHANGES and not ask.namespace and not set(ask.loose) - AGAIN:
        return replace(before, said=ask.said, words=ask.words)
    only_objects = ask.mentions and not ask.loose and not part.question and not part.states
    if before.verb in SAME_FOR_ALL and only_objects and (before.mentions or _is_header(before)):
        return replace(ask, verb=before.verb, params=before.params, more=before.more, every=False)
    return None


def _commands(asks: Sequence[Ask]) -> list[Ask]:
    """`exec into web and run df -h`: the command of the step before."""
    done: list[Ask] = []
    for ask in asks:
        before = done[-1] if done else None
        if (
            before
            and before.verb == ask.verb == Verb.EXEC
            and "command" not in before.params
            and "command" in ask.params
            and not ask.mentions
            and not (ask.said and before.said)
        ):
            params, place = {**before.params, **ask.params}, before.said or ask.said
            problem = before.problem or ask.problem
            loose = (*before.loose, *ask.loose)
            done[-1] = replace(before, params=params, said=place, loose=loose, problem=problem)
        else:
            done.append(ask)
    return done


_SINCE, _SORT = frozenset({"since"}), frozenset({"sort_by"})
# What may be said beside a look, without its verb: how far back, in which order.
BESIDE: Mapping[str, frozenset[str]] = {
    Verb.LOGS: _SINCE, Verb.EVENTS: _SINCE, Verb.GET: _SORT, Verb.TOP: _SORT,
}  # fmt: skip


def _merged(asks: Sequence[Ask]) -> list[Ask]:
    """`logs of web, grep timeout`: more about the same look, without an object or a place of its own."""
    done: list[Ask] = []
    for ask in asks:
        before = done[-1] if done else None
        own = ask.mentions or ask.kinds or ask.namespace or ask.spaces or ask.selector or ask.refers
        own = own or bool(before and before.said and ask.said and ask.said != before.said)
        fits = before and ask.params.keys() & BESIDE.get(before.verb, frozenset())
        more = before and ask.verb in (before.verb, "") and (ask.verb or fits)
        if before and more and before.verb and before.verb not in CHANGES and not own:
            done[-1] = replace(before, params={**ask.params, **before.params}, said=before.said or ask.said)
        else:
            done.append(ask)
    return done


def _inherited(asks: Sequence[Ask]) -> list[Ask]:
    """Objects come from the clause before; clusters from the clause before, else from the one behind."""
    done: list[Ask] = []
    for ask in asks:
        before = next((a for a in reversed(done) if a.mentions and a.verb not in NEW), None)
        wants = (
            ask.refers
            or ask.verb in INHERITING
            or (ask.verb in CHANGES - NEW and not ask.kinds and not ask.loose and not ask.every)
        )
        taken = ask
        if before and ask.verb and not ask.mentions and not ask.spaces and wants:
            taken = replace(ask, mentions=before.mentions, namespace=ask.namespace or before.namespace, refers=False)
        done.append(taken)
    return [replace(ask, said=ask.said or _neighbour(done, i)) for i, ask in enumerate(done)]


def _neighbour(asks: Sequence[Ask], at: int) -> Said:
    before = next((ask.said for ask in reversed(asks[:at]) if ask.said), None)
    return before or next((ask.said for ask in asks[at + 1 :] if ask.said), Said())
