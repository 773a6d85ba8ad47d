"""What a sentence says of how its change is carried out: "undo it in 10 min unless kept", "in parallel".

Only whole forms at the end of an order, or before its reason, are taken; anything else stays in the sentence, where a
change with a condition is refused.
"""

import re

from workers.domain.option import Options, seconds

_NOBODY = r"(?:some(?:body|one)|any(?:body|one)|i|we)"
_KEEP = re.compile(
    rf"""
    [\s,;.-]*\b(?:and\s+|but\s+|then\s+|and\s+then\s+)?
    (?:undo|revert|take\s+(?:it|this|that|them)\s+back|roll\s+(?:it|this|that|them)\s+back|put\s+(?:it|this|that|them)\s+back)
    (?:\s+(?:it|this|that|them|everything))?
    \s+(?:in|after|within)\s+(?P<span>[1-9][0-9]{{0,4}}\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?))
    [\s,]+unless\s+(?:(?:it\s+is\s+|it's\s+|they\s+are\s+)?kept|{_NOBODY}\s+keeps?(?:\s+(?:it|this|that|them))?)
    (?P<end>\s*[.!]?\s*$|[\s,;.]+(?=because\b|reason\s*:))
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PARALLEL = re.compile(
    r"[\s,;-]+in\s+parallel(?P<end>\s*[.!]?\s*$|[\s,;]+(?=because\b|reason\s*:|in\b|on\b|for\b|across\b))",
    re.IGNORECASE,
)


QUOTES = '"`'


def heard(text: str) -> tuple[str, Options]:
    """The text without its options; raises InvalidParameter for a time that cannot be waited."""
    options = Options()
    if match := _found(_KEEP, text):
        options = options.model_copy(update={"keep_seconds": seconds(match["span"])})
        text = _without(text, match)
    if match := _found(_PARALLEL, text):
        options = options.model_copy(update={"parallel": True})
        text = _without(text, match)
        if options.keep_seconds is None and (match := _found(_KEEP, text)):  # "undo ... unless kept, in parallel"
            return _without(text, match), options.model_copy(update={"keep_seconds": seconds(match["span"])})
    return text, options


def _found(form: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Outside quotations: what is quoted is data. Never the whole text: an option is of something."""
    match = form.search(text)
    if match is None or not match.start() or any(text.count(quote, 0, match.start()) % 2 for quote in QUOTES):
        return None
    return match


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}".strip()
