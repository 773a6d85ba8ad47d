"""One step as the words say it, before it is held against the live fleet."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workers.domain.action import Parameter, Verb
from workers.planner.scope import Said


@dataclass(frozen=True, slots=True)
class Mention:
    """An object as written: its kind may be unsaid, its name may be loose."""

    name: str
    kind: str | None = None
    written: str = ""  # when the name was put together from several words


@dataclass(slots=True)
class Seen:
    """What the words of one clause name."""

    mentions: list[Mention] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    namespace: str | None = None
    selector: str | None = None
    bare_namespaces: list[str] = field(default_factory=list)  # a namespace's name where an object's was expected
    strange: list[str] = field(default_factory=list)  # kinds that Kubechat does not know
    places: list[int] = field(default_factory=list)  # where each mention's name stands


@dataclass(frozen=True, slots=True)
class Ask:
    verb: str  # a Verb, or one of lexicon's words
    words: str  # what was typed
    mentions: tuple[Mention, ...] = ()
    kinds: tuple[str, ...] = ()  # kinds said without a name
    namespace: str | None = None  # as written; "*" for all
    selector: str | None = None
    said: Said = field(default_factory=Said)
    params: Mapping[str, Parameter] = field(default_factory=dict)
    loose: tuple[str, ...] = ()  # words that were not understood
    literal: bool = False  # a kubectl line
    refers: bool = False  # "it", "them": the object of the step before
    every: bool = False  # "all", "every"
    problem: str = ""  # why the parameters do not make one meaning
    hint: str = ""  # of an unknown verb
    placed: tuple[str, ...] = ()  # unknown words where a place is expected
    strange: tuple[str, ...] = ()  # kinds that Kubechat does not know
    spaces: tuple[str, ...] = ()  # namespaces named where an object was expected
    more: tuple[Mapping[str, Parameter], ...] = ()  # parameters of further steps of this verb on the same object
    aside: str = ""  # why it is ordered: said beside it, and no part of it
    new: tuple[str, str] = ("", "")  # kind and name of what is made anew, as far as they are said

    @property
    def changes(self) -> bool:
        return self.verb in CHANGES


# Forwarding a port reads nothing: like a change it is planned only when every word of it is understood.
CHANGES = frozenset({*(verb for verb in Verb if verb.effect != "read"), Verb.PORT_FORWARD, "unknown"})
