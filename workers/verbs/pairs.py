"""Labels and annotations as people type them: `owner=payments,tier-` sets one and removes the other.

A value with a comma before something like `key=` reads as two pairs; where that would be, `written` says JSON instead.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from workers.verbs.grammar import HIDDEN, is_label_value, is_qualified

LONGEST = 16_000
_KEY = r"[A-Za-z0-9][-A-Za-z0-9_./]{0,316}"
_NEXT = re.compile(rf",\s{{0,3}}(?={_KEY}=|[A-Za-z0-9][-A-Za-z0-9_./]{{0,316}}-(?:,|\Z))")

Pairs = Mapping[str, str | None]  # None: the key is removed


def parsed(said: str) -> dict[str, str | None]:
    """Raises ValueError when it is neither pairs nor a JSON object of texts and nulls, or when a key comes twice."""
    found: dict[str, str | None] = {}
    for key, value in _json(said) if said.lstrip().startswith("{") else _pairs(said):
        if not is_qualified(key):
            raise ValueError(f"'{key[:80]}' is no key")
        if key in found:
            raise ValueError(f"'{key}' is there twice")
        found[key] = value
    if not found:
        raise ValueError("nothing to set or to remove")
    return found


def written(pairs: Pairs) -> str:
    """As somebody would type them, or as JSON where that would be read as something else."""
    said = ",".join(f"{key}-" if value is None else f"{key}={value}" for key, value in sorted(pairs.items()))
    try:
        same = parsed(said) == pairs and not HIDDEN.search(said)
    except ValueError:
        same = False
    return said if same else json.dumps(pairs, sort_keys=True)


def words(pairs: Pairs) -> tuple[str, ...]:
    """The arguments of `kubectl label`."""
    return tuple(f"{key}-" if value is None else f"{key}={value}" for key, value in pairs.items())


def _pairs(said: str) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for part in _NEXT.split(said.strip()):
        key, equals, value = part.partition("=")
        if equals:
            found.append((key.strip(), value))
        elif key.endswith("-"):
            found.append((key[:-1], None))
        else:
            raise ValueError(f"'{part[:80]}' is neither key=value nor key-")
    return found


def _json(said: str) -> list[tuple[str, str | None]]:
    try:
        found = json.loads(said, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(found, list) or any(not (value is None or isinstance(value, str)) for _, value in found):
        raise ValueError("not a JSON object of texts")
    for _, value in found:
        (value or "").encode()  # half a character, as `\\ud800` is one, is a UnicodeEncodeError: a ValueError
    return found


def _labels(said: str) -> str:
    wrong = [value for value in parsed(said).values() if value is not None and not is_label_value(value)]
    if wrong:
        raise ValueError(f"'{wrong[0][:80]}' is no value of a label")
    return said


def _annotations(said: str) -> str:
    """A text of many lines is one of JSON, where nothing hides."""
    if HIDDEN.search(said):
        raise ValueError("control or invisible characters")
    parsed(said)
    return said


_Said = StringConstraints(min_length=2, max_length=LONGEST)
Labels = Annotated[str, _Said, AfterValidator(_labels)]
Annotations = Annotated[str, _Said, AfterValidator(_annotations)]
