"""What people paste: alerts, log lines, what somebody or something said. All of it is data; it may name objects.

Nothing that is pasted asks for anything. An alert or a line of trouble by itself is looked into; beside a request it
only says what the request is about.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workers.domain.action import Verb
from workers.domain.kind import KIND_BY_WORD, KINDS
from workers.domain.value import ClusterName
from workers.planner.ask import Ask, Mention
from workers.planner.index import Index
from workers.planner.kinds import NAME
from workers.planner.mentions import mark
from workers.planner.scope import Book, Said
from workers.planner.tokens import APOSTROPHES, QUOTES, Token, said, vocabulary, word

CAMEL = re.compile(r"[A-Z]{0,5}[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+|[A-Z]{2,5}[a-z][A-Za-z0-9]+")
ALERTS = vocabulary("alert alerts alerting firing fired alertmanager prometheus pagerduty opsgenie alarm paging")
LEADS = vocabulary("got getting paged page we i just another new this for by from see seeing pager alert alerts again")
MOST_LEADS = 5  # words before the name of an alert
KEYS = frozenset({"alertname", "labels"})
RESOLVED = frozenset({"resolved", "ok", "recovered"})
SEVERITIES = re.compile(r"(?:resolved->)?(?:firing|resolved|critical|page|sev-?\d|p[0-4])(?::\d+)?")
LEVELS = frozenset({"ERROR", "WARN", "WARNING", "FATAL", "PANIC", "CRITICAL", "INFO", "DEBUG", "TRACE", "SEVERE"})
TROUBLE = vocabulary("error errors fatal panic exception critical severe failed failure refused traceback warn warning")
STAMP = re.compile(r"\[?\d{4}-\d\d-\d\d(?:[tT]\d\d:\d\d.*)?|\[?\d\d:\d\d:\d\d(?:[.,]\d+)?z?|[IWEF]\d{4}")
SAYS = vocabulary("says said reads shows showed states stated reported reports contains saying reading")
INDIRECT = vocabulary("says said states suggests suggested recommends recommended told tells advises")
LABELS = {
    "namespace": "namespace", "exported_namespace": "namespace", "kubernetes_namespace": "namespace", "ns": "namespace",
    "cluster": "cluster", "context": "cluster", "job_name": "job", "instance": "node",
} | {word: word for word in ("pod", "deployment", "statefulset", "daemonset", "cronjob", "job", "node", "service",
    "persistentvolumeclaim", "horizontalpodautoscaler", "ingress", "replicaset")} | {
    "pvc": "persistentvolumeclaim", "hpa": "horizontalpodautoscaler", "svc": "service",
    "env": "env", "environment": "env", "deploy": "deployment",
    "sts": "statefulset", "ds": "daemonset", "workload": "workload", "app": "workload"}  # fmt: skip
# Of several objects in one alert the first of these is the one that is in trouble.
NARROWEST = ("persistentvolumeclaim", "horizontalpodautoscaler", "pod", "deployment", "statefulset", "daemonset",
    "cronjob", "job", "replicaset", "ingress", "service", "workload", "node")  # fmt: skip
INTRODUCERS = vocabulary(
    """says said reads shows showed states stated reported reports contains saying reading message output
description annotation annotations comment summary note runbook remediation suggestion advice hint wrote writes pasted
posted typed forwarded quote example text body title subject ticket solution recommendation option options is was
written instructions proposal proposed"""
)
INTRODUCED = re.compile(
    rf"\b(?:{'|'.join(sorted(INTRODUCERS))}|(?:logs?|events?) (?:show|say)|option \d+)\b"
    r"(?: this| that| me| us)?[ ]?:(.*)",
    re.IGNORECASE,
)
LOGGED = re.compile(
    r"\s*(?:\[?\d{4}-\d\d-\d\d[T ]|\[?\d\d:\d\d:\d\d|(?:ERROR|WARN|WARNING|FATAL|PANIC|INFO|DEBUG|TRACE)\b)"
)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert or a log line as the whole message."""

    labels: Mapping[str, str]  # "pod" -> its name, with "namespace" and "cluster" where they are said
    rest: tuple[Token, ...]  # words that are no label, without pauses
    resolved: bool = False

    @property
    def object(self) -> tuple[str, str]:
        """Kind and name of what is in trouble; kind "" is a workload of whatever kind."""
        for kind in NARROWEST:
            if kind in self.labels:
                return ("" if kind == "workload" else kind), self.labels[kind]
        return "", ""


def alert(tokens: Sequence[Token], start: int) -> Alert | None:
    """The message as an alert or a pasted line, when it begins as one; then no word of it is an order."""
    words = [token for token in tokens[start:] if token.kind == "word"]
    if not words:
        return None
    labels, rest = _labels(tokens[start:])
    if words[0].low.strip("{[\"'").partition("=")[0] in KEYS or "alertname" in {word.low for word in words}:
        return Alert(labels=labels, rest=tuple(rest))
    behind = next((i for i, word in enumerate(words) if word.low not in LEADS), 0)
    words = words[behind:] if behind < MOST_LEADS and _is_alert_name(words[behind]) else words
    first, following = words[0], words[1] if len(words) > 1 else None
    marked = SEVERITIES.fullmatch(first.low) is not None or first.low in ALERTS
    named = any(_is_alert_name(word) for word in words[: 3 if marked else 1])
    lead = _is_line(words)
    marked = marked and bool(labels or named or _introduces(tokens, first))
    if not (lead or marked or (named and not _lists(following))):
        return None
    if lead and not (TROUBLE & {word.low.strip(":=[]") for word in words}):
        return None
    return Alert(labels=labels, rest=tuple(rest), resolved=first.low.partition(":")[0] in RESOLVED)


