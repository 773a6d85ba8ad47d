"""What a person asked for, and the typed plan that came of it."""

from collections.abc import Mapping
from datetime import datetime
from string import ascii_lowercase
from typing import Literal

from pydantic import AwareDatetime

from workers.domain.action import Action, Effect, Parameter, Verb
from workers.domain.actor import Actor
from workers.domain.canonical import digest
from workers.domain.option import Options
from workers.domain.value import ClusterName, Digest, PersonId, RequestId, Value


class Place(Value):
    """Where the conversation is."""

    system: str
    channel: str
    thread: str = ""  # empty: none, and then nothing said before is what somebody goes on from


class Scope(Value):
    """Where requests of this place go when they name nothing."""

    clusters: tuple[ClusterName, ...] = ()  # empty: no default
    namespaces: tuple[str, ...] = ()


class Intent(Value):
    text: str  # redacted, control characters made visible
    actor: Actor
    place: Place
    scope: Scope = Scope()
    recipe: str | None = None
    params: Mapping[str, Parameter] = {}
    reason: str | None = None  # "because INC-42"
    break_glass: bool = False  # asked for as an emergency: the policy says whether it may be one
    received_at: AwareDatetime


class Undo(Value):
    """How a step is taken back: an action, or the reason why there is none."""

    action: Action | None = None
    because: str = ""  # why not, or what the undo does not bring back
    kubectl: tuple[str, ...] = ()  # the same as a person would type it: a view, in no digest


class FormField(Value):
    """One parameter that may be changed, as a form shows it; its value is the step's own."""

    name: str
    type: Literal["integer", "string", "boolean"]
    minimum: int | None = None
    maximum: int | None = None
    description: str = ""


class Step(Value):
    number: int  # from 1
    action: Action
    why: str  # what in the words led to this step
    kubectl: tuple[str, ...] = ()  # the same effect as a person would type it: a view, in no digest
    call: str = ""  # the writing API call as `PATCH /apis/...`: a view, in no digest
    undo: Undo | None = None  # None for reads
    part_of: Verb | None = None  # the compound verb that it is a step of: an eviction of a drain
    editable: frozenset[str] = frozenset()  # parameter names
    form: tuple[FormField, ...] = ()  # of what is editable, by name: a view, in no digest


class Choice(Value):
    """One answer that a person can press."""

    id: str  # short, stable within its question: "1"
    label: str  # "payments/payment-api (deployment)"
    settles: Mapping[str, str]  # what it fixes for the planner: {"cluster": "prod-eu"}


Source = Literal["words", "thread", "assumed"]


class Taken(Value):
    """One part of a plan and where it comes from; an assumption may have alternatives, which one press takes."""

    what: str  # "cluster", "namespace", "name"
    value: str  # "prod-eu"
    source: Source
    because: str = ""  # "this channel's default"
    alternatives: tuple[Choice, ...] = ()

    @property
    def text(self) -> str:
        """`namespace payments: the only one with payment-api`."""
        return f"{self.what} {self.value}" + (f": {self.because}" if self.because else "")


class PlanSource(Value):
    kind: Literal["recipe", "grammar", "model", "undo", "continue"]
    name: str
    version: str
    digest: Digest | None = None  # of a recipe: part of the plan's own


class Check(Value):
    """A look that is suggested before the first change: it reads, and what it finds stops nothing."""

    number: int  # from 1, apart from the numbers of steps
    action: Action
    why: str
    kubectl: tuple[str, ...] = ()  # a view, in no digest


class Plan(Value):
    request_id: RequestId
    revision: int  # from 1
    steps: tuple[Step, ...]  # never empty
    checks: tuple[Check, ...] = ()
    explanation: str
    options: Options = Options()
    taken: tuple[Taken, ...] = ()  # how the words were understood: in no digest
    notes: tuple[str, ...] = ()  # what could not be seen, or is good to know: in no digest
    source: PlanSource
    made_at: datetime  # its first revision

    @property
    def effect(self) -> Effect:
        """The strongest effect of any step."""
        effects = [step.action.effect for step in self.steps]
        return max(effects, key=list(Effect).index)

    @property
    def clusters(self) -> tuple[ClusterName, ...]:
        """In order of first use, each once."""
        return tuple(dict.fromkeys(step.action.target.cluster for step in self.steps))

    @property
    def chips(self) -> Mapping[str, Taken]:
        """What one press can correct, by letter: `a2` is the second alternative of the first."""
        return dict(zip(ascii_lowercase, (taken for taken in self.taken if taken.alternatives), strict=False))

    @property
    def digest(self) -> Digest:
        """Over what is carried out: verbs, targets, parameters and undo of the steps, checks, options, recipe."""
        effects: list[object] = [
            [step.number, _effects(step.action), step.undo and step.undo.action and _effects(step.undo.action)]
            for step in self.steps
        ]
        effects += (["part of", step.number, step.part_of] for step in self.steps if step.part_of)
        effects += (["check", check.number, _effects(check.action)] for check in self.checks)
        effects += self.options.effects
        return digest([*effects, self.source.digest] if self.source.digest else effects)


def _effects(action: Action) -> dict[str, object]:
    return action.model_dump(mode="json")


class Edit(Value):
    """Parameters that somebody changed on the card, before approval."""

    step: int
    params: Mapping[str, Parameter]
    about: str = ""  # what the step did when it was edited: "evict staging/payments pod/web-1"
    by: PersonId | None = None  # who edited it: one of those who ask for it from then on
    drops: bool = False  # the step is taken away instead


class Question(Value):
    """What the words left open; every option exists in the fleet."""

    text: str
    choices: tuple[Choice, ...]
