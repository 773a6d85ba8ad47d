"""What the arguments, field selectors and pipes of kubectl's reads say. A pipe only filters what is shown."""

import shlex

from workers.domain.action import Verb
from workers.domain.kind import KIND_BY_WORD
from workers.planner.ask import Mention
from workers.planner.kubectl_flags import Heard, Line
from workers.planner.read_words import STATUSES

# Programs behind a pipe that only show less, or in another order.
FILTERS = frozenset(
    {"grep", "egrep", "head", "tail", "sort", "wc", "uniq", "awk", "cut", "less", "more", "cat", "column", "jq", "nl"}
)
SORTS = {"restartcount": "restarts", "restarts": "restarts", "memory": "memory", "cpu": "cpu"}
PHASES = {"Succeeded": "Completed"}
GREP_VALUES = frozenset("ABCm")  # flags of grep that take a number


def selected(found: Heard, line: Line, *, verb: str) -> None:
    """Field selectors as parameters, as the object's name, or as what an event is about."""
    kind, name = "", ""
    for part in filter(None, line.flags.get("field-selector", "").split(",")):
        field, _, value = part.partition("=")
        unequal, value = field.endswith("!"), value.lstrip("=")
        match field.rstrip("!"), unequal:
            case "status.phase", False:
                found.params["status"] = PHASES.get(value, value)
            case "status.phase", True if value == "Running":
                found.params["status"] = "NotReady"
            case "spec.nodeName", False:
                found.params["node"] = value
            case "metadata.namespace", False:
                found.namespace = value
            case "metadata.name" | "involvedObject.name", False:
                name = value
            case "involvedObject.kind", False:
                kind = KIND_BY_WORD[value.lower()].name if value.lower() in KIND_BY_WORD else ""
            case ("type" | "reason") as param, False if verb == Verb.EVENTS:
                found.params[param] = value
            case _:
                found.problem = f"the field selector '{part}' is not understood"
    if name:
        found.mentions.append(
            Mention(name=name, kind=kind or (None if verb == Verb.EVENTS else found.kinds[0] if found.kinds else None))
        )


def get(left: list[str], line: Line, found: Heard) -> None:
    verb = Verb.EVENTS if found.kinds == ["event"] else Verb.GET
    selected(found, line, verb=verb)
    if left:
        found.problem = f"'{left[0]}' is not understood"
    wanted = line.flags.get("sort-by", "").lower()
    if verb is not Verb.EVENTS and (sort := next((param for word, param in SORTS.items() if word in wanted), "")):
        found.params["sort_by"] = sort
    for words in piped(line):
        if words[0] in ("grep", "egrep") and verb is not Verb.EVENTS:
            _listed(words, found)


def _listed(words: list[str], found: Heard) -> None:
    """`get pods | grep -i crash` lists those of a status; any other pattern is looked for by the person's own eye."""
    pattern, inverted = _pattern(words)
    low = pattern.lower()
    status = next((known for word, known in STATUSES.items() if len(low) > 3 and word.startswith(low)), "")
    if inverted:
        status = "NotReady" if status == "Running" else ""
    if status and "status" not in found.params:
        found.params["status"] = status


def describe(left: list[str], line: Line, found: Heard) -> None:
    selected(found, line, verb=Verb.DESCRIBE)
    if left:
        found.problem = f"'{left[0]}' is not understood"


def events(_left: list[str], line: Line, found: Heard) -> None:
    selected(found, line, verb=Verb.EVENTS)
    if target := line.flags.get("for"):
        head, _, name = target.partition("/")
        kind = KIND_BY_WORD[head.lower()].name if head.lower() in KIND_BY_WORD else None
        found.mentions.append(Mention(name=name or head, kind=kind))


def logs(left: list[str], line: Line, found: Heard) -> None:
    """`logs POD [CONTAINER]`; of a pipe, what is grepped for and how many lines are kept."""
    if found.params.get("tail") == -1:
        del found.params["tail"]
    found.mentions += [Mention(name=word, kind="pod") for word in left]
    if len(found.mentions) == 2 and "container" not in found.params:
        found.params["container"] = found.mentions.pop().name
    for words in piped(line):
        if words[0] in ("grep", "egrep") and not _pattern(words)[1]:
            found.params.setdefault("grep", _pattern(words)[0])
        count = next((word.lstrip("-n") for word in words[1:] if word.lstrip("-n").isdecimal()), "")
        if words[0] == "tail" and count:
            found.params.setdefault("tail", int(count))


def piped(line: Line) -> list[list[str]]:
    """The commands behind pipes, as words."""
    try:
        return [words for part in line.pipe.split("|") if (words := shlex.split(part))]
    except ValueError:
        return []


def _pattern(words: list[str]) -> tuple[str, bool]:
    """What grep looks for, and whether it keeps the lines without it."""
    plain: list[str] = []
    inverted = skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word.startswith("-"):
            inverted = inverted or (not word.startswith("--") and "v" in word)
            skip = word[-1] in GREP_VALUES and not word.startswith("--")
        else:
            plain.append(word)
    return (plain[0] if plain else ""), inverted


def only_filters(line: Line) -> bool:
    """No pipe leads into a program that could do something."""
    return not line.pipe or (all(words[0] in FILTERS for words in piped(line)) and bool(piped(line)))
