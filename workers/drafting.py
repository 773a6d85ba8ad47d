"""From understood drafts to a typed plan: pinned to live values, each step with its undo and its views."""

import shlex
from collections.abc import Callable, Sequence
from typing import Literal

from workers.domain.action import Action, Effect, Verb
from workers.domain.actor import Actor
from workers.domain.errors import InvalidParameter, Mistake, NotThere, RunItYourself
from workers.domain.observed import Observed
from workers.domain.option import Options
from workers.domain.plan import Edit, Plan, PlanSource, Step, Undo
from workers.domain.remains import Fate, fate, left, may_continue
from workers.domain.request import Request
from workers.domain.value import RequestId
from workers.driving import converse, each
from workers.execution.since import Since, since
from workers.planner.result import Draft, Understood
from workers.ports import Clock, Fleet
from workers.preview import Previewer, mark_of
from workers.verbs.form import form
from workers.verbs.registry import change_spec, single, spec, validated
from workers.verbs.spec import ChangeSpec, CompoundSpec, Marks

GRAMMAR_VERSION = "1"
MOST_STEPS = 120
Said = tuple[Action, Draft | Step]  # what to do, pinned, and where it comes from


class Drafting:
    def __init__(self, fleet: Fleet, previewer: Previewer, clock: Clock) -> None:
        self._fleet = fleet
        self._previewer = previewer
        self._clock = clock

    def noting(self, note: Callable[[str], None]) -> "Drafting":
        """The same; tells `note` the Audit-Id of every call."""
        return Drafting(self._fleet.noting(note), self._previewer.noting(note), self._clock)

    def plan(self, request: Request, result: Understood) -> Plan:
        """Raises what the cluster and the verbs say: NotThere, Mistake ("already ..."), RunItYourself."""
        actor = request.intent.actor
        now = request.earlier.plan.made_at if request.earlier else self._clock()  # so that what is left of it is equal
        _check_is_for_chat([draft.action for draft in result.drafts])
        if request.undoes is None and request.continues is None and request.intent.recipe is None:
            _check_is_said([draft.action for draft in result.drafts])
        drafts, notes = self._expanded(result.drafts, actor)
        said, marks = _edited(drafts, request.edits), Marks(request=request.id, at=now)

        def pinned(item: tuple[Draft, bool]) -> Action | None:
            (draft, edited), action = item, item[0].action
            recorded = request.undoes is not None or request.continues is not None
            if recorded and not edited:  # an inverse, or a step that was not done, has its pins
                return action
            try:
                return self._pinned(single(validated(action)), actor, marks)
            except NotThere:
                if draft.part_of is None or action.verb is not Verb.EVICT:
                    raise
                return None  # a pod of the node that has gone by itself since they were listed

        found = list(zip(each(pinned, said), (draft for draft, _ in said), strict=True))
        notes += [f"{draft.action.target.text} is gone by itself" for action, draft in found if action is None]
        told = [(action, draft) for action, draft in found if action is not None]
        return Plan(
            request_id=request.id,
            revision=request.revision,
            steps=self._steps(request.id, request.revision, told, actor),
            explanation=result.explanation,
            taken=result.taken,
            notes=(*result.notes, *notes),
            source=_source(request, result),
            made_at=now,
        )

    def _expanded(self, drafts: Sequence[Draft], actor: Actor) -> tuple[list[Draft], list[str]]:
        """Compound actions as the single ones they stand for now; and what those leave alone.

        All nodes are closed before the first is emptied, so that no pod moves from one to the other.
        """
        steps: list[Draft] = []
        notes: list[str] = []
        closing = None  # where cordons of compound actions go
        for draft in drafts:
            verb, action = spec(draft.action.verb), draft.action
            if not isinstance(verb, CompoundSpec):
                steps.append(draft)
                continue
            talk = verb.expand(single(validated(action)))
            expansion = converse(self._fleet, action.target.cluster, actor, talk)
            notes += expansion.notes
            closing = len(steps) if closing is None else closing
            for one in expansion.actions:
                known = [(step.action.verb, step.action.target) for step in steps]
                if one.effect is not Effect.READ and (one.verb, one.target) in known:
                    continue  # "cordon it and drain it"
                at = closing if one.verb is Verb.CORDON else len(steps)
                steps.insert(at, Draft(action=one, why=draft.why, editable=draft.editable, part_of=verb.verb))
                closing += one.verb is Verb.CORDON
        if len(steps) > MOST_STEPS:
            raise Mistake(
                f"that would take {len(steps)} steps",
                now=f"a plan has at most {MOST_STEPS}",
                then="ask for less at once",
            )
        return steps, notes

    def again(self, plan: Plan, actor: Actor) -> Plan:
        """The same actions as a new revision, with the undo as of now: after drift."""
        revision = plan.revision + 1
        actions = [(step.action, step) for step in plan.steps]
        steps = self._steps(plan.request_id, revision, actions, actor)
        return plan.model_copy(update={"steps": steps, "revision": revision, "made_at": self._clock()})

    def inverse(self, done: Request, actor: Actor, *, promised: bool = False) -> Understood:
        """The recorded inverses of what a request did, last first.

        Raises Mistake where somebody has changed the same fields since, unless it was promised: then a person decides.
        """
        drafts, notes = [], []
        for result in done.undoable:
            undo = result.undo
            if undo is None or undo.action is None:
                continue
            action = of_this_object(undo.action, result.after)
            drafts.append(Draft(action=action, why=f"takes back step {result.step} of {done.id}"))
            notes += [undo.because] if undo.because else []
        if not drafts:
            raise Mistake(
                f"{done.id} has nothing to undo", now=f"it is {done.state}", then=f"look with `show {done.id}`"
            )
        notes += self.since(done, actor).own.values() if promised else self._beside(done, drafts, actor)
        what = done.plan.explanation if done.plan else "its changes"
        return Understood(drafts=tuple(drafts), explanation=f"undo {done.id} ({what})", notes=tuple(notes))

    def _beside(self, done: Request, drafts: Sequence[Draft], actor: Actor) -> tuple[str, ...]:
        """What was changed beside the fields of a request; raises Mistake for what was changed in them."""
        found = self.since(done, actor)
        if found.own:
            inverses = zip(done.undoable, (draft.action for draft in drafts), strict=True)
            meant = [action for result, action in inverses if result.step in found.own]
            lines = [shlex.join(spec(action.verb).kubectl(action)) for action in meant]
            raise Mistake(
                "; ".join(found.own.values()),
                now=f"taking {done.id} back would undo that too",
                then="if that is meant, ask for it: " + "; ".join(f"`{line}`" for line in lines),
            )
        return found.beside

    def since(self, done: Request, actor: Actor) -> Since:
        """What somebody has changed after a request, on the objects that it changed."""
        return since(done, actor, self._fleet, self._previewer)

    def _pinned(self, action: Action, actor: Actor, marks: Marks) -> Action:
        if action.effect is Effect.READ:
            return action
        return converse(self._fleet, action.target.cluster, actor, change_spec(action.verb).pin(action, marks))

    def _steps(self, request_id: RequestId, revision: int, actions: Sequence[Said], actor: Actor) -> tuple[Step, ...]:
        """Without those that have come true by themselves; raises Mistake when that is all of them."""
        numbered = list(enumerate(actions, 1))
        found = each(lambda item: self._step(request_id, revision, item[0], item[1], actor), numbered)
        steps = [step for step in found if step is not None]
        if not steps:
            raise Mistake("nothing is left to do", now="it has come true by itself", then="look with a read")
        return tuple(step.model_copy(update={"number": at}) for at, step in enumerate(steps, 1))

    def _step(self, request_id: RequestId, revision: int, number: int, said: Said, actor: Actor) -> Step | None:
        action, source = said
        why, editable, part_of = source.why, source.editable, source.part_of
        kubectl = spec(action.verb).kubectl(action)
        if action.effect is Effect.READ:
            return Step(number=number, action=action, why=why, kubectl=kubectl, part_of=part_of)
        verb = change_spec(action.verb)
        live = converse(self._fleet, action.target.cluster, actor, verb.observe(action))
        if verb.already(action, live):
            return None
        write = verb.write(action, live, mark_of(request_id, revision, number))
        mine = verb.editable if editable is None else verb.editable & editable
        return Step(
            number=number,
            action=action,
            why=why,
            kubectl=kubectl,
            call=f"{write.method} {write.path}",
            undo=_with_view(verb.undo(action, live)),
            part_of=part_of,
            editable=mine,
            form=form(action.verb, mine),
        )


