"""Near misses among names that exist. Digits are never corrected: worker-7 is not worker-1."""

import re
from collections.abc import Iterable

from rapidfuzz.distance import OSA

SHORTEST = 4


def near(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Names within one typing mistake (two from seven letters on), nearest first; another spelling of the name wins."""
    plain = _plain(word)
    pool = tuple(dict.fromkeys(names))
    same = tuple(name for name in pool if _plain(name) == plain)
    if same or len(plain) < SHORTEST:
        return same
    reach = 2 if len(plain) > 6 else 1
    digits = re.sub(r"\D", "", word)
    found = [
        (distance, name)
        for name in pool
        if abs(len(name) - len(word)) <= reach
        and re.sub(r"\D", "", name) == digits
        and (distance := OSA.distance(word, name, score_cutoff=reach)) <= reach
    ]
    return tuple(name for _, name in sorted(found))


def alike(word: str, names: Iterable[str], most: int = 5) -> tuple[str, ...]:
    """Names that share a part with the word, or are near: what to offer when there is no single near name."""
    pool = tuple(dict.fromkeys(names))
    parts = set(re.split(r"[-_.\s]", word))
    sharing = [name for name in pool if parts & set(name.split("-")) or (len(word) > 3 and word in name)]
    return tuple(dict.fromkeys((*near(word, pool), *sharing)))[:most]


def _plain(word: str) -> str:
    return re.sub(r"[-_.\s]", "", word.lower())
