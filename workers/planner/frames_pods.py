"""How pods and nodes are emptied: force, grace period, time-out, and which of many by their status."""

from collections.abc import Sequence

from workers.planner.frame import Found, after, span, status, take, whole
from workers.planner.match import Table
from workers.planner.tokens import Token, vocabulary

SWITCHES = Table({
    "force": ("force", "forcibly", "forcefully", "forced", "--force", "by force", "force it", "force-delete",
              "force-kill"),
    "ignore_daemonsets": ("ignore|ignoring|skip|skipping daemonsets|daemonset|ds", "ignore|ignoring the daemonsets",
        "--ignore-daemonsets", "ignore daemon sets"),
    "delete_emptydir_data": ("delete|deleting|discard|drop emptydir|empty-dir|local data", "--delete-emptydir-data",
        "delete|deleting|discard the emptydir|local data", "delete|deleting emptydirs|emptydir|local-data",
        "--delete-local-data", "emptydir data",
        "delete-emptydir-data", "delete-local-data"),
})  # fmt: skip
GRACE = vocabulary("grace grace-period --grace-period graceperiod")
GRACE_FILL = vocabulary("period of = : to with a")
TIMEOUT = vocabulary("timeout time-out --timeout")


def emptied(tokens: Sequence[Token], _head: str) -> Found:
    """Taken before names and kinds are looked for: `ignore daemonsets` names no daemonset."""
    found = Found()
    for hit in SWITCHES.all(tokens):
        if all(tokens[place].role in ("", "verb") for place in hit.places):
            found.params[hit.key] = True
            take(*(tokens[place] for place in hit.places))
    for i, token in enumerate(tokens):
        if token.kind != "word" or token.role:
            continue
        key, _, value = token.low.partition("=")
        if key in GRACE:
            _grace(tokens, i, value, found)
        elif key in TIMEOUT:
            _timeout(tokens, i, value, found)
    return found


def chosen(tokens: Sequence[Token], _head: str) -> Found:
    """Which of many: `the crashlooping pods`."""
    found = Found()
    status(tokens, found.params)
    where = any(token.low == "running" and after(tokens, i) in ("on", "in") for i, token in enumerate(tokens))
    if found.params.get("status") == "Running" and where:
        del found.params["status"]  # "the pods running on worker-1" may be in any state
    return found


def _grace(tokens: Sequence[Token], i: int, value: str, found: Found) -> None:
    """`grace period of 0 seconds`, `--grace-period=0`, `0s grace`, `no grace period`."""
    take(tokens[i])
    j = i + 1
    while j < len(tokens) and tokens[j].low in GRACE_FILL:
        take(tokens[j])
        j += 1
    seconds = whole(value) if value else None
    if seconds is None and j < len(tokens) and (seconds := whole(tokens[j].low.removesuffix("s"))) is not None:
        take(tokens[j])
        if after(tokens, j) in ("s", "sec", "secs", "second", "seconds"):
            take(tokens[j + 1])
    if seconds is None and i:
        prior = tokens[i - 1].low.removesuffix("s")
        seconds = 0 if prior in ("no", "zero", "without") else whole(prior)
        if seconds is not None:
            take(tokens[i - 1])
    if seconds is None:
        found.problem = "how many seconds of grace?"
    else:
        found.params["grace_period"] = seconds


def _timeout(tokens: Sequence[Token], i: int, value: str, found: Found) -> None:
    """`with a 2 minute timeout`, `timeout of 5m`, `--timeout=60s`."""
    take(tokens[i])
    if value:
        found.params["timeout"] = value
        return
    j = i + 1
    while j < len(tokens) and tokens[j].low in ("of", "=", "after", "at", ":", "is"):
        take(tokens[j])
        j += 1
    for at in (j, i - 2, i - 1):
        text, size = span(tokens, at) if 0 <= at < len(tokens) and tokens[at].free else ("", 0)
        if text and (at >= j or at + size == i):
            found.params["timeout"] = text
            take(*tokens[at : at + size])
            return
    found.problem = "how long a time-out?"
