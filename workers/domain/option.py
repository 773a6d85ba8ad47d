"""How a plan is carried out, beside what it does: an option on any change, and part of what people approve."""

import re
from collections.abc import Mapping
from typing import Self

from pydantic import Field

from workers.domain.action import Parameter
from workers.domain.errors import InvalidParameter
from workers.domain.value import Value

NAMES = frozenset({"keep", "parallel"})  # as people type them behind `set`
SHORTEST_SECONDS, LONGEST_SECONDS = 10, 24 * 60 * 60
UNITS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600}
NEVER = frozenset({"off", "no", "never", "none", "false", "0"})
_SPAN = re.compile(r"([1-9][0-9]{0,4})\s*([smh])[a-z]*")


class Options(Value):
    keep_seconds: int | None = Field(default=None, ge=SHORTEST_SECONDS, le=LONGEST_SECONDS)  # undone then, unless kept
    parallel: bool = False  # all clusters at once; in each of them step by step

    @property
    def effects(self) -> list[object]:
        """For the plan's digest: nothing where nothing is out of the ordinary."""
        kept: list[object] = [] if self.keep_seconds is None else [["keep", self.keep_seconds]]
        return [*kept, ["parallel"]] if self.parallel else kept

    def set(self, given: Mapping[str, Parameter]) -> Self:
        """With what a person typed: `keep=10m`, `keep=off`, `parallel=true`; raises InvalidParameter."""
        changes: dict[str, object] = {}
        for name, value in given.items():
            if name == "keep":
                changes["keep_seconds"] = None if str(value).lower() in NEVER else seconds(str(value))
            elif name == "parallel" and isinstance(value, bool):
                changes["parallel"] = value
            else:
                raise InvalidParameter(
                    f"{name}={value} is no option of a plan",
                    now="there are keep, which takes a time, and parallel, which is true or false",
                    then="type for example: set keep=10m",
                )
        return self.model_copy(update=changes)


def seconds(span: str) -> int:
    """`10m`, `90 s`, `1 hour` as seconds; raises InvalidParameter."""
    match = _SPAN.fullmatch(span.strip().lower())
    found = int(match[1]) * UNITS[match[2]] if match else 0
    if not SHORTEST_SECONDS <= found <= LONGEST_SECONDS:
        raise InvalidParameter(
            f"'{span}' is no time to wait for a keep",
            now=f"it is from {spoken(SHORTEST_SECONDS)} to {spoken(LONGEST_SECONDS)}",
            then="type for example: set keep=10m",
        )
    return found


def spoken(seconds: int) -> str:
    """`90 s`, `10 min`, `24 h`."""
    if seconds % 3600 == 0:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