def rest(stopped: Request) -> Understood:
    """The steps of a request that are known not to be in any cluster, as they were planned."""
    may_continue(stopped)
    steps = left(stopped)
    drafts = tuple(
        Draft(
            action=step.action,
            why=f"step {step.number} of {stopped.id}",
            editable=step.editable,
            part_of=step.part_of,
        )
        for step in steps
    )
    what = stopped.plan.explanation if stopped.plan else "its changes"
    numbers = ", ".join(str(step.number) for step in steps)
    applied = [step for step in (stopped.plan.steps if stopped.plan else ()) if fate(stopped, step) is Fate.APPLIED]
    notes = tuple(
        f"step {step.number} of {stopped.id} was applied and has not arrived; it is no part of this" for step in applied
    )
    explanation = f"continue {stopped.id} with step{'s' if len(steps) > 1 else ''} {numbers} ({what})"
    options = stopped.plan.options if stopped.plan else Options()
    return Understood(drafts=drafts, explanation=explanation, notes=notes, options=options)


def _check_is_said(actions: Sequence[Action]) -> None:
    """Raises InvalidParameter for what nobody says in words: a whole object, say, that a model has written."""
    for action in actions:
        for name in sorted(spec(action.verb).ours & set(action.params)):
            raise InvalidParameter(f"{name} of {action.verb} is not for words", now="a recipe or an undo may give it")


