"""A transcript without what differs from run to run: ids, digests, times, durations, counts of looks, generated names.

Widths of columns follow from those, so runs of spaces count as one. The layout is held by the goldens of the cards.
"""

import re

_SAME = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "SHA256"),
    (re.compile(r"\b(r[0-9]+|preview) [0-9a-f]{8}\b"), r"\1 DIGEST"),
    (re.compile(r"\b(?:[0-9]{4}-[0-9]{2}-[0-9]{2} )?[0-9]{2}:[0-9]{2}:[0-9]{2}\b"), "HH:MM:SS"),  # a date near midnight
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"), "TIME"),
    (re.compile(r"\b[0-9.]+ s ago"), "a moment ago"),
    (re.compile(r"\b[0-9]+ min left"), "N min left"),
    (re.compile(r" ?\([0-9.]+ s\)"), ""),
    (re.compile(r"\b(?:[0-9]+[dhms]){1,3}\b"), "AGE"),
    (re.compile(r"\bready [0-9]+ of"), "ready N of"),  # of a workload that somebody has just scaled
    (re.compile(r"\n *│ +ago\) *(?=\n)"), ""),  # of a cell that was too wide by a digit of its age
    (re.compile(r"\b[0-9]+ \(AGE(?: ago\))?"), "N (AGE ago)"),
    (re.compile(r"\b[0-9]+ (API audit ids?|records)\b"), r"N \1"),
    (re.compile(r"\b(payment-worker-[a-z0-9]{8,10})-[a-z0-9]{5}\b"), r"\1-NAME"),
)
_ID = re.compile(r"\breq-[0-9a-hjkmnp-tv-z]{8}\b")


def normal(transcript: str) -> str:
    """Two runs of one story are equal in this form, or they told something else."""
    ids: dict[str, str] = {}
    text = _ID.sub(lambda found: ids.setdefault(found[0], f"req-{len(ids) + 1}"), transcript)
    for pattern, replacement in _SAME:
        text = pattern.sub(replacement, text)
    text = re.sub(r"[─ ]{2,}", " ", text)
    return "\n".join(_settled([line.rstrip() for line in text.strip().splitlines()]))


def _settled(lines: list[str]) -> list[str]:
    """Of each run of progress only the last line; rows of tables in order of their text."""
    kept: list[str] = []
    rows: list[str] = []
    for line, following in zip(lines, [*lines, ""][1:], strict=True):
        if line.startswith(" │ "):
            rows.append(line)
            continue
        kept += sorted(rows)
        rows = []
        if not (line.startswith(" · ") and following.startswith(" · ")):
            kept.append(line)
    return [*kept, *sorted(rows)]
