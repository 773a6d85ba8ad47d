"""A recipe and what was said of its parameters, as the actions of one cluster. Pure."""

import re
from collections.abc import Mapping

from workers.domain.action import Action, Parameter
from workers.domain.errors import InvalidParameter
from workers.domain.kind import KINDS
from workers.domain.recipe import HOLE, OBJECTS, Aim, Recipe, RecipeStep
from workers.domain.target import Target
from workers.domain.value import ClusterName, Value


class Found(Value):
    """An object that a parameter names."""

    kind: str
    namespace: str | None
    name: str
    pods: str = ""  # the selector of its pods

    @property
    def text(self) -> str:
        """`deployment/payments/payment-api`; `read` takes it apart again."""
        return f"{self.kind}/{self.namespace or ''}/{self.name}"

    @classmethod
    def read(cls, text: str, pods: str = "") -> "Found":
        kind, namespace, name = text.split("/", 2)
        return cls(kind=kind, namespace=namespace or None, name=name, pods=pods)


Values = Mapping[str, Parameter | Found]


def given(recipe: Recipe, said: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """What was said and the defaults, within the limits; objects are still names. Raises InvalidParameter."""
    for name in said:
        if name not in recipe.params:
            known = ", ".join(recipe.params) or "none"
            raise InvalidParameter(f"recipe {recipe.name} has no parameter '{name}'", now=f"it has: {known}")
    values: dict[str, Parameter] = {}
    for name, param in recipe.params.items():
        value = said.get(name, param.default)
        if value is None:
            raise InvalidParameter(
                f"recipe {recipe.name} needs '{name}': {param.about}",
                now=f"allowed: {param.limits}",
                then=f"type: {recipe.usage}",
            )
        if param.type == "integer" and isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value):
            value = int(value)
        if why := param.objection(value):
            raise InvalidParameter(f"recipe {recipe.name}: {name} '{value}' cannot be", now=f"allowed: {why}")
        values[name] = value
    return values


def actions(recipe: Recipe, values: Values, cluster: ClusterName) -> tuple[tuple[RecipeStep, Action], ...]:
    """One for each step, in order; not yet validated."""
    return tuple((step, _action(recipe, step, values, cluster)) for step in recipe.steps)


def params_of(step: RecipeStep, values: Values, cluster: ClusterName) -> dict[str, Parameter]:
    return {name: _filled(value, values, cluster) for name, value in step.params.items()}


def why_of(step: RecipeStep, values: Values, cluster: ClusterName) -> str:
    return str(_filled(step.why, values, cluster))


def namespace_of(recipe: Recipe, values: Values) -> str | None:
    """Said as a parameter, or where the first object parameter is."""
    if "namespace" in recipe.params:
        return str(values["namespace"])
    objects = (values[name] for name, param in recipe.params.items() if param.type in OBJECTS)
    return next((found.namespace for found in objects if isinstance(found, Found)), None)


def _action(recipe: Recipe, step: RecipeStep, values: Values, cluster: ClusterName) -> Action:
    params = params_of(step, values, cluster)
    if isinstance(step.target, Aim):
        kind = str(_filled(step.target.kind, values, cluster))
        space = namespace_of(recipe, values)
        if step.target.namespace is not None:
            space = str(_filled(step.target.namespace, values, cluster))
        target = Target(
            cluster=cluster,
            namespace=space if KINDS[kind].namespaced else None,
            kind=kind,
            name=_text(step.target.name, values, cluster),
            selector=_text(step.target.selector, values, cluster),
        )
        return Action(verb=step.verb, target=target, params=params)
    found = values[step.target]
    if not isinstance(found, Found):
        raise InvalidParameter(f"recipe {recipe.name}: '{step.target}' is not an object")
    target = Target(cluster=cluster, namespace=found.namespace, kind=found.kind, name=found.name)
    return Action(verb=step.verb, target=target, params=params)


def _text(template: str | None, values: Values, cluster: ClusterName) -> str | None:
    return None if template is None else str(_filled(template, values, cluster))


def _filled(template: Parameter, values: Values, cluster: ClusterName) -> Parameter:
    """A text that is one hole keeps its value's type."""
    if not isinstance(template, str):
        return template
    whole = HOLE.fullmatch(template)
    if whole and not whole[2] and (value := values.get(whole[1])) is not None and not isinstance(value, Found):
        return value
    return HOLE.sub(lambda match: _said(match[1], match[2], values, cluster), template)


def _said(name: str, part: str | None, values: Values, cluster: ClusterName) -> str:
    if name == "cluster" and name not in values:
        return cluster
    if name == "namespace" and name not in values:
        return next((v.namespace or "" for v in values.values() if isinstance(v, Found)), "")
    value = values[name]
    if not isinstance(value, Found):
        return str(value)
    return {"kind": value.kind, "namespace": value.namespace or "", "pods": value.pods}.get(part or "", value.name)
