"""What the planner makes of a text."""

from collections.abc import Mapping

from workers.domain.action import Action, Parameter, Verb
from workers.domain.option import Options
from workers.domain.plan import Question, Taken
from workers.domain.problem import Problem
from workers.domain.section import Section
from workers.domain.value import Digest, Value


class Draft(Value):
    """One step as understood: its target exists, its parameters are valid; not yet pinned to live values."""

    action: Action
    why: str  # "restart payment-api": the words that led to it
    editable: frozenset[str] | None = None  # narrower than what the verb lets people edit; None: as the verb
    part_of: Verb | None = None  # the compound verb that it came of


class FromRecipe(Value):
    """Which recipe a plan was filled in from; objects as `kind/namespace/name`."""

    name: str
    version: int
    digest: Digest
    params: Mapping[str, Parameter]


class FromModel(Value):
    """Which model filled in what the grammar could not."""

    name: str
    version: str


class Understood(Value):
    drafts: tuple[Draft, ...]  # never empty
    explanation: str  # one sentence
    taken: tuple[Taken, ...] = ()  # where each part comes from
    notes: tuple[str, ...] = ()  # what could not be seen
    reason: str | None = None  # "INC-42"
    options: Options = Options()
    recipe: FromRecipe | None = None
    model: FromModel | None = None


class Refused(Value):
    problem: Problem


class Reply(Value):
    """Talk: a helpful sentence, never a plan."""

    answer: tuple[Section, ...]
    headline: str


Result = Understood | Question | Refused | Reply
