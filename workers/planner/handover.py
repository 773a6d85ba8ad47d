"""Where the grammar only has a question, a model may fill in the slots; what it gives is held to the words.

Handed over are texts that the grammar found unclear, never what it refused, answered or planned. A model that is down,
slow or wrong costs its part of five seconds, and the grammar's question stands.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from hashlib import sha256

from workers.domain.audit import AuditEvent
from workers.domain.errors import InvalidParameter, ModelUnavailable
from workers.domain.problem import Problem
from workers.domain.request import Request
from workers.domain.value import ClusterName
from workers.models import masking
from workers.models.masking import Mask
from workers.planner import clauses, evidence, forbid, pasted, slots
from workers.planner.answers import Ended
from workers.planner.ask import CHANGES, Ask, Mention
from workers.planner.near import alike
from workers.planner.places import Context
from workers.planner.result import FromModel, Refused, Result, Understood
from workers.planner.scope import Said
from workers.planner.slots import Slots
from workers.planner.tokens import Token, read
from workers.planner.understand import planned
from workers.ports import Model, Prompt, Store
from workers.redaction import clean
from workers.telemetry import log

MOST_NAMES = 60  # candidates that a model may choose from
LEAST_SECONDS = 0.3  # below that nobody is asked any more


class Handover:
    """`is_here` says whether what a model is told stays on this machine; `down` names models not worth asking now."""

    def __init__(
        self,
        *,
        models: Sequence[Model],
        store: Store,
        system: str,
        seconds: float,
        is_here: Callable[[Model], bool],
        down: Callable[[], Collection[str]],
    ) -> None:
        self._models = models
        self._store = store
        self._system = system
        self._seconds = seconds
        self._is_here = is_here
        self._down = down

    def answered(self, request: Request, result: Result, context: Context) -> Result:
        """The plan that a model's slots come to, or the grammar's result with what became of the models."""
        if not self._models or not _is_open(result):
            return result
        tokens = read(pasted.sealed(request.intent.text))
        if forbid.control(tokens) or forbid.destruction(tokens):
            return result
        said = context.book.read([replace(token) for token in tokens])
        names = _candidates(tokens, said, context)
        deadline, notes, down = time.monotonic() + self._seconds, list[str](), set(self._down())
        asked = [model for model in self._models if _called(model) not in down]
        notes += [f"{_called(model)} is down" for model in self._models if _called(model) in down]
        for number, model in enumerate(asked):
            share = (deadline - time.monotonic()) / (len(asked) - number)
            if share < LEAST_SECONDS:
                break
            try:
                filled = self._ask(request, model, tokens, names, context, share)
            except ModelUnavailable as error:
                notes.append(error.message)
                continue
            found = _held(filled, tokens, said, context) if filled else None
            if found is not None:
                source = FromModel(name=model.name, version=model.version)
                return found.model_copy(update={"model": source, "notes": (*found.notes, *notes)})
            if filled is not None:
                break  # it was there and had nothing to add
        return _noted(result, notes)

    def _ask(
        self,
        request: Request,
        model: Model,
        tokens: Sequence[Token],
        names: Sequence[str],
        context: Context,
        seconds: float,
    ) -> Slots | None:
        mask = masking.NOBODY if self._is_here(model) else _mask(tokens, names, context)
        offered = [mask.hide(name) for name in names]
        prompt = Prompt(system=self._system, user=_told(tokens, offered, mask))
        began, outcome, text, size = time.monotonic(), "unavailable", "", 0
        try:
            completion = model.complete(prompt, slots.schema(offered), seconds)
            text, size = completion.text, completion.size
            filled = slots.read(text, offered)
            outcome = "filled" if filled and filled.steps else "nothing" if filled else "not by the schema"
        finally:
            facts = {
                "provider": model.name,
                "model": model.version,
                "bytes_out": len(prompt.system.encode()) + len(prompt.user.encode()),
                "bytes_in": size,
                "digest_out": sha256(f"{prompt.system}\n{prompt.user}".encode()).hexdigest(),
                "digest_in": sha256(text.encode()).hexdigest(),
                "milliseconds": round((time.monotonic() - began) * 1000),
                "outcome": outcome,
            }
            with self._store.change() as change:
                change.leaf(
                    AuditEvent.MODEL_ASKED, request_id=request.id, actor=request.intent.actor.person_id, facts=facts
                )
        if filled is None:
            raise ModelUnavailable(f"{_called(model)} did not keep to the schema")
        return _shown(filled, mask)


def _is_open(result: Result) -> bool:
    """A question without an option to press: "unclear" is its code."""
    return isinstance(result, Refused) and result.problem.code == "unclear"


def _called(model: Model) -> str:
    return f"{model.name}:{model.version}"


def _candidates(tokens: Sequence[Token], said: Said, context: Context) -> list[str]:
    """Names that exist where the words point, those like a word first."""
    where: tuple[ClusterName, ...] = said.clusters or context.default or context.book.order
    names = list(dict.fromkeys(named.name for named in context.index.workloads(where)))
    like = [name for token in tokens if token.free and len(token.low) > 2 for name in alike(token.low, names)]
    return list(dict.fromkeys([*like, *names]))[:MOST_NAMES]


def _mask(tokens: Sequence[Token], names: Sequence[str], context: Context) -> Mask:
    """Of everything that exists anywhere, and of the images and people that the words name."""
    words = [token.text for token in tokens if token.kind == "word"]
    every = [named.name for named in context.index.workloads(context.book.order)]
    return masking.masked(
        {
            "object": [*names, *every],
            "namespace": context.index.namespaces(context.book.order),
            "cluster": [*context.book.order, *context.book.spellings()],
            "image": [word for word in words if "/" in word],
            "person": [word for word in words if word.startswith("@")],
            "other": [word for word in words if "-" in word.strip("-")],  # how nodes, ingresses and the like are called
        }
    )


def _told(tokens: Sequence[Token], names: Sequence[str], mask: Mask) -> str:
    """The words without what they quote, redacted, and the names to choose from: nothing else is sent."""
    words = " ".join("[quoted]" if token.kind == "quote" else token.text for token in tokens)
    return f"Names: {', '.join(names)}\n\nTyped: {mask.hide(clean(words))}"


def _shown(filled: Slots, mask: Mask) -> Slots:
    """With the names behind the placeholders, also in values: an image is a name too."""
    steps = tuple(
        step.model_copy(
            update={
                "name": mask.show(step.name),
                "params": tuple(one.model_copy(update={"value": mask.show(one.value)}) for one in step.params),
            }
        )
        for step in filled.steps
    )
    return filled.model_copy(update={"steps": steps})


def _held(filled: Slots, tokens: Sequence[Token], said: Said, context: Context) -> Understood | None:
    """The plan, if the words bear out every part of it and the grammar's own checks let it pass."""
    copied, reason = clauses.reason([replace(token) for token in tokens])
    words = " ".join(token.text for token in copied)
    asks = [
        Ask(
            verb=step.verb,
            words=words,
            mentions=(Mention(name=step.name, kind=step.kind or None),) if step.name else (),
            kinds=(step.kind,) if step.kind and not step.name else (),
            params=step.values,
            said=said,
        )
        for step in filled.steps
    ]
    if not asks:
        return None
    where = said.clusters or context.default or context.book.order
    known = {named.name for named in context.index.workloads(where)}
    if why := evidence.objection(asks, copied, known):
        log().info("model.unfounded", because=why)
        return None
    if any(ask.verb in CHANGES for ask in asks) and not (said.clusters or context.default):
        return None
    try:
        found = planned(asks, context, reason)
    except Ended:
        return None
    except InvalidParameter as error:
        log().info("model.unfounded", because=error.message)
        return None
    return found if isinstance(found, Understood) else None


def _noted(result: Result, notes: Sequence[str]) -> Result:
    """With what became of the models, for the card."""
    if not notes or not isinstance(result, Refused):
        return result
    problem: Problem = result.problem
    now = "; ".join(part for part in (problem.now, *notes) if part)
    return Refused(problem=problem.model_copy(update={"now": now}))