def _introduces(tokens: Sequence[Token], first: Token) -> bool:
    """`alert: web is down`."""
    return any(a is first and b.low == ":" for a, b in pairwise(tokens))


def _is_alert_name(token: Token) -> bool:
    """`KubePodCrashLooping`: several words written as one; not the title of a kind."""
    titles = {kind.title for kind in KINDS.values()}
    return bool(CAMEL.fullmatch(token.text)) and token.text.removesuffix("s") not in titles and len(token.text) > 5


def _lists(token: Token | None) -> bool:
    """What follows makes the first word a status or a reason to list by: `ImagePullBackOff pods`."""
    plural = token is not None and (token.low.endswith("s") or token.low == "po")
    return token is not None and plural and (token.low in KIND_BY_WORD or token.low in ("events", "logs"))


def _is_line(words: Sequence[Token]) -> bool:
    """`2026-01-01T10:00:00Z ERROR ...`, `FATAL: ...`, `E1121 10:00:00 ...`."""
    first = words[0]
    if STAMP.fullmatch(first.text):
        return len(words) > 2
    return first.text in LEVELS and len(words) > 3 and words[1].low not in ("logs", "log", "lines", "events", "in")


def _labels(tokens: Sequence[Token]) -> tuple[dict[str, str], list[Token]]:
    """`pod=web-1`, `pod: web-1`, `"pod":"web-1"`."""
    found: dict[str, str] = {}
    rest: list[Token] = []
    words = [token for token in tokens if token.kind != "stop" or token.low == ":"]
    i = 0
    while i < len(words):
        token = words[i]
        key, equals, value = token.low.strip("{}[]\"'").partition("=")
        colon = not equals and i + 2 < len(words) and words[i + 1].low == ":" and words[i + 2].kind == "word"
        if token.kind == "word" and key in LABELS and (equals or colon):
            value = value if equals else words[i + 2].low
            value = value.strip("{}[]\"',").split(":")[0]
            if NAME.fullmatch(value):
                found.setdefault(LABELS[key], value)
            i += 1 if equals else 3
            continue
        if token.kind == "word":
            rest.append(token)
        i += 1
    return found, rest


def ask(found: Alert, book: Book, index: Index, default: Sequence[ClusterName]) -> Ask:
    """The look into what an alert names; without an object its namespace or clusters."""
    tokens = [word(token.text, quoted=token.quoted) for token in found.rest]
    place = book.read(tokens)
    env = found.labels.get("env", "")
    if label := found.labels.get("cluster") or (env if book.meaning(env) else ""):
        clusters = book.meaning(label)
        place = Said(clusters=clusters, unknown=() if clusters else (label,), how=label)
    where = place.clusters or tuple(default) or book.order
    index.prefetch(where)
    seen = mark(tokens, index, where)
    kind, name = found.object
    if kind == "service" and any(named.name == name for named in index.workloads(where)):
        kind = ""  # what serves is in trouble, not the address
    mentions = (Mention(name=name, kind=kind or None),) if name else tuple(seen.mentions[:1])
    space = found.labels.get("namespace") or seen.namespace or next(iter(seen.bare_namespaces), None)
    return Ask(verb=Verb.DIAGNOSE, words=said(found.rest) or name, mentions=mentions, namespace=space, said=place)


def _unprinted(lines: Sequence[str]) -> list[str]:
    """Rows under a header such as NAME READY STATUS, as the name that each begins with."""
    done: list[str] = []
    inside = False
    for line in lines:
        words = line.split()
        header = len(words) > 1 and words[0] in ("NAME", "NAMESPACE") and all(word.isupper() for word in words[:3])
        inside = header or (inside and len(words) > 1)
        if inside and not header:
            done.append(next((word for word in words if NAME.fullmatch(word)), ""))
        elif not header:
            done.append(line)
    return done


def sealed(text: str) -> str:
    """The text with what is said, logged or reported fenced, so that it is read as one opaque quotation."""
    done: list[str] = []
    inside = False
    for number, line in enumerate(_unprinted(text.split("\n"))):
        introduced = None if inside else INTRODUCED.search(line)
        if not line.strip():
            inside = False
            done.append(line)
        elif inside or (number and LOGGED.match(line)) or line.lstrip().startswith(">"):
            done.append(_fence(line))
        elif introduced and not introduced[1].strip():
            inside = True  # up to an empty line
            done.append(line)
        elif introduced and len(introduced[1].split()) > 1 and not _is_quoted(introduced[1].strip()):
            done.append(line[: introduced.start(1)] + _fence(introduced[1]))
        else:
            done.append(line)
    return "\n".join(done)


def _fence(line: str) -> str:
    return "```" + line.replace("`", "'") + "```"


def _is_quoted(tail: str) -> bool:
    """Opaque already; the person's own words may go on behind it."""
    closing = {**QUOTES, **APOSTROPHES}.get(tail[0])
    return closing is not None and tail.find(closing, 1) > 0


def reports(tokens: Sequence[Token]) -> bool:
    """A clause that only hands on a quotation: `web's log says "..."`."""
    return any(
        token.kind == "quote" and i and (_before(tokens, i) in SAYS or tokens[i - 1].low == ":")
        for i, token in enumerate(tokens)
    )


def quotes(tokens: Sequence[Token]) -> bool:
    """Indirect speech: `the docs say to restart web`; what it tells to do is nobody's request here."""
    return any(token.kind == "word" and not token.quoted and token.low in INDIRECT for token in tokens)


def _before(tokens: Sequence[Token], i: int) -> str:
    i -= 1
    while i >= 0 and tokens[i].kind == "stop":
        i -= 1
    return tokens[i].low if i >= 0 else ""
