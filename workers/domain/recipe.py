"""An approved runbook: typed parameters with limits, steps in which everything else is locked, and guards.

A recipe can do nothing that its steps could not do one by one: the plan it makes passes the same validator, policy,
preview and approvals. It can only be narrower.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from workers.domain.action import Parameter, Verb
from workers.domain.canonical import digest
from workers.domain.value import Digest, Value

NAME = r"[a-z][a-z0-9]*(?:-[a-z0-9]+){0,8}"
HOLE = re.compile(r"\{([a-z_]+)(?:\.([a-z_]+))?\}")
OBJECTS = ("workload", "pod", "node", "object")  # types that name something which exists
PARTS = ("kind", "namespace", "pods")  # what can be said of such a parameter: {workload.pods} selects its pods
PLACES = ("namespace", "cluster")  # what is known without a parameter


def _verb(word: Any) -> Any:
    """`rollout status` and `rollout-status` are `rollout_status`."""
    return word.replace(" ", "_").replace("-", "_") if isinstance(word, str) else word


class Param(Value):
    """One thing that whoever runs the recipe says."""

    type: Literal["workload", "pod", "node", "namespace", "object", "integer", "choice", "text"]
    about: str = Field(min_length=1, max_length=200)  # for people: "how many pods afterwards"
    kinds: tuple[str, ...] = ()  # of a workload or an object
    minimum: int | None = None  # of an integer
    maximum: int | None = None
    choices: tuple[str, ...] = ()  # of a choice
    pattern: str | None = Field(default=None, max_length=200)  # of a text: all of it must match
    default: Parameter | None = None  # without one it must be said

    @model_validator(mode="after")
    def _is_bounded(self) -> Self:
        """No parameter takes just anything."""
        needs = {
            "integer": (self.minimum is not None and self.maximum is not None, "an integer needs minimum and maximum"),
            "choice": (bool(self.choices), "a choice needs choices"),
            "text": (self.pattern is not None, "a text needs a pattern"),
            "object": (bool(self.kinds), "an object needs kinds"),
        }
        good, why = needs.get(self.type, (True, ""))
        if not good:
            raise ValueError(why)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("minimum is above maximum")
        if self.pattern is not None:
            try:
                re.compile(self.pattern)
            except re.error as error:
                raise ValueError(f"pattern: {error}") from error
        if self.default is not None and (why := self.objection(self.default)):
            raise ValueError(f"default: {why}")
        return self

    def objection(self, value: Parameter) -> str:
        """Why a value is not within the limits; empty when it is. Objects are held against the fleet elsewhere."""
        why = ""
        if self.type == "integer":
            low, high = self.minimum, self.maximum
            number = isinstance(value, int) and not isinstance(value, bool)
            if not number or (low is not None and int(value) < low) or (high is not None and int(value) > high):
                why = f"a whole number from {low} to {high}"
        elif self.type == "choice" and value not in self.choices:
            why = f"one of {', '.join(self.choices)}"
        elif self.type == "text" and not re.fullmatch(self.pattern or "", str(value)):
            why = f"text that matches {self.pattern}"
        return why

    @property
    def limits(self) -> str:
        """For people: `1 to 20`, `deployment or statefulset`."""
        if self.type == "integer":
            return f"{self.minimum} to {self.maximum}"
        return " or ".join(self.choices or self.kinds) or (self.pattern or self.type)


class Aim(Value):
    """A step's target, when it is not simply one of the parameters."""

    kind: str
    name: str | None = None
    selector: str | None = None
    namespace: str | None = None


class RecipeStep(Value):
    verb: Annotated[Verb, BeforeValidator(_verb)]
    target: str | Aim  # the name of a parameter, or a target with {parameters} in it
    params: Mapping[str, Parameter] = {}  # locked, except what `editable` names
    editable: tuple[str, ...] = ()  # within the limits of the recipe's parameter of the same value
    why: str = Field(min_length=1, max_length=200)

    @property
    def texts(self) -> Iterator[str]:
        """Every text that may have {parameters} in it."""
        if isinstance(self.target, Aim):
            yield from (
                part
                for part in (self.target.kind, self.target.name, self.target.selector, self.target.namespace)
                if part
            )
        yield from (value for value in self.params.values() if isinstance(value, str))
        yield self.why


