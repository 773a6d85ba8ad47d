"""The exact forms about freezes and break-glass: `freeze prod for 2h because ...`, `review req-7f3k because ...`."""

import re
from typing import Literal, assert_never

from workers.domain.value import Value


class Freeze(Value):
    """No write begins there from now on."""

    kind: Literal["freeze"] = "freeze"
    what: str  # a cluster, group or tier, or "everything"
    minutes: int | None = None  # None: until somebody lifts it
    reason: str = ""


class Unfreeze(Value):
    kind: Literal["unfreeze"] = "unfreeze"
    what: str  # as of the freeze, or its id
    reason: str = ""


class Freezes(Value):
    kind: Literal["freezes"] = "freezes"


class Review(Value):
    """Another person's word on what was done under break-glass."""

    kind: Literal["review"] = "review"
    request: str
    reason: str = ""


class Reviews(Value):
    kind: Literal["reviews"] = "reviews"


Guarding = Freeze | Unfreeze | Freezes | Review | Reviews

_BECAUSE = r"(?:\s+because\s+(?P<reason>.+))?"
# One or two words: "freeze the auth-gateway rollout in prod-eu" holds a rollout, and is a request like any other text.
_WHAT = r"(?P<what>(?:the )?(?!the\b)[a-z0-9*][a-z0-9._*-]*(?: (?!(?:for|because|in|on|of)\b)[a-z0-9._-]+)?)"
_UNITS = {"m": 1, "h": 60, "d": 24 * 60}
_FLAGS = re.IGNORECASE | re.DOTALL
_FREEZE = re.compile(
    rf"freeze\s+{_WHAT}(?:\s+for\s+(?P<count>[0-9]{{1,5}}) ?(?P<unit>m|min|minutes?|h|hours?|d|days?))?{_BECAUSE}",
    _FLAGS,
)
_UNFREEZE = re.compile(rf"unfreeze\s+{_WHAT}{_BECAUSE}", _FLAGS)
_REVIEW = re.compile(rf"review\s+(?P<id>req-[0-9a-hjkmnp-tv-z]{{1,8}}){_BECAUSE}", _FLAGS)


def parse_guarding(text: str) -> Guarding | None:
    """What a whole line says of freezes and reviews; None when it says nothing of them."""
    match " ".join(text.lower().split()):
        case "freezes":
            return Freezes()
        case "reviews":
            return Reviews()
    if match := _FREEZE.fullmatch(text):
        minutes = int(match["count"]) * _UNITS[match["unit"][0].lower()] if match["count"] else None
        return Freeze(what=match["what"].lower(), minutes=minutes, reason=(match["reason"] or "").strip())
    if match := _UNFREEZE.fullmatch(text):
        return Unfreeze(what=match["what"].lower(), reason=(match["reason"] or "").strip())
    if match := _REVIEW.fullmatch(text):
        return Review(request=match["id"].lower(), reason=(match["reason"] or "").strip())
    return None


def guarding_words(command: Guarding) -> str:
    """What a person types for it; `parse_guarding` reads it back."""
    match command:
        case Freeze():
            return f"freeze {command.what}{_lasting(command.minutes)}{_given(command.reason)}"
        case Unfreeze():
            return f"unfreeze {command.what}{_given(command.reason)}"
        case Review():
            return f"review {command.request}{_given(command.reason)}"
        case Freezes() | Reviews():
            return command.kind
        case _:
            assert_never(command)


def minutes_of(text: str) -> int | None:
    """`2h`, `90m` or `1d` in minutes; None for anything else."""
    match = re.fullmatch(r"(?P<count>[0-9]{1,5})(?P<unit>[mhd])", text)
    return int(match["count"]) * _UNITS[match["unit"]] if match else None


def _given(reason: str) -> str:
    return f" because {reason}" if reason else ""


def _lasting(minutes: int | None) -> str:
    """` for 2h`, in the largest unit that is exact."""
    if minutes is None:
        return ""
    unit, size = next((unit, size) for unit, size in (("d", 1440), ("h", 60), ("m", 1)) if minutes % size == 0)
    return f" for {minutes // size}{unit}"
