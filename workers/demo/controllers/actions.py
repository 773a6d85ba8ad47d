"""What a controller wants done; the loop does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from workers.demo.identity import Json


@dataclass(frozen=True)
class Create:
    obj: Json


@dataclass(frozen=True)
class Update:
    """Writes metadata and spec."""

    obj: Json


@dataclass(frozen=True)
class SetStatus:
    """Writes the status, under the name its real writer has in managedFields."""

    obj: Json
    manager: str = "kube-controller-manager"


@dataclass(frozen=True)
class Bind:
    """Stores a pod with its node and the condition that says so, as the `binding` subresource does."""

    obj: Json


@dataclass(frozen=True)
class Delete:
    """Deletes this very object, not one of the same name that came after it."""

    obj: Mapping[str, Any]


@dataclass(frozen=True)
class Emit:
    """Records an event about an object; `at` is when it happened, now if None."""

    about: Mapping[str, Any]
    reason: str
    message: str
    warning: bool = False
    source: str = ""
    at: datetime | None = None


Action = Create | Update | SetStatus | Bind | Delete | Emit


@dataclass
class Plan:
    """The outcome of one reconciliation: what to do now, and when to look again if nothing happens before."""

    actions: list[Action] = field(default_factory=list)
    wake: datetime | None = None

    def add(self, *actions: Action) -> None:
        self.actions.extend(actions)

    def wake_at(self, at: datetime | None) -> None:
        if at is not None and (self.wake is None or at < self.wake):
            self.wake = at
