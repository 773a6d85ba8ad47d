"""A refusal by words alone, as data."""

import re

from workers.domain.value import Value

Phrases = tuple[str, ...]


class Rule(Value):
    name: str
    groups: tuple[Phrases, ...]
    unless: Phrases = ()
    text: str
    then: str = ""
    shape: re.Pattern[str] | None = None  # also needs a word with a hyphen of this shape: the name of a secret
    direct: bool = False  # a word of each group in this order, close together, no preposition or pause between


def phrases(text: str) -> Phrases:
    """The phrases of a table cell, parted by commas."""
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))