class Guard(Value):
    """What must hold, at plan and again before the first write; the names are those of workers.recipes.guards."""

    check: str
    target: str = ""  # the name of an object parameter
    value: int | str | None = None  # of a limit; a text may name a parameter: "{replicas}"
    why: str = Field(min_length=1, max_length=200)


class Try(Value):
    """How the recipe is tried on the demo fleet; `@search-api` as a pod is one of that workload's."""

    cluster: str
    params: Mapping[str, Parameter] = {}


class Recipe(Value):
    name: Annotated[str, Field(pattern=f"^{NAME}$", max_length=60)]
    version: int = Field(ge=1)
    title: str = Field(min_length=1, max_length=120)
    about: str = Field(default="", max_length=2000)  # when to use it, and when not
    owner: str = Field(min_length=1, max_length=60)  # who answers for it
    says: tuple[str, ...] = ()  # sentences that run it: "drain {node} safely"
    tiers: tuple[str, ...] = ()  # where it may run; empty: anywhere
    params: Mapping[str, Param] = {}
    guards: tuple[Guard, ...] = ()
    steps: tuple[RecipeStep, ...] = Field(min_length=1, max_length=20)
    tried: Try = Field(alias="try")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        """Every {hole} is a parameter, every parameter is used, and what runs it by words says all it needs."""
        for wrong in (*self._wrong_steps(), *self._wrong_guards(), *self._wrong_sentences()):
            raise ValueError(wrong)
        return self

    def _wrong_steps(self) -> Iterator[str]:
        used: set[str] = set()
        for number, step in enumerate(self.steps, 1):
            holes = [match for text in step.texts for match in HOLE.finditer(text)]
            names = [match[1] for match in holes] + ([step.target] if isinstance(step.target, str) else [])
            used |= {*names, *(guard.target for guard in self.guards)}
            yield from (
                f"step {number}: there is no parameter '{name}'"
                for name in names
                if name not in self.params and name not in PLACES
            )
            if (
                isinstance(step.target, str)
                and step.target in self.params
                and self.params[step.target].type not in OBJECTS
            ):
                yield f"step {number}: '{step.target}' names no object"
            yield from (
                f"step {number}: {match[0]}: '{match[1]}' has no {match[2]}"
                for match in holes
                if match[2] and (match[2] not in PARTS or self.params[match[1]].type not in OBJECTS)
            )
            yield from (
                f"step {number}: '{name}' is editable and not set" for name in step.editable if name not in step.params
            )
        yield from (f"parameter '{name}' is not used by any step" for name in self.params if name not in used)

    def _wrong_guards(self) -> Iterator[str]:
        for guard in self.guards:
            if guard.target and guard.target not in self.params:
                yield f"guard {guard.check}: there is no parameter '{guard.target}'"
            for match in HOLE.finditer(guard.value) if isinstance(guard.value, str) else ():
                if match[1] not in self.params:
                    yield f"guard {guard.check}: there is no parameter '{match[1]}'"

    def _wrong_sentences(self) -> Iterator[str]:
        for sentence in self.says:
            names = [match[1] for match in HOLE.finditer(sentence)]
            yield from (f"'{sentence}': there is no parameter '{n}'" for n in names if n not in self.params)
            needed = [name for name, param in self.params.items() if param.default is None]
            yield from (f"'{sentence}' does not say '{name}'" for name in needed if name not in names)
        unsaid = [
            name for name, param in self.params.items() if param.default is None and name not in self.tried.params
        ]
        yield from (f"try: '{name}' is missing" for name in unsaid)
        yield from (f"try: there is no parameter '{name}'" for name in self.tried.params if name not in self.params)

    @property
    def digest(self) -> Digest:
        """Of everything that the recipe means; wording that does nothing is part of it, since people approve it."""
        return digest(self.model_dump(mode="json", by_alias=True))

    @property
    def usage(self) -> str:
        """`run scale-out workload=... replicas=... in CLUSTER`"""
        given = " ".join(f"{name}=..." for name, param in self.params.items() if param.default is None)
        return " ".join(part for part in ("run", self.name, given, "in CLUSTER") if part)
