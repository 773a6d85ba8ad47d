"""The parameters of reads: how far back, how many lines, which status, sorted by what."""

import re
from collections.abc import Callable, Sequence

from workers.domain.action import Parameter, Verb
from workers.planner.frame import (
    MOMENT,
    NUMBERS,
    SPAN,
    UNIT_OF_TIME,
    Found,
    after,
    before,
    container,
    status,
    take,
)
from workers.planner.match import Table
from workers.planner.tokens import Token, vocabulary

HUNDREDS = {"hundred": 100, "thousand": 1000, "fifty": 50, "thirty": 30, "forty": 40, "dozen": 12}
BACK = frozenset({"last", "past", "since", "previous", "for", "the", "within", "in"})  # before a span of time
LINES = frozenset({"lines", "line", "logs", "log", "entries", "messages"})
PATTERN_AFTER = vocabulary(
    """
    matching matches mentions containing grep contain contains including includes mention mentioning saying grepping
    """
)
LOOKED_FOR = Table(
    {
        "grep": (
            "look for", "looking for", "search for", "searching for", "search * for", "scan for", "check for",
            "scan * for",
            "check * for", "filter by|for|on", "filtered by|for|on", "occurrences of", "anything about|like",
            "lines with",
            "logs with", "log lines with", "any mention of", "mentions of", "grep * for",
            "logs for errors|error", "that say",
            "that says", "instances of", "filter * for", "scan * logs for",
        )
    }
)  # fmt: skip
BEFORE_CRASH = Table(
    {
        "previous": (
            "before it|they|that died|crashed|restarted|exited|failed|was|got", "before the crash|restart|last",
            "last crash|crashed|terminated", "crashed|terminated|dead|old container|instance", "from the crash|crashed",
            "prior to the crash|restart", "right before",
        )
    }
)  # fmt: skip
CONTAINERS = frozenset({"container", "containers"})
ALL = frozenset({"all", "every", "each", "both"})
TOLD = frozenset({"was", "is", "says", "said", "reads", ":", "read", "were", "text", "titled", "called"})
NO_PATTERN = vocabulary(
    """
    for the word a an any all of in on errors error to my our text string keyword phrase logs log lines
    """
)
ERRORS = vocabulary("error errors exceptions exception warnings panics panic timeouts fatal fatals tracebacks")
REASON = re.compile(r"[A-Z][a-z]{0,30}[A-Z][A-Za-z]{1,40}|[A-Z]{2,6}[A-Z][a-z]{1,30}")
RESTARTS = frozenset({"restarts", "restart", "restarted", "restarting", "restartcount"})
# Reasons that are one word; the others are known by their capitals.
REASONS = vocabulary(
    """
    Unhealthy Killing Pulled Pulling Created Started Scheduled Failed Evicted Evicting Preempted Preempting Rebooted
    Starting Completed Drained Synced
    """
)
LEAST_MOST = vocabulary(
    """
    hungriest sort hogs least sorted top biggest hog by heaviest lowest most highest max often frequently greatest
    consumers busiest hottest order ordered rank ranked
    """
)


def since(tokens: Sequence[Token], params: dict[str, Parameter]) -> None:
    """`last 15 minutes`, `past hour`, `since 2h`, `last 6 hours`, or a moment."""
    for i, token in enumerate(tokens):
        if not token.free:
            continue
        if MOMENT.fullmatch(token.low):
            params["since_time"] = token.text
            take(token)
        elif (span := SPAN.fullmatch(token.low)) and (span[2] != "s" or before(tokens, i) in BACK):
            params["since"] = span[1] + UNIT_OF_TIME[span[2]]
            take(token)
        elif (
            token.low in UNIT_OF_TIME
            and len(token.low) > 1
            and before(tokens, i) in ("last", "past", "the", "previous", "an", "half")
        ):
            params["since"] = "30m" if before(tokens, i) == "half" else "1" + UNIT_OF_TIME[token.low]
            take(token)
        elif (
            (token.low.isdecimal() or token.low in NUMBERS) and after(tokens, i) in UNIT_OF_TIME and len(token.low) < 6
        ):
            number = int(token.low) if token.low.isdecimal() else NUMBERS[token.low]
            params["since"] = f"{number}{UNIT_OF_TIME[after(tokens, i)]}"
            take(token, tokens[i + 1])
        elif token.low == "since" and after(tokens, i) == "yesterday":
            params["since"] = "1d"
            take(token, tokens[i + 1])


