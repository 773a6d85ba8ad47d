"""What can be made to go wrong, per server: set in code, or over HTTP at /demo/faults with the admin's token."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from workers.demo.apiserver.resources import Object


@dataclass
class Faults:
    delay_seconds: float = 0.0  # before every answer
    hang: bool = False  # accept, read, never answer
    cut_before: set[str] = field(default_factory=set)  # HTTP methods: close the connection without applying
    cut_after: set[str] = field(default_factory=set)  # HTTP methods: apply, then close without answering
    dies_after: set[str] = field(default_factory=set)  # HTTP methods: apply, answer nothing, and listen no more
    no_dry_run: set[str] = field(default_factory=set)  # plurals guarded by a webhook that cannot dry-run
    webhook: str = "policy.example.com"
    warnings: list[str] = field(default_factory=list)  # sent as Warning headers with every answer
    dead: bool = False  # no listener at all; set through Server.die() and Server.revive()

    def to_json(self) -> Object:
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: sorted(value) if isinstance(value, set) else value for name, value in values.items()}

    def change(self, wanted: dict[str, Any]) -> None:
        """Set the named faults; ValueError for a name or a type that is none."""
        for name, value in wanted.items():
            known = name in {one.name for one in fields(self)}
            current = getattr(self, name, None)
            if not known or not _fits(current, value):
                raise ValueError(f"not a fault: {name}={value!r}")
            setattr(self, name, set(value) if isinstance(current, set) else value)

    def clear(self) -> None:
        """Everything works again (a dead listener stays dead until revived)."""
        healthy = Faults(dead=self.dead)
        for one in fields(self):
            setattr(self, one.name, getattr(healthy, one.name))


def _fits(current: object, value: object) -> bool:
    if isinstance(current, bool):
        return isinstance(value, bool)
    if isinstance(current, float):
        return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if isinstance(current, set | list):
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, str)
