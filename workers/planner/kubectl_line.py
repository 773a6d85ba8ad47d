"""A pasted kubectl line: read by its own grammar, never run."""

import re
import shlex
from collections.abc import Sequence

from workers.domain.action import Verb
from workers.planner.ask import CHANGES, Ask
from workers.planner.kubectl_flags import SOFT, Line, flags
from workers.planner.kubectl_reads import only_filters
from workers.planner.kubectl_verbs import FORMS, Form, heard
from workers.planner.scope import Book, Said
from workers.planner.tokens import Token, read, vocabulary

PROGRAMS = frozenset({"kubectl", "k", "oc", "kubectl.exe"})
PREFIXES = vocabulary(
    """
    and run could please do can execute > you then # just @kubechat pls /kube $
    """
)
OTHERS = vocabulary(
    """
    edit replace taint attach expose debug auth config proxy set rollout explain api-resources version cluster-info wait
    diff kustomize certificate plugin options
    """
)  # what kubectl can and a chat cannot
WRAPPED = re.compile(
    r"(?P<before>[^`\n]{1,60})`(?P<line>(?:kubectl|k|oc) [^`\n]{1,1000})`(?P<behind>[\w ,-]{0,60})[.!]?"
)
PLACES = frozenset({"namespace", "all-namespaces", "selector", "context", "cluster"})
MANY = frozenset({Verb.RESTART, Verb.PAUSE, Verb.RESUME})  # of a kind without a name they mean all of it


TICKED = re.compile(r"([^`]{0,60})`(kubectl [^`\n]{1,500})`[.!]?")
ABOUT = re.compile(
    r"\b(?:vs\.?|versus)\s+kubectl\b|\b(?:which (?:is|one)|what(?:'s| is) the difference"
    r"|is (?:that|this|it) (?:right|safe|correct|ok)|what does (?:it|that|this) do|what would (?:it|that|this) do)\b",
    re.IGNORECASE,
)
# Answered by the person's own kubectl, about itself or its settings.
LOCAL = vocabulary(
    "explain version cluster-info api-resources api-versions config options plugin completion cheat cheatsheet"
)


def unquoted(text: str) -> str:
    """A command in backticks behind "please run": the command itself, when it only reads and nothing else is said."""
    found = TICKED.fullmatch(text.strip())
    if found is None or any(word.lower() not in PREFIXES for word in found[1].split()):
        return text
    form, _ = _form(flags(found[2].split()[1:]).args)
    return found[2] if form is not None and form.verb not in CHANGES else text


def is_line(text: str) -> bool:
    parts = [part for part in text.split()[:6] if part.lower() not in PREFIXES]
    return bool(len(parts) > 1 and parts[0].lower() in PROGRAMS and (parts[0].lower() != "k" or _is_verb(parts[1])))


def asks_about(text: str) -> bool:
    """A question about commands, not one of them: `kubectl delete pod vs kubectl rollout restart?`."""
    return ABOUT.search(text) is not None


def _is_verb(word: str) -> bool:
    return word.startswith("-") or word in OTHERS or any(word == form[0] for form in FORMS)


def commands(text: str) -> list[str]:
    """The lines of a message, and the commands that `;` or `&&` part, outside quotes; never parts of a quotation."""
    text = _unwrapped(text)
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


def _unwrapped(text: str) -> str:
    """``please run `kubectl get pods` in dev``: the one command that is ordered, without its quotation marks."""
    match = WRAPPED.fullmatch(text.strip())
    if match is None or not match["before"].split():
        return text
    ordered = all(word.strip(":,").lower() in PREFIXES for word in match["before"].split())
    return f"{match['line']} {match['behind']}" if ordered else text


def parse(text: str, book: Book) -> Ask:
    """What the line asks for; `problem` when it cannot be read."""
    try:
        words = shlex.split(text, comments=False)
    except ValueError:
        return Ask(verb="unclear", words=text, literal=True, problem="its quotation marks are not closed")
    start = next(i for i, word in enumerate(words) if word.lower() in PROGRAMS)
    line = flags(words[start + 1 :])
    said, loose = _place(line, book)
    form, rest = _form(line.args)
    if form is None and line.args[:1] and line.args[0] in LOCAL:
        return Ask(verb="local", words=text, literal=True)
    if form is None:
        return Ask(verb="unknown", words=text, literal=True, hint=f"kubectl {' '.join(line.args[:1])}", said=said)
    if line.pipe and (form.verb in CHANGES or not only_filters(line)):
        return Ask(verb="unclear", words=text, literal=True, problem="a pipe into another command is not planned")
    found = heard(form, rest, line)
    verb, kinds = str(form.verb), found.kinds
    if verb == Verb.GET and kinds == ["event"]:
        verb, kinds = Verb.EVENTS, []
    if verb == Verb.CREATE and found.new[0] == "pod":
        verb = Verb.RUN
    space = "*" if "all-namespaces" in line.flags else line.flags.get("namespace", found.namespace)
    return Ask(
        verb=verb,
        words=text,
        mentions=tuple(found.mentions),
        kinds=tuple(kinds),
        namespace=space,
        selector=line.flags.get("selector"),
        params=found.params,
        said=said,
        loose=loose + _strange(form, line),
        literal=True,
        problem=found.problem,
        every=line.flags.get("all") == "true" or (verb in MANY and bool(kinds)),
        more=tuple(found.more),
        new=found.new,
    )


def _strange(form: Form, line: Line) -> tuple[str, ...]:
    """Flags of a change that nothing has been made of."""
    if form.verb not in CHANGES:
        return ()
    known = PLACES | SOFT | form.used | frozenset(form.takes)
    return tuple(f"--{flag}" for flag in line.flags if flag not in known)


def _form(args: Sequence[str]) -> tuple[Form | None, list[str]]:
    for size in (2, 1):
        form = FORMS.get(tuple(args[:size]))
        if form and len(args) >= size:
            return form, list(args[size:])
    return None, []


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