def _check_is_for_chat(actions: Sequence[Action]) -> None:
    """Raises RunItYourself with the command lines of all that only a person in a terminal can do."""
    found = [(action, why) for action in actions if (why := spec(action.verb).elsewhere(validated(action)))]
    if found:
        lines = [shlex.join(spec(action.verb).kubectl(validated(action))) for action, _ in found]
        raise RunItYourself(
            "; ".join(dict.fromkeys(why for _, why in found)),
            now="nothing was done; Kubechat never runs this",
            then="run it yourself: " + "; ".join(f"`{line}`" for line in lines),
        )


def of_this_object(undo: Action, after: Observed | None) -> Action:
    """What takes away an object that a step has made is told which one that was: its uid is known only afterwards."""
    if undo.verb in (Verb.DELETE, Verb.DELETE_POD) and "uid" not in undo.params and after is not None and after.uid:
        return undo.model_copy(update={"params": {**undo.params, "uid": after.uid}})
    return undo


def _source(request: Request, result: Understood) -> PlanSource:
    if result.recipe is not None:
        recipe = result.recipe
        return PlanSource(kind="recipe", name=recipe.name, version=str(recipe.version), digest=recipe.digest)
    if result.model is not None:
        return PlanSource(kind="model", name=result.model.name, version=result.model.version)
    kind: Literal["undo", "continue", "grammar"] = "undo" if request.undoes else "grammar"
    if request.continues is not None:
        kind = "continue"
    return PlanSource(kind=kind, name="grammar", version=GRAMMAR_VERSION)


def _with_view(undo: Undo) -> Undo:
    if undo.action is None:
        return undo
    return undo.model_copy(update={"kubectl": spec(undo.action.verb).kubectl(undo.action)})


def _edited(drafts: Sequence[Draft], edits: Sequence[Edit]) -> list[tuple[Draft, bool]]:
    """People's own parameters replace those of the words, and steps go, in the order they were given.

    With whether each was edited. A step is found by its number, or by what it was about when others have gone. What is
    left of a drain that people have picked steps out of is no drain: each eviction of it stands for itself.
    """
    said = [(draft, False) for draft in drafts]
    picked: set[Verb | None] = set()
    for edit in edits:
        at = _place(edit, [draft.action for draft, _ in said])
        draft = said[at][0]
        params = {**_unset(draft.action), **edit.params}
        changed = draft.model_copy(update={"action": draft.action.model_copy(update={"params": params})})
        said[at : at + 1] = [] if edit.drops else [(changed, True)]
        picked |= {draft.part_of} if edit.drops else set()
    return [(_by_itself(draft) if draft.part_of in picked else draft, edited) for draft, edited in said]


def _by_itself(draft: Draft) -> Draft:
    return draft.model_copy(update={"part_of": None})


def _place(edit: Edit, actions: Sequence[Action]) -> int:
    if edit.step <= len(actions) and _is_about(edit, actions[edit.step - 1]):
        return edit.step - 1
    alike = [at for at, action in enumerate(actions) if edit.about and _is_about(edit, action)]
    if len(alike) == 1:
        return alike[0]
    if edit.step > len(actions):
        raise Mistake(f"there is no step {edit.step} any more", now=f"the plan has {len(actions)}", then="ask again")
    raise Mistake(
        f"step {edit.step} is not the one any more that was edited",
        now=f"it was '{edit.about}', and is '{actions[edit.step - 1].text}'",
        then="ask again",
    )


def _is_about(edit: Edit, action: Action) -> bool:
    """Whether the step that has the number now is the one that was edited; what is new gets its name only later."""
    verb = spec(action.verb)
    if action.target.name is None and isinstance(verb, ChangeSpec) and verb.names_itself:
        return edit.about.startswith(f"{action.verb} ")
    return edit.about in ("", action.text)


def _unset(action: Action) -> dict[str, str | int | bool]:
    """An absolute number replaces a relative one."""
    return {name: value for name, value in action.params.items() if name not in ("delta", "percent")}