def logs(tokens: Sequence[Token], _head: str) -> Found:
    params: dict[str, Parameter] = {}
    since(tokens, params)
    for i, token in enumerate(tokens):
        count = int(token.low) if token.low.isdecimal() and len(token.low) < 8 else HUNDREDS.get(token.low)
        if token.free and count and (after(tokens, i) in LINES or before(tokens, i) in ("last", "tail")):
            params["tail"] = count
            take(token)
        elif token.free and token.low in ("previous", "crash", "prior") and after(tokens, i) != "minutes":
            params["previous"] = True
            take(token)
        elif (
            token.free and token.low in ("containers", "container") and ALL & {t.low for t in tokens[max(0, i - 3) : i]}
        ):
            params["all_containers"] = True
            take(token)
    if BEFORE_CRASH.anywhere(tokens):
        params["previous"] = True
    _grep(tokens, params)
    if "all_containers" not in params:
        container(tokens, params)
    return Found(params)


def _grep(tokens: Sequence[Token], params: dict[str, Parameter]) -> None:
    """A quoted text, the word after grep or containing or looked for, or errors."""
    for i, token in enumerate(tokens):
        if token.kind == "quote" and len(token.text) <= 200 and (not i or tokens[i - 1].low not in TOLD):
            params["grep"] = token.text
            return
    starts = [i + 1 for i, token in enumerate(tokens) if token.kind == "word" and token.low in PATTERN_AFTER]
    starts += [hit.places[-1] + 1 for hit in LOOKED_FOR.all(tokens)]
    for follower in (token for start in starts for token in tokens[start : start + 3]):
        if (
            follower.kind != "word"
            or follower.low.startswith("-")
            or (follower.low in NO_PATTERN and not follower.quoted)
        ):
            continue
        if not follower.quoted and follower.role in ("name", "scope", "namespace"):
            break
        params["grep"] = follower.text
        take(follower)
        return
    for token in tokens:
        if token.kind == "word" and token.quoted and token.free:
            params["grep"] = token.text
            take(token)
            return
    for token in tokens:
        if token.low in ERRORS and token.free:
            params["grep"] = token.low.removesuffix("s")
            take(token)
            return


def events(tokens: Sequence[Token], _head: str) -> Found:
    params: dict[str, Parameter] = {}
    since(tokens, params)
    for token in tokens:
        if token.kind != "word" or token.role in ("scope", "name"):
            continue
        if token.low in ("warning", "warnings"):
            params["type"] = "Warning"
            take(token)
        elif REASON.fullmatch(token.text) or (token.text in REASONS and token.free):
            params["reason"] = token.text
            take(token)
    return Found(params)


def top(tokens: Sequence[Token], _head: str) -> Found:
    params: dict[str, Parameter] = {}
    said = {token.low for token in tokens if token.kind == "word"}
    wanted = _resource(said)
    if wanted and said & LEAST_MOST and not ("top" in said and len(said & LEAST_MOST) == 1 and not _is_ranked(tokens)):
        params["sort_by"] = wanted
    return Found(params)


def _is_ranked(tokens: Sequence[Token]) -> bool:
    """`top 5 pods`, `top memory pods`; `top pods` alone only lists."""
    behind = [after(tokens, i) for i, token in enumerate(tokens) if token.low == "top"]
    return any(word.isdecimal() or _resource({word}) for word in behind)


def get(tokens: Sequence[Token], _head: str) -> Found:
    params: dict[str, Parameter] = {}
    status(tokens, params)
    following = {after(tokens, i) for i, token in enumerate(tokens) if token.low == "running"}
    if params.get("status") == "Running" and not following & {"pods", "pod"}:
        del params["status"]  # "all pods running in the cluster" are all pods
    said = {token.low for token in tokens if token.kind == "word"}
    if said & RESTARTS and said & LEAST_MOST:
        params["sort_by"] = "restarts"
    elif said & {"sorted", "sort", "order", "ordered"} and (wanted := _resource(said)):
        params["sort_by"] = wanted
    return Found(params)


def _resource(said: set[str]) -> str:
    return (
        "memory"
        if said & {"memory", "mem", "ram", "memory-wise"}
        else "cpu"
        if said & {"cpu", "cpu-wise", "cores"}
        else ""
    )


def history(tokens: Sequence[Token], _head: str) -> Found:
    params: dict[str, Parameter] = {}
    for i, token in enumerate(tokens):
        if (
            token.kind == "word"
            and token.low.isdecimal()
            and len(token.low) < 10
            and before(tokens, i) in ("revision", "rev")
        ):
            params["revision"] = int(token.low)
            take(token)
    since(tokens, params)
    return Found(params)


def nothing(_tokens: Sequence[Token], _head: str) -> Found:
    return Found()


READS: dict[str, Callable[[Sequence[Token], str], Found]] = {
    Verb.LOGS: logs, Verb.EVENTS: events, Verb.TOP: top, Verb.GET: get, Verb.ROLLOUT_HISTORY: history,
    Verb.DESCRIBE: nothing, Verb.ROLLOUT_STATUS: nothing,
}  # fmt: skip
