"""The chat-neutral message: what one request looks like, whatever system shows it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from bot.commands import Command
from workers.domain.section import Diff, Fields, Log, Table, Text
from workers.domain.state import State
from workers.domain.value import ClusterName, RequestId, Value


class Code(Value):
    """Command lines as a person would type them: views of steps, never executed."""

    type: Literal["code"] = "code"
    label: str = ""  # "1" when there are several steps
    lines: tuple[str, ...]


class Heading(Value):
    """A name for the sections after it."""

    type: Literal["heading"] = "heading"
    text: str


class Banner(Value):
    """Where it happens; the tier is the most careful one of all clusters named."""

    clusters: tuple[ClusterName, ...]
    namespaces: tuple[str, ...]  # "*" is all namespaces
    tier: str


class Button(Value):
    label: str
    command: Command
    style: Literal["primary", "danger", "plain"] = "plain"
    by: str  # whose it is, for people: "alice", "somebody else from sre"; whether it counts is the service's rule


class Chip(Value):
    """One part of a plan that the words did not say, and the alternatives that one press takes instead."""

    letter: str
    name: str  # "assumed"
    text: str  # "namespace payments: the only one with payment-api"
    options: tuple[Button, ...]


class Chips(Value):
    type: Literal["chips"] = "chips"
    chips: tuple[Chip, ...]


Piece = Annotated[Text | Fields | Table | Diff | Log | Code | Heading | Chips, Field(discriminator="type")]


class Card(Value):
    request_id: RequestId | None
    state: State | None
    status: str  # the state in words: "waits for bob"
    title: str
    alarm: str = ""  # loud, before anything else: "BREAK GLASS: ..."
    banner: Banner | None = None
    sections: tuple[Piece, ...] = ()
    buttons: tuple[Button, ...] = ()
    footer: str = ""
    private: bool = False  # only for the one who asked or pressed


Tiers = Mapping[ClusterName, str]
MOST_CAREFUL_FIRST = ("production", "staging", "development")


def banner(clusters: tuple[ClusterName, ...], namespaces: tuple[str, ...], tiers: Tiers) -> Banner:
    """A cluster without a known tier counts as production."""
    found = {tiers.get(cluster, "production") for cluster in clusters}
    known = [tier for tier in MOST_CAREFUL_FIRST if tier in found]
    return Banner(clusters=clusters, namespaces=namespaces, tier=(known or sorted(found) or ["production"])[0])
