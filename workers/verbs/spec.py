"""What every verb is made of. A verb talks to a cluster only by yielding calls, so that all of it is pure.

A conversation is a generator: it yields a Call, is sent the Answer, and returns its result. The clusters room drives it
as the person; a test drives it with recorded answers. A call that the server refuses is raised inside the generator as
the domain's error (NotThere, AccessDenied, ...), which a verb may catch.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from workers.domain.action import Action, Verb
from workers.domain.call import Answer, Call
from workers.domain.plan import Undo
from workers.domain.section import Section
from workers.domain.value import Value


class Live(Value):
    """What a change verb read of its target: the object itself and whatever else its write depends on."""

    object: Mapping[str, Any]  # as the API server gave it
    pods: int | None  # pods that the change touches; None is unknown
    facts: Mapping[str, str] = {}  # for people: {"replicas": "4", "ready": "3 of 4"}
    more: Mapping[str, Any] = {}  # further objects the write depends on: the ReplicaSet of a rollback


class Stage(StrEnum):
    DONE = "done"
    MOVING = "moving"
    STUCK = "stuck"  # it will not get there by itself


class Moment(Value):
    """How far a change has come: `3 of 4 updated, 1 ready`."""

    stage: Stage
    text: str


class Marks(Value):
    """What a plan pins so that carrying it out twice changes nothing."""

    request: str  # the request's id
    at: datetime  # when the plan was made


class Spec(ABC):
    """One verb."""

    verb: ClassVar[Verb]
    params: ClassVar[type[Value]]  # typed parameters with limits; unknown names are errors
    kinds: ClassVar[tuple[str, ...]]  # kinds it applies to; empty: any
    kindless: ClassVar[bool] = False  # may be about no kind: a namespace at large, a file
    editable: ClassVar[frozenset[str]] = frozenset()
    ours: ClassVar[frozenset[str]] = frozenset()  # parameters that an undo or a recipe sets, never words
    example: ClassVar[str]  # what a person types: "scale payment-api to 5 in prod-eu"

    @abstractmethod
    def kubectl(self, action: Action) -> tuple[str, ...]:
        """The command line that a person would type for the same effect: a view, never executed."""

    def elsewhere(self, action: Action) -> str:  # noqa: ARG002  # for those who override
        """Why only a person in a terminal can do this, so that a request is refused; empty when it can be done here."""
        return ""


class ReadSpec(Spec):
    @abstractmethod
    def read(self, action: Action) -> Generator[Call, Answer, tuple[Section, ...]]:
        """What was found, not yet redacted, bounded in size; says what was left out."""


class LocalSpec(Spec):
    """What chat cannot serve: the person gets the command to run in a terminal, and nothing runs here."""

    because: ClassVar[str]  # "a forwarded port ends at the machine of whoever runs it"

    def elsewhere(self, action: Action) -> str:  # noqa: ARG002  # always
        return self.because


class Expansion(Value):
    """The single actions that a compound one stands for, in order."""

    actions: tuple[Action, ...]  # never empty; none of them compound
    notes: tuple[str, ...] = ()  # what is left alone, and why: "node-agent-x2k4j belongs to a daemonset and stays"


class CompoundSpec(Spec):
    """One word for several writes: planned as single steps, so that each is previewed, approved and recorded."""

    @abstractmethod
    def expand(self, action: Action) -> Generator[Call, Answer, Expansion]:
        """What it stands for now; raises Mistake when that cannot be done, naming what is in the way."""


class ChangeSpec(Spec):
    untriable: ClassVar[str] = ""  # why no server can try it beforehand; empty: it is tried
    names_itself: ClassVar[bool] = False  # makes something new: without a name, `pin` gives it one

    def pin(self, action: Action, marks: Marks) -> Generator[Call, Answer, Action]:  # noqa: ARG002  # for those who override
        """The idempotent form: relative becomes absolute, "previous" becomes a named revision. Default: as it is."""
        yield from ()
        return action

    @abstractmethod
    def observe(self, action: Action) -> Generator[Call, Answer, Live]:
        """Reads the target and what the write depends on."""

    @abstractmethod
    def touched(self, action: Action, live: Live) -> Mapping[str, Any]:
        """The spec fields that the step reads or changes: what drift is measured on. Never status."""

    @abstractmethod
    def write(self, action: Action, live: Live, mark: str) -> Call:
        """The one writing call, with uid and resourceVersion of `live` as preconditions.

        `mark` is `<request id>/<step>`; written as annotation `kubechat.io/execution` on the target where the call can.
        """

    def already(self, action: Action, live: Live) -> str:  # noqa: ARG002  # for those who override
        """Why the cluster is as the pinned action wants it, so that nothing is written; empty when it is not.

        Asked when an approved plan is carried out: a pod that has gone meanwhile need not be evicted.
        """
        return ""

    def patience(self, action: Action) -> timedelta:  # noqa: ARG002  # for those who override
        """How long the write is sent again while the server answers "not now" (429, a disruption budget)."""
        return timedelta()

    @abstractmethod
    def undo(self, action: Action, live: Live) -> Undo:
        """The inverse of a pinned action from the state in `live`."""

    @abstractmethod
    def watch(self, action: Action) -> Generator[Call, Answer, Moment]:
        """One look at how far the change has come."""

    @abstractmethod
    def applied(self, action: Action, live: Live, mark: str) -> tuple[bool | None, str]:
        """Whether an interrupted write took place, with the evidence; None when it cannot be told.

        Asked only when `observe` still finds something by the target's name. A destroyed object has no `live`: that
        `observe` raises NotThere is then the evidence itself, and the reconciler says so.
        """


class CommandSpec(ChangeSpec):
    """Its write is a command in a container: sent once over a WebSocket, and told by its transcript."""
