"""What a sentence says of how its change is carried out: "undo it in 10 min unless kept", "in parallel".

Only whole forms at the end of an order, or before its reason, are taken; anything else stays in the sentence, where a
change with a condition is refused. Blanks are counted up to eight, so that no text takes long to be looked through.
"""

import re

from workers.domain.option import Options, seconds

_NOBODY = r"(?:some(?:body|one)|any(?:body|one)|i|we)"
_KEEP = re.compile(
    rf"""
    \b(?:and\s{{1,8}}then\s{{1,8}}|and\s{{1,8}}|but\s{{1,8}}|then\s{{1,8}})?
    (?:undo|revert|take\s{{1,8}}(?:it|this|that|them)\s{{1,8}}back|roll\s{{1,8}}(?:it|this|that|them)\s{{1,8}}back|put\s{{1,8}}(?:it|this|that|them)\s{{1,8}}back)
    (?:\s{{1,8}}(?:it|this|that|them|everything))?
    \s{{1,8}}(?:in|after|within)\s{{1,8}}(?P<span>[1-9][0-9]{{0,4}}\s{{0,8}}(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?))
    [\s,]{{1,8}}unless\s{{1,8}}(?:(?:it\s{{1,8}}is\s{{1,8}}|it's\s{{1,8}}|they\s{{1,8}}are\s{{1,8}})?kept|{_NOBODY}\s{{1,8}}keeps?(?:\s{{1,8}}(?:it|this|that|them))?)
    (?P<end>\s{{0,8}}[.!]?\s{{0,8}}$|[\s,;.]{{1,8}}(?=because\b|reason\s{{0,8}}:))
    """,
    re.IGNORECASE | re.VERBOSE,
)
_PARALLEL = re.compile(
    r"\bin\s{1,8}parallel(?P<end>\s{0,8}[.!]?\s{0,8}$|[\s,;]{1,8}(?=because\b|reason\s{0,8}:|in\b|on\b|for\b|across\b))",
    re.IGNORECASE,
)


QUOTES, SEPARATORS = '"`', " \t\n,;.-"


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
    if (
        match is None
        or not text[: match.start()].strip(SEPARATORS)
        or any(text.count(quote, 0, match.start()) % 2 for quote in QUOTES)
    ):
        return None
    return match


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()].rstrip(SEPARATORS)} {text[match.end() :]}".strip()
