"""A pasted kubectl line: read by its own grammar, never run."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workers.domain.action import Parameter, Verb
from workers.domain.kind import KIND_BY_WORD
from workers.planner.ask import Ask, Mention
from workers.planner.frames import whole
from workers.planner.scope import Book, Said
from workers.planner.tokens import Token, read, vocabulary

PROGRAMS = frozenset({"kubectl", "k", "oc", "kubectl.exe"})
PREFIXES = vocabulary(
    """
    and run could please do can execute > you then # just @kubechat pls /kube $
    """
)
VERBS: dict[tuple[str, ...], str] = {
    ("get",): Verb.GET, ("describe",): Verb.DESCRIBE, ("logs",): Verb.LOGS, ("log",): Verb.LOGS,
    ("events",): Verb.EVENTS, ("top",): Verb.TOP,
    ("scale",): Verb.SCALE, ("cordon",): Verb.CORDON, ("uncordon",): Verb.UNCORDON, ("delete",): "delete",
    ("rollout", "restart"): Verb.RESTART, ("rollout", "undo"): Verb.ROLLBACK, ("rollout",
    "status"): Verb.ROLLOUT_STATUS,
    ("rollout", "history"): Verb.ROLLOUT_HISTORY, ("set", "image"): Verb.SET_IMAGE}  # fmt: skip
OTHERS = vocabulary(
    """
    drain exec apply patch create run label annotate autoscale cp port-forward edit replace taint evict attach expose
    debug auth
    config proxy rollout set explain api-resources version cluster-info wait diff kustomize certificate plugin options
    """
)  # fmt: skip
SHORT = {"-n": "namespace", "-l": "selector", "-c": "container", "-p": "previous", "-A": "all-namespaces",
    "-o": "output", "-f": "follow",
         "-w": "watch", "-i": "stdin", "-t": "tty"}  # fmt: skip
CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
SWITCHES = vocabulary(
    """
    previous all-namespaces follow watch stdin tty force all-containers now show-labels no-headers timestamps all wait
    ignore-not-found containers prefix ignore-daemonsets
    """
)  # fmt: skip
SOFT = vocabulary(
    """
    output follow watch show-labels no-headers timestamps wide prefix wait ignore-not-found containers sort-by stdin tty
    grace-period timeout all-containers limit max-log-requests
    """
)  # fmt: skip


@dataclass(slots=True)
class Line:
    args: list[str] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)
    pipe: str = ""


def is_line(text: str) -> bool:
    parts = [part for part in text.split()[:6] if part.lower() not in PREFIXES]
    return bool(len(parts) > 1 and parts[0].lower() in PROGRAMS and (parts[0].lower() != "k" or _is_verb(parts[1])))


def _is_verb(word: str) -> bool:
    return word.startswith("-") or word in OTHERS or any(word == verb[0] for verb in VERBS)


def commands(text: str) -> list[str]:
    """The lines of a message, and the commands that `;` or `&&` part, outside quotes; never parts of a quotation."""
    found, start, quote, i = [], 0, "", 0
    while i < len(text):
        char = text[i]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'`" and not (char == "'" and i and text[i - 1].isalnum()):
            quote = char if text.find(char, i + 1) >= 0 else ""
        elif char in ";\n" or text.startswith("&&", i):
            found.append(text[start:i])
            i += 1 if text.startswith("&&", i) else 0
            start = i + 1
        i += 1
    return [part.strip() for part in (*found, text[start:]) if part.strip()]


def parse(text: str, book: Book) -> Ask:
    """What the line asks for; `problem` when it cannot be read."""
    try:
        words = shlex.split(text, comments=False)
    except ValueError:
        return Ask(verb="unclear", words=text, literal=True, problem="its quotation marks are not closed")
    start = next(i for i, word in enumerate(words) if word.lower() in PROGRAMS)
    line = _flags(words[start + 1 :])
    said, loose = _place(line, book)
    verb, rest = _verb(line.args)
    if verb == "unknown" or not verb:
        return Ask(verb="unknown", words=text, literal=True, hint=f"kubectl {' '.join(line.args[:1])}", said=said)
    if any(mark in line.pipe for mark in ("xargs", "sh", "base64", "kubectl")):
        return Ask(verb="unclear", words=text, literal=True, problem="a pipe into another command is not planned")
    mentions, kinds, params = _objects(verb, rest, line)
    if verb == Verb.GET and kinds == ["event"]:
        verb, kinds = Verb.EVENTS, []
    params |= _params(verb, line)
    spoken = {"namespace", "all-namespaces", "selector", "context", "cluster"} | SOFT | USED.get(verb, frozenset())
    loose += tuple(f"--{flag}" for flag in line.flags if flag not in spoken) if verb in CHANGING else ()
    return Ask(
        verb=verb,
        words=text,
        mentions=tuple(mentions),
        kinds=tuple(kinds),
        namespace="*" if "all-namespaces" in line.flags else line.flags.get("namespace"),
        selector=line.flags.get("selector"),
        params=params,
        said=said,
        loose=loose,
        literal=True,
        problem=_problem(verb, line, params),
        every=line.flags.get("all") == "true",
    )


CHANGING = frozenset({Verb.SCALE, Verb.RESTART, Verb.ROLLBACK, Verb.SET_IMAGE, Verb.CORDON, Verb.UNCORDON, "delete"})
USED: dict[str, frozenset[str]] = {
    Verb.SCALE: frozenset({"replicas"}), Verb.ROLLBACK: frozenset({"to-revision"}), "delete": frozenset({"force",
        "now", "field-selector", "all"}),
}  # fmt: skip


def _problem(verb: str, line: Line, params: Mapping[str, Parameter]) -> str:
    """Why a change cannot be read as it stands; nothing is filled in."""
    wanted = {Verb.SCALE: ("replicas", "--replicas"), Verb.SET_IMAGE: ("image", "CONTAINER=IMAGE")}
    for owner, (name, flag) in wanted.items():
        if verb == owner and name not in params:
            return f"it has no {flag} that can be read"
    if verb == Verb.SET_IMAGE and params.get("container") == "*":
        return "one container and one image at a time"
    if verb == Verb.ROLLBACK and "to-revision" in line.flags and whole(line.flags["to-revision"]) is None:
        return "--to-revision is a number"
    if verb == "delete" and "field-selector" in line.flags and not {"status", "node"} & set(params):
        return "of field selectors only status.phase and spec.nodeName are known"
    return ""


def _flags(words: Sequence[str]) -> Line:
    line = Line()
    i = 0
    while i < len(words):
        word = words[i]
        if word == "|":
            line.pipe = " ".join(words[i + 1 :])
            break
        if word == "--":
            line.args += words[i:]
            break
        name, equals, value = word.partition("=")
        if word.startswith("-") and len(word) > 1 and not word[1].isdigit():
            name = SHORT.get(name[:2], name[2:]) if not name.startswith("--") else name[2:]
            if not word.startswith("--") and len(word) > 2 and not equals:
                name = SHORT.get(word[:2], word[1:])
                value = "true" if name in SWITCHES else word[2:]
            elif not equals and name in SWITCHES:
                value = "true"
            elif not equals:
                value = words[i + 1] if i + 1 < len(words) else ""
                i += 1
            line.flags[name] = value
        else:
            line.args.append(word)
        i += 1
    return line


def _place(line: Line, book: Book) -> tuple[Said, tuple[str, ...]]:
    """From --context or --cluster, or from words behind the command: `kubectl get po in staging`."""
    context = line.flags.get("context") or line.flags.get("cluster")
    if context:
        clusters = book.meaning(context)
        return Said(clusters=clusters, unknown=() if clusters else (context,), how=context), ()
    at = next(
        (
            i
            for i, word in enumerate(line.args)
            if i and word in ("in", "on", "for", "against", "from", "across", "everywhere", "please")
        ),
        None,
    )
    if at is None:
        return Said(), ()
    tail: list[Token] = read(" ".join(line.args[at:]))
    said = book.read(tail)
    line.args = line.args[:at]
    loose = tuple(
        t.text
        for t in tail
        if t.free
        and t.low
        not in ("in", "on", "for", "from", "the", "both", "please", "cluster", "clusters", "and", "against", "across")
    )
    return said, loose


def _verb(args: Sequence[str]) -> tuple[str, list[str]]:
    for size in (2, 1):
        verb = VERBS.get(tuple(args[:size]))
        if verb and len(args) >= size:
            return str(verb), list(args[size:])
    return "unknown", []


def _objects(verb: str, rest: list[str], line: Line) -> tuple[list[Mention], list[str], dict[str, Parameter]]:
    """`deploy web`, `deploy/web`, `deploy,rs`, `pod-name` for logs, `c=image` for set image."""
    mentions: list[Mention] = []
    kinds: list[str] = []
    params: dict[str, Parameter] = {}
    kind: str | None = "node" if verb in (Verb.CORDON, Verb.UNCORDON) else None
    for word in rest:
        head, slash, name = word.partition("/")
        container, equals, image = word.partition("=")
        if verb == Verb.SET_IMAGE and equals:
            several = "image" in params or not CONTAINER.fullmatch(container)
            params |= {"container": "*" if several else container, "image": image}
        elif slash and head.lower() in KIND_BY_WORD:
            mentions.append(Mention(name=name, kind=KIND_BY_WORD[head.lower()].name))
        elif verb == Verb.LOGS:
            mentions.append(Mention(name=word, kind="pod"))
        elif kind is None and not kinds and all(part.lower() in KIND_BY_WORD for part in word.split(",")):
            kinds = [KIND_BY_WORD[part.lower()].name for part in word.split(",")]
            kind = kinds[0]
        else:
            mentions.append(Mention(name=word, kind=kind))
    if mentions:
        kinds = []
    if verb == Verb.EVENTS and (target := line.flags.get("for")):
        head, _, name = target.partition("/")
        mentions.append(
            Mention(name=name or head, kind=KIND_BY_WORD[head.lower()].name if head.lower() in KIND_BY_WORD else None)
        )
    return mentions, kinds, params


def _params(verb: str, line: Line) -> dict[str, Parameter]:
    flags, params = line.flags, dict[str, Parameter]()
    numbers = {
        Verb.SCALE: ("replicas", "replicas"),
        Verb.ROLLBACK: ("to-revision", "revision"),
        Verb.LOGS: ("tail", "tail"),
        Verb.ROLLOUT_HISTORY: ("revision", "revision"),
    }
    for owner, (flag, name) in numbers.items():
        if verb == owner and flag in flags and (number := whole(flags[flag])) is not None:
            params[name] = number
    if verb == Verb.ROLLBACK and params.get("revision") == 0:
        del params["revision"]
    if verb == Verb.LOGS:
        params |= {
            name.replace("-", "_"): flags[name] for name in ("since", "container", "since-time") if flags.get(name)
        }
        params |= {name.replace("-", "_"): True for name in ("previous", "all-containers") if flags.get(name) == "true"}
        if line.pipe.startswith("grep"):
            params["grep"] = line.pipe.split()[-1]
    if verb in (Verb.GET, "delete") and flags.get("field-selector", "").startswith(("status.phase=", "spec.nodeName=")):
        field_name, _, value = flags["field-selector"].partition("=")
        params["status" if field_name == "status.phase" else "node"] = value.lstrip("=")
    if verb in (Verb.TOP, Verb.GET) and (sort := flags.get("sort-by", "").lower()):
        params |= {"sort_by": next(iter(word for word in ("memory", "cpu", "restarts") if word[:6] in sort), sort)}
    if verb == Verb.EVENTS and flags.get("types"):
        params["type"] = flags["types"]
    if verb == "delete" and (flags.get("force") == "true" or flags.get("now") == "true"):
        params["force"] = True
    return params
