"""Flags of kubectl: which take a value, which do not, and which change nothing about what is meant."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.domain.action import Parameter
from workers.planner.ask import Mention
from workers.planner.tokens import vocabulary

SHORT = {"-n": "namespace", "-l": "selector", "-c": "container", "-p": "previous", "-A": "all-namespaces",
    "-o": "output", "-f": "filename", "-k": "kustomize", "-w": "watch", "-i": "stdin", "-t": "tty",
    "-R": "recursive"}  # fmt: skip
# The same letter means another thing to some verbs.
OWN_SHORT = {
    "logs": {"-f": "follow"}, "get": {"-w": "watch", "-f": "filename"}, "patch": {"-p": "patch"},
}  # fmt: skip
SWITCHES = vocabulary(
    """
    previous all-namespaces follow watch stdin tty force all-containers now show-labels no-headers timestamps all wait
    ignore-not-found containers prefix ignore-daemonsets delete-emptydir-data delete-local-data overwrite recursive rm
    record server-side prune privileged local list quiet disable-eviction save-config dry-run-server watch-only
    """
)  # fmt: skip
# These say how something is shown or done, never what.
SOFT = vocabulary(
    """
    output follow watch show-labels no-headers timestamps wide prefix wait ignore-not-found containers sort-by stdin tty
    max-log-requests overwrite record quiet current-replicas type limit pod-running-timeout field-manager save-config
    address
    """
)


@dataclass(slots=True)
class Line:
    args: list[str] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)
    many: dict[str, list[str]] = field(default_factory=dict)  # every value of a flag, in order
    command: tuple[str, ...] = ()  # what stands behind `--`
    pipe: str = ""


@dataclass(slots=True)
class Heard:
    """What the arguments and flags of one line come to."""

    mentions: list[Mention] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    params: dict[str, Parameter] = field(default_factory=dict)
    more: list[dict[str, Parameter]] = field(default_factory=list)
    new: tuple[str, str] = ("", "")
    namespace: str | None = None
    problem: str = ""


def flags(words: Sequence[str]) -> Line:
    """Splits the words behind `kubectl`; a flag that is not known takes the next word as its value."""
    line = Line()
    i = 0
    while i < len(words):
        word = words[i]
        if word == "|":
            line.pipe = " ".join(words[i + 1 :])
            break
        if word == "--":
            line.command = tuple(words[i + 1 :])
            break
        if not _is_flag(word):
            line.args.append(word)
            i += 1
            continue
        verb = line.args[0] if line.args else ""
        name, value = _named(word, OWN_SHORT.get(verb, {}))
        if value is None and name in SWITCHES:
            value = "true"
        elif value is None:
            i += 1
            value = words[i] if i < len(words) else ""
        line.flags[name] = value
        line.many.setdefault(name, []).append(value)
        i += 1
    return line


def _is_flag(word: str) -> bool:
    return word.startswith("-") and len(word) > 1 and not word[1].isdigit()


def _named(word: str, own: dict[str, str]) -> tuple[str, str | None]:
    """The long name of a flag, and its value where it is written together with it."""
    name, equals, value = word.partition("=")
    if word.startswith("--"):
        return name[2:], value if equals else None
    short = own.get(name[:2]) or SHORT.get(name[:2], name[1:2])
    if len(name) == 2:
        return short, value if equals else None
    if short in SWITCHES:  # -it
        return short, "true"
    return short, word[2:].removeprefix("=")
