"""Holds a plan to the recipe that it was filled in from: at plan, and again before the first write."""

from collections.abc import Callable, Mapping

from workers.domain.action import Parameter, Verb
from workers.domain.actor import Actor
from workers.domain.errors import PolicyRefused
from workers.domain.plan import Intent, Plan, Step
from workers.domain.recipe import HOLE, OBJECTS, Recipe, RecipeStep
from workers.domain.value import ClusterName
from workers.driving import converse
from workers.planner.steps import OWNER_LABELS
from workers.ports import Fleet
from workers.recipes import guards
from workers.recipes.filling import Found, Values, actions
from workers.recipes.guards import Subject

STANDS_FOR = {Verb.DRAIN: (Verb.CORDON, Verb.EVICT, Verb.GET)}  # what a compound step is planned as


class Holding:
    def __init__(self, fleet: Fleet, recipes: Mapping[str, Recipe]) -> None:
        self._fleet = fleet
        self._recipes = recipes

    def noting(self, note: Callable[[str], None]) -> "Holding":
        """The same; tells `note` the Audit-Id of every call."""
        return Holding(self._fleet.noting(note), self._recipes)

    def check(self, plan: Plan, intent: Intent) -> tuple[str, ...]:
        """What the guards saw, a line each; nothing for a plan that comes of no recipe.

        Raises PolicyRefused: the recipe is gone or another now, a locked parameter differs, a guard does not hold.
        """
        if plan.source.kind != "recipe":
            return ()
        recipe = self._recipes.get(plan.source.name)
        if recipe is None or recipe.digest != plan.source.digest:
            raise PolicyRefused(
                f"recipe {plan.source.name} is not what this plan was made from",
                now=f"it is version {recipe.version} now, with other contents" if recipe else "there is none any more",
                then="ask again to plan with the recipe of today",
            )
        values = values_of(recipe, intent.params)
        for step in plan.steps:
            if why := objection(recipe, values, step):
                raise PolicyRefused(
                    f"step {step.number} is not what recipe {recipe.name} allows: {why}",
                    now="what a recipe does not name as editable is locked",
                    then=f"ask for the change without the recipe, or ask {recipe.owner}, who owns it",
                )
        return tuple(line for cluster in plan.clusters for line in self._guards(recipe, values, cluster, intent.actor))

    def _guards(self, recipe: Recipe, values: Values, cluster: ClusterName, actor: Actor) -> list[str]:
        lines: list[str] = []
        for guard in recipe.guards:
            found = values.get(guard.target)
            subject = Subject(
                cluster=cluster, found=found if isinstance(found, Found) else None, limit=_limit(guard.value, values)
            )
            verdict = converse(self._fleet, cluster, actor, guards.ask(guard.check, subject))
            if not verdict.holds:
                raise PolicyRefused(
                    f"recipe {recipe.name} does not run now: {guard.why}",
                    now=f"in {cluster}: {verdict.text} (guard {guard.check})",
                    then=f"mend that first, or ask for the change without the recipe; {recipe.owner} owns it",
                )
            lines.append(f"{guard.check} in {cluster}: {verdict.text}")
        return lines


def values_of(recipe: Recipe, params: Mapping[str, Parameter]) -> Values:
    """As they were stored with the request."""
    return {
        name: _object(str(value)) if recipe.params[name].type in OBJECTS else value
        for name, value in params.items()
        if name in recipe.params
    }


def objection(recipe: Recipe, values: Values, step: Step) -> str:
    """Why a step could not have come of the recipe; empty when it could."""
    why = f"it has no step that does '{step.action.verb.value}'"
    wanted = actions(recipe, values, step.action.target.cluster)
    for template, action in wanted:
        if step.action.verb is not action.verb and step.action.verb not in STANDS_FOR.get(action.verb, ()):
            continue
        named = action.target.name if step.action.verb is action.verb else None
        if named is not None and action.target != step.action.target:
            why = f"its target is {action.target.text}"
            continue
        why = _differs(recipe, template, action.params, step)
        if not why:
            return ""
    return why


def _differs(recipe: Recipe, template: RecipeStep, wanted: Mapping[str, Parameter], step: Step) -> str:
    """Parameters that planning has turned into others (a difference into a number) are held by the approvals."""
    for name, value in wanted.items():
        now = step.action.params.get(name)
        if now is None or str(now) == str(value):
            continue
        if name not in template.editable:
            return f"{name} is locked to {value}"
        hole = HOLE.fullmatch(str(template.params[name]))
        limits = recipe.params.get(hole[1]) if hole else None
        if isinstance(now, str) and now.isdecimal() and limits is not None and limits.type == "integer":
            now = int(now)  # a patch keeps its values as texts
        if limits is None or (why := limits.objection(now)):
            return f"{name} must be {why if limits else value}"
    return ""


def _object(text: str) -> Found:
    found = Found.read(text)
    return found.model_copy(update={"pods": f"{OWNER_LABELS[0]}={found.name}"})


def _limit(value: int | str | None, values: Values) -> int | None:
    if isinstance(value, str) and (hole := HOLE.fullmatch(value)):
        given = values.get(hole[1])
        return given if isinstance(given, int) else None
    return value if isinstance(value, int) else None
