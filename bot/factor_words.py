"""Codes of second factors in what people type: taken out of a press, and never let through as text. Pure.

What is not a press becomes a request, which is stored, shown and may be read by a model; a code must not get there.
"""

import re
from collections.abc import Collection
from difflib import get_close_matches
from typing import NamedTuple

from workers.domain.errors import UnknownCommand

CODE = r"[0-9]{3}[ -]?[0-9]{3}"
_ALONE = re.compile(rf"(?<![\w#.:/=-]){CODE}(?![\w:/=-]|\.\d)")  # not a part of INC-123456, v1.123456, #123456
_ABOUT_CODES = re.compile(r"\b(?:otp|totp|2fa|mfa|authenticator|one.?time|second.?factor|(?:my|the) code|code is)\b")


class Factored(NamedTuple):
    """`approve req-7f3k 123456 because it is tested`, taken apart."""

    what: str
    request: str
    code: str
    reason: str


def factored(text: str, request_id: str) -> Factored | None:
    """A whole line that is a press with a code; `request_id` is the pattern of ids."""
    match = re.fullmatch(
        rf"(?P<what>run|approve)(?:\s+(?P<id>{request_id}))?\s+(?P<code>{CODE})(?:\s+because\s+(?P<reason>.+))?",
        text,
        re.IGNORECASE | re.DOTALL,
    )
    if match is None or (match["reason"] and match["what"].lower() == "run"):
        return None
    reason = (match["reason"] or "").strip()
    refuse_in_reason(reason)
    code = re.sub(r"[ -]", "", match["code"])
    return Factored(match["what"].lower(), (match["id"] or "").lower(), code, reason)


def refuse_in_reason(reason: str) -> None:
    """A reason is stored and shown; raises UnknownCommand for one with a code in it."""
    if _ALONE.search(reason):
        raise _kept_out("put the code before the reason: approve 123456 because ...; write a ticket with its letters")


def refuse_as_text(flat: str, commands: Collection[str]) -> None:
    """Raises UnknownCommand for six digits alone, beside what is nearly a command, or called a code."""
    if not _ALONE.search(flat):
        return
    words = re.findall(r"[a-z]+", flat)
    if not words or get_close_matches(words[0], commands, n=1, cutoff=0.75) or _ABOUT_CODES.search(flat):
        raise _kept_out("type for example: approve 123456 · approve req-7f3k2m9q 123456 because ... · run 123456")


def _kept_out(then: str) -> UnknownCommand:
    return UnknownCommand("that looks like a code of a second factor", now="it was not kept", then=then)
